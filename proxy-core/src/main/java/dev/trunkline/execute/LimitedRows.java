package dev.trunkline.execute;

import dev.trunkline.wire.BackendMessage.RowDescription;

/** OFFSET and LIMIT: passes over the first rows, and ends after so many, without waiting for what the inputs still have. */
final class LimitedRows implements RowSource {

    private final RowSource source;
    private long toSkip;
    private long left;

    /** {@code limit} is negative for none. */
    LimitedRows(RowSource source, long offset, long limit) {
        this.source = source;
        this.toSkip = offset;
        this.left = limit < 0 ? Long.MAX_VALUE : limit;
    }

    @Override
    public void describe(int input, RowDescription columns) {
        source.describe(input, columns);
    }

    @Override
    public Step next() {
        while (left > 0) {
            Step step = source.next();
            if (step != Step.ROW) {
                return step;
            }
            if (toSkip == 0) {
                left--;
                return Step.ROW;
            }
            toSkip--;
        }
        return Step.END;
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
