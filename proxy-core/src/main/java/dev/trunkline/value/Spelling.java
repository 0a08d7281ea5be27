package dev.trunkline.value;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads the text formats of integers, floats, booleans, uuid and bytea: only spellings that every supported server reads in
 * the same way under every setting.
 */
final class Spelling {

    private Spelling() {}

    static boolean isSpace(byte b) {
        return b == ' ' || b >= '\t' && b <= '\r';
    }

    static int start(byte[] bytes, int offset, int end) {
        int at = offset;
        while (at < end && isSpace(bytes[at])) {
            at++;
        }
        return at;
    }

    static int end(byte[] bytes, int start, int end) {
        int at = end;
        while (at > start && isSpace(bytes[at - 1])) {
            at--;
        }
        return at;
    }

    /** An optionally signed decimal integer with blanks around it; 16's {@code 0x1F} and {@code 1_000} are not read. */
    static long integer(byte[] bytes, int offset, int length) throws UnreadableValue {
        int at = start(bytes, offset, offset + length);
        int end = end(bytes, at, offset + length);
        boolean negative = at < end && bytes[at] == '-';
        if (negative || at < end && bytes[at] == '+') {
            at++;
        }
        if (at == end) {
            throw new UnreadableValue("it is not a plain decimal integer");
        }
        // Counted down, since the least long has no positive counterpart.
        long value = 0;
        for (; at < end; at++) {
            int digit = bytes[at] - '0';
            if (digit < 0 || digit > 9) {
                throw new UnreadableValue("it is not a plain decimal integer");
            }
            if (value < Long.MIN_VALUE / 10 || value * 10 < Long.MIN_VALUE + digit) {
                throw new UnreadableValue("it is out of range for an integer");
            }
            value = value * 10 - digit;
        }
        if (!negative && value == Long.MIN_VALUE) {
            throw new UnreadableValue("it is out of range for an integer");
        }
        return negative ? value : -value;
    }

    /** A float8 in decimal notation, NaN or an infinity; {@code single} rounds to float4 at once, as the server does. */
    static double floating(byte[] bytes, int offset, int length, boolean single) throws UnreadableValue {
        int at = start(bytes, offset, offset + length);
        int end = end(bytes, at, offset + length);
        if (end - at > 1000) {
            throw new UnreadableValue("it is too long for a number");
        }
        if (is("nan", bytes, at, end - at)) {
            return Double.NaN;
        }
        int unsigned = at < end && (bytes[at] == '-' || bytes[at] == '+') ? at + 1 : at;
        if (is("infinity", bytes, unsigned, end - unsigned) || is("inf", bytes, unsigned, end - unsigned)) {
            return bytes[at] == '-' ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
        }
        boolean zero = true;
        boolean exponent = false;
        for (int i = at; i < end; i++) {
            byte b = bytes[i];
            exponent |= b == 'e' || b == 'E';
            zero &= exponent || b < '1' || b > '9';
            // Java reads more than C does: hexadecimal, a trailing f or d.
            if ((b < '0' || b > '9') && b != '.' && b != '-' && b != '+' && b != 'e' && b != 'E') {
                throw new UnreadableValue("it is not a plain decimal number");
            }
        }
        try {
            String text = new String(bytes, at, end - at, StandardCharsets.US_ASCII);
            double value = single ? Float.parseFloat(text) : Double.parseDouble(text);
            if (Double.isInfinite(value) || value == 0 && !zero) {
                throw new UnreadableValue("it is out of range for its type");
            }
            return value;
        } catch (NumberFormatException e) {
            throw new UnreadableValue("it is not a plain decimal number");
        }
    }

    /** What {@code parse_bool} takes: unique prefixes of true, false, yes, no, on and off in any case, 1 and 0. */
    static boolean bool(byte[] bytes, int offset, int length) throws UnreadableValue {
        int at = start(bytes, offset, offset + length);
        int size = end(bytes, at, offset + length) - at;
        if (prefixOf("true", 1, bytes, at, size) || prefixOf("yes", 1, bytes, at, size)
                || prefixOf("on", 2, bytes, at, size) || prefixOf("1", 1, bytes, at, size)) {
            return true;
        }
        if (prefixOf("false", 1, bytes, at, size) || prefixOf("no", 1, bytes, at, size)
                || prefixOf("off", 2, bytes, at, size) || prefixOf("0", 1, bytes, at, size)) {
            return false;
        }
        throw new UnreadableValue("it is not a boolean");
    }

