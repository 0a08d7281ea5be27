package dev.trunkline.pool;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.BackendConnector;
import dev.trunkline.auth.NodeCredential;
import dev.trunkline.backend.NodeEndpoint;
import dev.trunkline.backend.NodeTraffic;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections of one event loop to one node under one login. The connection used last is lent first, so that the
 * others can age away; sessions that find none wait in line.
 *
 * <p>A node that can't be reached is left alone for a while that doubles from 100 ms to 5 s, with jitter: until then its
 * statements fail at once, and the first one afterwards tries again.
 *
 * <p>Confined to its event loop, but for the two methods that the {@link Quota} calls.
 */
public final class Pool {

    private static final Logger LOG = LoggerFactory.getLogger(Pool.class);
    private static final long FIRST_BACKOFF_NANOS = 100_000_000L;
    private static final long LAST_BACKOFF_NANOS = 5_000_000_000L;

    /** {@code underWay}: for a transaction that has connections already. */
    private record Waiting(Waiter waiter, boolean underWay, long sinceNanos) {}

    private final EventLoop loop;
    private final String databaseName;
    private final NodeEndpoint endpoint;
    private final NodeCredential credential;
    private final Quota quota;
    private final PoolGate gate;
    private final NodeTraffic traffic;
    private final BackendConnector connector;
    private final ArrayDeque<BackendConnection> idle = new ArrayDeque<>();
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private PoolLimits limits;
    private int connecting;
    private int lent;
    private int resetting;
    private long backoffNanos;
    private long retryAtNanos;
    private ProxyException lastFailure;
    private boolean closed;

    public Pool(EventLoop loop, String databaseName, NodeEndpoint endpoint, NodeCredential credential,
            PoolLimits limits, Quota quota, PoolGate gate, NodeTraffic traffic,
            BackendConnector connector) {
        this.loop = loop;
        this.databaseName = databaseName;
        this.endpoint = endpoint;
        this.credential = credential;
        this.limits = limits;
        this.quota = quota;
        this.gate = gate;
        this.traffic = traffic;
        this.connector = connector;
        quota.join(this);
    }

    public String databaseName() {
        return databaseName;
    }

    public NodeEndpoint endpoint() {
        return endpoint;
    }

    public NodeCredential credential() {
        return credential;
    }

    /** Other bounds from now on. */
    public void limits(PoolLimits newer) {
        assert loop.inEventLoop();
        limits = newer;
        dropIdle();
    }

    /** The gate has changed: closes the connections that may not be lent any more, and serves those in line. */
    public void gateChanged() {
        assert loop.inEventLoop();
        dropIdle();
        serve();
    }

    private void dropIdle() {
        for (BackendConnection connection : idle.toArray(BackendConnection[]::new)) {
            if (gate.isPaused() || quota.isExceeded() || !gate.accepts(connection.createdNanos())) {
                idle.remove(connection);
                connection.terminate();
            }
        }
    }

    public int idleCount() {
        return idle.size();
    }

    public int lentCount() {
        return lent;
    }

    public int waitingCount() {
        return waiting.size();
    }

    public int connectingCount() {
        return connecting + resetting;
    }

    /** How long the first in line has waited. */
    public long longestWaitNanos(long now) {
        Waiting first = waiting.peekFirst();
        return first == null ? 0 : now - first.sinceNanos;
    }

    /**
     * An idle connection, or null; then {@link #await} is the way. Those in line go first.
     *
     * @param underWay whether the transaction has connections already: a pause lets it come to its end
     */
    public BackendConnection tryAcquire(boolean underWay) {
        assert loop.inEventLoop();
        if (!waiting.isEmpty() || gate.isPaused() && !underWay) {
            return null;
        }
        BackendConnection connection = pollIdle();
        if (connection != null) {
            lent++;
        }
        return connection;
    }

