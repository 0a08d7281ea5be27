package dev.trunkline.sql;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The result of lexing a message's text once: its statements and their fingerprints. Reusable; allocates nothing once its
 * arrays have grown to the size of the traffic. Owned by one thread (an event loop). All offsets are bytes of the array
 * that was given to {@link #lex}.
 *
 * <p>A multi-statement string is split at semicolons outside parentheses (CREATE RULE ... DO (a; b)) and outside the body
 * of BEGIN ATOMIC ... END. Inside such a body END closes it only where a statement could begin, after a semicolon or right
 * after ATOMIC, so the END of a CASE needs no counting.
 */
public final class LexedText {

    /** Buffers larger than this are given back after a message that didn't need them. */
    private static final int LARGE = 64 * 1024;
    private static final int MANY = 16;

    private final Lexer lexer = new Lexer();
    private byte[] sql = new byte[0];
    private Fingerprint[] fingerprints = {new Fingerprint()};
    private int[] starts = new int[MANY];
    private int[] ends = new int[MANY];
    private int count;
    private String error;
    private int errorStart;
    private int errorEnd;

    /** Lexes {@code sql[offset..offset+length)}, UTF-8. The array must stay unchanged while the result is in use. */
    public void lex(byte[] text, int offset, int length, boolean standardConformingStrings) {
        shrink(length);
        sql = text;
        count = 0;
        error = null;
        lexer.reset(text, offset, offset + length, standardConformingStrings);
        int from = offset;
        boolean more = true;
        while (more) {
            Fingerprint fingerprint = nextFingerprint();
            more = statement(fingerprint);
            if (fingerprint.finish(text)) {
                add(from, lexer.start());
            }
            from = lexer.end();
        }
    }

    /** The number of statements; empty ones don't count. */
    public int statementCount() {
        return count;
    }

    /** Where statement {@code i} starts, comments before it included. */
    public int statementStart(int i) {
        return starts[i];
    }

    /** Where statement {@code i} ends, without its semicolon. */
    public int statementEnd(int i) {
        return ends[i];
    }

    /** The fingerprint of statement {@code i}: a view, valid until the next {@link #lex}. */
    public Fingerprint fingerprint(int i) {
        return fingerprints[i];
    }

    /** Whether the text breaks a lexical rule, which refuses all of its statements (42601). */
    public boolean failed() {
        return error != null;
    }

    /** PostgreSQL's message for {@link #failed}: {@code unterminated quoted string at or near "'abc"}. */
    public String errorMessage() {
        if (errorStart == errorEnd) {
            return error + " at end of input";
        }
        return error + " at or near \""
                + new String(sql, errorStart, errorEnd - errorStart, StandardCharsets.UTF_8) + '"';
    }

    /** Where a text begins after blanks and comments, in bytes. */
    public static int firstToken(byte[] sql) {
        return Blanks.skip(sql, 0, sql.length);
    }

    /** Where the first parameter of a text stands, in bytes; -1 where there is none. */
    public static int firstParameter(byte[] sql, int from, int to, boolean standardConformingStrings) {
        Lexer lexer = new Lexer();
        lexer.reset(sql, from, to, standardConformingStrings);
        for (TokenKind kind = lexer.next(); kind != TokenKind.END; kind = lexer.next()) {
            if (kind == TokenKind.PARAMETER) {
                return lexer.start();
            }
        }
        return -1;
    }

    /** The byte offset that {@link #errorMessage} speaks of. */
    public int errorPosition() {
        return errorStart;
    }

    /** Lexes one statement into its fingerprint; false at the end of the text. */
    private boolean statement(Fingerprint fingerprint) {
        int depth = 0;
        boolean create = false;
        boolean body = false;
        boolean afterBegin = false;
        boolean bodyMayEnd = false;
        while (true) {
            TokenKind kind = lexer.next();
            switch (kind) {
                case END :
                    return false;
                case ERROR :
                    error = lexer.error();
                    errorStart = lexer.errorStart();
                    errorEnd = lexer.errorEnd();
                    return false;
                case SEMICOLON :
                    if (depth <= 0 && !body) {
                        return true;
                    }
                    bodyMayEnd = body;
                    fingerprint.add(kind, sql, lexer.start(), lexer.end());
                    continue;
                case OPEN :
                    depth++;
                    break;
                case CLOSE :
                    depth--;
                    break;
                case WORD :
                    if (fingerprint.isEmpty()) {
                        create = isWord("create");
                    } else if (create) {
                        boolean atomic = afterBegin && isWord("atomic");
                        if (body && bodyMayEnd && isWord("end")) {
                            body = false;
                        } else if (atomic) {
                            body = true;
                        }
                        afterBegin = depth == 0 && isWord("begin");
                        bodyMayEnd = atomic;
                        fingerprint.add(kind, sql, lexer.start(), lexer.end());
                        continue;
                    }
                    break;
                case HINT, QUOTED_NAME, UNICODE_NAME, STRING, ESCAPE_STRING, UNICODE_STRING, DOLLAR_STRING, BIT_STRING,
                        HEX_STRING, NCHAR, INTEGER, NUMERIC, PARAMETER, OPERATOR, CAST, ASSIGN, ARROW, DOT_DOT,
                        OPEN_BRACKET, CLOSE_BRACKET, COMMA, COLON, DOT, OTHER :
                    break;
            }
            afterBegin = false;
            bodyMayEnd = false;
            fingerprint.add(kind, sql, lexer.start(), lexer.end());
        }
    }

    private boolean isWord(String lowerCase) {
        int start = lexer.start();
        if (lexer.end() - start != lowerCase.length()) {
            return false;
        }
        for (int i = 0; i < lowerCase.length(); i++) {
            if ((sql[start + i] | 0x20) != lowerCase.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private Fingerprint nextFingerprint() {
        if (count == fingerprints.length) {
            fingerprints = Arrays.copyOf(fingerprints, count * 2);
        }
        Fingerprint fingerprint = fingerprints[count];
        if (fingerprint == null) {
            fingerprint = new Fingerprint();
            fingerprints[count] = fingerprint;
        }
        fingerprint.reset();
        return fingerprint;
    }

    private void add(int from, int to) {
        int start = from;
        int end = to;
        while (start < end && isSpace(sql[start])) {
            start++;
        }
        while (start < end && isSpace(sql[end - 1])) {
            end--;
        }
        if (count == starts.length) {
            starts = Arrays.copyOf(starts, count * 2);
            ends = Arrays.copyOf(ends, count * 2);
        }
        starts[count] = start;
        ends[count] = end;
        count++;
    }

    private static boolean isSpace(byte c) {
        return c == ' ' || c >= '\t' && c <= '\r';
    }

    private void shrink(int length) {
        if (length < LARGE && (fingerprints.length > MANY || fingerprints[0].isLarge(LARGE))) {
            fingerprints = new Fingerprint[]{new Fingerprint()};
            starts = new int[MANY];
            ends = new int[MANY];
        }
    }
}
