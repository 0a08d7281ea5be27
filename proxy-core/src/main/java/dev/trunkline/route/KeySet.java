package dev.trunkline.route;

import dev.trunkline.sql.Span;
import dev.trunkline.value.ColumnType;
import java.util.List;
import java.util.Objects;

/**
 * The values that a column is known to have: those of a predicate, compared as its column's type, or the key of one row
 * ({@code ofRow}), whatever it is, for the proof that nodes answer independently. {@code predicate} is where it is written.
 */
final class KeySet {

    private final ColumnType type;
    private final List<KeyValue> values;
    private final Span predicate;
    private final int rowKey;
    /** Which end of a range the value is, null where it is equal. */
    private final KeyBound.Side side;

    /** How the list may be cut, and the colocation group whose key it is compared with; null for other columns. */
    private ListForm form = ListForm.WHOLE;
    private String cutIn;

    private KeySet(ColumnType type, List<KeyValue> values, Span predicate, int rowKey, KeyBound.Side side) {
        this.type = type;
        this.values = values;
        this.predicate = predicate;
        this.rowKey = rowKey;
        this.side = side;
    }

    static KeySet of(ColumnType type, List<KeyValue> values, Span predicate) {
        return new KeySet(type, List.copyOf(values), predicate, -1, null);
    }

    /** The values on one side of a value. */
    static KeySet ofBound(ColumnType type, KeyBound bound, Span predicate) {
        return new KeySet(type, List.of(bound.value()), predicate, -1, bound.side());
    }

    boolean isBound() {
        return side != null;
    }

    KeyBound bound() {
        return new KeyBound(side, values.getFirst());
    }

    /** The same, where it is known how the list may be cut in tables of a group. */
    KeySet cut(ListForm how, String group) {
        form = how;
        cutIn = group;
        return this;
    }

    ListForm form() {
        return form;
    }

    String cutIn() {
        return cutIn;
    }

    /** The value of a row's key column, by its place in the key. */
    static KeySet ofRow(int keyColumn) {
        return new KeySet(null, List.of(), Span.NONE, keyColumn, null);
    }

    ColumnType type() {
        return type;
    }

    List<KeyValue> values() {
        return values;
    }

    Span predicate() {
        return predicate;
    }

    boolean single() {
        return side == null && values.size() == 1 && !(values.getFirst() instanceof KeyValue.LiteralElements)
                && !(values.getFirst() instanceof KeyValue.ParameterElements);
    }

    /** Whether both hold the same parameters, so that one stands for the other. */
    @Override
    public boolean equals(Object other) {
        if (!(other instanceof KeySet set) || set.rowKey != rowKey || set.side != side
                || set.values.size() != values.size()
                || !Objects.equals(set.type, type)) {
            return false;
        }
        for (int i = 0; i < values.size(); i++) {
            if (!same(values.get(i), set.values.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean same(KeyValue a, KeyValue b) {
        return switch (a) {
            case KeyValue.Parameter p -> b instanceof KeyValue.Parameter q && p.number() == q.number()
                    && p.typeOid() == q.typeOid();
            case KeyValue.ParameterElements p -> b instanceof KeyValue.ParameterElements q
                    && p.number() == q.number() && p.typeOid() == q.typeOid();
            case KeyValue.Literal l -> b instanceof KeyValue.Literal m && l.slot() == m.slot() && l.kind() == m.kind()
                    && Objects.equals(l.source(), m.source())
                    && (l.source() == null || l.negative() == m.negative() && l.typeOid() == m.typeOid());
            case KeyValue.LiteralElements l -> b instanceof KeyValue.LiteralElements m && l.slot() == m.slot();
            case KeyValue.Null n -> b instanceof KeyValue.Null;
        };
    }

    @Override
    public int hashCode() {
        return Objects.hash(type, values.size(), rowKey, side);
    }
}
