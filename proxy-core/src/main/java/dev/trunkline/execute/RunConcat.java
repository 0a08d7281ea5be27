package dev.trunkline.execute;

import dev.trunkline.wire.BackendMessage.RowDescription;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** All rows of all inputs, undecoded and uncopied, a run of each input in turn. */
final class RunConcat implements RowMerge {

    private final InputRuns[] inputs;
    private final NodeColumns nodeColumns = new NodeColumns();
    private int turn;
    private int takenRows;
    private long rows;

    RunConcat(int inputs) {
        this.inputs = new InputRuns[inputs];
        for (int i = 0; i < inputs; i++) {
            this.inputs[i] = new InputRuns();
        }
    }

    @Override
    public RowDescription describe(int input, RowDescription columns) {
        nodeColumns.isFirst(columns);
        return nodeColumns.first();
    }

    @Override
    public void rows(int input, ByteBuf run) {
        inputs[input].add(run);
    }

    @Override
    public void complete(int input) {
        inputs[input].end();
    }

    @Override
    public int queuedBytes(int input) {
        return inputs[input].queuedBytes();
    }

    @Override
    public ByteBuf take(ByteBufAllocator allocator, int most) {
        for (int i = 0; i < inputs.length; i++) {
            InputRuns input = inputs[(turn + i) % inputs.length];
            if (!input.isEmpty()) {
                turn = (turn + i + 1) % inputs.length;
                return take(input, most);
            }
        }
        takenRows = 0;
        return null;
    }

    private ByteBuf take(InputRuns input, int most) {
        ByteBuf run = input.firstRun();
        int at = run.readerIndex();
        takenRows = 0;
        while (at < run.writerIndex() && takenRows < most) {
            at += InputRuns.frameSize(run, at);
            takenRows++;
        }
        rows += takenRows;
        return at == run.writerIndex() ? input.takeRun() : input.takeRows(at);
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
        for (InputRuns input : inputs) {
            if (!input.isExhausted()) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void release() {
        for (InputRuns input : inputs) {
            input.release();
        }
    }
}
