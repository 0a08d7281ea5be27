package dev.trunkline.execute;

import dev.trunkline.wire.BackendMessage.RowDescription;
import java.util.List;

/**
 * The rows of inputs that are sorted alike, in that order: a heap with the first row of each input. It can say the next row
 * once every input has shown one or has ended, so it waits for exactly one input at a time after the start, and holds no
 * row besides what the inputs have queued.
 *
 * <p>Equal rows come in the order of their inputs, so that a repeated statement over unchanged nodes repeats its order.
 */
final class OrderedRows implements RowSource {

    private final List<SortKey> keys;
    private final InputRuns[] inputs;
    private final Row[] views;
    private final long[] prefixes;
    /** Inputs whose first row is known, as a binary heap with the least on top. */
    private final int[] heap;
    private int size;
    /** Inputs that were not looked at yet, or whose first row was used; those from {@code waitingFrom} on are left. */
    private final int[] waiting;
    private int waitingCount;
    private RowOrder order;
    private boolean shown;

    OrderedRows(int inputs, List<SortKey> keys) {
        this.keys = List.copyOf(keys);
        this.inputs = RowSource.newInputs(inputs);
        this.views = new Row[inputs];
        this.prefixes = new long[inputs];
        this.heap = new int[inputs];
        this.waiting = new int[inputs];
        this.waitingCount = inputs;
        for (int i = 0; i < inputs; i++) {
            views[i] = new Row();
            waiting[i] = i;
        }
    }

    @Override
    public void describe(int input, RowDescription columns) {
        order = RowOrder.sorting(keys, columns.fields());
    }

    @Override
    public Step next() {
        if (shown) {
            shown = false;
            int used = heap[0];
            inputs[used].advance();
            if (inputs[used].isEmpty()) {
                heap[0] = heap[--size];
                siftDown();
                waiting[waitingCount++] = used;
            } else {
                load(used);
                siftDown();
            }
        }
        if (waitingCount > 0 && !arrived()) {
            return Step.WAIT;
        }
        if (size == 0) {
            return Step.END;
        }
        shown = true;
        return Step.ROW;
    }

    /** Takes in the inputs that were waited for; false while one of them has neither a row nor ended. */
    private boolean arrived() {
        int left = 0;
        for (int i = 0; i < waitingCount; i++) {
            int input = waiting[i];
            if (!inputs[input].isEmpty()) {
                load(input);
                heap[size] = input;
                siftUp(size++);
            } else if (!inputs[input].isExhausted()) {
                waiting[left++] = input;
            }
        }
        waitingCount = left;
        return left == 0;
    }

    private void load(int input) {
        inputs[input].peek(views[input]);
        prefixes[input] = order.prefix(views[input]);
    }

    private boolean before(int a, int b) {
        if (prefixes[a] != prefixes[b]) {
            return prefixes[a] < prefixes[b];
        }
        int result = order.compare(views[a], views[b]);
        return result != 0 ? result < 0 : a < b;
    }

    private void siftUp(int from) {
        int at = from;
        while (at > 0 && before(heap[at], heap[(at - 1) / 2])) {
            swap(at, (at - 1) / 2);
            at = (at - 1) / 2;
        }
    }

    private void siftDown() {
        int at = 0;
        while (true) {
            int child = 2 * at + 1;
            if (child >= size) {
                return;
            }
            if (child + 1 < size && before(heap[child + 1], heap[child])) {
                child++;
            }
            if (!before(heap[child], heap[at])) {
                return;
            }
            swap(at, child);
            at = child;
        }
    }

    private void swap(int a, int b) {
        int input = heap[a];
        heap[a] = heap[b];
        heap[b] = input;
    }

    @Override
    public Row row() {
        return views[heap[0]];
    }

    @Override
    public InputRuns[] inputs() {
        return inputs;
    }

    @Override
    public void release() {
        shown = false;
        size = 0;
        waitingCount = 0;
    }
}
