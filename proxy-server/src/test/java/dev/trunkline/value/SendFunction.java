package dev.trunkline.value;

/** The server's function that gives a value in the binary wire format. */
public final class SendFunction {

    private SendFunction() {}

    public static String of(int oid) {
        return switch (oid) {
            case PgOid.INT2 -> "int2send";
            case PgOid.INT4 -> "int4send";
            case PgOid.INT8 -> "int8send";
            case PgOid.OID -> "oidsend";
            case PgOid.NUMERIC -> "numeric_send";
            case PgOid.FLOAT4 -> "float4send";
            case PgOid.FLOAT8 -> "float8send";
            case PgOid.TEXT -> "textsend";
            case PgOid.VARCHAR -> "varcharsend";
            case PgOid.BPCHAR -> "bpcharsend";
            case PgOid.UUID -> "uuid_send";
            case PgOid.BYTEA -> "byteasend";
            case PgOid.DATE -> "date_send";
            case PgOid.TIME -> "time_send";
            case PgOid.TIMETZ -> "timetz_send";
            case PgOid.TIMESTAMP -> "timestamp_send";
            case PgOid.TIMESTAMPTZ -> "timestamptz_send";
            case PgOid.BOOL -> "boolsend";
            default -> throw new IllegalArgumentException("no send function for " + oid);
        };
    }
}
