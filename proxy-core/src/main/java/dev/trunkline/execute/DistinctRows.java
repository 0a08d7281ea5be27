package dev.trunkline.execute;

import dev.trunkline.wire.BackendMessage.RowDescription;
import java.util.List;

/**
 * Each row once. Over rows that come sorted so that equal ones are neighbours it holds the last row alone; otherwise all rows
 * that were shown, within a budget.
 */
final class DistinctRows implements RowSource {

    private final RowSource source;
    private final List<EqualityKey> keys;
    private final boolean sorted;
    private final Budget budget;
    private RowOrder equality;
    private RowSet<Boolean> seen;
    private Row last;

    DistinctRows(RowSource source, List<EqualityKey> keys, boolean sorted, long budget) {
        this.source = source;
        this.keys = List.copyOf(keys);
        this.sorted = sorted;
        this.budget = new Budget("DISTINCT", budget);
    }

    @Override
    public void describe(int input, RowDescription columns) {
        source.describe(input, columns);
        equality = RowOrder.equality(keys, columns.fields(), "DISTINCT of");
        seen = new RowSet<>(equality, budget);
    }

    @Override
    public Step next() {
        while (true) {
            Step step = source.next();
            if (step != Step.ROW || isNew(source.row())) {
                return step;
            }
        }
    }

    private boolean isNew(Row row) {
        if (sorted) {
            boolean differs = last == null || equality.compare(last, row) != 0;
            if (differs) {
                last = row.copy();
            }
            return differs;
        }
        if (seen.find(row) != null) {
            return false;
        }
        seen.add(Boolean.TRUE);
        return true;
    }

    @Override
    public Row row() {
        return source.row();
    }

    @Override
    public InputRuns[] inputs() {
        return source.inputs();
    }

    @Override
    public void release() {
        source.release();
        seen = null;
        last = null;
        budget.release();
    }
}
