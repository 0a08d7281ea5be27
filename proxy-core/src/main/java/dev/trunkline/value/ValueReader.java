package dev.trunkline.value;

import java.nio.charset.StandardCharsets;

/**
 * Reads one value in either wire format as a type, after casts that PostgreSQL performs on assignment. Every method fails
 * with {@link UnreadableValue} where the server would raise an error, and also where we don't do exactly what it does.
 */
final class ValueReader {

    /** Longer spellings of a number are not worth the time that reading them takes an event loop. */
    private static final int LONGEST_NUMBER = 2000;

    private ValueReader() {}

    /** An integer from any integer type; from numeric rounded half away from zero, from floats half to even. */
    static long integer(int oid, int modifier, WireFormat format, byte[] bytes, int offset, int length)
            throws UnreadableValue {
        return switch (oid) {
            case PgOid.INT2, PgOid.INT4, PgOid.INT8 -> inRange(oid, plainInteger(oid, format, bytes, offset, length));
            case PgOid.NUMERIC -> numeric(oid, modifier, format, bytes, offset, length).toIntegerRounded();
            case PgOid.FLOAT4, PgOid.FLOAT8 -> {
                double value = Math.rint(floating(oid, format, bytes, offset, length));
                if (!(value >= -0x1p63 && value < 0x1p63)) {
                    throw new UnreadableValue("it is out of range for an integer");
                }
                yield (long) value;
            }
            default -> throw noCast();
        };
    }

    private static long plainInteger(int oid, WireFormat format, byte[] bytes, int offset, int length)
            throws UnreadableValue {
        if (format == WireFormat.TEXT) {
            return Spelling.integer(bytes, offset, length);
        }
        int size = oid == PgOid.INT2 ? 2 : oid == PgOid.INT4 ? 4 : 8;
        if (length != size) {
            throw wrongLength();
        }
        long value = bytes[offset];
        for (int i = 1; i < size; i++) {
            value = value << 8 | bytes[offset + i] & 0xff;
        }
        return value;
    }

    /** Fails where the value doesn't fit into the integer type. */
    static long inRange(int oid, long value) throws UnreadableValue {
        if (!fits(oid, value)) {
            throw new UnreadableValue("it is out of range for an integer");
        }
        return value;
    }

    static boolean fits(int oid, long value) {
        return switch (oid) {
            case PgOid.INT2 -> value == (short) value;
            case PgOid.INT4 -> value == (int) value;
            default -> true;
        };
    }

    private static double floating(int oid, WireFormat format, byte[] bytes, int offset, int length)
            throws UnreadableValue {
        if (format == WireFormat.TEXT) {
            return Spelling.floating(bytes, offset, length, oid == PgOid.FLOAT4);
        }
        return oid == PgOid.FLOAT4
                ? Float.intBitsToFloat((int) plainInteger(PgOid.INT4, format, bytes, offset, length))
                : Double.longBitsToDouble(plainInteger(PgOid.INT8, format, bytes, offset, length));
    }

    static PgNumeric numeric(int oid, int modifier, WireFormat format, byte[] bytes, int offset, int length)
            throws UnreadableValue {
        if (length > LONGEST_NUMBER) {
            throw new UnreadableValue("it is too long for a number");
        }
        return switch (oid) {
            case PgOid.NUMERIC -> (format == WireFormat.TEXT
                    ? PgNumeric.readText(bytes, offset, length)
                    : PgNumeric.readBinary(bytes, offset, length)).withModifier(modifier);
            case PgOid.INT2, PgOid.INT4, PgOid.INT8 ->
                PgNumeric.of(integer(oid, modifier, format, bytes, offset, length));
            case PgOid.FLOAT4 -> PgNumeric.ofFloat(floating(oid, format, bytes, offset, length));
            case PgOid.FLOAT8 -> PgNumeric.ofDouble(floating(oid, format, bytes, offset, length));
            default -> throw noCast();
        };
    }

    /** A date; from a timestamp its day. */
    static int date(int oid, int modifier, WireFormat format, byte[] bytes, int offset, int length)
            throws UnreadableValue {
        if (oid == PgOid.TIMESTAMP) {
            return IsoDateTime.dateOf(timestamp(oid, modifier, format, bytes, offset, length));
        }
        if (oid != PgOid.DATE) {
            throw noCast();
        }
        if (format == WireFormat.TEXT) {
            return IsoDateTime.date(bytes, offset, length);
        }
        int days = (int) plainInteger(PgOid.INT4, format, bytes, offset, length);
        return days == IsoDateTime.DATE_INFINITY || days == IsoDateTime.DATE_NEGATIVE_INFINITY
                ? days
                : IsoDateTime.checkedDate(days);
    }

