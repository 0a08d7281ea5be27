package dev.trunkline.route;

import dev.trunkline.sql.LiteralKind;
import dev.trunkline.sql.Span;

/**
 * Where the value of one key column is found when a statement is bound. {@code typeOid} is the type that the statement
 * itself gives the value by a cast, 0 where it gives none.
 */
public sealed interface KeyValue {

    /** Where the value stands in the statement's text. */
    Span span();

    /**
     * A literal by its slot; {@code negative} when a minus sign stands before it. {@code source} is null unless the literal
     * stands in a view: then it is the literal itself, and there is no slot.
     */
    record Literal(int slot, LiteralKind kind, boolean negative, int typeOid, String source,
            Span span) implements KeyValue {

        public Literal(int slot, LiteralKind kind, boolean negative, int typeOid, Span span) {
            this(slot, kind, negative, typeOid, null, span);
        }
    }

    /**
     * The parameter {@code $number}. {@code takesColumnType}: PostgreSQL is sure to give the parameter the column's type
     * when the client leaves its type open, since nothing else in the statement could give it another one.
     */
    record Parameter(int number, int typeOid, boolean takesColumnType, Span span) implements KeyValue {}

    /** The elements of an array literal, {@code '{1,2}'}; {@code typeOid} is the element's type. */
    record LiteralElements(int slot, int typeOid, Span span) implements KeyValue {}

    /** The elements of an array parameter; {@code typeOid} is the element's type. */
    record ParameterElements(int number, int typeOid, boolean takesColumnType, Span span) implements KeyValue {}

    /** NULL, which no comparison matches and no write may have as its key. */
    record Null(Span span) implements KeyValue {}
}
