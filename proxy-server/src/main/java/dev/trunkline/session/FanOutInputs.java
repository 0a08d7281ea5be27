package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.BackendConnector;
import dev.trunkline.execute.RowMerge;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/** All nodes' parts in a fan-out: which are read while rows wait, and which are cancelled when no more are wanted. */
final class FanOutInputs {

    private final FanOutInput[] inputs;
    private final RowMerge merge;
    private final DatabaseMetrics metrics;
    private final BackendConnector connector;
    /** The bytes that wait, as last told to the metrics. */
    private long queuedBytes;

    FanOutInputs(int count, RowMerge merge, DatabaseMetrics metrics, BackendConnector connector) {
        this.inputs = new FanOutInput[count];
        this.merge = merge;
        this.metrics = metrics;
        this.connector = connector;
    }

    int count() {
        return inputs.length;
    }

    FanOutInput get(int i) {
        return inputs[i];
    }

    void set(int i, FanOutInput input) {
        inputs[i] = input;
    }

    /** The connections of inputs that are all there. */
    List<BackendConnection> backends() {
        return Arrays.stream(inputs).map(FanOutInput::backend).toList();
    }

    boolean any(Predicate<FanOutInput> like) {
        return Arrays.stream(inputs).anyMatch(like);
    }

    /** Reads from nodes as few or many of their rows wait. */
    void holdBack() {
        for (int i = 0; i < inputs.length; i++) {
            inputs[i].holdBack(merge.queuedBytes(i));
        }
    }

    void readAll() {
        for (FanOutInput input : inputs) {
            if (input != null) {
                input.read();
            }
        }
    }

    /** A node owes nothing more; returns whether it did. */
    boolean stopped(BackendConnection backend) {
        boolean was = false;
        for (FanOutInput input : inputs) {
            was |= input.backend() == backend && input.stopped();
        }
        return was;
    }

    void cancelUnfinished() {
        for (FanOutInput input : inputs) {
            if (input.hasMore()) {
                connector.cancel(input.backend());
            }
        }
    }

    void cancelBusy(BackendConnection but) {
        for (FanOutInput input : inputs) {
            if (input != null && input.backend() != but && input.backend().isBusy()) {
                connector.cancel(input.backend());
            }
        }
    }

    /** Tells the metrics how much waits. */
    void countQueued() {
        long queued = 0;
        for (int i = 0; i < inputs.length; i++) {
            queued += merge.queuedBytes(i);
        }
        if (queued != queuedBytes) {
            metrics.fanOutQueued(queued - queuedBytes);
            queuedBytes = queued;
        }
    }
}
