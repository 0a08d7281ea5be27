package dev.trunkline.value;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;

/**
 * A value of type numeric: a decimal number with PostgreSQL's display scale (never negative), NaN or an infinity.
 *
 * <p>
 * Binary layout ({@code numeric_send}): int16 number of digits, int16 weight of the first digit (in powers of 10000), int16
 * sign (0x0000, 0x4000 negative, 0xC000 NaN, 0xD000 infinity, 0xF000 -infinity), int16 display scale, then the base-10000
 * digits, int16 each.
 */
public final class PgNumeric implements Comparable<PgNumeric> {

    public static final PgNumeric NEGATIVE_INFINITY = new PgNumeric(-1, null);
    public static final PgNumeric INFINITY = new PgNumeric(1, null);
    public static final PgNumeric NAN = new PgNumeric(2, null);

    /** {@code NUMERIC_DSCALE_MAX}: fractional digits that a value can hold. */
    public static final int MAX_SCALE = 16383;
    /** Digits that a value can hold before the decimal point. */
    private static final int MAX_INTEGRAL = 131072;
    private static final int SIGN_NEGATIVE = 0x4000;
    private static final int SIGN_NAN = 0xC000;
    private static final int SIGN_INFINITY = 0xD000;
    private static final int SIGN_NEGATIVE_INFINITY = 0xF000;

    /** Where this stands in the sort order: -1 -infinity, 0 finite, 1 infinity, 2 NaN. */
    private final int rank;
    private final BigDecimal value;

    private PgNumeric(int rank, BigDecimal value) {
        this.rank = rank;
        this.value = value;
    }

    /** A finite value, whose scale is its display scale. */
    public static PgNumeric of(BigDecimal value) {
        return new PgNumeric(0, value.scale() < 0 ? value.setScale(0) : value);
    }

    public static PgNumeric of(long value) {
        return new PgNumeric(0, BigDecimal.valueOf(value));
    }

    /** The assignment cast from float8, by way of 15 significant digits. */
    static PgNumeric ofDouble(double value) {
        return ofFloating(value, 15);
    }

    /** The assignment cast from float4, by way of 6 significant digits. */
    static PgNumeric ofFloat(double value) {
        return ofFloating(value, 6);
    }

    private static PgNumeric ofFloating(double value, int digits) {
        if (Double.isNaN(value)) {
            return NAN;
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? INFINITY : NEGATIVE_INFINITY;
        }
        // What C's %.15g prints, read back; trailing zeros don't matter to a key.
        return of(new BigDecimal(value).round(new MathContext(digits, RoundingMode.HALF_EVEN)));
    }

    public boolean isFinite() {
        return rank == 0;
    }

    public boolean isNaN() {
        return rank == 2;
    }

    /** The finite value; its scale is the display scale. */
    public BigDecimal value() {
        return value;
    }

    public int scale() {
        return value == null ? 0 : value.scale();
    }

    /** Decimal notation with or without an exponent, NaN or an infinity; blanks around it. */
    public static PgNumeric readText(byte[] bytes, int offset, int length) throws UnreadableValue {
        int at = Spelling.start(bytes, offset, offset + length);
        int end = Spelling.end(bytes, at, offset + length);
        if (Spelling.is("nan", bytes, at, end - at)) {
            return NAN;
        }
        boolean negative = at < end && bytes[at] == '-';
        int digits = negative || at < end && bytes[at] == '+' ? at + 1 : at;
        if (Spelling.is("infinity", bytes, digits, end - digits) || Spelling.is("inf", bytes, digits, end - digits)) {
            return negative ? NEGATIVE_INFINITY : INFINITY;
        }
        return finite(bytes, digits, end, negative);
    }

    private static PgNumeric finite(byte[] bytes, int start, int end, boolean negative) throws UnreadableValue {
        if (end - start > MAX_INTEGRAL + MAX_SCALE + 10) {
            throw new UnreadableValue("it is out of range for numeric");
        }
        char[] digits = new char[end - start + 1];
        digits[0] = '0';
        int size = 1;
        int scale = 0;
        boolean point = false;
        int at = start;
        for (; at < end; at++) {
            byte b = bytes[at];
            if (b >= '0' && b <= '9') {
                digits[size++] = (char) b;
                scale += point ? 1 : 0;
            } else if (b == '.' && !point) {
                point = true;
            } else {
                break;
            }
        }
        if (size == 1) {
            throw new UnreadableValue("it is not a plain decimal number");
        }
        if (at < end) {
            if (bytes[at] != 'e' && bytes[at] != 'E') {
                throw new UnreadableValue("it is not a plain decimal number");
            }
            scale -= exponent(bytes, at + 1, end);
        }
        BigDecimal unscaled = new BigDecimal(digits, 0, size);
        return inRange(new BigDecimal(negative ? unscaled.unscaledValue().negate() : unscaled.unscaledValue(), scale));
    }