    /** Lines up. The answer may come at once. */
    public void await(Waiter waiter, boolean underWay) {
        assert loop.inEventLoop();
        long now = System.nanoTime();
        if (closed) {
            waiter.refused(ProxyError.SHUTTING_DOWN.with());
            return;
        }
        if (isDown()) {
            waiter.refused(lastFailure);
            return;
        }
        waiting.add(new Waiting(waiter, underWay, now));
        serve();
    }

    /** Leaves the line. */
    public void withdraw(Waiter waiter) {
        waiting.removeIf(w -> w.waiter == waiter);
    }

    /** Takes a connection back. One that is not at rest is closed. */
    public void release(BackendConnection connection) {
        assert loop.inEventLoop();
        lent--;
        connection.takeBack();
        if (!connection.isOpen()) {
            return;
        }
        if (connection.isBusy() || connection.isUnsynced() || connection.transactionStatus() != 'I') {
            connection.close();
            return;
        }
        if (connection.isTainted()) {
            clear(connection);
            return;
        }
        toIdle(connection);
    }

    /** Takes back a connection that was granted and never lent. */
    public void releaseUnlent(BackendConnection connection) {
        lent--;
        if (connection.isOpen()) {
            toIdle(connection);
        } else if (!waiting.isEmpty()) {
            serve();
        }
    }

    /** Takes back a connection whose transaction its session has left open. */
    public void rollBackAndRelease(BackendConnection connection) {
        lent--;
        connection.takeBack();
        if (connection.isOpen()) {
            connection.taint();
            clear(connection, "ROLLBACK");
        }
    }

    /** Whether the last attempt to connect has failed, so that a statement that may go elsewhere does. */
    public boolean isSuspect() {
        return lastFailure != null && idle.isEmpty();
    }

    /** Whether the last attempt to connect has failed and the next one is not due yet. */
    public boolean isDown() {
        return lastFailure != null && idle.isEmpty() && backsOff();
    }

    private void clear(BackendConnection connection, String... statements) {
        resetting++;
        new Reset(this, statements).start(connection);
    }

    /** A reset has ended, well or not. */
    void resetEnded(BackendConnection connection) {
        resetting--;
        if (connection.isOpen()) {
            connection.takeBack();
            connection.wasReset();
            toIdle(connection);
        }
    }

    private void toIdle(BackendConnection connection) {
        long now = System.nanoTime();
        boolean tooOld = now - connection.createdNanos() > limits.maxAgeNanos()
                || !gate.accepts(connection.createdNanos());
        if (closed || tooOld || quota.isExceeded() || waiting.isEmpty() && quota.othersStarve()) {
            connection.terminate();
            return;
        }
        connection.idleSince(now);
        idle.push(connection);
        if (connection.hasCancelInFlight()) {
            connection.afterCancels(() -> {
                if (!waiting.isEmpty()) {
                    serve();
                }
            });
            return;
        }
        if (!waiting.isEmpty()) {
            serve();
        }
        if (gate.isPaused()) {
            dropIdle();
        }
    }

    private BackendConnection pollIdle() {
        for (int n = idle.size(); n > 0; n--) {
            BackendConnection connection = idle.poll();
            if (!connection.isOpen()) {
                continue;
            }
            if (!connection.hasCancelInFlight()) {
                return connection;
            }
            // A cancel that arrives late must not hit another session's statement.
            idle.addLast(connection);
        }
        return null;
    }

    private void serve() {
        while (hasNext()) {
            BackendConnection connection = pollIdle();
            if (connection == null) {
                break;
            }
            lent++;
            takeNext().waiter.granted(connection);
        }
        int wanted = gate.isPaused() ? (int) waiting.stream().filter(Waiting::underWay).count() : waiting.size();
        while (connecting < wanted && !backsOff() && quota.tryTake()) {
            connecting++;
            connector.connect(loop, endpoint, credential, this::connected, this::connectFailed);
        }
        if (connecting < wanted) {
            quota.starve(this);
        }
    }

