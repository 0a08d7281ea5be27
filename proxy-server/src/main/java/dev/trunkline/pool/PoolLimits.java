package dev.trunkline.pool;

/**
 * The bounds of the connections to one node under one login, over all event loops.
 *
 * @param size the greatest number of connections
 * @param min how many are kept although idle
 * @param waitNanos how long a session waits for a connection
 * @param idleNanos how long an idle connection is kept
 * @param maxAgeNanos how old a connection may become
 */
public record PoolLimits(int size, int min, long waitNanos, long idleNanos, long maxAgeNanos) {}
