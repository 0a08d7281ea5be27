package dev.trunkline.execute;

import dev.trunkline.error.ProxyError;
import dev.trunkline.plan.GroupCondition;
import dev.trunkline.value.PgOid;
import dev.trunkline.wire.BackendMessage.Field;
import dev.trunkline.wire.BackendMessage.RowDescription;
import java.util.List;

/** The rows that a condition holds for: neither false nor unknown. */
final class FilteredRows implements RowSource {

    private final RowSource source;
    private final GroupCondition condition;
    private Test test;

    /** A condition over columns whose types are known; null is SQL's unknown. */
    private interface Test {
        Boolean of(Row row);
    }

    FilteredRows(RowSource source, GroupCondition condition) {
        this.source = source;
        this.condition = condition;
    }

    @Override
    public void describe(int input, RowDescription columns) {
        source.describe(input, columns);
        test = test(condition, columns.fields());
    }

    private static Test test(GroupCondition condition, List<Field> fields) {
        return switch (condition) {
            case GroupCondition.And and -> all(tests(and.operands(), fields), false);
            case GroupCondition.Or or -> all(tests(or.operands(), fields), true);
            case GroupCondition.Not not -> {
                Test operand = test(not.operand(), fields);
                yield row -> {
                    Boolean is = operand.of(row);
                    return is == null ? null : !is;
                };
            }
            case GroupCondition.IsNull isNull -> row -> row.isNull(isNull.column());
            case GroupCondition.IsTrue isTrue -> {
                if (NodeColumns.field(fields, isTrue.column()).typeOid() != PgOid.BOOL) {
                    throw unknown(PgOid.name(NodeColumns.field(fields, isTrue.column()).typeOid()) + " as a condition");
                }
                yield row -> row.isNull(isTrue.column())
                        ? null
                        : (Boolean) (row.buffer().getByte(row.offset(isTrue.column())) != 0);
            }
            case GroupCondition.Compared compared -> compared(compared, fields);
        };
    }

    private static List<Test> tests(List<GroupCondition> conditions, List<Field> fields) {
        return conditions.stream().map(c -> test(c, fields)).toList();
    }

    /** AND ({@code decides} false) or OR (true): one operand that decides is enough, then one that is unknown. */
    private static Test all(List<Test> operands, boolean decides) {
        return row -> {
            Boolean result = !decides;
            for (Test operand : operands) {
                Boolean is = operand.of(row);
                if (is == null) {
                    result = null;
                } else if (is == decides) {
                    return decides;
                }
            }
            return result;
        };
    }

    private static Test compared(GroupCondition.Compared compared, List<Field> fields) {
        Field left = NodeColumns.field(fields, compared.left());
        Field right = NodeColumns.field(fields, compared.right());
        ValueOrder order = ValueOrder.of(left.typeOid(), AggregatedRow.formatOf(left), compared.byteOrder());
        if (order == null || left.typeOid() != right.typeOid() && !(isInteger(left) && isInteger(right))) {
            throw unknown(PgOid.name(left.typeOid()) + " " + compared.comparison() + " "
                    + PgOid.name(right.typeOid()));
        }
        int a = compared.left();
        int b = compared.right();
        return row -> row.isNull(a) || row.isNull(b)
                ? null
                : (Boolean) compared.comparison().holds(order.compare(row.buffer(), row.offset(a), row.length(a),
                        row.buffer(), row.offset(b), row.length(b)));
    }

    private static boolean isInteger(Field field) {
        return field.typeOid() == PgOid.INT2 || field.typeOid() == PgOid.INT4 || field.typeOid() == PgOid.INT8;
    }

    private static RuntimeException unknown(String what) {
        return ProxyError.NOT_OVER_NODES.with("HAVING with " + what,
                "The proxy can't compare these as a node would. Cast one side to the other's type, or add a predicate on"
                        + " the shard key.");
    }

    @Override
    public Step next() {
        Step step = source.next();
        while (step == Step.ROW && !Boolean.TRUE.equals(test.of(source.row()))) {
            step = source.next();
        }
        return step;
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
    }
}
