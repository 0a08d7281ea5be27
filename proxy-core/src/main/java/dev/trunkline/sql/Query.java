package dev.trunkline.sql;

import java.util.List;

/**
 * A query: its WITH list, its body, and what applies to the whole of it. The clause spans cover the keyword too
 * ({@code ORDER BY a, b}), {@link Span#NONE} where the clause is absent.
 */
public record Query(List<Cte> with, boolean recursive, Body body, List<Expr.OrderItem> orderBy, Expr limit, Expr offset,
        boolean withTies, List<Locking> locking, Span orderBySpan, Span limitSpan, Span offsetSpan, Span span) {

    /** A common table expression; {@code statement} is a query or a data-modifying statement. {@code materialized} is null when not written. */
    public record Cte(String name, List<String> columns, Boolean materialized, Statement statement, Span span) {}

    /** FOR UPDATE and its kin. */
    public record Locking(String strength, List<Name> of, boolean nowait, boolean skipLocked, Span span) {}

    public sealed interface Body {

        Span span();
    }

    /**
     * A SELECT. {@code from} holds the comma-separated items; {@code distinctOn} is null without DISTINCT ON; {@code into}
     * is null without SELECT INTO. {@code itemsSpan} covers the select list; it and {@code fromSpan} are
     * {@link Span#NONE} for TABLE t.
     */
    public record Select(boolean distinct, List<Expr> distinctOn, List<Item> items, Name into, boolean intoTemp,
            List<FromItem> from,
            Expr where, List<Expr> groupBy, boolean groupingSets, Expr having, List<NamedWindow> windows,
            Span itemsSpan,
            Span fromSpan, Span whereSpan, Span groupBySpan, Span havingSpan, Span span) implements Body {}

    /** An item of a select list; {@code alias} is null when not written. The span covers expression and alias. */
    public record Item(Expr expr, String alias, Span span) {}

    public record NamedWindow(String name, Expr.Window window) {}

    /** VALUES (...), (...). */
    public record Values(List<Expr.Row> rows, Span span) implements Body {}

    public enum SetOperation {
        UNION,
        INTERSECT,
        EXCEPT
    }

    public record SetOp(SetOperation operation, boolean all, Query left, Query right, Span span) implements Body {}

    /** A query in parentheses that has clauses of its own. */
    public record Nested(Query query, Span span) implements Body {}
}
