package dev.trunkline.execute;

import dev.trunkline.wire.BackendMessage.RowDescription;

/**
 * Where the rows of a pipeline come from: the inputs themselves, or a stage over another source. A source is pulled one row
 * at a time and may have to wait for an input.
 */
interface RowSource {

    /** What became of a pull. */
    enum Step {
        /** {@link #row} is the next row, until the next pull. */
        ROW,
        /** Nothing can be said before an input has more. */
        WAIT,
        /** There are no more rows. */
        END
    }

    /** Looks at the columns of an input's rows before any of them comes. */
    void describe(int input, RowDescription columns);

    Step next();

    Row row();

    /** The inputs at the bottom. */
    InputRuns[] inputs();

    /** Frees what a source made by itself; the pipeline frees the inputs. */
    void release();

    static InputRuns[] newInputs(int count) {
        InputRuns[] inputs = new InputRuns[count];
        for (int i = 0; i < count; i++) {
            inputs[i] = new InputRuns();
        }
        return inputs;
    }
}
