package dev.trunkline.sql;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import dev.trunkline.sql.grammar.GrammarToken;
import dev.trunkline.sql.grammar.Keyword;
import dev.trunkline.sql.grammar.PostgresParserConstants;

/**
 * All tokens of one statement, as the grammars read them: positions are characters, names are folded and cut, parentheses
 * know their partners and whether they hold a query.
 */
final class TokenList implements PostgresParserConstants {

    /** How deep parentheses may nest before the stack of a parsing thread is in danger. */
    static final int DEEPEST = 256;
    private static final int LONGEST_NAME = 63;

    private static final Set<String> QUERY_STARTS = Set.of("select", "values", "with", "table");
    private static final Set<String> QUERY_CLAUSES = Set.of("union", "intersect", "except", "order", "limit", "offset",
            "fetch", "for");

    private final String sql;
    private final byte[] bytes;
    private final boolean standardStrings;
    private final List<GrammarToken> list = new ArrayList<>();
    private final List<GrammarToken> open = new ArrayList<>();
    private int[] literalStarts = new int[8];
    private LiteralKind[] literalKinds = new LiteralKind[8];
    private int literals;
    private int byteAt;
    private int charAt;
    private SyntaxError error;
    private final GrammarToken[] tokens;

    TokenList(String sql, boolean standardConformingStrings) {
        this.sql = sql;
        this.bytes = sql.getBytes(StandardCharsets.UTF_8);
        this.standardStrings = standardConformingStrings;
        Lexer lexer = new Lexer();
        lexer.reset(bytes, 0, bytes.length, standardConformingStrings);
        for (TokenKind kind = lexer.next(); kind != TokenKind.END; kind = lexer.next()) {
            if (kind == TokenKind.ERROR) {
                error = lexicalError(lexer);
            } else if (kind != TokenKind.HINT) {
                add(kind, lexer.start(), lexer.end());
            }
        }
        int end = list.size();
        while (end > 0 && list.get(end - 1).kind == SEMICOLON) {
            end--;
        }
        tokens = list.subList(0, end).toArray(GrammarToken[]::new);
    }

    GrammarToken[] tokens() {
        return tokens;
    }

    int size() {
        return tokens.length;
    }

    String sql() {
        return sql;
    }

    /** What breaks a lexical rule or nests too deep, or null. */
    SyntaxError error() {
        return error;
    }

    /** The literal that starts at this character, or -1. */
    int slotAt(int start) {
        int slot = Arrays.binarySearch(literalStarts, 0, literals, start);
        return slot < 0 ? -1 : slot;
    }

    LiteralKind literalKind(int slot) {
        return literalKinds[slot];
    }

    int start(int index) {
        return index < tokens.length ? tokens[index].beginColumn - 1 : endOffset();
    }

    int end(int index) {
        return tokens[index].endColumn;
    }

    /** The offset after the last token. */
    int endOffset() {
        return tokens.length == 0 ? 0 : tokens[tokens.length - 1].endColumn;
    }

    Span span() {
        return tokens.length == 0 ? Span.NONE : new Span(start(0), endOffset());
    }

    /** The text of the tokens in {@code [from, to)}. */
    String text(int from, int to) {
        return from >= to ? "" : sql.substring(start(from), end(to - 1));
    }

    /** PostgreSQL's message about the token at this index. */
    SyntaxError errorAt(int index) {
        if (index >= tokens.length) {
            return new SyntaxError(SyntaxError.SYNTAX, "syntax error at end of input", sql.length());
        }
        return new SyntaxError(SyntaxError.SYNTAX, "syntax error at or near \"" + text(index, index + 1) + '"',
                start(index));
    }

    /** Every identifier, folded, without duplicates. */
    List<String> names() {
        Set<String> names = new LinkedHashSet<>();
        for (GrammarToken token : tokens) {
            if (token.isLabel()) {
                names.add(token.image);
            }
        }
        return List.copyOf(names);
    }

    private SyntaxError lexicalError(Lexer lexer) {
        if (error != null) {
            return error;
        }
        int start = charOffset(lexer.errorStart());
        String near = new String(bytes, lexer.errorStart(), lexer.errorEnd() - lexer.errorStart(),
                StandardCharsets.UTF_8);
        return new SyntaxError(SyntaxError.SYNTAX,
                lexer.error() + (near.isEmpty() ? " at end of input" : " at or near \"" + near + '"'), start);
    }

    private void add(TokenKind kind, int from, int to) {
        int start = charOffset(from);
        int end = charOffset(to);
        LiteralKind literal = kind.literal();
        if (literal != null) {
            addLiteral(literal, start);
        }
        switch (kind) {
            case WORD -> {
                String word = cut(folded(from, to));
                Keyword keyword = Keyword.of(word);
                append(keyword == null ? IDENTIFIER : keyword.kind(), word, word, keyword, start, end);
            }
            case QUOTED_NAME -> appendName(Arrays.copyOfRange(bytes, from + 1, to - 1), true, start, end);
            case UNICODE_NAME -> appendName(LiteralText.unicodeName(bytes, from, to), false, start, end);
            case STRING, ESCAPE_STRING, UNICODE_STRING, DOLLAR_STRING -> {
                byte[] value = LiteralText.value(bytes, from, to, literal, standardStrings);
                append(QUOTED_STRING, value == null ? "" : new String(value, StandardCharsets.UTF_8), start, end);
            }
            case OPERATOR -> operator(sql.substring(start, end), start, end);
            case OPEN, OPEN_BRACKET -> {
                append(kind == TokenKind.OPEN ? LPAREN : LBRACKET, sql.substring(start, end), start, end);
                open.add(list.getLast());
                if (open.size() > DEEPEST && error == null) {
                    error = tooDeep(start);
                }
            }
            case CLOSE, CLOSE_BRACKET -> {
                append(kind == TokenKind.CLOSE ? RPAREN : RBRACKET, sql.substring(start, end), start, end);
                close(list.getLast());
            }
            case BIT_STRING, HEX_STRING, NCHAR, INTEGER, NUMERIC, PARAMETER, CAST, ASSIGN, ARROW, DOT_DOT, COMMA,
                    SEMICOLON, COLON, DOT, OTHER ->
                append(kindOf(kind), sql.substring(start, end), start, end);
            case END, ERROR, HINT -> throw new IllegalArgumentException(kind.name());
        }
    }

