package dev.trunkline.value;

/** OIDs of built-in types, the same in every PostgreSQL since they were given out ({@code pg_type.dat}). */
public final class PgOid {

    /** What a client sends for a parameter whose type the server shall infer. */
    public static final int UNSPECIFIED = 0;

    public static final int BOOL = 16;
    public static final int BYTEA = 17;
    public static final int CHAR = 18;
    public static final int NAME = 19;
    public static final int INT8 = 20;
    public static final int INT2 = 21;
    public static final int INT4 = 23;
    public static final int TEXT = 25;
    public static final int OID = 26;
    public static final int JSON = 114;
    public static final int XML = 142;
    public static final int POINT = 600;
    public static final int LSEG = 601;
    public static final int PATH = 602;
    public static final int BOX = 603;
    public static final int POLYGON = 604;
    public static final int LINE = 628;
    public static final int FLOAT4 = 700;
    public static final int FLOAT8 = 701;
    public static final int UNKNOWN = 705;
    public static final int CIRCLE = 718;
    public static final int MONEY = 790;
    public static final int BPCHAR = 1042;
    public static final int VARCHAR = 1043;
    public static final int DATE = 1082;
    public static final int TIME = 1083;
    public static final int TIMESTAMP = 1114;
    public static final int TIMESTAMPTZ = 1184;
    public static final int INTERVAL = 1186;
    public static final int TIMETZ = 1266;
    public static final int BIT = 1560;
    public static final int VARBIT = 1562;
    public static final int NUMERIC = 1700;
    public static final int RECORD = 2249;
    public static final int VOID = 2278;
    public static final int UUID = 2950;
    public static final int JSONB = 3802;
    public static final int TSRANGE = 3908;
    public static final int TSTZRANGE = 3910;
    public static final int DATERANGE = 3912;
    public static final int TSMULTIRANGE = 4533;
    public static final int TSTZMULTIRANGE = 4534;
    public static final int DATEMULTIRANGE = 4535;

    public static final int LINE_ARRAY = 629;
    public static final int CIRCLE_ARRAY = 719;
    public static final int MONEY_ARRAY = 791;
    public static final int BOOL_ARRAY = 1000;
    public static final int BYTEA_ARRAY = 1001;
    public static final int INT2_ARRAY = 1005;
    public static final int INT4_ARRAY = 1007;
    public static final int TEXT_ARRAY = 1009;
    public static final int BPCHAR_ARRAY = 1014;
    public static final int VARCHAR_ARRAY = 1015;
    public static final int INT8_ARRAY = 1016;
    public static final int POINT_ARRAY = 1017;
    public static final int LSEG_ARRAY = 1018;
    public static final int PATH_ARRAY = 1019;
    public static final int BOX_ARRAY = 1020;
    public static final int FLOAT4_ARRAY = 1021;
    public static final int FLOAT8_ARRAY = 1022;
    public static final int POLYGON_ARRAY = 1027;
    public static final int TIMESTAMP_ARRAY = 1115;
    public static final int DATE_ARRAY = 1182;
    public static final int TIME_ARRAY = 1183;
    public static final int TIMESTAMPTZ_ARRAY = 1185;
    public static final int INTERVAL_ARRAY = 1187;
    public static final int NUMERIC_ARRAY = 1231;
    public static final int TIMETZ_ARRAY = 1270;
    public static final int UUID_ARRAY = 2951;
    public static final int TSRANGE_ARRAY = 3909;
    public static final int TSTZRANGE_ARRAY = 3911;
    public static final int DATERANGE_ARRAY = 3913;
    public static final int TSMULTIRANGE_ARRAY = 6152;
    public static final int TSTZMULTIRANGE_ARRAY = 6153;
    public static final int DATEMULTIRANGE_ARRAY = 6155;

    /** Those below are of PostgreSQL's own; from here on they are given out by each server for itself. */
    public static final int FIRST_USER_DEFINED = 16384;

    private PgOid() {}

    /** Whether a database's users have defined what has the OID: on each server it is another one. */
    public static boolean isUserDefined(int oid) {
        return Integer.compareUnsigned(oid, FIRST_USER_DEFINED) >= 0;
    }

    /** Whether the server still has to infer the type: an untyped parameter or a string literal without a cast. */
    public static boolean isUnspecified(int oid) {
        return oid == UNSPECIFIED || oid == UNKNOWN;
    }

