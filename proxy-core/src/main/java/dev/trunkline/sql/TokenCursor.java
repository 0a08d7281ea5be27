package dev.trunkline.sql;

import java.util.ArrayList;
import java.util.List;

import dev.trunkline.sql.grammar.GrammarToken;
import dev.trunkline.sql.grammar.PostgresParserConstants;

/** A place in a statement's tokens that moves forward: what the small grammars of utility statements are written with. */
final class TokenCursor implements PostgresParserConstants {

    private final SqlParser.Grammar grammar;
    private final TokenList list;
    private final GrammarToken[] tokens;
    private final int to;
    private int at;

    TokenCursor(SqlParser.Grammar grammar, int from, int to) {
        this.grammar = grammar;
        this.list = grammar.tokens();
        this.tokens = list.tokens();
        this.at = from;
        this.to = to;
    }

    int index() {
        return at;
    }

    int limit() {
        return to;
    }

    boolean atEnd() {
        return at >= to;
    }

    void moveTo(int index) {
        at = index;
    }

    void skip() {
        if (atEnd()) {
            throw error();
        }
        at++;
    }

    GrammarToken peek() {
        return peek(0);
    }

    /** A token ahead, or null past the end. */
    GrammarToken peek(int ahead) {
        return at + ahead < to ? tokens[at + ahead] : null;
    }

    boolean is(String word) {
        return is(0, word);
    }

    boolean is(int ahead, String word) {
        GrammarToken token = peek(ahead);
        return token != null && token.is(word);
    }

    /** Whether these words stand ahead, one after the other. */
    boolean are(String... words) {
        for (int i = 0; i < words.length; i++) {
            if (!is(i, words[i])) {
                return false;
            }
        }
        return true;
    }

    boolean isAny(String... words) {
        for (String word : words) {
            if (is(word)) {
                return true;
            }
        }
        return false;
    }

    /** Moves over these words if they stand ahead. */
    boolean take(String... words) {
        if (!are(words)) {
            return false;
        }
        at += words.length;
        return true;
    }

    boolean isKind(int kind) {
        return isKind(0, kind);
    }

    boolean isKind(int ahead, int kind) {
        GrammarToken token = peek(ahead);
        return token != null && token.kind == kind;
    }

    boolean takeKind(int kind) {
        if (!isKind(kind)) {
            return false;
        }
        at++;
        return true;
    }

    boolean isOperator(String operator) {
        GrammarToken token = peek();
        return token != null && token.word == null && token.kind != QUOTED_IDENTIFIER && token.kind != QUOTED_STRING
                && token.image.equals(operator);
    }

    void expect(String... words) {
        for (String word : words) {
            if (!take(word)) {
                throw error();
            }
        }
    }

    void expectKind(int kind) {
        if (!takeKind(kind)) {
            throw error();
        }
    }

    void expectEnd() {
        if (at < to) {
            throw error();
        }
    }

    SyntaxError error() {
        return at < to ? list.errorAt(at) : list.errorAt(list.size());
    }

    boolean isName() {
        return peek() != null && peek().isName();
    }

    /** A name of a column, table, role or the like. */
    String name() {
        if (!isName()) {
            throw error();
        }
        return tokens[at++].image;
    }

    /** Any word or quoted name. */
    String label() {
        if (peek() == null || !peek().isLabel()) {
            throw error();
        }
        return tokens[at++].image;
    }

    String string() {
        if (!isKind(QUOTED_STRING)) {
            throw error();
        }
        return tokens[at++].image;
    }

    /** name.name.name */
    Name qualifiedName() {
        int start = at;
        List<String> parts = new ArrayList<>();
        parts.add(peek() != null && peek().isLabel() && !reserved() ? label() : name());
        while (isKind(DOT)) {
            at++;
            parts.add(label());
        }
        return new Name(parts, span(start));
    }

    private boolean reserved() {
        return !peek().isName() && !peek().isFunctionName();
    }

    List<Name> qualifiedNames() {
        List<Name> names = new ArrayList<>();
        do {
            names.add(qualifiedName());
        } while (takeKind(COMMA));
        return names;
    }

    List<String> namesInParentheses() {
        List<String> names = new ArrayList<>();
        expectKind(LPAREN);
        do {
            names.add(name());
        } while (takeKind(COMMA));
        expectKind(RPAREN);
        return names;
    }

    /** Moves over a parenthesis and all in it; stays if there is none. */
    boolean skipParentheses() {
        GrammarToken open = peek();
        if (open == null || open.kind != LPAREN) {
            return false;
        }
        if (open.match < 0 || open.match >= to) {
            throw list.errorAt(list.size());
        }
        at = open.match + 1;
        return true;
    }

    /** The index of the partner of the parenthesis here. */
    int closing() {
        GrammarToken open = peek();
        if (open == null || open.kind != LPAREN) {
            throw error();
        }
        if (open.match < 0 || open.match >= to) {
            throw list.errorAt(list.size());
        }
        return open.match;
    }

    /** Moves past the next comma that is outside parentheses, to {@code end} at most; returns whether there was one. */
    boolean nextItem(int end) {
        while (at < end) {
            if (takeKind(COMMA)) {
                return true;
            }
            if (!skipParentheses()) {
                at++;
            }
        }
        return false;
    }

    /** From the token at this index to the one before the cursor. */
    Span span(int start) {
        return new Span(list.start(start), at > start ? list.end(at - 1) : list.start(start));
    }

    String text(int from, int end) {
        return list.text(from, end);
    }

    TypeName type() {
        SqlParser.Parsed<TypeName> type = grammar.type(at, to);
        at = type.next();
        return type.value();
    }

    Expr expression() {
        SqlParser.Parsed<Expr> expression = grammar.expressionAt(at, to);
        at = expression.next();
        return expression.value();
    }

    /** An expression without operators: in a column's definition NOT NULL may follow one. */
    Expr operand() {
        SqlParser.Parsed<Expr> expression = grammar.simpleExpressionAt(at, to);
        at = expression.next();
        return expression.value();
    }

    /** The expressions in parentheses that start here. */
    List<Expr> expressionsInParentheses() {
        List<Expr> expressions = new ArrayList<>();
        expectKind(LPAREN);
        if (!takeKind(RPAREN)) {
            do {
                expressions.add(expression());
            } while (takeKind(COMMA));
            expectKind(RPAREN);
        }
        return List.copyOf(expressions);
    }

    /** The statement that fills the rest. */
    Statement statement() {
        Statement statement = grammar.statement(at, to);
        at = to;
        return statement;
    }

    Statement statement(int end) {
        Statement statement = grammar.statement(at, end);
        at = end;
        return statement;
    }

    /** name [value], ... in parentheses: the options of newer statements. */
    List<Statement.Option> optionsInParentheses() {
        List<Statement.Option> options = new ArrayList<>();
        int end = closing();
        at++;
        while (at < end) {
            String name = label();
            while (takeKind(DOT)) {
                name += "." + label();
            }
            if (isOperator("=")) {
                at++;
            }
            int start = at;
            while (at < end && !isKind(COMMA)) {
                if (!skipParentheses()) {
                    at++;
                }
            }
            options.add(new Statement.Option(name, value(start, at)));
            if (at < end) {
                expectKind(COMMA);
            }
        }
        expectKind(RPAREN);
        return options;
    }

    /** An option's value: what a string holds, otherwise the text, or null for none. */
    String value(int from, int end) {
        if (from >= end) {
            return null;
        }
        return end == from + 1 && tokens[from].kind == QUOTED_STRING ? tokens[from].image : list.text(from, end);
    }
}
