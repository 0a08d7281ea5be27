package dev.trunkline.sql;

import java.nio.charset.StandardCharsets;

/**
 * What the string constants of a statement's text make of it. PostgreSQL reads a constant when it parses the statement: a date by
 * DateStyle and TimeZone, {@code 'now'} by the clock.
 */
public final class ConstantText {

    private static final byte[][] MOMENTS = {word("now"), word("today"), word("tomorrow"), word("yesterday")};

    private ConstantText() {}

    private static byte[] word(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Whether the text may have string constants. */
    public static boolean isIn(byte[] sql) {
        for (int i = 0; i < sql.length; i++) {
            if (sql[i] == '\'' || sql[i] == '$' && (i + 1 == sql.length || sql[i + 1] < '0' || sql[i + 1] > '9')) {
                return true;
            }
        }
        return false;
    }

    /** Whether a string constant has a word that may stand for the moment at which it is read, as in {@code timestamp 'now'}. */
    public static boolean namesMoment(byte[] sql, boolean standardConformingStrings) {
        if (!isIn(sql) || !hasMoment(sql, 0, sql.length)) {
            return false;
        }
        Lexer lexer = new Lexer();
        lexer.reset(sql, 0, sql.length, standardConformingStrings);
        for (TokenKind kind = lexer.next(); kind != TokenKind.END && kind != TokenKind.ERROR; kind = lexer.next()) {
            if (kind.isString() && hasMoment(sql, lexer.start(), lexer.end())) {
                return true;
            }
        }
        return false;
    }

    private static boolean hasMoment(byte[] sql, int from, int to) {
        for (int at = from; at < to; at++) {
            if (isLetter(sql[at]) && (at == from || !isLetter(sql[at - 1]))) {
                for (byte[] moment : MOMENTS) {
                    if (isWord(sql, at, to, moment)) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    private static boolean isWord(byte[] sql, int at, int to, byte[] word) {
        int end = at + word.length;
        if (end > to || end < to && isLetter(sql[end])) {
            return false;
        }
        for (int i = 0; i < word.length; i++) {
            if ((sql[at + i] | 0x20) != word[i]) {
                return false;
            }
        }
        return true;
    }

    private static boolean isLetter(byte character) {
        int lower = character | 0x20;
        return lower >= 'a' && lower <= 'z';
    }
}
