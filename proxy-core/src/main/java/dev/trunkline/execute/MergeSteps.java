package dev.trunkline.execute;

import dev.trunkline.plan.GroupCondition;
import dev.trunkline.plan.Merge;
import dev.trunkline.plan.Merge.AggregateColumn;
import java.util.List;
import java.util.function.IntToLongFunction;

/**
 * Puts a merge together, step by step, from the nodes to the client: {@code MergeSteps.ordered(4, keys).distinctNeighbours(..)
 * .limit(0, 10).show(3)}. Columns are numbers in the nodes' rows; the client sees the first ones.
 */
public final class MergeSteps {

    private final RowSource source;

    private MergeSteps(RowSource source) {
        this.source = source;
    }

    /** The steps of a plan's merge. */
    static MergeSteps of(Merge merge, int inputs, IntToLongFunction counts) {
        return switch (merge) {
            case Merge.Concat concat -> unordered(inputs);
            case Merge.Explained explained -> throw new IllegalStateException("plans are no rows");
            case Merge.OrderedMerge ordered -> ordered(inputs, sorting(ordered.keys()));
            case Merge.Aggregate aggregate -> new MergeSteps(new AggregatedRow(aggregate, inputs));
            case Merge.GroupedAggregate grouped -> grouped.neighbours()
                    ? of(grouped.source(), inputs, counts).groupedNeighbours(equality(grouped.keys()),
                            grouped.columns())
                    : of(grouped.source(), inputs, counts).grouped(equality(grouped.keys()), grouped.columns(),
                            RowMerge.BUDGET);
            case Merge.Distinct distinct -> distinct.neighbours()
                    ? of(distinct.source(), inputs, counts).distinctNeighbours(equality(distinct.keys()))
                    : of(distinct.source(), inputs, counts).distinct(equality(distinct.keys()), RowMerge.BUDGET);
            case Merge.Having having -> of(having.source(), inputs, counts).having(having.condition());
            case Merge.Sorted sorted ->
                of(sorted.source(), inputs, counts).sorted(sorting(sorted.keys()), RowMerge.BUDGET);
            case Merge.Limit limit -> of(limit.source(), inputs, counts)
                    .limit(Math.max(0, rows(limit.offset(), counts)), rows(limit.count(), counts));
            case Merge.Project project -> of(project.source(), inputs, counts);
        };
    }

    private static long rows(Merge.RowCount count, IntToLongFunction counts) {
        return switch (count) {
            case null -> -1;
            case Merge.RowCount.Literal literal -> literal.rows();
            case Merge.RowCount.Parameter parameter -> counts.applyAsLong(parameter.number());
        };
    }

    private static List<SortKey> sorting(List<Merge.SortColumn> keys) {
        return keys.stream().map(k -> new SortKey(k.column(), k.descending(), k.nullsFirst(), k.byteOrder())).toList();
    }

    private static List<EqualityKey> equality(List<Merge.EqualColumn> keys) {
        return keys.stream().map(k -> new EqualityKey(k.column(), k.deterministic())).toList();
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

    /** The rows that a condition holds for. */
    public MergeSteps having(GroupCondition condition) {
        return new MergeSteps(new FilteredRows(source, condition));
    }

    /** Sorted in the proxy, held within a budget of bytes (TL004). */
    public MergeSteps sorted(List<SortKey> keys, long budget) {
        return new MergeSteps(new SortedRows(source, keys, budget));
    }

    /** At most {@code limit} rows (negative: all) after the first {@code offset}. */
    public MergeSteps limit(long offset, long limit) {
        return new MergeSteps(new LimitedRows(source, offset, limit));
    }

    /** The merge, of whose columns the client sees the first ones, or (-1) all. */
    public RowMerge show(int visible) {
        return new RowPipeline(source, visible);
    }
}
