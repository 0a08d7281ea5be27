package dev.trunkline.sql;

import java.util.BitSet;
import java.util.List;

/**
 * An expression, reduced to what routing may rely on. Any shape that is not on the list is {@link Opaque}: it yields no
 * fact, but its operands can still be walked, so that no table, function or parameter inside it is missed.
 */
public sealed interface Expr {

    Span span();

    /** A column reference: {@code c}, {@code t.c}, {@code s.t.c}. */
    record Column(Name name) implements Expr {
        @Override
        public Span span() {
            return name.span();
        }
    }

    /** {@code *} or {@code t.*}: {@code qualifier} is null for the bare star. */
    record Star(Name qualifier, Span span) implements Expr {}

    /**
     * A literal. {@code slot} is its ordinal among the statement's literal tokens (the fingerprint's slots), -1 for TRUE,
     * FALSE and NULL, which are keywords, -2 for a literal of another text than the statement's, which brings its own
     * {@code source}; that is null otherwise. A minus sign is never part of it: {@code -5} is an {@link Operator} "-".
     */
    record Literal(LiteralKind kind, int slot, String source, Span span) implements Expr {

        private static final int DETACHED = -2;

        public Literal(LiteralKind kind, int slot, Span span) {
            this(kind, slot, null, span);
        }

        /** The literal as a part of a view's query, of whose text {@code sql} it is taken. */
        Literal detach(String sql) {
            return slot < 0
                    ? new Literal(kind, slot, source, Span.NONE)
                    : new Literal(kind, DETACHED, span.of(sql), Span.NONE);
        }
    }

    /** {@code $n}; {@code number} counts from 1. */
    record Parameter(int number, Span span) implements Expr {

        /** Bind counts no more. */
        private static final int MOST = 65_535;

        /** Whether a statement's text has a parameter's number but once; one in a string or comment counts too. */
        public static boolean standsOnce(int number, String text) {
            return standingOnce(text).get(number);
        }

        /** The numbers of all parameters that {@link #standsOnce}. */
        public static BitSet standingOnce(String text) {
            BitSet found = new BitSet();
            BitSet again = new BitSet();
            for (int at = text.indexOf('$'); at >= 0; at = text.indexOf('$', at + 1)) {
                int number = 0;
                for (int i = at + 1; i < text.length() && number <= MOST && isDigit(text.charAt(i)); i++) {
                    number = number * 10 + text.charAt(i) - '0';
                }
                if (number > 0 && number <= MOST) {
                    (found.get(number) ? again : found).set(number);
                }
            }
            found.andNot(again);
            return found;
        }

        private static boolean isDigit(char c) {
            return c >= '0' && c <= '9';
        }
    }

    /** {@code expr::type}, {@code CAST(expr AS type)} or the typed literal {@code type 'x'}. */
    record Cast(Expr operand, TypeName type, Span span) implements Expr {}

    /** An operator with one or two operands; {@code left} is null for a prefix operator. Its name is as PostgreSQL's: {@code =}, {@code <>}, {@code ||}, {@code ->>}, or {@code schema.op}. */
    record Operator(String name, Expr left, Expr right, Span span) implements Expr {}

    /** AND over two or more operands, flattened. */
    record And(List<Expr> operands, Span span) implements Expr {}

    /** OR over two or more operands, flattened. */
    record Or(List<Expr> operands, Span span) implements Expr {}

    record Not(Expr operand, Span span) implements Expr {}

    /** {@code operand [NOT] IN (items)}. */
    record InList(Expr operand, boolean negated, List<Expr> items, Span span) implements Expr {}

    /** {@code operand op ANY|ALL (array)}. */
    record AnyArray(Expr operand, String operator, boolean all, Expr array, Span span) implements Expr {}

    /** {@code [NOT] operand BETWEEN low AND high}. */
    record Between(Expr operand, boolean negated, Expr low, Expr high, Span span) implements Expr {}

    /** {@code operand IS [NOT] NULL}. */
    record IsNull(Expr operand, boolean negated, Span span) implements Expr {}

    /** {@code ARRAY[...]}. */
    record ArrayItems(List<Expr> items, Span span) implements Expr {}

    /** {@code ROW(...)} or {@code (a, b)}. */
    record Row(List<Expr> items, Span span) implements Expr {}

    /**
     * A call. {@code over} is the window (null if none, an empty one if only named); {@code star} is {@code count(*)};
     * {@code withinGroup} holds the ordered-set order and {@code orderBy} the order inside the arguments.
     */
    record Function(Name name, List<Expr> arguments, boolean distinct, boolean star, List<OrderItem> orderBy,
            Expr filter,
            Window over, List<OrderItem> withinGroup, Span span) implements Expr {}

    /** How a subquery is used in an expression. */
    enum SubqueryUse {
        SCALAR,
        EXISTS,
        IN,
        NOT_IN,
        ANY,
        ALL,
        ARRAY
    }

    /** A subquery in an expression; {@code operand} and {@code operator} are null for SCALAR, EXISTS and ARRAY. */
    record Subquery(SubqueryUse use, Expr operand, String operator, Query query, Span span) implements Expr {}

    /** CASE, COALESCE-like syntax, COLLATE, subscripts, AT TIME ZONE, IS DISTINCT FROM, LIKE and all that yields no fact. */
    record Opaque(String shape, List<Expr> operands, Span span) implements Expr {}

    /** An item of ORDER BY. {@code nullsFirst} is null when not written. */
    record OrderItem(Expr expr, boolean descending, Boolean nullsFirst, boolean usingOperator, Span span) {}

    /**
     * A window: the partition and order that routing must know; {@code name} refers to the WINDOW clause or is null.
     * {@code frame} holds the frame's offsets.
     */
    record Window(String name, List<Expr> partitionBy, List<OrderItem> orderBy, List<Expr> frame, Span span) {}
}
