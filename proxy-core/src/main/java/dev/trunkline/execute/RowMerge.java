package dev.trunkline.execute;

import dev.trunkline.error.ProxyError;
import dev.trunkline.plan.Merge;
import dev.trunkline.value.WireFormat;
import dev.trunkline.wire.BackendMessage.RowDescription;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.Arrays;

/**
 * One execution of a merge: rows of several inputs (nodes) in, the client's rows out.
 *
 * <pre>
 * node 0: RowDescription  DataRow*  CommandComplete      describe(0, ..)  rows(0, run)*  complete(0, n)
 * node 1: RowDescription  DataRow*  CommandComplete      describe(1, ..)  rows(1, run)*  complete(1, n)
 *                                                             |
 * client: RowDescription  DataRow*  CommandComplete      description      take()*        rows()
 * </pre>
 *
 * <p>The caller owns the sockets. It calls {@link #describe} for every input before the first row of that input, with the
 * formats in which the columns really come (the portal's description). It hands over whole DataRow messages, takes runs
 * for the client whenever it can write, and stops reading from an input while {@link #queuedBytes} is high: an input whose
 * queue is empty is always one that the merge may wait for. When {@link #finished} is true before an input has completed (a
 * LIMIT), the rest of that input is the caller's to drop. Every path ends with {@link #release}.
 *
 * <p>Formats: the client's columns come in the client's format and leave in it. Hidden columns, which stand after them, come
 * in binary (rule 26).
 *
 * <p>Confined to the session's event loop. A run that came in belongs to the merge, a run that was taken to the caller.
 */
public sealed interface RowMerge permits RunConcat, RowPipeline {

    /** No limit on the rows of a {@link #take}. */
    int ALL = Integer.MAX_VALUE;

    /** A merge of so many inputs. */
    static RowMerge of(Merge merge, int inputs) {
        return switch (merge) {
            case Merge.Concat concat -> new RunConcat(inputs);
            case Merge.Aggregate aggregate ->
                new RowPipeline(new AggregatedRow(aggregate, inputs), aggregate.visible());
        };
    }

    /** The columns that the client sees of the nodes' rows, where only their names and types are asked for. */
    static RowDescription clientColumns(Merge merge, RowDescription columns) {
        return switch (merge) {
            case Merge.Concat concat -> columns;
            case Merge.Aggregate aggregate ->
                new RowDescription(columns.fields().subList(0, aggregate.visible()));
        };
    }

    /**
     * The result formats to ask the nodes for: the client's for its columns, binary for the hidden ones.
     *
     * @param clientFormats codes as in Bind: none, one for all columns, or one for each
     */
    static short[] nodeFormats(Merge merge, short[] clientFormats) {
        return switch (merge) {
            case Merge.Concat concat -> clientFormats;
            case Merge.Aggregate aggregate -> {
                int hidden = 0;
                for (Merge.AggregateColumn column : aggregate.columns()) {
                    int last = column.function() == Merge.AggregateFunction.AVG ? column.hidden() + 1 : column.hidden();
                    hidden = Math.max(hidden, last + 1 - aggregate.visible());
                }
                yield hidden == 0 ? clientFormats : withHidden(clientFormats, aggregate.visible(), hidden);
            }
        };
    }

    private static short[] withHidden(short[] clientFormats, int visible, int hidden) {
        if (clientFormats.length > 1 && clientFormats.length != visible) {
            throw ProxyError.PROTOCOL_VIOLATION.with("bind message has " + clientFormats.length
                    + " result formats but query has " + visible + " columns");
        }
        short[] formats = new short[visible + hidden];
        Arrays.fill(formats, (short) WireFormat.BINARY.code());
        for (int i = 0; i < visible; i++) {
            formats[i] = switch (clientFormats.length) {
                case 0 -> (short) WireFormat.TEXT.code();
                case 1 -> clientFormats[0];
                default -> clientFormats[i];
            };
        }
        return formats;
    }

    /**
     * The columns of an input's rows.
     *
     * @return what the client's rows look like, the same for each input
     * @throws dev.trunkline.error.ProxyException TL002 where a column's type can't be merged exactly; XX000 where the inputs
     *         don't agree
     */
    RowDescription describe(int input, RowDescription columns);

    /** Takes over a run of whole DataRow messages with their headers. */
    void rows(int input, ByteBuf run);

    /** The input has no more rows. */
    void complete(int input);

    /** How many bytes of this input wait to be merged. */
    int queuedBytes(int input);

    /**
     * The next run of DataRow messages for the client, or null when there is none until an input has more, or none at all.
     *
     * @param most how many rows it may have, 1 or more
     * @throws dev.trunkline.error.ProxyException as the merge of values does: 22003 for a sum that leaves its type, TL004 for
     *         a budget, 58000 for rows that are none
     */
    ByteBuf take(ByteBufAllocator allocator, int most);

    /** How many rows the run had that was taken last. */
    int takenRows();

    /** How many rows were taken in all: the tag's number once {@link #finished}. */
    long rows();

    /** Whether every row has been taken. */
    boolean finished();

    /** Frees what is still queued. May be called at any time, and again. */
    void release();
}
