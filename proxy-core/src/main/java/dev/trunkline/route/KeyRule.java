package dev.trunkline.route;

import dev.trunkline.catalog.Distribution;
import dev.trunkline.catalog.KeyColumn;
import dev.trunkline.catalog.Placement;
import dev.trunkline.sql.Expr;
import dev.trunkline.value.ColumnType;
import dev.trunkline.value.PgOid;
import java.util.ArrayList;
import java.util.List;

/**
 * Which rows of a sharded table a statement can touch: those whose key is one of the listed. Each alternative gives a value
 * for every column of the key, in the key's order. What values those are is known when the statement is bound.
 *
 * @param table
 *            the table as the statement's reader knows it, for messages
 * @param columns
 *            the key columns' names
 * @param bounds
 *            instead of alternatives: the key lies between all of these, and keys are placed by range
 * @param single
 *            whether binding can only ever give one key
 * @param form
 *            how the alternatives may be cut for several nodes
 * @param use
 *            whether the values are compared with the key or become it
 */
public record KeyRule(String table, String colocationGroup, Placement placement, List<String> columns,
        List<ColumnType> types, Use use, List<List<KeyValue>> alternatives, List<KeyBound> bounds, boolean single,
        ListForm form) {

    public enum Use {
        /** {@code key = value}: a value that no key can equal matches no row. */
        COMPARED,
        /** {@code INSERT}: the value is cast to the column's type before it is hashed. */
        ASSIGNED,
        /** {@code UPDATE SET key = value}: as assigned, and it must stay in the virtual shard that the other keys name. */
        REASSIGNED
    }

    public KeyRule {
        columns = List.copyOf(columns);
        types = List.copyOf(types);
        alternatives = alternatives.stream().map(List::copyOf).toList();
        bounds = List.copyOf(bounds);
    }

    public KeyRule(String table, Distribution.Sharded sharded, List<String> columns, List<ColumnType> types, Use use,
            List<List<KeyValue>> alternatives) {
        this(table, sharded.colocationGroup(), sharded.placement(), columns, types, use, alternatives, List.of(),
                alternatives.size() == 1
                        && alternatives.getFirst().stream().noneMatch(KeyRule::isList),
                ListForm.WHOLE);
    }

    /** Whether some value stands in the text of the statement. */
    boolean readsLiterals() {
        for (int i = 0; i < alternatives.size(); i++) {
            List<KeyValue> key = alternatives.get(i);
            for (int j = 0; j < key.size(); j++) {
                if (key.get(j) instanceof KeyValue.Literal literal && literal.source() == null
                        || key.get(j) instanceof KeyValue.LiteralElements) {
                    return true;
                }
            }
        }
        for (int i = 0; i < bounds.size(); i++) {
            if (bounds.get(i).value() instanceof KeyValue.Literal) {
                return true;
            }
        }
        return false;
    }

    /** A key that nothing in the statement gives: a routing hint may. */
    public static KeyRule open(String table, Distribution.Sharded sharded) {
        return between(table, sharded, List.of());
    }

    /**
     * A key that a call gives as a plain argument: it must be readable, as one that is written. The type of a parameter is sure
     * only where the statement casts it.
     */
    public static KeyRule argument(String call, String name, Distribution.Sharded sharded, Expr argument) {
        KeyValue value = Constants.of(argument);
        if (value instanceof KeyValue.Parameter p) {
            value = new KeyValue.Parameter(p.number(), p.typeOid(), p.typeOid() != PgOid.UNSPECIFIED, p.span());
        }
        return new KeyRule(call, sharded, List.of(name), List.of(sharded.key().getFirst().type()), Use.ASSIGNED,
                List.of(List.of(value)));
    }

    /** Whether an expression is a literal or a parameter, or a cast of one that leaves it alone. */
    public static boolean isPlain(Expr value) {
        return Constants.of(value) != null && !(Constants.of(value) instanceof KeyValue.Null);
    }

    /** The type that a plain value has by itself, {@link PgOid#UNSPECIFIED} where it takes another's. */
    public static int typeOf(Expr plain) {
        return Constants.typeOid(Constants.of(plain));
    }

    /** A key of one column that is known to lie between bounds. */
    static KeyRule between(String table, Distribution.Sharded sharded, List<KeyBound> bounds) {
        return new KeyRule(table, sharded.colocationGroup(), sharded.placement(),
                sharded.key().stream().map(KeyColumn::name).toList(),
                sharded.key().stream().map(KeyColumn::type).toList(), Use.COMPARED, List.of(), bounds, false,
                ListForm.WHOLE);
    }

    KeyRule cut(ListForm how) {
        return new KeyRule(table, colocationGroup, placement, columns, types, use, alternatives, bounds, single, how);
    }

    /** All values that binding reads. */
    public List<KeyValue> values() {
        List<KeyValue> all = new ArrayList<>();
        alternatives.forEach(all::addAll);
        bounds.forEach(bound -> all.add(bound.value()));
        return all;
    }

    private static boolean isList(KeyValue value) {
        return value instanceof KeyValue.LiteralElements || value instanceof KeyValue.ParameterElements;
    }
}
