package dev.trunkline.plan;

import java.util.List;

/**
 * How the rows of several nodes become one result: a tree, read from the nodes' rows inside to the client's outside. Columns
 * are numbers in the nodes' rows, whose hidden ones stand after those that the client sees and come in binary.
 */
public sealed interface Merge {

    /** How many of the nodes' columns the client sees; -1 for all, when none is hidden. */
    default int visible() {
        return switch (this) {
            case Concat concat -> -1;
            case Explained explained -> -1;
            case OrderedMerge ordered -> -1;
            case Aggregate aggregate -> aggregate.visible();
            case GroupedAggregate grouped -> grouped.source().visible();
            case Distinct distinct -> distinct.source().visible();
            case Having having -> having.source().visible();
            case Sorted sorted -> sorted.source().visible();
            case Limit limit -> limit.source().visible();
            case Project project -> project.shown();
        };
    }

    /** How many hidden columns the nodes' rows have after the visible ones. */
    default int hidden() {
        return switch (this) {
            case Concat concat -> 0;
            case Explained explained -> 0;
            case OrderedMerge ordered -> 0;
            case Aggregate aggregate -> aggregate.hidden();
            case GroupedAggregate grouped -> grouped.source().hidden();
            case Distinct distinct -> distinct.source().hidden();
            case Having having -> having.source().hidden();
            case Sorted sorted -> sorted.source().hidden();
            case Limit limit -> limit.source().hidden();
            case Project project -> project.cut();
        };
    }

    /** Whether no row comes out before all rows have gone in. */
    default boolean gathers() {
        return switch (this) {
            case Concat concat -> false;
            case Explained explained -> true;
            case OrderedMerge ordered -> false;
            case Aggregate aggregate -> true;
            case GroupedAggregate grouped -> !grouped.neighbours() || grouped.source().gathers();
            case Distinct distinct -> distinct.source().gathers();
            case Having having -> having.source().gathers();
            case Sorted sorted -> true;
            case Limit limit -> limit.source().gathers();
            case Project project -> project.source().gathers();
        };
    }

    /** Whether texts of the nodes' rows may be compared or written anew, not only handed on. */
    default boolean readsTexts() {
        return switch (this) {
            case Concat concat -> false;
            case Explained explained -> true;
            case OrderedMerge ordered -> true;
            case Aggregate aggregate -> !aggregate.columns().stream().allMatch(c -> switch (c.function()) {
                case COUNT, SUM, AVG, BOOL_AND, BOOL_OR -> true;
                case MIN, MAX, GROUP -> false;
            });
            case GroupedAggregate grouped -> true;
            case Distinct distinct -> true;
            case Having having -> true;
            case Sorted sorted -> true;
            case Limit limit -> limit.source().readsTexts();
            case Project project -> project.source().readsTexts();
        };
    }

    /** All rows, in no order. */
    record Concat() implements Merge {}

    /**
     * EXPLAIN: the merge's tree, with each node's own plan beneath.
     *
     * @param explained what EXPLAIN stands before
     * @param json whether the nodes' plans are JSON documents and the answer is one, otherwise they are lines
     * @param runs whether the nodes execute the statement (ANALYZE)
     */
    record Explained(Plan.FanOut explained, boolean json, boolean runs) implements Merge {}

    /** The rows of nodes that have each sorted theirs, in that order. */
    record OrderedMerge(List<SortColumn> keys) implements Merge {

        public OrderedMerge {
            keys = List.copyOf(keys);
        }
    }

    /** One row for each group of equal keys. {@code neighbours}: equal keys come one after the other; otherwise held within a budget. */
    record GroupedAggregate(Merge source, List<EqualColumn> keys, List<AggregateColumn> columns,
            boolean neighbours) implements Merge {

        public GroupedAggregate {
            keys = List.copyOf(keys);
            columns = List.copyOf(columns);
        }
    }

    /** Each row once. {@code neighbours}: equal rows come one after the other; otherwise held within a budget. */
    record Distinct(Merge source, List<EqualColumn> keys, boolean neighbours) implements Merge {

        public Distinct {
            keys = List.copyOf(keys);
        }
    }

    /** The groups that a condition holds for. */
    record Having(Merge source, GroupCondition condition) implements Merge {}

    /** All rows sorted in the proxy, within a budget: groups by one of their aggregates. */
    record Sorted(Merge source, List<SortColumn> keys) implements Merge {

        public Sorted {
            keys = List.copyOf(keys);
        }
    }

    /** LIMIT and OFFSET; null where there is none. */
    record Limit(Merge source, RowCount count, RowCount offset) implements Merge {}

    /** Cuts the hidden columns off: the client sees the first {@code shown}, {@code cut} follow. */
    record Project(Merge source, int shown, int cut) implements Merge {}

    /** A column to sort by. {@code byteOrder}: text in it is known to stand under a collation that sorts by bytes. */
    record SortColumn(int column, boolean descending, boolean nullsFirst, boolean byteOrder) {}

    /** A column to compare for equality. {@code deterministic}: equal texts in it are known to have equal bytes. */
    record EqualColumn(int column, boolean deterministic) {}

    /** A number of rows: a literal's, or that of a parameter, counted from 1. */
    sealed interface RowCount {

        record Literal(long rows) implements RowCount {}

        /** {@code type} is the parameter's where the client declares none: int8, or the integer that it is cast to. */
        record Parameter(int number, int type) implements RowCount {}
    }

    /**
     * One row out of each node's one row. Output column i is computed by {@code columns[i]}, and takes its name and type
     * from column i of the nodes' rows. The nodes' rows may have more columns than the client sees; the hidden ones are asked for in binary.
     */
    record Aggregate(List<AggregateColumn> columns, int visible) implements Merge {

        public Aggregate {
            columns = List.copyOf(columns);
        }

        @Override
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