    /** The element type of an array type of ours, or {@link #UNSPECIFIED} for anything else. */
    public static int elementOf(int arrayOid) {
        return switch (arrayOid) {
            case BOOL_ARRAY -> BOOL;
            case BYTEA_ARRAY -> BYTEA;
            case INT2_ARRAY -> INT2;
            case INT4_ARRAY -> INT4;
            case INT8_ARRAY -> INT8;
            case TEXT_ARRAY -> TEXT;
            case BPCHAR_ARRAY -> BPCHAR;
            case VARCHAR_ARRAY -> VARCHAR;
            case FLOAT4_ARRAY -> FLOAT4;
            case FLOAT8_ARRAY -> FLOAT8;
            case TIMESTAMP_ARRAY -> TIMESTAMP;
            case DATE_ARRAY -> DATE;
            case TIME_ARRAY -> TIME;
            case TIMESTAMPTZ_ARRAY -> TIMESTAMPTZ;
            case NUMERIC_ARRAY -> NUMERIC;
            case UUID_ARRAY -> UUID;
            default -> UNSPECIFIED;
        };
    }

    /** The array type over an element type of ours, or {@link #UNSPECIFIED} for anything else. */
    public static int arrayOf(int elementOid) {
        return switch (elementOid) {
            case BOOL -> BOOL_ARRAY;
            case BYTEA -> BYTEA_ARRAY;
            case INT2 -> INT2_ARRAY;
            case INT4 -> INT4_ARRAY;
            case INT8 -> INT8_ARRAY;
            case TEXT -> TEXT_ARRAY;
            case BPCHAR -> BPCHAR_ARRAY;
            case VARCHAR -> VARCHAR_ARRAY;
            case FLOAT4 -> FLOAT4_ARRAY;
            case FLOAT8 -> FLOAT8_ARRAY;
            case TIMESTAMP -> TIMESTAMP_ARRAY;
            case DATE -> DATE_ARRAY;
            case TIME -> TIME_ARRAY;
            case TIMESTAMPTZ -> TIMESTAMPTZ_ARRAY;
            case NUMERIC -> NUMERIC_ARRAY;
            case UUID -> UUID_ARRAY;
            default -> UNSPECIFIED;
        };
    }

    /** The type's name as SQL spells it, for messages. */
    public static String name(int oid) {
        return switch (oid) {
            case BOOL -> "boolean";
            case BYTEA -> "bytea";
            case CHAR -> "\"char\"";
            case NAME -> "name";
            case INT8 -> "bigint";
            case INT2 -> "smallint";
            case INT4 -> "integer";
            case TEXT -> "text";
            case OID -> "oid";
            case JSON -> "json";
            case XML -> "xml";
            case FLOAT4 -> "real";
            case FLOAT8 -> "double precision";
            case MONEY -> "money";
            case BPCHAR -> "character";
            case VARCHAR -> "character varying";
            case DATE -> "date";
            case TIME -> "time without time zone";
            case TIMESTAMP -> "timestamp without time zone";
            case TIMESTAMPTZ -> "timestamp with time zone";
            case INTERVAL -> "interval";
            case TIMETZ -> "time with time zone";
            case BIT -> "bit";
            case VARBIT -> "bit varying";
            case NUMERIC -> "numeric";
            case UUID -> "uuid";
            case JSONB -> "jsonb";
            default -> elementOf(oid) != UNSPECIFIED ? name(elementOf(oid)) + "[]" : "the type with OID " + oid;
        };
    }

    /**
     * The type that PostgreSQL gives an unquoted integer literal (digits only, no sign): int4, int8 or numeric, by its
     * size.
     */
    public static int ofIntegerLiteral(byte[] digits, int offset, int length) {
        int from = offset;
        int end = offset + length;
        while (from < end - 1 && digits[from] == '0') {
            from++;
        }
        int significant = end - from;
        if (significant < 10) {
            return INT4;
        }
        if (significant > 19) {
            return NUMERIC;
        }
        long value = 0;
        for (int i = from; i < end; i++) {
            value = value * 10 + (digits[i] - '0');
        }
        // Nineteen digits overflow a long at most once, into the negative.
        return value < 0 ? NUMERIC : value <= Integer.MAX_VALUE ? INT4 : INT8;
    }
}
