package dev.trunkline.session;

import dev.trunkline.execute.RowMerge;
import dev.trunkline.wire.BackendMessage.RowDescription;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;

/**
 * The rows of a fan-out between the merge and the client: handed on while it reads, up to the limit of its Execute. Owned by the
 * session's event loop.
 */
final class MergedRows {

    private final RowMerge merge;
    private final FanOutOutput output;
    private final FanOutWatch watch;
    private boolean described;
    private int limit;
    private long before;

    MergedRows(RowMerge merge, FanOutOutput output, FanOutWatch watch, boolean describe, int limit) {
        this.merge = merge;
        this.output = output;
        this.watch = watch;
        this.described = !describe;
        this.limit = limit;
    }

    /** Another Execute asks for rows. */
    void goOn(int rows) {
        limit = rows;
        before = merge.rows();
    }

    /** A node has described its rows. */
    void describe(int input, RowDescription columns) {
        RowDescription merged = merge.describe(input, columns);
        if (!described) {
            described = true;
            output.describe(merged);
        }
    }

    /** A node has given rows. */
    void take(int input, ByteBuf frames) {
        watch.mergeStarts();
        merge.rows(input, frames);
        watch.mergeStops();
    }

    /** Hands on what can be. */
    void handOn() {
        watch.mergeStarts();
        while (output.isWritable() && left() > 0) {
            ByteBuf run = merge.take(UnpooledByteBufAllocator.DEFAULT, left());
            if (run == null) {
                break;
            }
            output.rows(run);
        }
        watch.mergeStops();
    }

    /** How many rows this Execute may give, 0 for all. */
    int limit() {
        return limit;
    }

    /** How many rows the client still wants of its limit. */
    int left() {
        return limit == 0 ? RowMerge.ALL : (int) Math.max(0, limit - (merge.rows() - before));
    }

    /** How many are still wanted, as Execute says it: 0 for all. */
    int toAskFor() {
        return limit == 0 ? 0 : left();
    }

    /** How many rows this Execute has given. */
    long given() {
        return merge.rows() - before;
    }

    /** All rows were given, so many of them since Execute. */
    void end(long given) {
        output.end(given);
    }
}
