package dev.trunkline.execute;

import dev.trunkline.value.PgNumeric;
import dev.trunkline.value.PgOid;
import dev.trunkline.value.UnreadableValue;
import dev.trunkline.value.WireFormat;
import io.netty.buffer.ByteBuf;

/**
 * The order of a type's values as their bytes stand on the wire, where it is provably PostgreSQL's ({@code <}, {@code =} and
 * {@code >} of the type's default B-tree operator class). Types that are missing sort by something that a node knows and we
 * don't: a locale, an enum's order, a setting.
 *
 * <p>Values are compared where they stand, without an object. NULL is not a value: whoever compares places it.
 */
enum ValueOrder {
    /** Two's complement integers of 1, 2, 4 or 8 bytes: int2, int4, int8, date, time, timestamp, timestamptz, bool. */
    INTEGER {
        @Override
        int compare(ByteBuf a, int aAt, int aLength, ByteBuf b, int bAt, int bLength) {
            return Long.compare(integer(a, aAt, aLength), integer(b, bAt, bLength));
        }

        @Override
        long prefix(ByteBuf a, int at, int length) {
            return integer(a, at, length);
        }

        @Override
        boolean prefixDecides() {
            return true;
        }
    },
    /** oid: four bytes without a sign. */
    UNSIGNED {
        @Override
        int compare(ByteBuf a, int aAt, int aLength, ByteBuf b, int bAt, int bLength) {
            return Long.compare(prefix(a, aAt, aLength), prefix(b, bAt, bLength));
        }

        @Override
        long prefix(ByteBuf a, int at, int length) {
            return integer(a, at, length) & 0xffffffffL;
        }

        @Override
        boolean prefixDecides() {
            return true;
        }
    },
    /** float4 and float8: NaN is above everything and equals itself, the zeros are equal. */
    FLOAT {
        @Override
        int compare(ByteBuf a, int aAt, int aLength, ByteBuf b, int bAt, int bLength) {
            return Long.compare(prefix(a, aAt, aLength), prefix(b, bAt, bLength));
        }

        @Override
        long prefix(ByteBuf a, int at, int length) {
            long bits = integer(a, at, length);
            double value = length == 4 ? Float.intBitsToFloat((int) bits) : Double.longBitsToDouble(bits);
            // Adding zero makes one of the two zeros; doubleToLongBits makes one NaN of all.
            long canonical = Double.doubleToLongBits(value + 0.0);
            return canonical >= 0 ? canonical : canonical ^ Long.MAX_VALUE;
        }

        @Override
        boolean prefixDecides() {
            return true;
        }
    },
    /** numeric: by value, NaN above infinity; digits after the last one that counts don't matter. */
    NUMERIC {
        @Override
        int compare(ByteBuf a, int aAt, int aLength, ByteBuf b, int bAt, int bLength) {
            return BinaryNumeric.compare(a, aAt, aLength, b, bAt, bLength);
        }

        @Override
        long prefix(ByteBuf a, int at, int length) {
            return BinaryNumeric.prefix(a, at, length);
        }

        @Override
        long hash(ByteBuf a, int at, int length) {
            return BinaryNumeric.hash(a, at, length);
        }
    },
    /** timetz: by the instant in UTC, then by the zone, east before west. */
    TIMETZ {
        @Override
        int compare(ByteBuf a, int aAt, int aLength, ByteBuf b, int bAt, int bLength) {
            int instant = Long.compare(prefix(a, aAt, aLength), prefix(b, bAt, bLength));
            return instant != 0 ? instant : Integer.compare(a.getInt(aAt + 8), b.getInt(bAt + 8));
        }

        @Override
        long prefix(ByteBuf a, int at, int length) {
            if (length != 12) {
                throw InputRuns.notRows();
            }
            // The zone is in seconds west of UTC.
            return a.getLong(at) + a.getInt(at + 8) * 1_000_000L;
        }
    },
    /** Bytes without a sign, the shorter first: uuid, bytea, text where the collation sorts by bytes. */
    BYTES {
        @Override
        int compare(ByteBuf a, int aAt, int aLength, ByteBuf b, int bAt, int bLength) {
            return compareBytes(a, aAt, aLength, b, bAt, bLength);
        }

        @Override
        long prefix(ByteBuf a, int at, int length) {
            return firstBytes(a, at, length);
        }
    },
    /** bpchar where the collation sorts by bytes: trailing blanks don't count. */
    BLANK_PADDED {
        @Override
        int compare(ByteBuf a, int aAt, int aLength, ByteBuf b, int bAt, int bLength) {
            return compareBytes(a, aAt, trimmed(a, aAt, aLength), b, bAt, trimmed(b, bAt, bLength));
        }

        @Override
        long prefix(ByteBuf a, int at, int length) {
            return firstBytes(a, at, trimmed(a, at, length));
        }

        @Override
        long hash(ByteBuf a, int at, int length) {
            return hashBytes(a, at, trimmed(a, at, length));
        }
    },
    /** An integer type's or oid's text. */
    INTEGER_TEXT {
        @Override
        int compare(ByteBuf a, int aAt, int aLength, ByteBuf b, int bAt, int bLength) {
            return Long.compare(prefix(a, aAt, aLength), prefix(b, bAt, bLength));
        }

        @Override
        long prefix(ByteBuf a, int at, int length) {
            return NumberText.integer(a, at, length);
        }

        @Override
        boolean prefixDecides() {
            return true;
        }
    },
    /** numeric's text. */
    NUMERIC_TEXT {
        @Override
        int compare(ByteBuf a, int aAt, int aLength, ByteBuf b, int bAt, int bLength) {
            return NumberText.numeric(a, aAt, aLength).compareTo(NumberText.numeric(b, bAt, bLength));
        }

        @Override
        long hash(ByteBuf a, int at, int length) {
            return NumberText.numeric(a, at, length).hash();
        }
    };

