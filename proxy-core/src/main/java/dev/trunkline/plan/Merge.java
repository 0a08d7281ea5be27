package dev.trunkline.plan;

import java.util.List;

/** How the rows of several nodes become one result. */
public sealed interface Merge {

    /** All rows, in no order. */
    record Concat() implements Merge {}

    /**
     * One row out of each node's one row. Output column i is computed by {@code columns[i]}, and takes its name and type
     * from column i of the nodes' rows. The nodes' rows may have more columns than the client sees: {@code visible} counts
     * the first ones; the hidden ones after them are asked for in binary.
     */
    record Aggregate(List<AggregateColumn> columns, int visible) implements Merge {

        public Aggregate {
            columns = List.copyOf(columns);
        }

        /** How many hidden columns the nodes' rows have after the visible ones. */
        public int hidden() {
            return columns.stream()
                    .mapToInt(c -> c.hidden() < 0 ? 0 : c.function() == AggregateFunction.AVG ? 2 : 1).sum();
        }
    }

    /**
     * What happens to a column of partial aggregates: {@code hidden} is the column of a binary copy to compare, or -1.
     * {@code byteOrder}: text in it is known to stand under a collation that sorts by bytes; otherwise min and max of text
     * are refused when the types are known.
     */
    record AggregateColumn(AggregateFunction function, int hidden, boolean byteOrder) {

        public AggregateColumn(AggregateFunction function, int hidden) {
            this(function, hidden, false);
        }
    }

    enum AggregateFunction {
        /** Adds partial counts: int8, never NULL. */
        COUNT,
        /** Adds partial sums of an exact type; NULL when all are. */
        SUM,
        MIN,
        MAX,
        /** {@code hidden} is a binary column with the sum, and the count stands right after it; NULL when all are. */
        AVG,
        /** Of booleans; NULL when all are. */
        BOOL_AND,
        BOOL_OR,
        /** What all rows of a group have in common: a column of GROUP BY. */
        GROUP
    }
}
