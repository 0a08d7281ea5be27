package dev.trunkline.admin;

import dev.trunkline.value.PgOid;
import dev.trunkline.wire.BackendMessage.Field;
import dev.trunkline.wire.Bytes;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;

/** A column of an answer. Its values are Strings, Longs, Integers, Doubles, Booleans and Instants, or null. */
record Column(String name, Type type) {

    /** The types that answers are made of, a few that every driver knows. */
    enum Type {
        TEXT(PgOid.TEXT, -1),
        INT4(PgOid.INT4, 4),
        INT8(PgOid.INT8, 8),
        FLOAT8(PgOid.FLOAT8, 8),
        BOOL(PgOid.BOOL, 1),
        TIMESTAMPTZ(PgOid.TIMESTAMPTZ, 8);

        private final int oid;
        private final int size;

        Type(int oid, int size) {
            this.oid = oid;
            this.size = size;
        }
    }

    private static final DateTimeFormatter ISO = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSSSSS'+00'")
            .withZone(ZoneOffset.UTC);
    private static final Instant POSTGRES_EPOCH = Instant.parse("2000-01-01T00:00:00Z");

    static Column text(String name) {
        return new Column(name, Type.TEXT);
    }

    static Column int4(String name) {
        return new Column(name, Type.INT4);
    }

    static Column int8(String name) {
        return new Column(name, Type.INT8);
    }

    static Column float8(String name) {
        return new Column(name, Type.FLOAT8);
    }

    static Column time(String name) {
        return new Column(name, Type.TIMESTAMPTZ);
    }

    Field field(int format) {
        return new Field(name, 0, 0, type.oid, type.size, -1, format);
    }

    /** A value as it goes into a DataRow; null for NULL. */
    Bytes encode(Object value, int format) {
        if (value == null) {
            return null;
        }
        if (format == 0) {
            return Bytes.utf8(switch (type) {
                case BOOL -> (Boolean) value ? "t" : "f";
                case TIMESTAMPTZ -> ISO.format((Instant) value);
                case FLOAT8 -> value.toString().replaceAll("\\.0$", "");
                case TEXT, INT4, INT8 -> value.toString();
            });
        }
        return switch (type) {
            case TEXT -> Bytes.utf8(value.toString());
            case INT4 -> Bytes.of(ByteBuffer.allocate(4).putInt(((Number) value).intValue()).array());
            case INT8 -> Bytes.of(ByteBuffer.allocate(8).putLong(((Number) value).longValue()).array());
            case FLOAT8 -> Bytes.of(ByteBuffer.allocate(8).putDouble(((Number) value).doubleValue()).array());
            case BOOL -> Bytes.of((byte) ((Boolean) value ? 1 : 0));
            case TIMESTAMPTZ -> Bytes.of(ByteBuffer.allocate(8)
                    .putLong(ChronoUnit.MICROS.between(POSTGRES_EPOCH, (Instant) value)).array());
        };
    }
}