    /**
     * The order of a type in a format.
     *
     * @param byteOrder whether text is known to stand under a collation that sorts by bytes (C, C.UTF-8, builtin)
     * @return null where the order is not known to be the server's
     */
    static ValueOrder of(int typeOid, WireFormat format, boolean byteOrder) {
        boolean binary = format == WireFormat.BINARY;
        return switch (typeOid) {
            case PgOid.INT2, PgOid.INT4, PgOid.INT8 -> binary ? INTEGER : INTEGER_TEXT;
            case PgOid.OID -> binary ? UNSIGNED : INTEGER_TEXT;
            case PgOid.NUMERIC -> binary ? NUMERIC : NUMERIC_TEXT;
            case PgOid.TEXT, PgOid.VARCHAR -> byteOrder ? BYTES : null;
            case PgOid.BPCHAR -> byteOrder ? BLANK_PADDED : null;
            // Canonical text sorts as its bytes do.
            case PgOid.UUID -> BYTES;
            case PgOid.DATE, PgOid.TIME, PgOid.TIMESTAMP, PgOid.TIMESTAMPTZ, PgOid.BOOL -> binary ? INTEGER : null;
            case PgOid.TIMETZ -> binary ? TIMETZ : null;
            case PgOid.FLOAT4, PgOid.FLOAT8 -> binary ? FLOAT : null;
            case PgOid.BYTEA -> binary ? BYTES : null;
            default -> null;
        };
    }

    /** Negative, zero or positive as the first value sorts before, with or after the second. */
    abstract int compare(ByteBuf a, int aAt, int aLength, ByteBuf b, int bAt, int bLength);

    /** A number that never sorts against the order: where two differ, so do the values, in the same direction. */
    long prefix(ByteBuf a, int at, int length) {
        return 0;
    }

    /** Whether values with equal prefixes are equal. */
    boolean prefixDecides() {
        return false;
    }

    /** Equal for values that compare as equal. */
    long hash(ByteBuf a, int at, int length) {
        return prefixDecides() ? scramble(prefix(a, at, length)) : hashBytes(a, at, length);
    }

    private static long scramble(long value) {
        long x = value * 0x9E3779B97F4A7C15L;
        return x ^ x >>> 32;
    }

    static long hashBytes(ByteBuf a, int at, int length) {
        long hash = length;
        int i = 0;
        for (; i + 8 <= length; i += 8) {
            hash = scramble(hash ^ a.getLong(at + i));
        }
        for (; i < length; i++) {
            hash = scramble(hash ^ a.getByte(at + i));
        }
        return scramble(hash);
    }

    private static long integer(ByteBuf a, int at, int length) {
        return switch (length) {
            case 1 -> a.getByte(at);
            case 2 -> a.getShort(at);
            case 4 -> a.getInt(at);
            case 8 -> a.getLong(at);
            default -> throw InputRuns.notRows();
        };
    }

    private static int trimmed(ByteBuf a, int at, int length) {
        int left = length;
        while (left > 0 && a.getByte(at + left - 1) == ' ') {
            left--;
        }
        return left;
    }

    private static int compareBytes(ByteBuf a, int aAt, int aLength, ByteBuf b, int bAt, int bLength) {
        int common = Math.min(aLength, bLength);
        int i = 0;
        for (; i + 8 <= common; i += 8) {
            long x = a.getLong(aAt + i);
            long y = b.getLong(bAt + i);
            if (x != y) {
                return Long.compareUnsigned(x, y);
            }
        }
        for (; i < common; i++) {
            int difference = a.getUnsignedByte(aAt + i) - b.getUnsignedByte(bAt + i);
            if (difference != 0) {
                return difference;
            }
        }
        return Integer.compare(aLength, bLength);
    }

    private static long firstBytes(ByteBuf a, int at, int length) {
        long prefix = 0;
        if (length >= 8) {
            prefix = a.getLong(at);
        } else {
            for (int i = 0; i < length; i++) {
                prefix |= (long) a.getUnsignedByte(at + i) << 56 - 8 * i;
            }
        }
        // Signed comparison of what was unsigned.
        return prefix ^ Long.MIN_VALUE;
    }

    /** Reads the text of numbers as a node prints them. */
    static final class NumberText {

        private NumberText() {}

        static long integer(ByteBuf in, int at, int length) {
            boolean negative = length > 0 && in.getByte(at) == '-';
            int i = negative ? 1 : 0;
            if (i == length || length > 20) {
                throw InputRuns.notRows();
            }
            long value = 0;
            for (; i < length; i++) {
                int digit = in.getByte(at + i) - '0';
                if (digit < 0 || digit > 9) {
                    throw InputRuns.notRows();
                }
                // Counted down, since the least long has no positive counterpart.
                value = value * 10 - digit;
            }
            return negative ? value : -value;
        }

        static PgNumeric numeric(ByteBuf in, int at, int length) {
            byte[] bytes = new byte[length];
            in.getBytes(at, bytes);
            try {
                return PgNumeric.readText(bytes, 0, length);
            } catch (UnreadableValue e) {
                throw InputRuns.notRows();
            }
        }
    }
}
