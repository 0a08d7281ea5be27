package dev.trunkline.pool;

import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;

/**
 * When a node that could not be connected to is tried again: after a while that doubles from 100 ms to 5 s, with jitter, so
 * that the loops and proxies don't all come back at once; at once when the control plane has seen it come up since. The first
 * attempt is made alone, and each that succeeds makes way for two: a node that is full, or just starts, is not asked for all
 * that is missing. Confined to the pool's event loop.
 */
final class Backoff {

    private static final long FIRST_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long LAST_NANOS = TimeUnit.SECONDS.toNanos(5);
    /** A login that the node has refused is not tried again and again only to have connections ready. */
    private static final long REFUSED_LOGIN_NANOS = TimeUnit.MINUTES.toNanos(1);

    /** More connections than anybody waits for. */
    private static final int ANY_NUMBER = 1 << 20;

    private final LongSupplier clock;
    private final LongPredicate cameUpAfter;
    private long nanos;
    private long failedAtNanos;
    private long retryAtNanos;
    private long fillAtNanos;
    private int atOnce = ANY_NUMBER;

    /**
     * @param clock {@link System#nanoTime}
     * @param cameUpAfter whether the node has come up after a time of the clock
     */
    Backoff(LongSupplier clock, LongPredicate cameUpAfter) {
        this.clock = clock;
        this.cameUpAfter = cameUpAfter;
    }

    /** Whether nothing has failed since the last success. */
    boolean isClear() {
        return nanos == 0;
    }

    void succeeded() {
        nanos = 0;
        atOnce = Math.min(ANY_NUMBER, atOnce * 2);
    }

    /** How many connections may be opened side by side. */
    int atOnce() {
        return atOnce;
    }

    void failed(ProxyException why) {
        atOnce = 1;
        long now = clock.getAsLong();
        if (!holds()) {
            // Attempts that are made side by side fail together, and are one failure.
            nanos = Math.min(LAST_NANOS, Math.max(FIRST_NANOS, nanos * 2));
            retryAtNanos = now + (long) (nanos * (0.75 + ThreadLocalRandom.current().nextDouble() / 2));
            failedAtNanos = now;
        }
        fillAtNanos = why.error() == ProxyError.NODE_LOGIN_FAILED && !isTransient(why)
                ? now + REFUSED_LOGIN_NANOS
                : retryAtNanos;
    }

    /** Whether it is too early for the next attempt. */
    boolean holds() {
        return holdsUntil(retryAtNanos);
    }

    /** As above, for an attempt that nobody waits for. */
    boolean holdsFilling() {
        return holdsUntil(fillAtNanos);
    }

    private boolean holdsUntil(long at) {
        return nanos > 0 && clock.getAsLong() - at < 0 && !cameUpAfter.test(failedAtNanos);
    }

    /** Too many connections at the node: those that there are will come back. */
    static boolean isTransient(ProxyException why) {
        return why.error() == ProxyError.NODE_LOGIN_FAILED && why.detail() != null && why.detail().contains("53300");
    }
}
