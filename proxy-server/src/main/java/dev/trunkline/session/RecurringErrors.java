package dev.trunkline.session;

import dev.trunkline.error.ProxyError;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Which errors are worth a line in the log though they come with every statement: those of nodes and of limits. While a node is down
 * each statement for it fails, and the first one says it as well as a thousand. One of a kind is told every ten seconds, with the
 * number of those that were left out before it. Thread-safe.
 */
final class RecurringErrors {

    /** The error is not told. */
    static final long LEFT_OUT = -1;
    private static final long PERIOD_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** When one was told last, by kind; 0 for never. */
    private final AtomicLongArray toldNanos = new AtomicLongArray(ProxyError.values().length);
    private final AtomicLongArray leftOut = new AtomicLongArray(ProxyError.values().length);

    /** An error has come: how many of its kind were left out before it, or {@link #LEFT_OUT}. */
    long tell(ProxyError error, long nowNanos) {
        int kind = error.ordinal();
        long last = toldNanos.get(kind);
        // 0 is also a time.
        long now = nowNanos == 0 ? 1 : nowNanos;
        boolean due = last == 0 || now - last >= PERIOD_NANOS;
        if (due && toldNanos.compareAndSet(kind, last, now)) {
            return leftOut.getAndSet(kind, 0);
        }
        leftOut.incrementAndGet(kind);
        return LEFT_OUT;
    }
}
