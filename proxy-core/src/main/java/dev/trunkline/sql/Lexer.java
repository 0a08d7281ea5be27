package dev.trunkline.sql;

import static dev.trunkline.sql.CharacterClass.CLASS;
import static dev.trunkline.sql.CharacterClass.DIGIT;
import static dev.trunkline.sql.CharacterClass.FREE_OPERATOR_CHAR;
import static dev.trunkline.sql.CharacterClass.HEX_DIGIT;
import static dev.trunkline.sql.CharacterClass.NAME_PART;
import static dev.trunkline.sql.CharacterClass.NAME_START;
import static dev.trunkline.sql.CharacterClass.OPERATOR_CHAR;
import static dev.trunkline.sql.CharacterClass.SPACE;

import java.nio.charset.StandardCharsets;

/**
 * PostgreSQL's scanner (src/backend/parser/scan.l, version 18) by hand, on UTF-8 bytes: one token after the other, without
 * allocation. Every byte from 0x80 up belongs to identifiers, as in PostgreSQL, so no character is ever decoded.
 *
 * <p>Differences in shape, not in meaning: a UESCAPE clause is part of its token, and a routing comment is a token. Owned by
 * one thread; {@link #reset} starts on another text.
 */
final class Lexer {

    private static final byte[] UESCAPE = "uescape".getBytes(StandardCharsets.US_ASCII);

    private byte[] sql;
    private int limit;
    private int position;
    private boolean standardStrings;
    private int start;
    private String error;
    private int errorStart;
    private int errorEnd;

    /** Starts on the text in {@code sql[from..to)}. */
    void reset(byte[] text, int from, int to, boolean standardConformingStrings) {
        sql = text;
        position = from;
        start = from;
        limit = to;
        standardStrings = standardConformingStrings;
        error = null;
    }

    /** Where the last token starts. */
    int start() {
        return start;
    }

    /** Where the last token ends. */
    int end() {
        return position;
    }

    /** What PostgreSQL says of the text that is {@link TokenKind#ERROR}, without "at or near", or null. */
    String error() {
        return error;
    }

    /** Where the text that {@link #error} names starts. */
    int errorStart() {
        return errorStart;
    }

    int errorEnd() {
        return errorEnd;
    }

    /** The next token; after {@link TokenKind#ERROR} only {@link TokenKind#END} follows. */
    TokenKind next() {
        byte[] s = sql;
        int at = position;
        int end = limit;
        while (at < end) {
            int c = s[at] & 0xff;
            int bits = CLASS[c];
            if ((bits & SPACE) != 0) {
                at++;
                continue;
            }
            start = at;
            if ((bits & NAME_START) != 0) {
                return word(c, at);
            }
            if ((bits & DIGIT) != 0) {
                return number(at);
            }
            if (c == '-' && byteAt(at + 1) == '-') {
                at = Blanks.endOfLine(sql, at + 2, limit);
                continue;
            }
            if (c == '/' && byteAt(at + 1) == '*') {
                int close = Blanks.endOfComment(sql, at + 2, limit);
                if (close < 0) {
                    return fail("unterminated /* comment", at, end);
                }
                if (Blanks.isHint(sql, at + 2, close)) {
                    position = close;
                    return TokenKind.HINT;
                }
                at = close;
                continue;
            }
            return (bits & OPERATOR_CHAR) != 0 ? operator(at) : punctuation(c, at);
        }
        start = end;
        position = end;
        return TokenKind.END;
    }

    private int byteAt(int at) {
        return at < limit ? sql[at] & 0xff : -1;
    }

    private boolean is(int at, int bit) {
        return at < limit && (CLASS[sql[at] & 0xff] & bit) != 0;
    }

    private TokenKind token(TokenKind kind, int end) {
        position = end;
        return kind;
    }

    private TokenKind fail(String message, int from, int to) {
        error = message;
        errorStart = from;
        errorEnd = to;
        start = from;
        position = limit;
        return TokenKind.ERROR;
    }

    private TokenKind word(int c, int at) {
        int next = byteAt(at + 1);
        if (next == '\'') {
            switch (c) {
                case 'e', 'E' :
                    return string(TokenKind.ESCAPE_STRING, at + 2, true, true, "unterminated quoted string");
                case 'b', 'B' :
                    return string(TokenKind.BIT_STRING, at + 2, false, false, "unterminated bit string literal");
                case 'x', 'X' :
                    return string(TokenKind.HEX_STRING, at + 2, false, false,
                            "unterminated hexadecimal string literal");
                case 'n', 'N' :
                    return token(TokenKind.NCHAR, at + 1);
                default :
                    break;
            }
        } else if (next == '&' && (c == 'u' || c == 'U')) {
            int quote = byteAt(at + 2);
            if (quote == '\'') {
                return withEscapeClause(
                        string(TokenKind.UNICODE_STRING, at + 3, false, true, "unterminated quoted string"));
            }
            if (quote == '"') {
                return withEscapeClause(quotedName(TokenKind.UNICODE_NAME, at, at + 3));
            }
        }
        byte[] s = sql;
        int end = at + 1;
        while (end < limit && (CLASS[s[end] & 0xff] & NAME_PART) != 0) {
            end++;
        }
        position = end;
        return TokenKind.WORD;
    }

