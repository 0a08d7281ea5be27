package dev.trunkline.sql;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What makes two statements the same plan: canonical bytes, in which unquoted words are folded to lower case, every
 * literal is a slot of its kind (but for names of sequences, {@code nextval('s')}), white space is normal and comments are gone, except routing comments
 * ({@code /* trunkline: key=42 *}{@code /}), which belong to it; beside them the literals' spans in the original text.
 *
 * <p>Two fingerprints are equal when their canonical bytes are: the hash alone never decides. A view on its
 * {@link LexedText}, valid until the next text is lexed; {@link #toBytes} takes a copy that lives on. Owned by one thread.
 */
public final class Fingerprint {

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final byte[] FOLDED = new byte[256];
    private static final byte[] NCHAR = {'n', 'c', 'h', 'a', 'r'};
    private static final byte[] NEXTVAL = ascii("nextval(");
    private static final byte[] CURRVAL = ascii("currval(");
    private static final byte[] SETVAL = ascii("setval(");
    private static final byte[] SERIAL = ascii("pg_get_serial_sequence(");
    private static final LiteralKind[] KINDS = LiteralKind.values();
    /** A slot's byte is 1 + the ordinal of its kind; no token begins with a control character. */
    private static final int FIRST_SLOT = 1;

    static {
        for (int c = 0; c < 256; c++) {
            FOLDED[c] = (byte) (c >= 'A' && c <= 'Z' ? c + 0x20 : c);
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private byte[] canonical = new byte[256];
    private int length;
    private int hash;
    private int[] literals = new int[32];
    private byte[] kinds = new byte[16];
    private int literalCount;
    private boolean tight;
    private int tokens;
    /** The number of the token that names the table of pg_get_serial_sequence; 0 without one. */
    private int serial;
    private int depth;
    private int maxDepth;
    private int hintCount;
    private int[] hints = new int[4];

    Fingerprint() {}

    /** The canonical bytes, of which the first {@link #canonicalLength} count. Not to be changed. */
    public byte[] canonical() {
        return canonical;
    }

    public int canonicalLength() {
        return length;
    }

    public int hash() {
        return hash;
    }

    /** The number of literal tokens; TRUE, FALSE and NULL are words and have no slot. */
    public int literalCount() {
        return literalCount;
    }

    public LiteralKind literalKind(int slot) {
        return KINDS[kinds[slot]];
    }

    /** The byte offset of a literal in the lexed array, quotes and prefix included. */
    public int literalStart(int slot) {
        return literals[2 * slot];
    }

    public int literalEnd(int slot) {
        return literals[2 * slot + 1];
    }

    /** How deep parentheses and brackets nest. */
    public int nesting() {
        return maxDepth;
    }

    /** Whether a routing comment is written. */
    public boolean hasHint() {
        return hintCount > 0;
    }

    /** What the routing comments say after {@code trunkline:}, joined by a space, or null without one. */
    public String hintComment() {
        if (hintCount == 0) {
            return null;
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < hintCount; i++) {
            int from = hints[2 * i];
            String comment = new String(canonical, from, hints[2 * i + 1] - from, StandardCharsets.UTF_8);
            text.append(i == 0 ? "" : " ")
                    .append(comment, comment.indexOf(':') + 1, comment.length() - 2);
        }
        return text.toString().strip();
    }

    /** Whether the canonical bytes are these. */
    public boolean matches(byte[] other) {
        return Arrays.equals(canonical, 0, length, other, 0, other.length);
    }

    /** A copy of the canonical bytes. */
    public byte[] toBytes() {
        return Arrays.copyOf(canonical, length);
    }

    /** The canonical text for people: {@code select a from t where b = ?}. */
    @Override
    public String toString() {
        return text(canonical, length);
    }

    /** Canonical bytes as a text for people; a slot is a question mark. */
    public static String text(byte[] canonical, int length) {
        byte[] text = Arrays.copyOf(canonical, length);
        for (int i = 0; i < length; i++) {
            if (text[i] >= FIRST_SLOT && text[i] < FIRST_SLOT + KINDS.length) {
                text[i] = '?';
            }
        }
        return new String(text, StandardCharsets.UTF_8);
    }

    void reset() {
        length = 0;
        literalCount = 0;
        hintCount = 0;
        tokens = 0;
        serial = 0;
        depth = 0;
        maxDepth = 0;
        tight = true;
    }

    boolean isEmpty() {
        return tokens == 0;
    }

    boolean isLarge(int size) {
        return canonical.length > size || literals.length > size / Integer.BYTES;
    }

    /** Appends a token. A space goes between two tokens unless one of them is punctuation that needs none. */
    void add(TokenKind kind, byte[] sql, int start, int end) {
        int size = end - start;
        if (length + size + 2 > canonical.length) {
            canonical = Arrays.copyOf(canonical, Math.max(canonical.length * 2, length + size + 2));
        }
        byte[] out = canonical;
        int at = length;
        switch (kind) {
            case WORD -> {
                if (!tight) {
                    out[at++] = ' ';
                }
                for (int i = start; i < end; i++) {
                    out[at++] = FOLDED[sql[i] & 0xff];
                }
                tight = false;
                tokens++;
            }
            case STRING, ESCAPE_STRING, UNICODE_STRING, DOLLAR_STRING, BIT_STRING, HEX_STRING, INTEGER, NUMERIC -> {
                if (!tight) {
                    out[at++] = ' ';
                }
                LiteralKind literal = kind.literal();
                if (literal == LiteralKind.STRING && namesSequence(at)) {
                    System.arraycopy(sql, start, out, at, size);
                    at += size;
                } else {
                    out[at++] = (byte) (FIRST_SLOT + literal.ordinal());
                }
                addLiteral(literal, start, end);
                tight = false;
                tokens++;
            }
            case COMMA, CLOSE, CLOSE_BRACKET, SEMICOLON -> {
                out[at++] = sql[start];
                tight = false;
                tokens++;
                if (kind == TokenKind.CLOSE || kind == TokenKind.CLOSE_BRACKET) {
                    depth--;
                }
            }
            case OPEN, OPEN_BRACKET -> {
                if (!tight && out[at - 1] == ',') {
                    out[at++] = ' ';
                }
                out[at++] = sql[start];
                tight = true;
                tokens++;
                maxDepth = Math.max(maxDepth, ++depth);
            }
            case DOT -> {
                if (at > 0 && out[at - 1] == '.') {
                    out[at++] = ' ';
                }
                out[at++] = '.';
                tight = true;
                tokens++;
            }
            case NCHAR -> {
                // N'x' means nchar 'x', and must differ from the type n in n 'x'.
                add(TokenKind.WORD, NCHAR, 0, NCHAR.length);
                return;
            }
            case QUOTED_NAME, UNICODE_NAME, PARAMETER, OPERATOR, CAST, ASSIGN, ARROW, DOT_DOT, COLON, OTHER,
                    HINT -> {
                if (!tight) {
                    out[at++] = ' ';
                }
                System.arraycopy(sql, start, out, at, size);
                if (kind == TokenKind.HINT) {
                    addHint(at, at + size);
                } else {
                    tokens++;
                }
                at += size;
                tight = false;
            }
            case END, ERROR -> throw new IllegalArgumentException(kind.name());
        }
        length = at;
    }

    /**
     * Whether a string that comes next says which sequence a function is about. Such a name is part of what the statement says: each would
     * otherwise be one more guarded plan of the same statement, and there is one for every table.
     */
    private boolean namesSequence(int at) {
        if (tight && at > 0 && canonical[at - 1] == '(') {
            serial = endsWith(SERIAL, at) ? tokens : 0;
            return serial > 0 || endsWith(NEXTVAL, at) || endsWith(CURRVAL, at) || endsWith(SETVAL, at);
        }
        return serial > 0 && tokens == serial + 2;
    }

    private boolean endsWith(byte[] word, int at) {
        int from = at - word.length;
        return from >= 0 && Arrays.equals(canonical, from, at, word, 0, word.length)
                && (from == 0 || !Character.isJavaIdentifierPart(canonical[from - 1] & 0xff));
    }

    /** Completes the hash; false if there was no token. */
    boolean finish(byte[] sql) {
        if (tokens == 0) {
            return false;
        }
        byte[] bytes = canonical;
        int end = length;
        long h = end;
        int at = 0;
        for (; at + Long.BYTES <= end; at += Long.BYTES) {
            h = (h ^ (long) LONG.get(bytes, at)) * 0x9E3779B97F4A7C15L;
            h ^= h >>> 32;
        }
        for (; at < end; at++) {
            h = (h ^ bytes[at]) * 0x100000001B3L;
        }
        h *= 0x9E3779B97F4A7C15L;
        hash = (int) (h ^ h >>> 32);
        return true;
    }

    private void addLiteral(LiteralKind kind, int start, int end) {
        int slot = literalCount++;
        if (slot == kinds.length) {
            kinds = Arrays.copyOf(kinds, slot * 2);
            literals = Arrays.copyOf(literals, slot * 4);
        }
        kinds[slot] = (byte) kind.ordinal();
        literals[2 * slot] = start;
        literals[2 * slot + 1] = end;
    }

    private void addHint(int from, int to) {
        if (2 * hintCount == hints.length) {
            hints = Arrays.copyOf(hints, hints.length * 2);
        }
        hints[2 * hintCount] = from;
        hints[2 * hintCount + 1] = to;
        hintCount++;
    }
}
