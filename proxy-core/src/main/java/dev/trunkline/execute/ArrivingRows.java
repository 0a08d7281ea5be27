package dev.trunkline.execute;

import dev.trunkline.wire.BackendMessage.RowDescription;

/** The rows of all inputs in no order: whatever is there first, input by input. */
final class ArrivingRows implements RowSource {

    private final InputRuns[] inputs;
    private final Row view = new Row();
    private int current;
    private boolean shown;

    ArrivingRows(int inputs) {
        this.inputs = RowSource.newInputs(inputs);
    }

    @Override
    public void describe(int input, RowDescription columns) {
        // Nothing of a row matters.
    }

    @Override
    public Step next() {
        if (shown) {
            inputs[current].advance();
            shown = false;
        }
        boolean exhausted = true;
        for (int i = 0; i < inputs.length; i++) {
            InputRuns input = inputs[(current + i) % inputs.length];
            if (!input.isEmpty()) {
                current = (current + i) % inputs.length;
                input.peek(view);
                shown = true;
                return Step.ROW;
            }
            exhausted &= input.isExhausted();
        }
        return exhausted ? Step.END : Step.WAIT;
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
        shown = false;
    }
}
