package dev.trunkline.pool;

import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * When a node that could not be connected to is tried again: after a while that doubles from 100 ms to 5 s, with jitter, so
 * that the loops and proxies don't all come back at once. Confined to the pool's event loop.
 */
final class Backoff {

    private static final long FIRST_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long LAST_NANOS = TimeUnit.SECONDS.toNanos(5);
    /** A login that the node has refused is not tried again and again only to have connections ready. */
    private static final long REFUSED_LOGIN_NANOS = TimeUnit.MINUTES.toNanos(1);

    private long nanos;
    private long retryAtNanos;
    private long fillAtNanos;

    void succeeded() {
        nanos = 0;
    }

    void failed(ProxyException why) {
        long now = System.nanoTime();
        nanos = Math.min(LAST_NANOS, Math.max(FIRST_NANOS, nanos * 2));
        retryAtNanos = now + (long) (nanos * (0.75 + ThreadLocalRandom.current().nextDouble() / 2));
        fillAtNanos = why.error() == ProxyError.NODE_LOGIN_FAILED && !isTransient(why)
                ? now + REFUSED_LOGIN_NANOS
                : retryAtNanos;
    }

    /** Whether it is too early for the next attempt. */
    boolean holds() {
        return nanos > 0 && System.nanoTime() - retryAtNanos < 0;
    }

    /** As above, for an attempt that nobody waits for. */
    boolean holdsFilling() {
        return nanos > 0 && System.nanoTime() - fillAtNanos < 0;
    }

    /** Too many connections at the node: those that there are will come back. */
    static boolean isTransient(ProxyException why) {
        return why.error() == ProxyError.NODE_LOGIN_FAILED && why.detail() != null && why.detail().contains("53300");
    }
}
