package dev.trunkline.execute;

import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.wire.MessageTypes;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;

/** The rows of one input that were not merged yet, as the runs in which they came. Owns the runs. */
final class InputRuns {

    /** Type byte and length. */
    static final int HEADER = 5;

    private final ArrayDeque<ByteBuf> runs = new ArrayDeque<>();
    private int queuedBytes;
    private boolean ended;
    private boolean released;

    void add(ByteBuf run) {
        if (run.isReadable() && !released) {
            queuedBytes += run.readableBytes();
            runs.add(run);
        } else {
            run.release();
        }
    }

    void end() {
        ended = true;
    }

    boolean isEmpty() {
        return runs.isEmpty();
    }

    /** Whether there is nothing left and nothing to come. */
    boolean isExhausted() {
        return ended && runs.isEmpty();
    }

    int queuedBytes() {
        return queuedBytes;
    }

    /** Points the view at the first row. */
    void peek(Row row) {
        ByteBuf run = runs.getFirst();
        int size = frameSize(run, run.readerIndex());
        row.point(run, run.readerIndex() + HEADER, run.readerIndex() + size);
    }

    /** Drops the first row; views of it are void. */
    void advance() {
        ByteBuf run = runs.getFirst();
        int size = frameSize(run, run.readerIndex());
        queuedBytes -= size;
        run.skipBytes(size);
        if (!run.isReadable()) {
            runs.removeFirst().release();
        }
    }

    /** Takes the first run whole; the caller owns it. */
    ByteBuf takeRun() {
        ByteBuf run = runs.removeFirst();
        queuedBytes -= run.readableBytes();
        return run;
    }

    /** Takes the rows before this index of the first run; the caller owns them. */
    ByteBuf takeRows(int end) {
        ByteBuf run = runs.getFirst();
        queuedBytes -= end - run.readerIndex();
        return run.readRetainedSlice(end - run.readerIndex());
    }

    ByteBuf firstRun() {
        return runs.getFirst();
    }

    void release() {
        runs.forEach(ByteBuf::release);
        runs.clear();
        queuedBytes = 0;
        ended = true;
        released = true;
    }

    /** The size of the DataRow message at an index, with its header. */
    static int frameSize(ByteBuf run, int index) {
        int left = run.writerIndex() - index;
        if (left < HEADER || run.getByte(index) != MessageTypes.DATA_ROW) {
            throw notRows();
        }
        int size = 1 + run.getInt(index + 1);
        if (size < HEADER + 2 || size > left) {
            throw notRows();
        }
        return size;
    }

    static ProxyException notRows() {
        return ProxyError.NODE_ROW_MALFORMED.with();
    }
}
