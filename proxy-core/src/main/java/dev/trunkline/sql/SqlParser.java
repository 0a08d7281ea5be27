package dev.trunkline.sql;

import java.util.List;
import java.util.Set;

import org.apache.calcite.sql.SqlNode;

import dev.trunkline.sql.grammar.GrammarToken;
import dev.trunkline.sql.grammar.ParseException;
import dev.trunkline.sql.grammar.PostgresParser;
import dev.trunkline.sql.grammar.TokenFeed;

/**
 * PostgreSQL's statements parsed into {@link Statement}. SELECT, INSERT, UPDATE, DELETE, MERGE and every expression go
 * through Calcite's parser; other statements have small grammars of their own, which call it for what they contain.
 *
 * <p>Thread-safe: a generated parser belongs to one thread and is used again. Never throws for a text that is not SQL.
 */
public final class SqlParser {

    private static final Set<String> ROW_STATEMENTS = Set.of("select", "insert", "update", "delete", "merge", "with",
            "values", "table");
    private static final ThreadLocal<PostgresParser> PARSERS = ThreadLocal
            .withInitial(() -> new PostgresParser(new TokenFeed(new GrammarToken[0], 0, 0, 0)));

    /** Parses one statement under standard_conforming_strings = on. */
    public Statement parse(String sql) {
        return parse(sql, true);
    }

    /** Parses one statement. A text that is lexically wrong, or that the grammar refuses, is {@link Statement.Unknown}. */
    public Statement parse(String sql, boolean standardConformingStrings) {
        TokenList tokens = new TokenList(sql, standardConformingStrings);
        if (tokens.error() != null) {
            return unknown(tokens, tokens.error());
        }
        if (tokens.size() == 0) {
            return new Statement.Empty(Span.NONE);
        }
        try {
            return new Grammar(tokens).statement(0, tokens.size());
        } catch (SyntaxError e) {
            return unknown(tokens, e);
        } catch (StackOverflowError e) {
            PARSERS.remove();
            return unknown(tokens, TokenList.tooDeep(0));
        }
    }

    private static Statement.Unknown unknown(TokenList tokens, SyntaxError error) {
        String first = tokens.size() == 0 || tokens.tokens()[0].word == null ? "" : tokens.tokens()[0].word;
        return new Statement.Unknown(first, tokens.names(), error.sqlState(), error.getMessage(), error.position(),
                tokens.span());
    }

    /** The grammars over one statement's tokens; ranges of tokens are {@code [from, to)}. */
    static final class Grammar {

        private final TokenList tokens;
        private final Conversion conversion;

        private Grammar(TokenList tokens) {
            this.tokens = tokens;
            this.conversion = new Conversion(tokens);
        }

        TokenList tokens() {
            return tokens;
        }

        /** A statement of any kind. */
        Statement statement(int from, int to) {
            if (from >= to) {
                throw tokens.errorAt(from);
            }
            GrammarToken first = tokens.tokens()[from];
            boolean rows = first.word != null && ROW_STATEMENTS.contains(first.word) || first.query;
            return rows ? rowStatement(from, to) : new UtilityGrammar(this, from, to).statement();
        }

        private Statement rowStatement(int from, int to) {
            PostgresParser parser = parser(from, to);
            try {
                return conversion.statement(parser.parseSqlStmtEof());
            } catch (ParseException e) {
                throw error(parser);
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }

        /** An expression that fills the range. */
        Expr expression(int from, int to) {
            PostgresParser parser = parser(from, to);
            try {
                return conversion.expression(parser.parseSqlExpressionEof());
            } catch (ParseException e) {
                throw error(parser);
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }

        /** The type that starts at {@code from} and the index after it. */
        Parsed<TypeName> type(int from, int to) {
            PostgresParser parser = parser(from, to);
            try {
                SqlNode type = parser.DataType();
                return new Parsed<>(conversion.type(type), parser.nextIndex());
            } catch (ParseException e) {
                throw error(parser);
            }
        }

        /** The expression that starts at {@code from} and the index after it. */
        Parsed<Expr> expressionAt(int from, int to) {
            PostgresParser parser = parser(from, to);
            try {
                SqlNode expression = parser.Expression();
                return new Parsed<>(conversion.expression(expression), parser.nextIndex());
            } catch (ParseException e) {
                throw error(parser);
            }
        }

        /** The b_expr that starts at {@code from}, which ends before NOT, IS and AND, and the index after it. */
        Parsed<Expr> simpleExpressionAt(int from, int to) {
            PostgresParser parser = parser(from, to);
            try {
                SqlNode expression = parser.SimpleExpression();
                return new Parsed<>(conversion.expression(expression), parser.nextIndex());
            } catch (ParseException e) {
                throw error(parser);
            }
        }

        private PostgresParser parser(int from, int to) {
            PostgresParser parser = PARSERS.get();
            parser.start(new TokenFeed(tokens.tokens(), from, to, to > 0 ? tokens.end(to - 1) : 0));
            return parser;
        }

        private SyntaxError error(PostgresParser parser) {
            return tokens.errorAt(parser.nextIndex());
        }
    }

    /** Something parsed, and the index of the token after it. */
    record Parsed<T>(T value, int next) {}

}
