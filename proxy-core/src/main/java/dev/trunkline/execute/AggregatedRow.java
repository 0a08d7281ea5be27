package dev.trunkline.execute;

import dev.trunkline.error.ProxyError;
import dev.trunkline.plan.Merge;
import dev.trunkline.plan.Merge.AggregateColumn;
import dev.trunkline.value.PgOid;
import dev.trunkline.value.WireFormat;
import dev.trunkline.wire.BackendMessage.Field;
import dev.trunkline.wire.BackendMessage.RowDescription;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;

/** One row out of all rows of all inputs: aggregates without GROUP BY. Which types are exact is decided when they are known. */
final class AggregatedRow implements RowSource {

    private final Merge.Aggregate aggregate;
    private final InputRuns[] inputs;
    private final Row view = new Row();
    private Accumulator[] accumulators;
    private boolean done;

    AggregatedRow(Merge.Aggregate aggregate, int inputs) {
        this.aggregate = aggregate;
        this.inputs = RowSource.newInputs(inputs);
    }

    @Override
    public void describe(int input, RowDescription columns) {
        accumulators = accumulators(aggregate.columns(), columns.fields());
    }

    static Accumulator[] accumulators(List<AggregateColumn> columns, List<Field> fields) {
        Accumulator[] accumulators = new Accumulator[columns.size()];
        for (int i = 0; i < accumulators.length; i++) {
            accumulators[i] = accumulator(columns.get(i), i, fields);
        }
        return accumulators;
    }

    private static Accumulator accumulator(AggregateColumn column, int i, List<Field> fields) {
        int type = NodeColumns.field(fields, i).typeOid();
        WireFormat format = formatOf(NodeColumns.field(fields, i));
        return switch (column.function()) {
            case COUNT -> {
                if (type != PgOid.INT8) {
                    throw inexact("count as " + PgOid.name(type));
                }
                yield new Accumulator.IntegerSum(i, format, true);
            }
            case SUM -> switch (type) {
                case PgOid.INT8 -> new Accumulator.IntegerSum(i, format, false);
                case PgOid.NUMERIC -> new Accumulator.NumericSum(i, format);
                default -> throw inexact("sum of " + PgOid.name(type));
            };
            case MIN, MAX -> {
                int compared = column.hidden() < 0 ? i : column.hidden();
                ValueOrder order = ValueOrder.of(NodeColumns.field(fields, compared).typeOid(),
                        formatOf(NodeColumns.field(fields, compared)),
                        column.byteOrder());
                boolean greatest = column.function() == Merge.AggregateFunction.MAX;
                if (order == null || type == PgOid.BOOL) {
                    throw inexact((greatest ? "max of " : "min of ") + PgOid.name(type));
                }
                yield new Accumulator.Extreme(i, compared, order, greatest);
            }
            case AVG -> average(i, column.hidden(), fields);
            case BOOL_AND, BOOL_OR -> {
                if (type != PgOid.BOOL) {
                    throw inexact("bool_and of " + PgOid.name(type));
                }
                yield new Accumulator.Condition(i, format, column.function() == Merge.AggregateFunction.BOOL_AND);
            }
            case GROUP -> new Accumulator.First(i);
        };
    }

    /** Exact for the types whose sum is: the average is then a numeric. */
    private static Accumulator average(int i, int sum, List<Field> fields) {
        Field shown = NodeColumns.field(fields, i);
        int type = NodeColumns.field(fields, sum).typeOid();
        if (shown.typeOid() != PgOid.NUMERIC || type != PgOid.INT8 && type != PgOid.NUMERIC) {
            throw inexact("avg as " + PgOid.name(shown.typeOid()));
        }
        return new Accumulator.Average(formatOf(shown), sum, type);
    }

    private static RuntimeException inexact(String what) {
        String hint = what.startsWith("sum")
                ? "The sum would depend on the order of the additions. Add a predicate on the"
                        + " shard key, or cast the argument to numeric."
                : "Its order is one that only a node knows. Add a predicate on the shard key, or COLLATE \"C\" to a text.";
        return ProxyError.NOT_OVER_NODES.with(what, hint);
    }

    static WireFormat formatOf(Field field) {
        WireFormat format = WireFormat.ofCode(field.format());
        if (format == null) {
            throw InputRuns.notRows();
        }
        return format;
    }

    @Override
    public Step next() {
        if (done) {
            return Step.END;
        }
        boolean complete = true;
        for (InputRuns input : inputs) {
            while (!input.isEmpty()) {
                input.peek(view);
                for (Accumulator accumulator : accumulators) {
                    accumulator.add(view);
                }
                input.advance();
            }
            complete &= input.isExhausted();
        }
        if (!complete) {
            return Step.WAIT;
        }
        done = true;
        ByteBuf body = Unpooled.buffer(64);
        body.writeShort(accumulators.length);
        for (Accumulator accumulator : accumulators) {
            accumulator.write(body);
        }
        view.point(body, 0, body.writerIndex());
        return Step.ROW;
    }

    @Override
    public Row row() {
        return view;
    }

    @Override
    public InputRuns[] inputs() {
        return inputs;
    }

    @Override
    public void release() {
        // The row stands in a buffer of the heap.
    }
}
