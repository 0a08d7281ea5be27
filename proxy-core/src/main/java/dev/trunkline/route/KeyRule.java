package dev.trunkline.route;

import dev.trunkline.value.ColumnType;
import java.util.List;

/**
 * Which rows of a sharded table a statement can touch: those whose key is one of the listed. Each alternative gives a value
 * for every column of the key, in the key's order. What values those are is known when the statement is bound.
 *
 * @param table
 *            the table as the statement's reader knows it, for messages
 * @param columns
 *            the key columns' names
 * @param single
 *            whether binding can only ever give one key
 * @param use
 *            whether the values are compared with the key or become it
 */
public record KeyRule(String table, String colocationGroup, List<String> columns, List<ColumnType> types, Use use,
        List<List<KeyValue>> alternatives, boolean single) {

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
    }

    public KeyRule(String table, String colocationGroup, List<String> columns, List<ColumnType> types, Use use,
            List<List<KeyValue>> alternatives) {
        this(table, colocationGroup, columns, types, use, alternatives, alternatives.size() == 1
                && alternatives.getFirst().stream().noneMatch(KeyRule::isList));
    }

    /** Whether some value stands in the text of the statement. */
    boolean readsLiterals() {
        for (int i = 0; i < alternatives.size(); i++) {
            List<KeyValue> key = alternatives.get(i);
            for (int j = 0; j < key.size(); j++) {
                if (key.get(j) instanceof KeyValue.Literal || key.get(j) instanceof KeyValue.LiteralElements) {
                    return true;
                }
            }
        }
        return false;
    }

    /** A key that nothing in the statement gives: a routing hint may. */
    public static KeyRule open(String table, String colocationGroup, List<String> columns, List<ColumnType> types) {
        return new KeyRule(table, colocationGroup, columns, types, Use.COMPARED, List.of(), false);
    }

    private static boolean isList(KeyValue value) {
        return value instanceof KeyValue.LiteralElements || value instanceof KeyValue.ParameterElements;
    }
}
