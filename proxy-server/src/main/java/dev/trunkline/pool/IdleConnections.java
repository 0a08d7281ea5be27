package dev.trunkline.pool;

import dev.trunkline.backend.BackendConnection;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.function.Predicate;

/**
 * The connections of a pool that nobody uses: the one used last is lent first, so that the others can age away. Confined to
 * the pool's event loop.
 */
final class IdleConnections {

    private final ArrayDeque<BackendConnection> connections = new ArrayDeque<>();
    private PoolLimits limits;
    /** The time at the last tick: exact enough for idle times and ages, and free. */
    private long clock = System.nanoTime();

    IdleConnections(PoolLimits limits) {
        this.limits = limits;
    }

    void limits(PoolLimits newer) {
        limits = newer;
    }

    void tick(long now) {
        clock = now;
    }

    boolean isEmpty() {
        return connections.isEmpty();
    }

    int size() {
        return connections.size();
    }

    /** A connection that idles from now on. */
    void add(BackendConnection connection) {
        connection.idleSince(clock);
        connections.push(connection);
    }

    /** Puts back what was polled, as if nothing had happened. */
    void putBack(BackendConnection connection) {
        connections.push(connection);
    }

    void remove(BackendConnection connection) {
        connections.remove(connection);
    }

    /** The one used last that can be lent, or null. */
    BackendConnection poll() {
        for (int n = connections.size(); n > 0; n--) {
            BackendConnection connection = connections.poll();
            if (!connection.isOpen()) {
                continue;
            }
            if (!connection.cancellation().isOnItsWay()) {
                return connection;
            }
            // A cancel that arrives late must not hit another session's statement.
            connections.addLast(connection);
        }
        return null;
    }

    /** Closes the one that has idled longest, and says whether there was one. */
    boolean closeOldest() {
        BackendConnection connection = connections.pollLast();
        if (connection == null) {
            return false;
        }
        connection.terminate();
        return true;
    }

    /** Closes those that a predicate picks. */
    void closeIf(Predicate<BackendConnection> unwanted) {
        for (BackendConnection connection : connections.toArray(BackendConnection[]::new)) {
            if (unwanted.test(connection)) {
                connections.remove(connection);
                connection.terminate();
            }
        }
    }

    /** Whether the connection has idled for so long that nobody knows whether it still works. */
    boolean isDoubtful(BackendConnection connection) {
        return limits.checkNanos() > 0 && clock - connection.idleSince() > limits.checkNanos();
    }

    /** Connections that were opened together are not to end together: each has up to a fifth less, by its birth. */
    boolean isTooOld(BackendConnection connection) {
        long hash = connection.createdNanos() * 0x9E3779B97F4A7C15L >>> 40;
        long earlier = (long) (limits.maxAgeNanos() / 5.0 * (hash / (double) (1L << 24)));
        return clock - connection.createdNanos() > limits.maxAgeNanos() - earlier;
    }

    /**
     * Closes what has idled too long, as long as more are held than are kept, and what is too old.
     *
     * @param held how many connections the pool has, lent ones included
     */
    void closeSurplus(int held, PoolEvents events) {
        int surplus = held - limits.min();
        for (Iterator<BackendConnection> oldestFirst = connections.descendingIterator(); oldestFirst.hasNext();) {
            BackendConnection connection = oldestFirst.next();
            boolean idledOut = surplus > 0 && clock - connection.idleSince() > limits.idleNanos();
            if (idledOut || isTooOld(connection)) {
                events.count(idledOut ? PoolEvents.Event.IDLE_CLOSE : PoolEvents.Event.AGE_CLOSE);
                surplus--;
                oldestFirst.remove();
                connection.terminate();
            }
        }
    }
}
