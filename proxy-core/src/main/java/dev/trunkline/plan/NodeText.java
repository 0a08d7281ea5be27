package dev.trunkline.plan;

import dev.trunkline.plan.Merge.RowCount;
import dev.trunkline.sql.Query;
import dev.trunkline.sql.Span;
import dev.trunkline.value.PgOid;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The text that the nodes get, spliced from the original: nothing is spelled anew but what changes. Hidden columns go to the
 * end of the select list, under names that no clause can mean by accident.
 */
final class NodeText {

    /** Two of them still fit into an int8, and no table has more rows. */
    private static final long MOST_ROWS = Long.MAX_VALUE / 2;

    private record Edit(int start, int end, String replacement) {}

    private final String text;
    private final Query query;
    private final Query.Select body;
    private final List<Edit> edits = new ArrayList<>();
    private final List<String> hidden = new ArrayList<>();

    NodeText(String text, Query query, Query.Select body) {
        this.text = text;
        this.query = query;
        this.body = body;
    }

    /** Adds a hidden column; returns its place among them. */
    int hide(String expression) {
        hidden.add(expression);
        return hidden.size() - 1;
    }

    int hidden() {
        return hidden.size();
    }

    /** Lets each node give as many rows as could count in the end: those that are skipped too. */
    void widenLimit(RowCount count, RowCount offset) {
        if (offset == null) {
            return;
        }
        if (count == null) {
            drop(query.offsetSpan(), "OFFSET", offset);
            return;
        }
        replace(query.limitSpan(),
                "LIMIT " + (count instanceof RowCount.Literal l && offset instanceof RowCount.Literal o
                        ? "" + (l.rows() + o.rows())
                        : bounded(count, "least(%s, " + MOST_ROWS + ")") + " + "
                                + bounded(offset, "least(coalesce(%s, 0), " + MOST_ROWS + ")")));
        replace(query.offsetSpan(), "");
    }

    private static String bounded(RowCount count, String parameter) {
        return switch (count) {
            case RowCount.Literal literal -> "" + literal.rows();
            case RowCount.Parameter number -> parameter.formatted(
                    typed(number) + (number.type() == PgOid.INT8 ? "" : "::int8"));
        };
    }

    /** The parameter, of the type that it has in the client's text. */
    private static String typed(RowCount.Parameter parameter) {
        return "$" + parameter.number() + switch (parameter.type()) {
            case PgOid.INT2 -> "::int2";
            case PgOid.INT4 -> "::int4";
            default -> "::int8";
        };
    }

    /** The nodes' rows are not yet those that LIMIT and OFFSET count. */
    void dropLimit(RowCount count, RowCount offset) {
        if (query.limit() != null) {
            drop(query.limitSpan(), "LIMIT", count);
        }
        if (query.offset() != null) {
            drop(query.offsetSpan(), "OFFSET", offset);
        }
    }

    /** The nodes' groups are only parts of those that HAVING is about. */
    void dropHaving() {
        replace(body.havingSpan(), "");
    }

    void dropOrder() {
        if (!query.orderBy().isEmpty()) {
            replace(query.orderBySpan(), "");
        }
    }

    /** A parameter must stay in the text, of the same type: a clause with NULL does nothing. */
    private void drop(Span span, String clause, RowCount count) {
        replace(span, count instanceof RowCount.Parameter parameter
                ? clause + " nullif(" + typed(parameter) + ", $" + parameter.number() + ")"
                : "");
    }

    private void replace(Span span, String by) {
        edits.add(new Edit(span.start(), span.end(), by));
    }

    /** Null when it is the original. */
    String sql() {
        if (hidden.isEmpty() && edits.isEmpty()) {
            return null;
        }
        StringBuilder sql = new StringBuilder(text);
        all().forEach(edit -> sql.replace(edit.start(), edit.end(), edit.replacement()));
        return sql.toString().stripTrailing();
    }

    /** From the last to the first. */
    private List<Edit> all() {
        List<Edit> all = new ArrayList<>(edits);
        if (!hidden.isEmpty()) {
            StringBuilder list = new StringBuilder();
            for (int i = 0; i < hidden.size(); i++) {
                list.append(", ").append(hidden.get(i)).append(" AS \"trunkline ").append(i + 1).append('"');
            }
            all.add(listEnd(list.toString()));
        }
        all.sort(Comparator.comparingInt(Edit::start).reversed());
        return all;
    }

    /** Where a position of the original, of something that isn't changed itself, is in {@link #sql}. */
    int position(int original) {
        int moved = original;
        for (Edit edit : all()) {
            if (edit.end() <= original) {
                moved += edit.replacement().length() - (edit.end() - edit.start());
            }
        }
        return moved;
    }

    private Edit listEnd(String items) {
        if (body.itemsSpan().equals(Span.NONE)) {
            // TABLE t has no list of its own.
            int start = body.span().start();
            return new Edit(start, start + "TABLE".length(), "SELECT *" + items + " FROM");
        }
        return new Edit(body.itemsSpan().end(), body.itemsSpan().end(), items);
    }
}
