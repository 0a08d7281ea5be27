package dev.trunkline.execute;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/** Values by rows that are equal in some columns, in the order in which the rows came first. Rows are copied once. */
final class RowSet<V> {

    private static final int OVERHEAD = 160;

    private final RowOrder equality;
    private final Budget budget;
    private final Map<Key, V> values = new LinkedHashMap<>();
    private final Key probe = new Key();

    RowSet(RowOrder equality, Budget budget) {
        this.equality = equality;
        this.budget = budget;
    }

    /** The value of the rows that are equal to this one; null for a new one. */
    V find(Row row) {
        probe.row = row;
        probe.hash = (int) (equality.hash(row) >>> 16);
        return values.get(probe);
    }

    /** Adds the row that {@link #find} has just not found. */
    void add(V value) {
        Key key = new Key();
        key.row = probe.row.copy();
        key.hash = probe.hash;
        budget.take(OVERHEAD + key.row.size() + 8L * key.row.columns());
        values.put(key, value);
    }

    Iterator<V> values() {
        return values.values().iterator();
    }

    private final class Key {

        private Row row;
        private int hash;

        @Override
        public int hashCode() {
            return hash;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof RowSet<?>.Key key && hash == key.hash && equality.compare(row, key.row) == 0;
        }
    }
}
