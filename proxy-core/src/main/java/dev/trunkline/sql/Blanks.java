package dev.trunkline.sql;

import static dev.trunkline.sql.CharacterClass.CLASS;
import static dev.trunkline.sql.CharacterClass.SPACE;

import java.nio.charset.StandardCharsets;

/** White space and comments in {@code sql[..limit)}: where they end. */
final class Blanks {

    private static final byte[] HINT_WORD = "trunkline".getBytes(StandardCharsets.US_ASCII);

    private Blanks() {}

    /** After white space and comments. */
    static int skip(byte[] sql, int at, int limit) {
        int i = at;
        while (i < limit) {
            if ((CLASS[sql[i] & 0xff] & SPACE) != 0) {
                i++;
            } else if (sql[i] == '-' && is(sql, i + 1, limit, '-')) {
                i = endOfLine(sql, i + 2, limit);
            } else if (sql[i] == '/' && is(sql, i + 1, limit, '*')) {
                int close = endOfComment(sql, i + 2, limit);
                if (close < 0) {
                    return i;
                }
                i = close;
            } else {
                return i;
            }
        }
        return i;
    }

    static int endOfLine(byte[] sql, int at, int limit) {
        int i = at;
        while (i < limit && sql[i] != '\n' && sql[i] != '\r') {
            i++;
        }
        return i;
    }

    /** After the comment whose inside starts at {@code at}, or -1; comments nest. */
    static int endOfComment(byte[] sql, int at, int limit) {
        int depth = 1;
        int i = at;
        while (i < limit) {
            byte c = sql[i];
            if (c == '*' && is(sql, i + 1, limit, '/')) {
                i += 2;
                if (--depth == 0) {
                    return i;
                }
            } else if (c == '/' && is(sql, i + 1, limit, '*')) {
                i += 2;
                depth++;
            } else {
                i++;
            }
        }
        return -1;
    }

    /** Whether the inside of a comment starts as a routing comment: {@code trunkline:}. */
    static boolean isHint(byte[] sql, int from, int to) {
        int i = skipSpace(sql, from, to);
        int end = i + HINT_WORD.length;
        return end < to && same(sql, i, end, HINT_WORD) && is(sql, skipSpace(sql, end, to), to, ':');
    }

    /** Whether a word stands there, in whatever case. */
    static boolean same(byte[] sql, int from, int to, byte[] lowerCase) {
        if (to - from != lowerCase.length) {
            return false;
        }
        for (int i = 0; i < lowerCase.length; i++) {
            if ((sql[from + i] | 0x20) != lowerCase[i]) {
                return false;
            }
        }
        return true;
    }

    private static int skipSpace(byte[] sql, int at, int limit) {
        int i = at;
        while (i < limit && (CLASS[sql[i] & 0xff] & SPACE) != 0) {
            i++;
        }
        return i;
    }

    private static boolean is(byte[] sql, int at, int limit, char c) {
        return at < limit && sql[at] == c;
    }
}