    private static int exponent(byte[] bytes, int start, int end) throws UnreadableValue {
        boolean negative = start < end && bytes[start] == '-';
        int at = negative || start < end && bytes[start] == '+' ? start + 1 : start;
        if (at == end || end - at > 6) {
            throw new UnreadableValue("it is not a plain decimal number");
        }
        int exponent = 0;
        for (; at < end; at++) {
            if (bytes[at] < '0' || bytes[at] > '9') {
                throw new UnreadableValue("it is not a plain decimal number");
            }
            exponent = exponent * 10 + bytes[at] - '0';
        }
        return negative ? -exponent : exponent;
    }

    private static PgNumeric inRange(BigDecimal value) throws UnreadableValue {
        if (!holds(value)) {
            throw new UnreadableValue("it is out of range for numeric");
        }
        return of(value);
    }

    /** Whether a finite value lies in the range of the type. */
    public static boolean holds(BigDecimal value) {
        return value.scale() <= MAX_SCALE
                && (value.signum() == 0 || (long) value.precision() - value.scale() <= MAX_INTEGRAL);
    }

    public static PgNumeric readBinary(byte[] bytes, int offset, int length) throws UnreadableValue {
        int count = length < 8 ? -1 : int16(bytes, offset);
        if (count < 0 || length != 8 + 2 * count) {
            throw new UnreadableValue("it is not a binary numeric");
        }
        int weight = (short) int16(bytes, offset + 2);
        int sign = int16(bytes, offset + 4);
        int scale = int16(bytes, offset + 6);
        switch (sign) {
            case SIGN_NAN :
                return NAN;
            case SIGN_INFINITY :
                return INFINITY;
            case SIGN_NEGATIVE_INFINITY :
                return NEGATIVE_INFINITY;
            case 0, SIGN_NEGATIVE :
                break;
            default :
                throw new UnreadableValue("it is not a binary numeric");
        }
        if (scale > MAX_SCALE) {
            throw new UnreadableValue("it is not a binary numeric");
        }
        BigDecimal value = digits(bytes, offset + 8, count, weight);
        // Digits that the display scale hides are cut, as numeric_recv does.
        return inRange((sign == 0 ? value : value.negate()).setScale(scale, RoundingMode.DOWN));
    }

    private static BigDecimal digits(byte[] bytes, int at, int count, int weight) throws UnreadableValue {
        if (count <= 4) {
            long unscaled = 0;
            for (int i = 0; i < count; i++) {
                unscaled = unscaled * 10000 + digit(bytes, at + 2 * i);
            }
            return BigDecimal.valueOf(unscaled, 4 * (count - 1 - weight));
        }
        char[] text = new char[4 * count];
        for (int i = 0; i < count; i++) {
            int digit = digit(bytes, at + 2 * i);
            text[4 * i] = (char) ('0' + digit / 1000);
            text[4 * i + 1] = (char) ('0' + digit / 100 % 10);
            text[4 * i + 2] = (char) ('0' + digit / 10 % 10);
            text[4 * i + 3] = (char) ('0' + digit % 10);
        }
        return new BigDecimal(new BigDecimal(text).unscaledValue(), 4 * (count - 1 - weight));
    }

    private static int digit(byte[] bytes, int at) throws UnreadableValue {
        int digit = int16(bytes, at);
        if (digit > 9999) {
            throw new UnreadableValue("it is not a binary numeric");
        }
        return digit;
    }

    private static int int16(byte[] bytes, int at) {
        return (bytes[at] & 0xff) << 8 | bytes[at + 1] & 0xff;
    }

    /** The canonical text, as {@code numeric_out} writes it. */
    public String toText() {
        return switch (rank) {
            case -1 -> "-Infinity";
            case 0 -> value.toPlainString();
            case 1 -> "Infinity";
            default -> "NaN";
        };
    }

    /** The canonical binary form, as {@code numeric_send} writes it. */
    public byte[] toBinary() {
        if (value == null) {
            int sign = rank < 0 ? SIGN_NEGATIVE_INFINITY : rank == 1 ? SIGN_INFINITY : SIGN_NAN;
            // The server reads a scale of 32 out of the header of its infinities, and sends it.
            byte scale = (byte) (isNaN() ? 0 : 0x20);
            return new byte[]{0, 0, 0, 0, (byte) (sign >> 8), (byte) sign, 0, scale};
        }
        Groups groups = Groups.of(value);
        byte[] binary = new byte[8 + groups.littleEndian.length];
        put16(binary, 0, groups.littleEndian.length / 2);
        put16(binary, 2, groups.weight);
        put16(binary, 4, value.signum() < 0 ? SIGN_NEGATIVE : 0);
        put16(binary, 6, value.scale());
        for (int i = 0; i < groups.littleEndian.length; i += 2) {
            binary[8 + i] = groups.littleEndian[i + 1];
            binary[9 + i] = groups.littleEndian[i];
        }
        return binary;
    }

