package dev.trunkline.sql;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Where the parts of a PREPARE or an EXECUTE stand in its text. A plan is shared by texts whose blanks and comments differ,
 * so it can't say; these are byte offsets of one text.
 */
public final class PreparedText {

    private static final byte[] PREPARE = word("prepare");
    private static final byte[] EXECUTE = word("execute");
    private static final byte[] AS = word("as");
    private static final List<byte[]> BEFORE_EXECUTE = List.of(AS, word("explain"), word("analyze"), word("analyse"),
            word("verbose"));

    private final byte[] sql;
    private final byte[] hints;
    private final int nameStart;
    private final int nameEnd;
    private final List<String> types;
    private final int statementStart;

    private PreparedText(byte[] sql, byte[] hints, int nameStart, int nameEnd, List<String> types, int statementStart) {
        this.sql = sql;
        this.hints = hints;
        this.nameStart = nameStart;
        this.nameEnd = nameEnd;
        this.types = List.copyOf(types);
        this.statementStart = statementStart;
    }

    private static byte[] word(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * The parts of {@code PREPARE name (types) AS statement}.
     *
     * @throws IllegalArgumentException
     *             for another statement
     */
    public static PreparedText ofPrepare(byte[] sql, boolean standardConformingStrings) {
        Lexer lexer = new Lexer();
        lexer.reset(sql, 0, sql.length, standardConformingStrings);
        ByteArrayOutputStream hints = new ByteArrayOutputStream();
        require(is(lexer, sql, next(lexer, sql, hints), PREPARE));
        next(lexer, sql, hints);
        int nameStart = lexer.start();
        int nameEnd = lexer.end();
        List<String> types = new ArrayList<>();
        TokenKind kind = next(lexer, sql, hints);
        if (kind == TokenKind.OPEN) {
            int depth = 1;
            int from = lexer.end();
            while (depth > 0) {
                kind = next(lexer, sql, hints);
                require(kind != TokenKind.END && kind != TokenKind.ERROR);
                depth += kind == TokenKind.OPEN ? 1 : kind == TokenKind.CLOSE ? -1 : 0;
                if (depth == 0 || depth == 1 && kind == TokenKind.COMMA) {
                    types.add(new String(sql, from, lexer.start() - from, StandardCharsets.UTF_8).strip());
                    from = lexer.end();
                }
            }
            kind = next(lexer, sql, hints);
        }
        require(is(lexer, sql, kind, AS));
        int statement = lexer.end();
        while (statement < sql.length && sql[statement] <= ' ') {
            statement++;
        }
        return new PreparedText(sql, hints.toByteArray(), nameStart, nameEnd, types, statement);
    }

    /**
     * The parts of {@code EXECUTE name ...}, also behind EXPLAIN and CREATE TABLE ... AS.
     *
     * @throws IllegalArgumentException
     *             for another statement
     */
    public static PreparedText ofExecute(byte[] sql, boolean standardConformingStrings) {
        Lexer lexer = new Lexer();
        lexer.reset(sql, 0, sql.length, standardConformingStrings);
        ByteArrayOutputStream hints = new ByteArrayOutputStream();
        boolean mayBegin = true;
        int depth = 0;
        for (TokenKind kind = next(lexer, sql, hints); kind != TokenKind.END
                && kind != TokenKind.ERROR; kind = next(lexer, sql, hints)) {
            if (mayBegin && depth == 0 && is(lexer, sql, kind, EXECUTE)) {
                next(lexer, sql, hints);
                return new PreparedText(sql, new byte[0], lexer.start(), lexer.end(), List.of(), sql.length);
            }
            depth += kind == TokenKind.OPEN ? 1 : kind == TokenKind.CLOSE ? -1 : 0;
            boolean word = false;
            for (byte[] before : BEFORE_EXECUTE) {
                word |= is(lexer, sql, kind, before);
            }
            mayBegin = word || kind == TokenKind.CLOSE;
        }
        throw new IllegalArgumentException("no EXECUTE");
    }

    /** The next token; routing comments before it are collected. */
    private static TokenKind next(Lexer lexer, byte[] sql, ByteArrayOutputStream hints) {
        TokenKind kind = lexer.next();
        while (kind == TokenKind.HINT) {
            hints.write(sql, lexer.start(), lexer.end() - lexer.start());
            hints.write(' ');
            kind = lexer.next();
        }
        return kind;
    }

    private static boolean is(Lexer lexer, byte[] sql, TokenKind kind, byte[] lowerCase) {
        return kind == TokenKind.WORD && Blanks.same(sql, lexer.start(), lexer.end(), lowerCase);
    }

    private static void require(boolean condition) {
        if (!condition) {
            throw new IllegalArgumentException("no PREPARE");
        }
    }

    /** The types of a PREPARE, each as it is written. */
    public List<String> types() {
        return types;
    }

    /** The text of the statement that a PREPARE prepares, with the routing comments that stand before it. */
    public byte[] statement() {
        byte[] text = Arrays.copyOf(hints, hints.length + sql.length - statementStart);
        System.arraycopy(sql, statementStart, text, hints.length, sql.length - statementStart);
        return text;
    }

    /** How many characters stand before that text in the PREPARE, less what {@link #statement} has before it. */
    public int charactersBefore() {
        return characters(sql, statementStart) - characters(hints, hints.length);
    }

    private static int characters(byte[] utf8, int length) {
        String text = new String(utf8, 0, length, StandardCharsets.UTF_8);
        return text.codePointCount(0, text.length());
    }

    /** The text with another name in place of the written one. */
    public byte[] withName(String name) {
        byte[] other = name.getBytes(StandardCharsets.UTF_8);
        byte[] text = new byte[sql.length - (nameEnd - nameStart) + other.length];
        System.arraycopy(sql, 0, text, 0, nameStart);
        System.arraycopy(other, 0, text, nameStart, other.length);
        System.arraycopy(sql, nameEnd, text, nameStart + other.length, sql.length - nameEnd);
        return text;
    }
}
