package dev.trunkline.execute;

import dev.trunkline.plan.Merge.AggregateColumn;
import dev.trunkline.wire.BackendMessage.Field;
import dev.trunkline.wire.BackendMessage.RowDescription;
import java.util.List;

/** One row for each group, over rows that come sorted so that the rows of a group are neighbours: holds one group. */
final class AdjacentGroups implements RowSource {

    private final RowSource source;
    private final List<EqualityKey> keys;
    private final List<AggregateColumn> columns;
    private final GroupRow shown = new GroupRow();
    private List<Field> fields;
    private RowOrder equality;
    private Row first;
    private Accumulator[] group;
    private boolean ended;

    AdjacentGroups(RowSource source, List<EqualityKey> keys, List<AggregateColumn> columns) {
        this.source = source;
        this.keys = List.copyOf(keys);
        this.columns = List.copyOf(columns);
    }

    @Override
    public void describe(int input, RowDescription described) {
        source.describe(input, described);
        fields = described.fields();
        AggregatedRow.accumulators(columns, fields);
        equality = RowOrder.equality(keys, fields, "GROUP BY");
    }

    @Override
    public Step next() {
        while (!ended) {
            Step step = source.next();
            if (step == Step.WAIT) {
                return Step.WAIT;
            }
            if (step == Step.END) {
                ended = true;
                if (group == null) {
                    return Step.END;
                }
                shown.show(group);
                return Step.ROW;
            }
            Row row = source.row();
            boolean another = first == null || equality.compare(first, row) != 0;
            boolean complete = another && group != null;
            if (complete) {
                shown.show(group);
            }
            if (another) {
                first = row.copy();
                group = AggregatedRow.accumulators(columns, fields);
            }
            for (Accumulator column : group) {
                column.add(row);
            }
            if (complete) {
                return Step.ROW;
            }
        }
        return Step.END;
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
        ended = true;
    }
}
