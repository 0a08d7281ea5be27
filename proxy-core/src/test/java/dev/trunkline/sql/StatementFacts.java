package dev.trunkline.sql;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The facts of the data files: how many conjuncts the outer WHERE has, then {@code column=value} for each that compares a
 * column with a constant or a parameter.
 */
final class StatementFacts {

    private final String sql;

    private StatementFacts(String sql) {
        this.sql = sql;
    }

    /** The facts, or null for a statement that has no outer WHERE. */
    static String of(String sql, Statement statement) {
        Expr where = switch (statement) {
            case Statement.Select select -> where(select.query());
            case Statement.Update update -> update.where();
            case Statement.Delete delete -> delete.where();
            default -> null;
        };
        return where == null ? null : new StatementFacts(sql).facts(where);
    }

    private static Expr where(Query query) {
        return switch (query.body()) {
            case Query.Select select -> select.where();
            case Query.Nested nested -> where(nested.query());
            case Query.Values values -> null;
            case Query.SetOp set -> null;
        };
    }

    private String facts(Expr where) {
        List<Expr> conjuncts = new ArrayList<>();
        split(where, conjuncts);
        List<String> equalities = new ArrayList<>();
        for (Expr conjunct : conjuncts) {
            if (conjunct instanceof Expr.Operator(String name, Expr.Column column, Expr right, Span span)
                    && name.equals("=")) {
                String value = value(right);
                if (value != null) {
                    equalities.add(column.name().last() + "=" + value);
                }
            }
        }
        Collections.sort(equalities);
        return conjuncts.size() + "|" + String.join("&", equalities);
    }

    private static void split(Expr where, List<Expr> conjuncts) {
        if (where instanceof Expr.And and) {
            and.operands().forEach(operand -> split(operand, conjuncts));
        } else {
            conjuncts.add(where);
        }
    }

    private String value(Expr expr) {
        return switch (expr) {
            case Expr.Parameter parameter -> "$" + parameter.number();
            case Expr.Cast cast -> value(cast.operand());
            case Expr.Literal literal -> literal(literal);
            case Expr.Operator(String name, Expr left, Expr.Literal number, Span span) when left == null
                    && name.equals("-") -> {
                String value = literal(number);
                yield value == null || value.startsWith("'") ? null : "-" + value;
            }
            default -> null;
        };
    }

    private String literal(Expr.Literal literal) {
        byte[] source = literal.span().of(sql).getBytes(StandardCharsets.UTF_8);
        return switch (literal.kind()) {
            case INTEGER -> new BigInteger(new String(source, StandardCharsets.UTF_8)).toString();
            case NUMERIC -> new String(source, StandardCharsets.UTF_8);
            case STRING -> "'" + new String(LiteralText.value(source, 0, source.length, LiteralKind.STRING),
                    StandardCharsets.UTF_8);
            case BIT, TRUE, FALSE, NULL -> null;
        };
    }
}
