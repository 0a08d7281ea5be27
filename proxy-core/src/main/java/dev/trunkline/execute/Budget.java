package dev.trunkline.execute;

import dev.trunkline.error.ProxyError;

/**
 * How many bytes of heap one merge may hold for groups, distinct rows or a sort; beyond them it fails with TL004, and with 53200
 * where all merges together hold too much.
 */
final class Budget {

    /** So much at a time is taken of what all merges share. */
    private static final long STEP = 64 * 1024;

    private final String what;
    private final long bytes;
    private final MergeMemory shared;
    private long used;
    private long taken;

    Budget(String what, long bytes) {
        this(what, bytes, MergeMemory.OF_PROCESS);
    }

    Budget(String what, long bytes, MergeMemory shared) {
        this.what = what;
        this.bytes = bytes;
        this.shared = shared;
    }

    void take(long more) {
        used += more;
        if (used > bytes) {
            throw ProxyError.OVER_BUDGET.with(
                    what + " over several nodes needs more than " + bytes + " bytes of memory",
                    "Narrow the statement, or add a predicate on the shard key.");
        }
        if (used > taken) {
            long step = Math.max(STEP, used - taken);
            if (!shared.take(step)) {
                throw ProxyError.MERGES_OUT_OF_MEMORY.with(what);
            }
            taken += step;
        }
    }

    /** Nothing is held any more. */
    void release() {
        shared.giveBack(taken);
        taken = 0;
        used = 0;
    }
}