    private boolean backsOff() {
        return backoffNanos > 0 && System.nanoTime() - retryAtNanos < 0;
    }

    private boolean hasNext() {
        return gate.isPaused() ? waiting.stream().anyMatch(Waiting::underWay) : !waiting.isEmpty();
    }

    private Waiting takeNext() {
        if (!gate.isPaused()) {
            return waiting.poll();
        }
        Waiting next = waiting.stream().filter(Waiting::underWay).findFirst().orElseThrow();
        waiting.remove(next);
        return next;
    }

    private void connected(BackendConnection connection) {
        connecting--;
        connection.countIn(traffic);
        connection.whenClosed(this::connectionClosed);
        if (lastFailure != null) {
            LOG.info("node {} is reachable again", endpoint);
            lastFailure = null;
        }
        backoffNanos = 0;
        toIdle(connection);
    }

    private void connectFailed(ProxyException why) {
        connecting--;
        quota.giveBack();
        if (lastFailure == null) {
            LOG.warn("node {}: {}{}", endpoint, why.getMessage(),
                    why.detail() == null ? "" : " (" + why.detail() + ")");
        }
        boolean othersComeBack = lent > 0 && idle.isEmpty() && isTransient(why);
        if (!othersComeBack) {
            lastFailure = why;
        }
        backoffNanos = Math.min(LAST_BACKOFF_NANOS, Math.max(FIRST_BACKOFF_NANOS, backoffNanos * 2));
        retryAtNanos = System.nanoTime()
                + (long) (backoffNanos * (0.75 + ThreadLocalRandom.current().nextDouble() / 2));
        if (connecting > 0 || othersComeBack) {
            return;
        }
        for (Waiting w = waiting.poll(); w != null; w = waiting.poll()) {
            w.waiter.refused(why);
        }
    }

    /** Too many connections at the node: those that we have will come back. */
    private static boolean isTransient(ProxyException why) {
        return why.error() == ProxyError.NODE_LOGIN_FAILED && why.detail() != null && why.detail().contains("53300");
    }

    private void connectionClosed(BackendConnection connection) {
        quota.giveBack();
        idle.remove(connection);
        if (!waiting.isEmpty()) {
            serve();
        }
    }

    /** Looks for waits that have lasted too long and connections that have idled too long. Called about ten times a second. */
    public void tick(long now) {
        while (!waiting.isEmpty() && now - waiting.peekFirst().sinceNanos > limits.waitNanos()) {
            ProxyException why = ProxyError.POOL_EXHAUSTED.with(endpoint.nodeName(),
                    limits.waitNanos() / 1_000_000 + " ms");
            waiting.poll().waiter.refused(gate.isPaused()
                    ? why.withDetail("Database " + databaseName + " is paused.")
                    : why);
        }
        if (!waiting.isEmpty()) {
            serve();
        }
        Iterator<BackendConnection> oldestFirst = idle.descendingIterator();
        while (oldestFirst.hasNext() && idle.size() > limits.min()) {
            BackendConnection connection = oldestFirst.next();
            if (now - connection.idleSince() <= limits.idleNanos()) {
                break;
            }
            oldestFirst.remove();
            connection.terminate();
        }
    }

    public void close() {
        closed = true;
        for (Waiting w = waiting.poll(); w != null; w = waiting.poll()) {
            w.waiter.refused(ProxyError.SHUTTING_DOWN.with());
        }
        for (BackendConnection c = idle.poll(); c != null; c = idle.poll()) {
            c.terminate();
        }
    }

    // ---- called by other event loops through the quota

    void permitMayBeFree() {
        loop.execute(() -> {
            if (!waiting.isEmpty()) {
                serve();
            }
        });
    }

    void shedIdle() {
        loop.execute(() -> {
            BackendConnection connection = waiting.isEmpty() ? idle.pollLast() : null;
            if (connection != null) {
                connection.terminate();
            }
        });
    }
}
