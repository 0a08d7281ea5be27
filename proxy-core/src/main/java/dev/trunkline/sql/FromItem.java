package dev.trunkline.sql;

import java.util.List;

/** An item of a FROM clause, or the target of a statement. */
public sealed interface FromItem {

    Span span();

    /**
     * A table, view or CTE by name. {@code alias} is null when none is written; {@code only} is FROM ONLY; {@code sample}
     * holds the arguments of TABLESAMPLE, or is null.
     */
    record Table(Name name, String alias, List<String> columnAliases, boolean only, List<Expr> sample,
            Span span) implements FromItem {

        public boolean sampled() {
            return sample != null;
        }

        /** The name under which its columns are qualified. */
        public String exposedName() {
            return alias != null ? alias : name.last();
        }
    }

    record Derived(Query query, String alias, List<String> columnAliases, boolean lateral,
            Span span) implements FromItem {}

    /** Function calls in FROM, ROWS FROM, JSON_TABLE, XMLTABLE. */
    record Functions(List<Expr> calls, String alias, List<String> columnAliases, boolean lateral,
            Span span) implements FromItem {}

    enum JoinKind {
        INNER,
        CROSS,
        LEFT,
        RIGHT,
        FULL
    }

    /** A join; {@code on} and {@code using} are null where not written. A comma is a CROSS join. */
    record Join(JoinKind kind, boolean natural, FromItem left, FromItem right, Expr on, List<String> using,
            String alias,
            Span span) implements FromItem {}
}
