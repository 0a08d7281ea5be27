package dev.trunkline.sql;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The value of a literal's source bytes, quotes and escapes resolved, as PostgreSQL's scanner does it. Bit strings keep
 * their leading {@code b} or {@code x}, as there; numbers stay as they are written.
 */
public final class LiteralText {

    private final byte[] sql;
    private final int end;
    private int at;
    private byte[] out;
    private int length;

    private LiteralText(byte[] sql, int start, int end) {
        this.sql = sql;
        this.at = start;
        this.end = end;
        this.out = new byte[end - start];
    }

    /** The value under standard_conforming_strings = on. */
    public static byte[] value(byte[] sql, int start, int end, LiteralKind kind) {
        return value(sql, start, end, kind, true);
    }

    /**
     * The value of the literal token in {@code sql[start..end)}, UTF-8, or null where PostgreSQL refuses it (a wrong Unicode
     * escape, a zero byte).
     */
    public static byte[] value(byte[] sql, int start, int end, LiteralKind kind, boolean standardConformingStrings) {
        LiteralText text = new LiteralText(sql, start, end);
        return switch (kind) {
            case INTEGER, NUMERIC, TRUE, FALSE, NULL -> Arrays.copyOfRange(sql, start, end);
            case BIT -> {
                text.at = start + 1;
                text.append(sql[start] | 0x20);
                yield text.quoted(false, -1);
            }
            case STRING -> switch (sql[start]) {
                case '$' -> text.dollarQuoted();
                case 'e', 'E' -> {
                    text.at++;
                    yield text.quoted(true, -1);
                }
                case 'u', 'U' -> {
                    text.at += 2;
                    yield text.quoted(false, text.escapeCharacter());
                }
                default -> text.quoted(!standardConformingStrings, -1);
            };
        };
    }

    /** The name in a {@code U&"..."} token, or null where PostgreSQL refuses it. */
    static byte[] unicodeName(byte[] sql, int start, int end) {
        LiteralText text = new LiteralText(sql, start, end);
        text.at += 2;
        return text.quoted(false, text.escapeCharacter());
    }

    private byte[] dollarQuoted() {
        int tag = at + 1;
        while (sql[tag] != '$') {
            tag++;
        }
        int size = tag + 1 - at;
        return Arrays.copyOfRange(sql, at + size, end - size);
    }

    /** The escape character of a U& token: what UESCAPE says, or a backslash. */
    private int escapeCharacter() {
        boolean quoteLast = sql[end - 1] == '\'';
        boolean name = sql[at] == '"';
        if (quoteLast && end - at > 3 && sql[end - 3] == '\'' && (name || clauseBefore(end - 3))) {
            return sql[end - 2] & 0xff;
        }
        return '\\';
    }

    /** Whether a UESCAPE clause's string starts here: the token's own string ended before. */
    private boolean clauseBefore(int quote) {
        int i = at + 1;
        while (i < end) {
            if (sql[i] != '\'') {
                i++;
            } else if (i + 1 < end && sql[i + 1] == '\'') {
                i += 2;
            } else {
                int next = nextPiece(i + 1);
                if (next < 0) {
                    return i < quote;
                }
                i = next;
            }
        }
        return false;
    }