    private static int kindOf(TokenKind kind) {
        return switch (kind) {
            case BIT_STRING, HEX_STRING -> BINARY_STRING_LITERAL;
            case NCHAR -> PREFIXED_STRING_LITERAL;
            case INTEGER -> UNSIGNED_INTEGER_LITERAL;
            case NUMERIC -> DECIMAL_NUMERIC_LITERAL;
            case PARAMETER -> HOOK;
            case CAST -> INFIX_CAST;
            case ASSIGN, ARROW -> NAMED_ARGUMENT_ASSIGNMENT;
            case COMMA -> PostgresParserConstants.COMMA;
            case SEMICOLON -> PostgresParserConstants.SEMICOLON;
            case COLON -> PostgresParserConstants.COLON;
            case DOT -> PostgresParserConstants.DOT;
            default -> NOT_A_KEYWORD;
        };
    }

    /** Operators with a token of their own are those that the grammar names; != is another spelling of <>. */
    private void operator(String text, int start, int end) {
        switch (text) {
            case "=" -> append(EQ, text, start, end);
            case "*" -> append(STAR, text, start, end);
            case "+" -> append(PLUS, text, start, end);
            case "-" -> append(MINUS, text, start, end);
            case "!=" -> append(PG_OP, "<>", start, end);
            default -> append(PG_OP, text, start, end);
        }
    }

    private void appendName(byte[] name, boolean quoted, int start, int end) {
        if (name == null && error == null) {
            error = new SyntaxError(SyntaxError.SYNTAX, "invalid Unicode escape", start);
        }
        String text = name == null ? "" : new String(name, StandardCharsets.UTF_8);
        append(QUOTED_IDENTIFIER, cut(quoted ? text.replace("\"\"", "\"") : text), null, null, start, end);
    }

    private void append(int kind, String image, int start, int end) {
        append(kind, image, null, null, start, end);
    }

    private void append(int kind, String image, String word, Keyword keyword, int start, int end) {
        list.add(new GrammarToken(list.size(), kind, image, word, keyword, start, end));
    }

    /**
     * Pairs a closing parenthesis with its partner and finds out whether they hold a query: SELECT, VALUES, WITH or TABLE
     * comes first, or a query in parentheses that is all there is or that a query's clause follows.
     */
    private void close(GrammarToken close) {
        if (open.isEmpty()) {
            return;
        }
        GrammarToken partner = open.removeLast();
        partner.match = close.index;
        if (partner.kind != LPAREN) {
            return;
        }
        GrammarToken first = list.get(partner.index + 1);
        if (first.kind == LPAREN && first.query) {
            GrammarToken after = list.get(first.match + 1);
            partner.query = after == close || after.keyword != null && QUERY_CLAUSES.contains(after.word);
        } else {
            partner.query = first.keyword != null && QUERY_STARTS.contains(first.word);
        }
    }

    private void addLiteral(LiteralKind kind, int start) {
        if (literals == literalStarts.length) {
            literalStarts = Arrays.copyOf(literalStarts, literals * 2);
            literalKinds = Arrays.copyOf(literalKinds, literals * 2);
        }
        literalStarts[literals] = start;
        literalKinds[literals++] = kind;
    }

    private String folded(int from, int to) {
        byte[] folded = Arrays.copyOfRange(bytes, from, to);
        for (int i = 0; i < folded.length; i++) {
            if (folded[i] >= 'A' && folded[i] <= 'Z') {
                folded[i] += 'a' - 'A';
            }
        }
        return new String(folded, StandardCharsets.UTF_8);
    }

    /** Cut at 63 bytes, never inside a character. */
    private static String cut(String name) {
        if (name.length() * 3 <= LONGEST_NAME) {
            return name;
        }
        byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
        if (utf8.length <= LONGEST_NAME) {
            return name;
        }
        int end = LONGEST_NAME;
        while ((utf8[end] & 0xc0) == 0x80) {
            end--;
        }
        return new String(utf8, 0, end, StandardCharsets.UTF_8);
    }

    /** The character offset of a byte offset; offsets must not decrease. */
    private int charOffset(int offset) {
        for (; byteAt < offset; byteAt++) {
            int b = bytes[byteAt] & 0xff;
            if ((b & 0xc0) != 0x80) {
                charAt += b >= 0xf0 ? 2 : 1;
            }
        }
        return charAt;
    }

    static SyntaxError tooDeep(int position) {
        return new SyntaxError(SyntaxError.TOO_COMPLEX, "stack depth limit exceeded", position);
    }
}
