package dev.trunkline.sql;

import java.util.Arrays;

/**
 * A statement's text without the comments that mean nothing to a node: clients that put a request's id into a comment
 * (sqlcommenter) would otherwise make a new prepared statement of each request. Optimizer hints (a comment that starts with
 * {@code +}) mean something to extensions and stay.
 */
public final class CommentFreeText {

    private CommentFreeText() {}

    /** The text without comments: the same array when there are none. A comment becomes a space. */
    public static byte[] of(byte[] sql, boolean standardConformingStrings) {
        if (!mayHaveComments(sql)) {
            return sql;
        }
        Lexer lexer = lexer(sql, standardConformingStrings);
        byte[] text = new byte[sql.length + 2];
        int length = 0;
        int from = 0;
        boolean dropped = false;
        for (TokenKind kind = lexer.next();; kind = lexer.next()) {
            if (kind == TokenKind.ERROR) {
                return sql;
            }
            int to = lexer.start();
            boolean comment = kind == TokenKind.HINT || hasComment(sql, from, to);
            dropped |= comment;
            length = comment ? blanks(sql, from, to, text, length) : copy(sql, from, to, text, length);
            if (kind == TokenKind.END) {
                break;
            }
            if (kind != TokenKind.HINT) {
                length = copy(sql, to, lexer.end(), text, length);
            }
            from = lexer.end();
        }
        while (dropped && length > 0 && text[length - 1] == ' ') {
            length--;
        }
        return dropped ? Arrays.copyOf(text, length) : sql;
    }

    /**
     * Where a place of the text without comments is in the text with them.
     *
     * @param character
     *            counted from 1, as PostgreSQL does
     * @return counted from 1; 0 for a place that is at no token
     */
    public static int placeIn(byte[] sql, byte[] free, int character, boolean standardConformingStrings) {
        int place = bytes(free, character - 1);
        Lexer with = lexer(sql, standardConformingStrings);
        Lexer without = lexer(free, standardConformingStrings);
        TokenKind kind;
        do {
            kind = without.next();
            TokenKind other = with.next();
            while (other == TokenKind.HINT) {
                other = with.next();
            }
            if (other != kind) {
                return 0;
            }
            if (place >= without.start() && place < without.end()) {
                return characters(sql, with.start() + place - without.start()) + 1;
            }
        } while (kind != TokenKind.END && kind != TokenKind.ERROR);
        // The end of the text, where something is missing.
        return place >= free.length ? characters(sql, sql.length) + 1 : 0;
    }

    private static Lexer lexer(byte[] sql, boolean standardConformingStrings) {
        Lexer lexer = new Lexer();
        lexer.reset(sql, 0, sql.length, standardConformingStrings);
        return lexer;
    }

    /** How many bytes the first characters of a text have. */
    private static int bytes(byte[] utf8, int characters) {
        int at = 0;
        for (int left = characters; at < utf8.length; at++) {
            if ((utf8[at] & 0xC0) != 0x80 && left-- == 0) {
                break;
            }
        }
        return at;
    }

    private static int characters(byte[] utf8, int bytes) {
        int characters = 0;
        for (int at = 0; at < bytes; at++) {
            characters += (utf8[at] & 0xC0) != 0x80 ? 1 : 0;
        }
        return characters;
    }

    private static int copy(byte[] sql, int from, int to, byte[] text, int length) {
        System.arraycopy(sql, from, text, length, to - from);
        return length + to - from;
    }

    private static boolean mayHaveComments(byte[] sql) {
        for (int i = 1; i < sql.length; i++) {
            if (sql[i] == '-' && sql[i - 1] == '-' || sql[i] == '*' && sql[i - 1] == '/') {
                return true;
            }
        }
        return false;
    }

    private static boolean hasComment(byte[] sql, int from, int to) {
        for (int i = from; i < to; i++) {
            if (sql[i] == '-' || sql[i] == '/') {
                return true;
            }
        }
        return false;
    }

    /** Writes a space for blanks and comments between two tokens; hints to extensions stay before it. */
    private static int blanks(byte[] sql, int from, int to, byte[] text, int length) {
        int out = length;
        for (int at = from; at < to; at++) {
            if (sql[at] == '/') {
                int end = Blanks.endOfComment(sql, at + 2, to);
                if (sql[at + 2] == '+') {
                    out = copy(sql, at, end, text, blank(text, out));
                }
                at = end - 1;
            } else if (sql[at] == '-') {
                at = Blanks.endOfLine(sql, at + 2, to) - 1;
            }
        }
        return blank(text, out);
    }

    private static int blank(byte[] text, int length) {
        if (length == 0 || text[length - 1] == ' ') {
            return length;
        }
        text[length] = ' ';
        return length + 1;
    }
}