    /** A timestamp; from a date its midnight. */
    static long timestamp(int oid, int modifier, WireFormat format, byte[] bytes, int offset, int length)
            throws UnreadableValue {
        if (oid == PgOid.DATE) {
            return IsoDateTime.midnight(date(oid, modifier, format, bytes, offset, length));
        }
        if (oid != PgOid.TIMESTAMP) {
            throw noCast();
        }
        return moment(false, modifier, format, bytes, offset, length);
    }

    static long timestamptz(int oid, int modifier, WireFormat format, byte[] bytes, int offset, int length)
            throws UnreadableValue {
        if (oid != PgOid.TIMESTAMPTZ) {
            throw noCast();
        }
        return moment(true, modifier, format, bytes, offset, length);
    }

    private static long moment(boolean zoned, int modifier, WireFormat format, byte[] bytes, int offset, int length)
            throws UnreadableValue {
        long micros = format == WireFormat.TEXT
                ? IsoDateTime.timestamp(bytes, offset, length, zoned)
                : plainInteger(PgOid.INT8, format, bytes, offset, length);
        if (!IsoDateTime.isFinite(micros)) {
            return micros;
        }
        // Rounding may reach the first instant out of range: the server doesn't look again either.
        return IsoDateTime.withModifier(IsoDateTime.checkedTimestamp(micros), modifier);
    }

    static boolean bool(int oid, WireFormat format, byte[] bytes, int offset, int length) throws UnreadableValue {
        if (oid != PgOid.BOOL) {
            throw noCast();
        }
        if (format == WireFormat.TEXT) {
            return Spelling.bool(bytes, offset, length);
        }
        if (length != 1) {
            throw wrongLength();
        }
        return bytes[offset] != 0;
    }

    /** The hash of a uuid. */
    static long uuidHash(int oid, WireFormat format, byte[] bytes, int offset, int length) throws UnreadableValue {
        if (oid != PgOid.UUID) {
            throw noCast();
        }
        if (format == WireFormat.TEXT) {
            return PgHash.bytes(Spelling.uuid(bytes, offset, length), 0, 16);
        }
        if (length != 16) {
            throw wrongLength();
        }
        return PgHash.bytes(bytes, offset, 16);
    }

    /** The hash of a bytea. */
    static long byteaHash(int oid, WireFormat format, byte[] bytes, int offset, int length) throws UnreadableValue {
        if (oid != PgOid.BYTEA) {
            throw noCast();
        }
        if (format == WireFormat.BINARY) {
            return PgHash.bytes(bytes, offset, length);
        }
        byte[] value = Spelling.bytea(bytes, offset, length);
        return PgHash.bytes(value, 0, value.length);
    }

    /**
     * The length of a text value that stands in these bytes, after the explicit cast to its own modifier, which cuts
     * without complaint. Both formats are the same bytes.
     */
    static int textLength(int oid, int modifier, byte[] bytes, int offset, int length) throws UnreadableValue {
        Utf8.check(bytes, offset, length);
        boolean limited = modifier >= 4 && (oid == PgOid.VARCHAR || oid == PgOid.BPCHAR);
        int kept = limited ? Utf8.prefix(bytes, offset, length, modifier - 4) : length;
        return oid == PgOid.BPCHAR ? Utf8.trimmed(bytes, offset, kept) : kept;
    }

    /** What the assignment cast makes of a value that is no text, or null for one that is. */
    static byte[] castToText(int oid, WireFormat format, byte[] bytes, int offset, int length)
            throws UnreadableValue {
        return switch (oid) {
            case PgOid.TEXT, PgOid.VARCHAR, PgOid.BPCHAR -> null;
            case PgOid.INT2, PgOid.INT4, PgOid.INT8 -> Long
                    .toString(integer(oid, ColumnType.NO_MODIFIER, format, bytes, offset, length))
                    .getBytes(StandardCharsets.ISO_8859_1);
            case PgOid.BOOL -> Boolean.toString(bool(oid, format, bytes, offset, length))
                    .getBytes(StandardCharsets.ISO_8859_1);
            default -> throw noCast();
        };
    }

    static UnreadableValue noCast() {
        return new UnreadableValue("its type is not one that is converted exactly to the type of the key");
    }

    private static UnreadableValue wrongLength() {
        return new UnreadableValue("its length is not that of its type");
    }
}