    /** A quoted constant whose inside starts at {@code at}; adjacent pieces on later lines belong to it. */
    private TokenKind string(TokenKind kind, int at, boolean escapes, boolean doubled, String unterminated) {
        byte[] s = sql;
        int i = at;
        while (i < limit) {
            byte c = s[i];
            if (c == '\\' && escapes) {
                i += 2;
            } else if (c != '\'') {
                i++;
            } else if (doubled && byteAt(i + 1) == '\'') {
                i += 2;
            } else {
                int more = continuation(i + 1);
                if (more < 0) {
                    return token(kind, i + 1);
                }
                i = more;
            }
        }
        return fail(unterminated, start, limit);
    }

    /** Where a string goes on after a quote that is followed by white space with a newline and another quote, or -1. */
    private int continuation(int at) {
        boolean newline = false;
        int i = at;
        while (i < limit) {
            int c = sql[i];
            if (c == '\n' || c == '\r') {
                newline = true;
                i++;
            } else if ((CLASS[c & 0xff] & SPACE) != 0) {
                i++;
            } else if (c == '-' && byteAt(i + 1) == '-') {
                i = Blanks.endOfLine(sql, i + 2, limit);
            } else {
                return newline && c == '\'' ? i + 1 : -1;
            }
        }
        return -1;
    }

    private TokenKind quotedName(TokenKind kind, int from, int at) {
        int i = at;
        while (i < limit) {
            if (sql[i] != '"') {
                i++;
            } else if (byteAt(i + 1) == '"') {
                i += 2;
            } else if (i == at) {
                return fail("zero-length delimited identifier", from, i + 1);
            } else {
                return token(kind, i + 1);
            }
        }
        return fail("unterminated quoted identifier", from, limit);
    }

    /** A following UESCAPE 'c' belongs to the token. */
    private TokenKind withEscapeClause(TokenKind kind) {
        if (kind == TokenKind.ERROR) {
            return kind;
        }
        if (kind == TokenKind.UNICODE_STRING && !standardStrings) {
            return fail("unsafe use of string constant with Unicode escapes", start, position);
        }
        int word = Blanks.skip(sql, position, limit);
        int end = word + UESCAPE.length;
        if (end > limit || !Blanks.same(sql, word, end, UESCAPE) || is(end, NAME_PART)) {
            return kind;
        }
        int quote = Blanks.skip(sql, end, limit);
        int c = byteAt(quote + 1);
        if (byteAt(quote) != '\'') {
            return fail("UESCAPE must be followed by a simple string literal", quote, Math.min(quote + 1, limit));
        }
        if (c < 0 || byteAt(quote + 2) != '\'' || (CLASS[c] & (HEX_DIGIT | SPACE)) != 0 || "'\"+".indexOf(c) >= 0) {
            return fail("invalid Unicode escape character", quote, Math.min(quote + 3, limit));
        }
        return token(kind, quote + 3);
    }

    private TokenKind number(int at) {
        int c = byteAt(at + 1) | 0x20;
        if (sql[at] == '0' && (c == 'x' || c == 'o' || c == 'b')) {
            return radixInteger(at, c);
        }
        int i = digits(at);
        boolean numeric = false;
        if (byteAt(i) == '.' && byteAt(i + 1) != '.') {
            numeric = true;
            i = is(i + 1, DIGIT) ? digits(i + 1) : i + 1;
        }
        return exponent(at, i, numeric);
    }

    private TokenKind exponent(int from, int at, boolean numeric) {
        int i = at;
        boolean real = numeric;
        if ((byteAt(i) | 0x20) == 'e') {
            int sign = byteAt(i + 1);
            int digit = sign == '+' || sign == '-' ? i + 2 : i + 1;
            if (is(digit, DIGIT)) {
                i = digits(digit);
                real = true;
            }
        }
        if (is(i, NAME_START)) {
            return fail("trailing junk after numeric literal", from, endOfName(i));
        }
        return token(real ? TokenKind.NUMERIC : TokenKind.INTEGER, i);
    }

