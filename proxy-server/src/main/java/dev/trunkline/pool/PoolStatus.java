package dev.trunkline.pool;

/**
 * What a pool has and who waits for it, at one moment; or the sum over several pools.
 *
 * @param lent connections that sessions hold
 * @param connecting connections that are being opened
 * @param tested connections that are being checked or cleared
 * @param longestWaitNanos how long the first in line has waited
 * @param limitedBy the key of the configuration that sets the bound at which the line waits; null when it does not wait for
 *     that
 */
public record PoolStatus(int lent, int idle, int waiting, int connecting, int tested, long longestWaitNanos,
        String limitedBy) {

    public static final PoolStatus NONE = new PoolStatus(0, 0, 0, 0, 0, 0, null);

    public PoolStatus plus(PoolStatus other) {
        return new PoolStatus(lent + other.lent, idle + other.idle, waiting + other.waiting,
                connecting + other.connecting, tested + other.tested,
                Math.max(longestWaitNanos, other.longestWaitNanos), limitedBy == null ? other.limitedBy : limitedBy);
    }
}
