package dev.trunkline.execute;

import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.value.PgOid;
import dev.trunkline.wire.BackendMessage.Field;
import java.util.List;

/** Compares rows by several columns, each in its own order and direction, NULLs before or after everything. */
final class RowOrder {

    private final int[] columns;
    private final ValueOrder[] orders;
    private final boolean[] descending;
    private final boolean[] nullsFirst;

    private RowOrder(int size) {
        columns = new int[size];
        orders = new ValueOrder[size];
        descending = new boolean[size];
        nullsFirst = new boolean[size];
    }

    /** The order of sort keys; TL002 names the type that only a node can sort. */
    static RowOrder sorting(List<SortKey> keys, List<Field> fields) {
        RowOrder order = new RowOrder(keys.size());
        for (int i = 0; i < keys.size(); i++) {
            SortKey key = keys.get(i);
            Field field = NodeColumns.field(fields, key.column());
            order.set(i, key.column(), ValueOrder.of(field.typeOid(), AggregatedRow.formatOf(field), key.byteOrder()));
            order.descending[i] = key.descending();
            order.nullsFirst[i] = key.nullsFirst();
            if (order.orders[i] == null) {
                throw unknown("ORDER BY " + PgOid.name(field.typeOid()),
                        "Its order is one that only a node knows. Add a predicate on the shard key, or COLLATE \"C\""
                                + " to a text.");
            }
        }
        return order;
    }

    /** Equality by keys; the order is some order in which equal rows are neighbours. */
    static RowOrder equality(List<EqualityKey> keys, List<Field> fields, String clause) {
        RowOrder order = new RowOrder(keys.size());
        for (int i = 0; i < keys.size(); i++) {
            Field field = NodeColumns.field(fields, keys.get(i).column());
            order.set(i, keys.get(i).column(),
                    ValueOrder.of(field.typeOid(), AggregatedRow.formatOf(field), keys.get(i).deterministic()));
            if (order.orders[i] == null) {
                throw unknown(clause + " " + PgOid.name(field.typeOid()),
                        "Whether two such values are equal is something that only a node knows. Add a predicate on the"
                                + " shard key.");
            }
        }
        return order;
    }

    private static ProxyException unknown(String what, String hint) {
        return ProxyError.NOT_OVER_NODES.with(what, hint);
    }

    private void set(int i, int column, ValueOrder order) {
        columns[i] = column;
        orders[i] = order;
    }

    int compare(Row a, Row b) {
        for (int i = 0; i < columns.length; i++) {
            int result = compareColumn(i, a, b);
            if (result != 0) {
                return result;
            }
        }
        return 0;
    }

    private int compareColumn(int i, Row a, Row b) {
        int column = columns[i];
        int aLength = a.length(column);
        int bLength = b.length(column);
        if (aLength < 0 || bLength < 0) {
            // Direction doesn't turn NULLS FIRST and LAST around.
            int result = Boolean.compare(aLength < 0, bLength < 0);
            return nullsFirst[i] ? -result : result;
        }
        int result = orders[i].compare(a.buffer(), a.offset(column), aLength, b.buffer(), b.offset(column), bLength);
        return descending[i] ? -Integer.signum(result) : result;
    }

    /**
     * A number for the first column that never sorts against the order: rows with different prefixes are compared by it
     * alone.
     */
    long prefix(Row row) {
        int column = columns[0];
        int length = row.length(column);
        if (length < 0) {
            return nullsFirst[0] ? Long.MIN_VALUE : Long.MAX_VALUE;
        }
        long prefix = orders[0].prefix(row.buffer(), row.offset(column), length);
        return descending[0] ? ~prefix : prefix;
    }

    long hash(Row row) {
        long hash = 0;
        for (int i = 0; i < columns.length; i++) {
            int length = row.length(columns[i]);
            hash = hash * 31
                    + (length < 0 ? 7 : orders[i].hash(row.buffer(), row.offset(columns[i]), length));
        }
        return hash;
    }

    boolean isEmpty() {
        return columns.length == 0;
    }
}
