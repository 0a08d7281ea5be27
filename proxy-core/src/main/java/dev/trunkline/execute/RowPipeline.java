package dev.trunkline.execute;

import dev.trunkline.wire.BackendMessage.RowDescription;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** A merge that looks at rows: pulls them through a chain of sources, cuts hidden columns and writes runs for the client. */
final class RowPipeline implements RowMerge {

    /** A run for the client is ended when it has grown to this. */
    private static final int RUN_BYTES = 64 * 1024;
    private static final int FIRST_BYTES = 1024;

    private final RowSource source;
    private final InputRuns[] inputs;
    private int visible;
    private final NodeColumns nodeColumns = new NodeColumns();
    private RowDescription clientColumns;
    private boolean waiting;
    private boolean ended;
    private int lastRunBytes;
    private int takenRows;
    private long rows;

    /**
     * A pipeline with a source at its end.
     *
     * @param visible how many columns the client sees, the first ones; -1 for all
     */
    RowPipeline(RowSource source, int visible) {
        this.source = source;
        this.inputs = source.inputs();
        this.visible = visible;
    }

    @Override
    public RowDescription describe(int input, RowDescription columns) {
        if (nodeColumns.isFirst(columns)) {
            if (visible < 0) {
                visible = columns.fields().size();
            }
            if (columns.fields().size() < visible) {
                throw InputRuns.notRows();
            }
            source.describe(input, columns);
            clientColumns = new RowDescription(columns.fields().subList(0, visible));
        }
        return clientColumns;
    }

    @Override
    public void rows(int input, ByteBuf run) {
        inputs[input].add(run);
        waiting = false;
    }

    @Override
    public void complete(int input) {
        inputs[input].end();
        waiting = false;
    }

    @Override
    public int queuedBytes(int input) {
        return inputs[input].queuedBytes();
    }

    @Override
    public ByteBuf take(ByteBufAllocator allocator, int most) {
        takenRows = 0;
        if (waiting || ended) {
            return null;
        }
        ByteBuf run = null;
        try {
            while (takenRows < most && (run == null || run.readableBytes() < RUN_BYTES)) {
                switch (source.next()) {
                    case WAIT -> waiting = true;
                    case END -> end();
                    case ROW -> {
                        if (run == null) {
                            run = allocator.buffer(Math.max(FIRST_BYTES, lastRunBytes));
                        }
                        source.row().write(run, visible);
                        takenRows++;
                    }
                }
                if (waiting || ended) {
                    break;
                }
            }
        } catch (RuntimeException e) {
            if (run != null) {
                run.release();
            }
            throw e;
        }
        if (run != null) {
            lastRunBytes = run.readableBytes();
            rows += takenRows;
        }
        return run;
    }

    private void end() {
        ended = true;
        release();
    }

    @Override
    public int takenRows() {
        return takenRows;
    }

    @Override
    public long rows() {
        return rows;
    }

    @Override
    public boolean finished() {
        return ended;
    }

    @Override
    public void release() {
        ended = true;
        source.release();
        for (InputRuns input : inputs) {
            input.release();
        }
    }
}