    private static void put16(byte[] bytes, int at, int value) {
        bytes[at] = (byte) (value >> 8);
        bytes[at + 1] = (byte) value;
    }

    /** {@code hash_numeric_extended}: the base-10000 digits without zeros at either end, and their weight; no scale. */
    public long hash() {
        if (value == null) {
            return PgHash.PARTITION_SEED;
        }
        if (value.signum() == 0) {
            return PgHash.PARTITION_SEED - 1;
        }
        Groups groups = Groups.of(value);
        return PgHash.bytes(groups.littleEndian, 0, groups.littleEndian.length) ^ groups.weight;
    }

    /** The integer that this value equals; fails where there is none among the longs. */
    public long toIntegerExactly() throws UnreadableValue {
        return toInteger(RoundingMode.UNNECESSARY);
    }

    /** The cast to an integer: rounded half away from zero. */
    long toIntegerRounded() throws UnreadableValue {
        return toInteger(RoundingMode.HALF_UP);
    }

    private long toInteger(RoundingMode rounding) throws UnreadableValue {
        if (value == null || (long) value.precision() - value.scale() > 19) {
            throw new UnreadableValue("it is out of range for an integer");
        }
        try {
            return value.setScale(0, rounding).longValueExact();
        } catch (ArithmeticException e) {
            throw new UnreadableValue("it is out of range for an integer");
        }
    }

    /** The value in a column {@code numeric(p,s)}: rounded half away from zero; fails where the server would. */
    public PgNumeric withModifier(int modifier) throws UnreadableValue {
        if (modifier < 4 || isNaN()) {
            return this;
        }
        int precision = modifier - 4 >> 16 & 0xffff;
        // Eleven bits with a sign, since 15.
        int scale = (modifier - 4 & 0x7ff ^ 1024) - 1024;
        if (value == null) {
            throw new UnreadableValue("a numeric with a precision holds no infinity");
        }
        BigDecimal rounded = value.setScale(scale, RoundingMode.HALF_UP);
        if (rounded.signum() != 0 && rounded.precision() - rounded.scale() > precision - scale) {
            throw new UnreadableValue("it overflows the precision of the column");
        }
        return of(rounded);
    }

    /**
     * The quotient by a positive integer as {@code numeric_div} makes it: at least 16 significant digits, at least this scale,
     * rounded half away from zero ({@code select_div_scale}).
     */
    public PgNumeric dividedBy(long divisor) {
        if (value == null) {
            return this;
        }
        BigDecimal by = BigDecimal.valueOf(divisor);
        Groups dividend = Groups.of(value);
        Groups denominator = Groups.of(by);
        int weight = dividend.weight - denominator.weight;
        if (dividend.first() <= denominator.first()) {
            weight--;
        }
        int scale = Math.min(Math.max(Math.max(16 - weight * 4, value.scale()), 0), 1000);
        return of(value.divide(by, scale, RoundingMode.HALF_UP));
    }

    /** PostgreSQL's order: -infinity, numbers, infinity, NaN; scale doesn't matter. */
    @Override
    public int compareTo(PgNumeric other) {
        return rank != 0 || other.rank != 0 ? Integer.compare(rank, other.rank) : value.compareTo(other.value);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PgNumeric numeric && compareTo(numeric) == 0;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(hash());
    }

    @Override
    public String toString() {
        return toText();
    }

    /** The base-10000 digits of a number without zeros at either end, two bytes each, and the weight of the first. */
    private record Groups(byte[] littleEndian, int weight) {

        int first() {
            return littleEndian.length == 0 ? 0 : littleEndian[0] & 0xff | littleEndian[1] << 8;
        }

        static Groups of(BigDecimal value) {
            BigInteger unscaled = value.unscaledValue().abs();
            if (unscaled.signum() == 0) {
                return new Groups(new byte[0], 0);
            }
            byte[] digits = unscaled.toString().getBytes(StandardCharsets.ISO_8859_1);
            int scale = value.scale();
            // The groups are aligned on the decimal point: `behind` zeros fill the last, `ahead` the first.
            int behind = Math.floorMod(-scale, 4);
            int ahead = Math.floorMod(-(digits.length + behind), 4);
            int count = (ahead + digits.length + behind) / 4;
            int weight = count - 1 - (scale + behind) / 4;
            short[] groups = new short[count];
            for (int i = 0; i < digits.length; i++) {
                int group = (ahead + i) / 4;
                groups[group] = (short) (groups[group] * 10 + digits[i] - '0');
            }
            for (int i = 0; i < behind; i++) {
                groups[count - 1] *= 10;
            }
            // The first digit isn't zero, so the first group isn't.
            int last = count;
            while (groups[last - 1] == 0) {
                last--;
            }
            byte[] bytes = new byte[2 * last];
            for (int i = 0; i < last; i++) {
                bytes[2 * i] = (byte) groups[i];
                bytes[2 * i + 1] = (byte) (groups[i] >> 8);
            }
            return new Groups(bytes, weight);
        }
    }
}
