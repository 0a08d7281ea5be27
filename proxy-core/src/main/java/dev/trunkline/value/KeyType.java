package dev.trunkline.value;

/**
 * A type that may be a shard key: its equality agrees with its hash, on every node and under every setting. Enums (hashed by
 * an OID that differs between nodes), floats, and text under a nondeterministic collation are none.
 */
public enum KeyType {
    INT2(PgOid.INT2, HashClass.INTEGER, "int2", "hashint2extended", 0),
    INT4(PgOid.INT4, HashClass.INTEGER, "int4",
            "hashint4extended", 0),
    INT8(PgOid.INT8, HashClass.INTEGER, "int8", "hashint8extended", 0),
    NUMERIC(
            PgOid.NUMERIC, HashClass.NUMERIC, "numeric", "hash_numeric_extended",
            0),
    TEXT(PgOid.TEXT, HashClass.TEXT, "text", "hashtextextended", 0),
    VARCHAR(PgOid.VARCHAR,
            HashClass.TEXT, "varchar", "hashtextextended",
            0),
    BPCHAR(PgOid.BPCHAR, HashClass.BPCHAR, "bpchar", "hashbpcharextended", 0),
    UUID(
            PgOid.UUID, HashClass.UUID, "uuid", "uuid_hash_extended",
            0),
    BYTEA(PgOid.BYTEA, HashClass.BYTEA, "bytea", "hashbyteaextended", 18),
    DATE(
            PgOid.DATE, HashClass.DATE, "date", "hashdateextended",
            18),
    TIMESTAMP(PgOid.TIMESTAMP, HashClass.TIMESTAMP, "timestamp",
            "timestamp_hash_extended", 0),
    TIMESTAMPTZ(PgOid.TIMESTAMPTZ,
            HashClass.TIMESTAMPTZ, "timestamptz",
            "timestamptz_hash_extended", 18),
    BOOL(PgOid.BOOL,
            HashClass.BOOL, "bool", "hashboolextended", 18);

    private final int oid;
    private final HashClass hashClass;
    private final String sqlName;
    private final String hashFunction;
    private final int hashFunctionSince;

    KeyType(int oid, HashClass hashClass, String sqlName, String hashFunction, int hashFunctionSince) {
        this.oid = oid;
        this.hashClass = hashClass;
        this.sqlName = sqlName;
        this.hashFunction = hashFunction;
        this.hashFunctionSince = hashFunctionSince;
    }

    public int oid() {
        return oid;
    }

    public HashClass hashClass() {
        return hashClass;
    }

    /** The type's name in {@code pg_type}, as it may be written in SQL. */
    public String sqlName() {
        return sqlName;
    }

    /** The key type with this OID, or null where the type can't be a key. */
    public static KeyType ofOid(int oid) {
        return switch (oid) {
            case PgOid.INT2 -> INT2;
            case PgOid.INT4 -> INT4;
            case PgOid.INT8 -> INT8;
            case PgOid.NUMERIC -> NUMERIC;
            case PgOid.TEXT -> TEXT;
            case PgOid.VARCHAR -> VARCHAR;
            case PgOid.BPCHAR -> BPCHAR;
            case PgOid.UUID -> UUID;
            case PgOid.BYTEA -> BYTEA;
            case PgOid.DATE -> DATE;
            case PgOid.TIMESTAMP -> TIMESTAMP;
            case PgOid.TIMESTAMPTZ -> TIMESTAMPTZ;
            case PgOid.BOOL -> BOOL;
            default -> null;
        };
    }

    /**
     * An SQL expression, of type int8, for the hash of {@code expression}, an expression of this type.
     *
     * <p>
     * Only built-in immutable functions, so that it may stand in an index, a check and the row filter of a publication. Some
     * types got a function of their own in PostgreSQL 18 only; before, they are hashed through a record, at twice the cost
     * and with the same result.
     *
     * @param serverMajor
     *            15 or newer
     */
    public String sqlHash(String expression, int serverMajor) {
        return serverMajor >= hashFunctionSince
                ? "pg_catalog." + hashFunction + "(" + expression + ", " + PgHash.PARTITION_SEED + ")"
                : "pg_catalog.hash_record_extended(ROW(" + expression + "), " + PgHash.PARTITION_SEED + ")";
    }

    /** An SQL expression, of type int8, for the virtual shard of {@code expression} among {@code virtualShards}. */
    public String sqlVirtualShard(String expression, int serverMajor, int virtualShards) {
        return "(" + sqlHash(expression, serverMajor) + " & " + (virtualShards - 1) + ")";
    }

    /** As {@link #sqlHash} for a key of several columns, whose hash is that of the record of them. */
    public static String sqlHash(Iterable<String> expressions) {
        return "pg_catalog.hash_record_extended(ROW(" + String.join(", ", expressions) + "), " + PgHash.PARTITION_SEED
                + ")";
    }

    /** As {@link #sqlVirtualShard} for a key of several columns. */
    public static String sqlVirtualShard(Iterable<String> expressions, int virtualShards) {
        return "(" + sqlHash(expressions) + " & " + (virtualShards - 1) + ")";
    }
}