    private byte[] quoted(boolean backslashes, int escape) {
        byte quote = sql[at++];
        int surrogate = 0;
        while (at < end) {
            int c = sql[at] & 0xff;
            if (c == quote) {
                if (at + 1 < end && sql[at + 1] == quote) {
                    at += 2;
                    append(quote);
                } else {
                    int next = quote == '\'' ? nextPiece(at + 1) : -1;
                    if (next < 0) {
                        return surrogate == 0 ? Arrays.copyOf(out, length) : null;
                    }
                    at = next;
                }
            } else if (backslashes && c == '\\' || c == escape) {
                int code = c == escape ? unicodeEscape(escape) : backslashEscape();
                if (code == INVALID) {
                    return null;
                }
                if (code == DONE) {
                    if (surrogate != 0) {
                        return null;
                    }
                    continue;
                }
                if (surrogate != 0) {
                    if (!Character.isLowSurrogate((char) code) || code > 0xffff) {
                        return null;
                    }
                    appendCodePoint(Character.toCodePoint((char) surrogate, (char) code));
                    surrogate = 0;
                } else if (code >= 0xd800 && code <= 0xdbff) {
                    surrogate = code;
                } else if (code == 0 || code > 0x10ffff || code >= 0xdc00 && code <= 0xdfff) {
                    return null;
                } else {
                    appendCodePoint(code);
                }
                continue;
            } else {
                append(c);
                at++;
            }
            if (surrogate != 0) {
                return null;
            }
        }
        return null;
    }

    /** The escape was a byte, or the escape character itself, and is appended. */
    private static final int DONE = -1;
    private static final int INVALID = -2;

    private int unicodeEscape(int escape) {
        if (at + 1 < end && (sql[at + 1] & 0xff) == escape) {
            append(escape);
            at += 2;
            return DONE;
        }
        boolean wide = at + 1 < end && sql[at + 1] == '+';
        return hex(at + (wide ? 2 : 1), wide ? 6 : 4);
    }

    private int backslashEscape() {
        int c = sql[at + 1] & 0xff;
        switch (c) {
            case 'b' :
                return single('\b');
            case 'f' :
                return single('\f');
            case 'n' :
                return single('\n');
            case 'r' :
                return single('\r');
            case 't' :
                return single('\t');
            case 'v' :
                return single(0x0b);
            case 'u' :
                return hex(at + 2, 4);
            case 'U' :
                return hex(at + 2, 8);
            case 'x' :
                return Character.digit(byteAt(at + 2), 16) < 0 ? single('x') : number(at + 2, 2, 16);
            case '0', '1', '2', '3', '4', '5', '6', '7' :
                return number(at + 1, 3, 8);
            default :
                return single(c);
        }
    }

    private int single(int c) {
        append(c);
        at += 2;
        return DONE;
    }

    /** One byte given by up to {@code digits} digits. */
    private int number(int from, int digits, int radix) {
        int value = 0;
        int i = from;
        while (i < from + digits && Character.digit(byteAt(i), radix) >= 0) {
            value = value * radix + Character.digit(byteAt(i++), radix);
        }
        at = i;
        if ((value & 0xff) == 0) {
            return INVALID;
        }
        append(value);
        return DONE;
    }

    private int hex(int from, int digits) {
        long value = 0;
        for (int i = from; i < from + digits; i++) {
            int digit = Character.digit(byteAt(i), 16);
            if (digit < 0) {
                return INVALID;
            }
            value = value * 16 + digit;
        }
        at = from + digits;
        return value > 0x10ffff ? INVALID : (int) value;
    }

    private int byteAt(int i) {
        return i < end && sql[i] >= 0 ? sql[i] : -1;
    }

    /** Where the string goes on after the quote before {@code from}, or -1. */
    private int nextPiece(int from) {
        int i = from;
        boolean newline = false;
        while (i < end) {
            byte c = sql[i];
            if (c == '\n' || c == '\r') {
                newline = true;
                i++;
            } else if (c == ' ' || c == '\t' || c == '\f' || c == 0x0b) {
                i++;
            } else if (c == '-' && i + 1 < end && sql[i + 1] == '-') {
                while (i < end && sql[i] != '\n' && sql[i] != '\r') {
                    i++;
                }
            } else {
                return newline && c == '\'' ? i + 1 : -1;
            }
        }
        return -1;
    }

    private void append(int b) {
        if (length == out.length) {
            out = Arrays.copyOf(out, length * 2 + 4);
        }
        out[length++] = (byte) b;
    }

    private void appendCodePoint(int code) {
        for (byte b : Character.toString(code).getBytes(StandardCharsets.UTF_8)) {
            append(b);
        }
    }
}
