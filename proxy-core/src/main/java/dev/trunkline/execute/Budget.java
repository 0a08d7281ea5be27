package dev.trunkline.execute;

import dev.trunkline.error.ProxyError;

/** How many bytes of heap one merge may hold for groups, distinct rows or a sort; beyond them it fails with TL004. */
final class Budget {

    private final String what;
    private final long bytes;
    private long used;

    Budget(String what, long bytes) {
        this.what = what;
        this.bytes = bytes;
    }

    void take(long more) {
        used += more;
        if (used > bytes) {
            throw ProxyError.OVER_BUDGET.with(
                    what + " over several nodes needs more than " + bytes + " bytes of memory",
                    "Narrow the statement, or add a predicate on the shard key.");
        }
    }
}