    private static boolean prefixOf(String word, int least, byte[] bytes, int at, int size) {
        return size >= least && size <= word.length() && matches(word, size, bytes, at);
    }

    /** Whether these bytes are the word, letters in any case. */
    static boolean is(String word, byte[] bytes, int at, int size) {
        return size == word.length() && matches(word, size, bytes, at);
    }

    private static boolean matches(String word, int size, byte[] bytes, int at) {
        for (int i = 0; i < size; i++) {
            int b = bytes[at + i];
            if ((b >= 'A' && b <= 'Z' ? b + 32 : b) != word.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** 32 hexadecimal digits, with a hyphen after any group of four, perhaps in braces. */
    static byte[] uuid(byte[] bytes, int offset, int length) throws UnreadableValue {
        int at = offset;
        int end = offset + length;
        boolean braces = at < end && bytes[at] == '{';
        if (braces) {
            at++;
        }
        byte[] uuid = new byte[16];
        for (int i = 0; i < 16; i++) {
            int octet = end - at < 2 ? -1 : hex(bytes[at]) << 4 | hex(bytes[at + 1]);
            if (octet < 0) {
                throw new UnreadableValue("it is not a uuid");
            }
            uuid[i] = (byte) octet;
            at += 2;
            if (i % 2 == 1 && i < 15 && at < end && bytes[at] == '-') {
                at++;
            }
        }
        if (braces && (at == end || bytes[at++] != '}') || at != end) {
            throw new UnreadableValue("it is not a uuid");
        }
        return uuid;
    }

    /** A hexadecimal digit's value, or a negative number that stays negative when shifted and combined. */
    private static int hex(byte b) {
        return b >= '0' && b <= '9' ? b - '0' : (b | 32) >= 'a' && (b | 32) <= 'f' ? (b | 32) - 'a' + 10 : -1;
    }

    /** bytea in the hex format ({@code \x00ff}) or the escape format. */
    static byte[] bytea(byte[] bytes, int offset, int length) throws UnreadableValue {
        boolean hex = length >= 2 && bytes[offset] == '\\' && bytes[offset + 1] == 'x';
        return hex ? byteaHex(bytes, offset + 2, offset + length) : byteaEscape(bytes, offset, offset + length);
    }

    private static byte[] byteaHex(byte[] bytes, int start, int end) throws UnreadableValue {
        byte[] value = new byte[(end - start) / 2];
        int size = 0;
        int at = start;
        while (at < end) {
            byte b = bytes[at];
            if (b == ' ' || b == '\n' || b == '\t' || b == '\r') {
                at++;
                continue;
            }
            int octet = end - at < 2 ? -1 : hex(b) << 4 | hex(bytes[at + 1]);
            if (octet < 0) {
                throw new UnreadableValue("it is not a bytea value");
            }
            value[size++] = (byte) octet;
            at += 2;
        }
        return size == value.length ? value : Arrays.copyOf(value, size);
    }

    private static byte[] byteaEscape(byte[] bytes, int start, int end) throws UnreadableValue {
        byte[] value = new byte[end - start];
        int size = 0;
        int at = start;
        while (at < end) {
            byte b = bytes[at];
            if (b != '\\') {
                value[size++] = b;
                at++;
            } else if (end - at >= 2 && bytes[at + 1] == '\\') {
                value[size++] = '\\';
                at += 2;
            } else if (end - at >= 4 && octal(bytes[at + 1], 3) && octal(bytes[at + 2], 7) && octal(bytes[at + 3], 7)) {
                value[size++] = (byte) (bytes[at + 1] - '0' << 6 | bytes[at + 2] - '0' << 3 | bytes[at + 3] - '0');
                at += 4;
            } else {
                throw new UnreadableValue("it is not a bytea value");
            }
        }
        return size == value.length ? value : Arrays.copyOf(value, size);
    }

    private static boolean octal(byte b, int most) {
        return b >= '0' && b <= '0' + most;
    }
}