    private TokenKind radixInteger(int at, int radix) {
        int i = at + 2;
        while (radixDigit(i, radix) || byteAt(i) == '_' && radixDigit(i + 1, radix)) {
            i++;
        }
        if (i == at + 2) {
            String name = radix == 'x' ? "hexadecimal" : radix == 'o' ? "octal" : "binary";
            return fail("invalid " + name + " integer", at, i);
        }
        if (is(i, NAME_START | DIGIT)) {
            return fail("trailing junk after numeric literal", at, endOfName(i));
        }
        return token(TokenKind.INTEGER, i);
    }

    private boolean radixDigit(int at, int radix) {
        int c = byteAt(at);
        return switch (radix) {
            case 'x' -> is(at, HEX_DIGIT);
            case 'o' -> c >= '0' && c <= '7';
            default -> c == '0' || c == '1';
        };
    }

    /** After the digits from {@code at} on, with single underscores between them. */
    private int digits(int at) {
        int i = at + 1;
        while (is(i, DIGIT) || byteAt(i) == '_' && is(i + 1, DIGIT)) {
            i++;
        }
        return i;
    }

    private int endOfName(int at) {
        int i = at;
        while (is(i, NAME_PART)) {
            i++;
        }
        return i;
    }

    private TokenKind operator(int at) {
        byte[] s = sql;
        int end = at;
        while (is(end, OPERATOR_CHAR)) {
            byte c = s[end];
            int next = byteAt(end + 1);
            if (c == '/' && next == '*' || c == '-' && next == '-') {
                break;
            }
            end++;
        }
        if (end - at > 1 && (s[end - 1] == '+' || s[end - 1] == '-')) {
            int free = end - 2;
            while (free >= at && (CLASS[s[free] & 0xff] & FREE_OPERATOR_CHAR) == 0) {
                free--;
            }
            if (free < at) {
                while (end - at > 1 && (s[end - 1] == '+' || s[end - 1] == '-')) {
                    end--;
                }
            }
        }
        if (end - at > 63) {
            return fail("operator too long", at, end);
        }
        return token(end - at == 2 && s[at] == '=' && s[at + 1] == '>' ? TokenKind.ARROW : TokenKind.OPERATOR, end);
    }

    private TokenKind punctuation(int c, int at) {
        int next = byteAt(at + 1);
        return switch (c) {
            case '\'' -> string(TokenKind.STRING, at + 1, !standardStrings, true, "unterminated quoted string");
            case '"' -> quotedName(TokenKind.QUOTED_NAME, at, at + 1);
            case '$' -> dollar(at);
            case '.' -> {
                if (is(at + 1, DIGIT)) {
                    yield exponent(at, digits(at + 1), true);
                }
                yield next == '.' ? token(TokenKind.DOT_DOT, at + 2) : token(TokenKind.DOT, at + 1);
            }
            case ':' -> next == ':'
                    ? token(TokenKind.CAST, at + 2)
                    : next == '=' ? token(TokenKind.ASSIGN, at + 2) : token(TokenKind.COLON, at + 1);
            case '(' -> token(TokenKind.OPEN, at + 1);
            case ')' -> token(TokenKind.CLOSE, at + 1);
            case '[' -> token(TokenKind.OPEN_BRACKET, at + 1);
            case ']' -> token(TokenKind.CLOSE_BRACKET, at + 1);
            case ',' -> token(TokenKind.COMMA, at + 1);
            case ';' -> token(TokenKind.SEMICOLON, at + 1);
            default -> token(TokenKind.OTHER, at + 1);
        };
    }

    private TokenKind dollar(int at) {
        if (is(at + 1, DIGIT)) {
            int end = at + 2;
            while (is(end, DIGIT)) {
                end++;
            }
            if (is(end, NAME_START)) {
                return fail("trailing junk after parameter", at, endOfName(end));
            }
            return token(TokenKind.PARAMETER, end);
        }
        int tagEnd = at + 1;
        if (is(tagEnd, NAME_START)) {
            while (is(tagEnd, NAME_START | DIGIT)) {
                tagEnd++;
            }
        }
        if (byteAt(tagEnd) != '$') {
            return token(TokenKind.OTHER, at + 1);
        }
        int length = tagEnd + 1 - at;
        for (int i = tagEnd + 1; i + length <= limit; i++) {
            if (sql[i] == '$' && sql[i + length - 1] == '$' && tagAt(at, i, length)) {
                return token(TokenKind.DOLLAR_STRING, i + length);
            }
        }
        return fail("unterminated dollar-quoted string", at, limit);
    }

    private boolean tagAt(int tag, int at, int length) {
        for (int i = 1; i < length; i++) {
            if (sql[tag + i] != sql[at + i]) {
                return false;
            }
        }
        return true;
    }

}
