package dev.trunkline.backend;

import java.util.ArrayDeque;
import java.util.Queue;

/**
 * How what runs on a connection is cancelled: what a cancel request has to say, and which are on their way. One that arrives late
 * hits whatever runs then, so the connection is not lent, and nothing that must not be hit is begun, before it has arrived or
 * failed (semantics.md 27). Owned by the connection's event loop.
 */
public final class Cancellation {

    private final int processId;
    private final byte[] key;
    private final Queue<Runnable> afterwards = new ArrayDeque<>(0);
    private int onTheirWay;

    Cancellation(int processId, byte[] key) {
        this.processId = processId;
        this.key = key;
    }

    int processId() {
        return processId;
    }

    byte[] key() {
        return key;
    }

    /** A request is on its way. */
    void begins() {
        onTheirWay++;
    }

    /** It has arrived or failed. */
    void ends() {
        onTheirWay--;
        while (onTheirWay == 0 && !afterwards.isEmpty()) {
            afterwards.poll().run();
        }
    }

    public boolean isOnItsWay() {
        return onTheirWay > 0;
    }

    /** Runs a step when no request is on its way any more: at once when none is. */
    public void afterwards(Runnable step) {
        if (onTheirWay == 0) {
            step.run();
        } else {
            afterwards.add(step);
        }
    }
}
