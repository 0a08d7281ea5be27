package dev.trunkline.execute;

import dev.trunkline.wire.BackendMessage.RowDescription;
import java.util.ArrayList;
import java.util.List;

/** All rows of a source in another order than theirs, held within a budget: groups that are sorted by an aggregate. */
final class SortedRows implements RowSource {

    private static final int OVERHEAD = 120;

    private final RowSource source;
    private final List<SortKey> keys;
    private final Budget budget;
    private RowOrder order;
    private List<Row> rows = new ArrayList<>();
    private boolean sorted;
    private int next;

    SortedRows(RowSource source, List<SortKey> keys, long budget) {
        this.source = source;
        this.keys = List.copyOf(keys);
        this.budget = new Budget("ORDER BY", budget);
    }

    @Override
    public void describe(int input, RowDescription columns) {
        source.describe(input, columns);
        order = RowOrder.sorting(keys, columns.fields());
    }

    @Override
    public Step next() {
        if (!sorted) {
            Step step = source.next();
            for (; step == Step.ROW; step = source.next()) {
                budget.take(OVERHEAD + source.row().size());
                rows.add(source.row().copy());
            }
            if (step == Step.WAIT) {
                return Step.WAIT;
            }
            rows.sort(order::compare);
            sorted = true;
        }
        return next++ < rows.size() ? Step.ROW : Step.END;
    }

    @Override
    public Row row() {
        return rows.get(next - 1);
    }

    @Override
    public InputRuns[] inputs() {
        return source.inputs();
    }

    @Override
    public void release() {
        source.release();
        rows = List.of();
        sorted = true;
        budget.release();
    }
}
