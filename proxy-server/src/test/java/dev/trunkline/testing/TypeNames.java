package dev.trunkline.testing;

import java.util.Locale;

/** The built-in types that conversations name: their OID and pg_type.typlen. */
enum TypeNames {

    BOOL(16, 1),
    BYTEA(17, -1),
    NAME(19, 64),
    INT8(20, 8),
    INT2(21, 2),
    INT4(23, 4),
    TEXT(25, -1),
    OID(26, 4),
    JSON(114,
            -1),
    FLOAT4(700, 4),
    FLOAT8(701, 8),
    UNKNOWN(705, -2),
    BPCHAR(1042, -1),
    VARCHAR(1043, -1),
    DATE(1082,
            4),
    TIMESTAMP(1114,
            8),
    TIMESTAMPTZ(1184, 8),
    NUMERIC(1700, -1),
    VOID(2278, 4),
    UUID(2950, 16),
    JSONB(3802, -1);

    private final int oid;
    private final int size;

    TypeNames(int oid, int size) {
        this.oid = oid;
        this.size = size;
    }

    int oid() {
        return oid;
    }

    int size() {
        return size;
    }

    /** A name or a number. */
    static int oid(String text) {
        for (TypeNames type : values()) {
            if (type.name().equalsIgnoreCase(text)) {
                return type.oid;
            }
        }
        return Integer.parseInt(text);
    }

    static int size(int oid) {
        for (TypeNames type : values()) {
            if (type.oid == oid) {
                return type.size;
            }
        }
        return -1;
    }

    static String name(int oid) {
        for (TypeNames type : values()) {
            if (type.oid == oid) {
                return type.name().toLowerCase(Locale.ROOT);
            }
        }
        return Integer.toString(oid);
    }
}
