package dev.trunkline.execute;

import dev.trunkline.plan.Merge.AggregateColumn;
import java.util.List;

/**
 * Puts a merge together, step by step, from the nodes to the client: {@code MergeSteps.ordered(4, keys).distinctNeighbours(..)
 * .limit(0, 10).show(3)}. Columns are numbers in the nodes' rows; the client sees the first ones.
 */
public final class MergeSteps {

    private final RowSource source;

    private MergeSteps(RowSource source) {
        this.source = source;
    }

    /** The inputs' rows in no order. */
    public static MergeSteps unordered(int inputs) {
        return new MergeSteps(new ArrivingRows(inputs));
    }

    /** The rows of inputs that are each sorted by these keys, in that order. */
    public static MergeSteps ordered(int inputs, List<SortKey> keys) {
        return new MergeSteps(new OrderedRows(inputs, keys));
    }

    /** Each row once, held within a budget of bytes (TL004). */
    public MergeSteps distinct(List<EqualityKey> keys, long budget) {
        return new MergeSteps(new DistinctRows(source, keys, false, budget));
    }

    /** Each row once, where equal rows are neighbours. */
    public MergeSteps distinctNeighbours(List<EqualityKey> keys) {
        return new MergeSteps(new DistinctRows(source, keys, true, Long.MAX_VALUE));
    }

    /** One row per group, held within a budget of bytes (TL004). {@code columns} has one for every column. */
    public MergeSteps grouped(List<EqualityKey> keys, List<AggregateColumn> columns, long budget) {
        return new MergeSteps(new GroupedRows(source, keys, columns, budget));
    }

    /** One row per group, where the rows of a group are neighbours. {@code columns} has one for every column. */
    public MergeSteps groupedNeighbours(List<EqualityKey> keys, List<AggregateColumn> columns) {
        return new MergeSteps(new AdjacentGroups(source, keys, columns));
    }

    /** Sorted in the proxy, held within a budget of bytes (TL004). */
    public MergeSteps sorted(List<SortKey> keys, long budget) {
        return new MergeSteps(new SortedRows(source, keys, budget));
    }

    /** At most {@code limit} rows (negative: all) after the first {@code offset}. */
    public MergeSteps limit(long offset, long limit) {
        return new MergeSteps(new LimitedRows(source, offset, limit));
    }

    /** The merge, of whose columns the client sees the first ones. */
    public RowMerge show(int visible) {
        return new RowPipeline(source, visible);
    }
}
