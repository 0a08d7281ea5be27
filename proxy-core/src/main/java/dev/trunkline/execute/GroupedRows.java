package dev.trunkline.execute;

import dev.trunkline.plan.Merge.AggregateColumn;
import dev.trunkline.wire.BackendMessage.Field;
import dev.trunkline.wire.BackendMessage.RowDescription;
import java.util.Iterator;
import java.util.List;

/** One row for each group, out of the groups of all inputs that are equal: GROUP BY over rows in no order, within a budget. */
final class GroupedRows implements RowSource {

    private final RowSource source;
    private final List<EqualityKey> keys;
    private final List<AggregateColumn> columns;
    private final Budget budget;
    private final GroupRow shown = new GroupRow();
    private List<Field> fields;
    private RowSet<Accumulator[]> groups;
    private Iterator<Accumulator[]> rest;

    /** {@code columns} has one for every column of the nodes' rows, hidden ones too. */
    GroupedRows(RowSource source, List<EqualityKey> keys, List<AggregateColumn> columns, long budget) {
        this.source = source;
        this.keys = List.copyOf(keys);
        this.columns = List.copyOf(columns);
        this.budget = new Budget("GROUP BY", budget);
    }

    @Override
    public void describe(int input, RowDescription described) {
        source.describe(input, described);
        fields = described.fields();
        // Refuses what is not exact before a row comes.
        AggregatedRow.accumulators(columns, fields);
        groups = new RowSet<>(RowOrder.equality(keys, fields, "GROUP BY"), budget);
    }

    @Override
    public Step next() {
        if (rest == null) {
            Step step = source.next();
            for (; step == Step.ROW; step = source.next()) {
                add(source.row());
            }
            if (step == Step.WAIT) {
                return Step.WAIT;
            }
            rest = groups.values();
        }
        if (!rest.hasNext()) {
            return Step.END;
        }
        shown.show(rest.next());
        return Step.ROW;
    }

    private void add(Row row) {
        Accumulator[] group = groups.find(row);
        if (group == null) {
            group = AggregatedRow.accumulators(columns, fields);
            groups.add(group);
            budget.take(Accumulator.bytes(group));
        }
        long before = Accumulator.bytes(group);
        for (Accumulator column : group) {
            column.add(row);
        }
        budget.take(Accumulator.bytes(group) - before);
    }

    @Override
    public Row row() {
        return shown.row();
    }

    @Override
    public InputRuns[] inputs() {
        return source.inputs();
    }

    @Override
    public void release() {
        source.release();
        groups = null;
        budget.release();
    }
}
