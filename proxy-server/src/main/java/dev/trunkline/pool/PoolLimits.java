package dev.trunkline.pool;

import dev.trunkline.config.PoolConfig;

/**
 * The bounds of one event loop's connections to one node under one login.
 *
 * @param size the greatest number of connections, over all event loops
 * @param min how many of them are kept although idle: this loop's share
 * @param waitNanos how long a session waits for a connection
 * @param notifyNanos after how long it is told that it waits; 0 for never
 * @param idleNanos how long an idle connection is kept
 * @param checkNanos how long a connection may idle and be lent unasked; 0 for ever
 * @param maxAgeNanos how old a connection may become
 */
public record PoolLimits(int size, int min, long waitNanos, long notifyNanos, long idleNanos, long checkNanos,
        long maxAgeNanos) {

    /**
     * The limits of one of several event loops.
     *
     * @param loop its ordinal, from 0
     */
    public static PoolLimits of(PoolConfig pool, int loop, int loops) {
        int min = Math.min(pool.min(), pool.size());
        int share = min / loops + (loop < min % loops ? 1 : 0);
        return new PoolLimits(pool.size(), share, pool.waitTimeout().toNanos(), pool.waitNotify().toNanos(),
                pool.idleTimeout().toNanos(), pool.checkAfterIdle().toNanos(), pool.maxAge().toNanos());
    }

    /** The same without connections that are kept idle. */
    public PoolLimits keepingNone() {
        return new PoolLimits(size, 0, waitNanos, notifyNanos, idleNanos, checkNanos, maxAgeNanos);
    }
}
