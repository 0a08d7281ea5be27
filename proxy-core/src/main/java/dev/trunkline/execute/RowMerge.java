package dev.trunkline.execute;

import dev.trunkline.plan.Merge;
import dev.trunkline.wire.BackendMessage.RowDescription;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.List;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;

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
public sealed interface RowMerge permits RunConcat, RowPipeline, ExplainedRows {

    /** No limit on the rows of a {@link #take}. */
    int ALL = Integer.MAX_VALUE;

    /** How many bytes of heap one merge may hold for groups, distinct rows or a sort. */
    long BUDGET = 64L << 20;

    /** A merge of so many inputs whose row counts are all literals. */
    static RowMerge of(Merge merge, int inputs) {
        return of(merge, IntStream.range(0, inputs).mapToObj(Integer::toString).toList(), number -> {
            throw new IllegalArgumentException("no parameter " + number);
        });
    }

    /**
     * A merge.
     *
     * @param inputs the nodes' names
     * @param counts the value of a parameter that is a number of rows, by its number; negative for NULL
     */
    static RowMerge of(Merge merge, List<String> inputs, IntToLongFunction counts) {
        return switch (merge) {
            case Merge.Concat concat -> new RunConcat(inputs.size());
            case Merge.Explained explained -> new ExplainedRows(explained, inputs);
            default -> MergeSteps.of(merge, inputs.size(), counts).show(merge.visible());
        };
    }

    /**
     * The columns of an input's rows.
     *
     * @return what the client's rows look like, the same for each input
     * @throws dev.trunkline.error.ProxyException TL002 where a column's type can't be merged exactly, or the inputs don't
     *         agree
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
