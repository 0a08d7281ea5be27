package dev.trunkline.execute;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What all merges of the process hold on its heap together, in bytes: half of the heap at the most, so that many of them at once
 * are refused and don't end the process. Thread-safe.
 */
public final class MergeMemory {

    static final MergeMemory OF_PROCESS = new MergeMemory(Runtime.getRuntime().maxMemory() / 2);

    private final long most;
    private final AtomicLong held = new AtomicLong();

    MergeMemory(long most) {
        this.most = most;
    }

    /** What the process's merges hold at this moment, rounded up. */
    public static long bytes() {
        return OF_PROCESS.held.get();
    }

    /** False, and nothing is taken, if that would be too much. */
    boolean take(long bytes) {
        if (held.addAndGet(bytes) <= most) {
            return true;
        }
        held.addAndGet(-bytes);
        return false;
    }

    void giveBack(long bytes) {
        held.addAndGet(-bytes);
    }
}
