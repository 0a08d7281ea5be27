package dev.trunkline.pool;

import dev.trunkline.config.PoolConfig;

/**
 * The bounds of the connections to one node under one login, over all event loops.
 *
 * @param size the greatest number of connections
 * @param min how many are kept although idle
 * @param waitNanos how long a session waits for a connection
 * @param idleNanos how long an idle connection is kept
 * @param maxAgeNanos how old a connection may become
 */
public record PoolLimits(int size, int min, long waitNanos, long idleNanos, long maxAgeNanos) {

    public static PoolLimits of(PoolConfig pool) {
        return new PoolLimits(pool.size(), pool.min(), pool.waitTimeout().toNanos(), pool.idleTimeout().toNanos(),
                pool.maxAge().toNanos());
    }
}
