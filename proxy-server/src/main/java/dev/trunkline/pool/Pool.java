package dev.trunkline.pool;

import dev.trunkline.auth.NodeCredential;
import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.BackendConnector;
import dev.trunkline.backend.NodeEndpoint;
import dev.trunkline.backend.NodeTraffic;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.pool.PoolEvents.Event;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongPredicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections of one event loop to one node under one login. The connection used last is lent first, so that the
 * others can age away; sessions that find none wait in line.
 *
 * <pre>
 *   connect --logged in--> idle --tryAcquire, await--> lent --release--> idle
 *                           |  idle for long: check--> idle or closed
 *                           |  too old, idle for too long, wanted elsewhere--> closed
 *                          lent --release of a tainted one: reset--> idle or closed
 * </pre>
 *
 * <p><b>Sharing.</b> Every connection, from its opening on, holds a permit of each {@link Budget} of the pool. Connections
 * never change their loop, so that a permit goes from one pool to another by closing a connection here and opening one
 * there, which costs the node a process and somebody a log-in. So a pool serves its own line first, and gives a connection
 * up for somebody else's only if that has waited for longer than its own and has the smaller share; see {@link Permits#yields}.
 *
 * <p><b>Failures.</b> A node that can't be reached is left alone for a while ({@link Backoff}): until then its statements
 * fail at once, and the first one afterwards tries again.
 *
 * <p><b>Thread.</b> Confined to its event loop.
 */
public final class Pool {

    private static final Logger LOG = LoggerFactory.getLogger(Pool.class);
    /** How many connections are opened at a time when nobody waits for them. */
    private static final int FILLED_AT_ONCE = 4;

    private final EventLoop loop;
    private final String databaseName;
    private final PoolKey key;
    private final NodeEndpoint endpoint;
    private final Permits permits;
    private final PoolGate gate;
    private final NodeTraffic traffic;
    private final PoolEvents events;
    private final BackendConnector connector;
    private final Retirement retirement;
    private final Set<BackendConnection> connections = new HashSet<>();
    private final IdleConnections idle;
    private final ArrayDeque<Errand> errands = new ArrayDeque<>();
    private final WaitLine line = new WaitLine();
    private final Backoff backoff;
    private PoolLimits limits;
    private int connecting;
    private int checking;
    private int lent;
    private ProxyException lastFailure;
    private boolean closed;

    /**
     * @param budgets every connection needs a permit of each; the pool's own size comes first
     * @param cameUpAfter whether the node has been seen to come up after a time of {@link System#nanoTime}
     */
    public Pool(EventLoop loop, String databaseName, PoolKey key, NodeEndpoint endpoint, PoolLimits limits,
            List<Budget> budgets, PoolGate gate, LongPredicate cameUpAfter, NodeTraffic traffic, PoolEvents events,
            BackendConnector connector) {
        this.loop = loop;
        this.databaseName = databaseName;
        this.key = key;
        this.endpoint = endpoint;
        this.limits = limits;
        this.gate = gate;
        this.backoff = new Backoff(System::nanoTime, cameUpAfter);
        this.traffic = traffic;
        this.events = events;
        this.connector = connector;
        this.retirement = new Retirement(gate, connector.addresses(endpoint));
        this.idle = new IdleConnections(limits);
        this.permits = new Permits(loop, budgets, this::permitFreed, this::shedIdle);
    }

    public String databaseName() {
        return databaseName;
    }

    public PoolKey key() {
        return key;
    }

    public NodeEndpoint endpoint() {
        return endpoint;
    }

    public NodeCredential credential() {
        return key.login();
    }

    public PoolLimits limits() {
        return limits;
    }

    /** Other bounds from now on. */
    public void limits(PoolLimits newer) {
        assert loop.inEventLoop();
        limits = newer;
        idle.limits(newer);
        dropIdle();
    }

    /**
     * The gate has changed: closes the connections that may not be lent any more, and serves those in line. Whoever does
     * that to the gate has perhaps moved the node: its name is looked up again.
     */
    public void gateChanged() {
        assert loop.inEventLoop();
        retirement.doubtHost();
        dropIdle();
        serve();
    }

    private void dropIdle() {
        int[] excess = {permits.excess()};
        idle.closeIf(connection -> gate.isPaused() || retirement.isRetired(connection) || excess[0]-- > 0);
    }

    /** All connections that there are, whoever has them. */
    public Collection<BackendConnection> connections() {
        return connections;
    }

    /** Whether a connection is closed as soon as it is free: it is too old, or RECONNECT or a name's new address has ended it. */
    public boolean isOutdated(BackendConnection connection) {
        return idle.isTooOld(connection) || retirement.isRetired(connection);
    }

    public PoolStatus status(long now) {
        WaitLine.Place first = line.first();
        Budget hungryAt = first == null ? null : permits.hungryAt();
        return new PoolStatus(lent, idle.size(), line.size(), connecting, errands.size(),
                first == null ? 0 : now - first.sinceNanos, hungryAt == null ? null : hungryAt.key());
    }

    // ---- lending

    /**
     * An idle connection, or null; then {@link #await} is the way. Those in line go first.
     *
     * @param underWay whether the transaction has connections already: a pause lets it come to its end
     */
    public BackendConnection tryAcquire(boolean underWay) {
        assert loop.inEventLoop();
        if (!line.isEmpty() || gate.isPaused() && !underWay) {
            return null;
        }
        BackendConnection connection = idle.poll();
        if (connection == null) {
            return null;
        }
        if (idle.isDoubtful(connection)) {
            // Who lines up has it checked.
            idle.putBack(connection);
            return null;
        }
        lent++;
        return connection;
    }

    /** Lines up at the time {@code now}. The answer may come at once. */
    public void await(Waiter waiter, boolean underWay, long now) {
        assert loop.inEventLoop();
        if (closed) {
            waiter.refused(ProxyError.SHUTTING_DOWN.with());
            return;
        }
        if (isDown()) {
            waiter.refused(lastFailure);
            return;
        }
        line.add(waiter, underWay, now);
        events.count(Event.WAIT);
        serve();
    }

    /** Leaves the line. */
    public void withdraw(Waiter waiter) {
        line.remove(waiter);
        if (line.isEmpty()) {
            permits.leave();
        }
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
            reset(connection);
            return;
        }
        toIdle(connection);
    }

    /** Takes back a connection that was granted and never lent. */
    public void releaseUnlent(BackendConnection connection) {
        lent--;
        if (connection.isOpen()) {
            toIdle(connection);
        } else if (!line.isEmpty()) {
            serve();
        }
    }

    /** Takes back a connection whose transaction its session has left open. */
    public void rollBackAndRelease(BackendConnection connection) {
        lent--;
        connection.takeBack();
        if (connection.isOpen()) {
            connection.taint();
            reset(connection, "ROLLBACK");
        }
    }

    /** Whether the last attempt to connect has failed, so that a statement that may go elsewhere does. */
    public boolean isSuspect() {
        return lastFailure != null && idle.isEmpty();
    }

    /** Whether the last attempt to connect has failed and the next one is not due yet. */
    public boolean isDown() {
        return lastFailure != null && idle.isEmpty() && backoff.holds();
    }

    private void toIdle(BackendConnection connection) {
        if (closed || isOutdated(connection)) {
            connection.terminate();
            return;
        }
        if (permits.yields(connection.createdNanos(), line.first())) {
            events.count(Event.YIELD);
            connection.terminate();
            return;
        }
        idle.add(connection);
        if (connection.cancellation().isOnItsWay()) {
            connection.cancellation().afterwards(() -> {
                if (!line.isEmpty()) {
                    serve();
                }
            });
            return;
        }
        if (!line.isEmpty()) {
            serve();
        }
        if (gate.isPaused()) {
            dropIdle();
        }
    }

    private void serve() {
        lendIdle();
        int wanted = backoff.holds() ? 0 : Math.min(missing(), backoff.atOnce() - connecting);
        while (wanted > 0 && permits.take()) {
            wanted--;
            connect();
        }
        if (wanted > 0) {
            permits.lineUp(line.first().sinceNanos);
        } else {
            permits.leave();
        }
    }

    private void lendIdle() {
        while (line.servable(gate.isPaused()) > 0) {
            BackendConnection connection = idle.poll();
            if (connection == null) {
                return;
            }
            if (idle.isDoubtful(connection)) {
                if (missing() <= 0) {
                    idle.putBack(connection);
                    return;
                }
                checking++;
                run(Errand.check(this, connection));
            } else {
                lent++;
                WaitLine.Place next = line.pollServable(gate.isPaused());
                events.waited(System.nanoTime() - next.sinceNanos);
                next.waiter.granted(connection);
            }
        }
    }

    /** How many in line there is nothing on its way for. */
    private int missing() {
        return line.servable(gate.isPaused()) - connecting - checking;
    }

    // ---- opening and losing connections

    private void connect() {
        connecting++;
        connector.connect(loop, endpoint, key.login(), this::connected, this::connectFailed);
    }

    private void connected(BackendConnection connection) {
        connecting--;
        events.count(Event.CONNECT);
        connections.add(connection);
        connection.countIn(traffic);
        connection.whenClosed(this::connectionClosed);
        if (lastFailure != null) {
            LOG.info("node {} is reachable again", endpoint);
            lastFailure = null;
        }
        backoff.succeeded();
        toIdle(connection);
    }

    private void connectFailed(ProxyException why) {
        connecting--;
        events.count(Event.CONNECT_FAILURE);
        permits.giveBack();
        boolean othersComeBack = lent > 0 && idle.isEmpty() && Backoff.isTransient(why);
        if (lastFailure == null && (!othersComeBack || backoff.isClear())) {
            LOG.warn("node {}: {}{}", endpoint, why.getMessage(),
                    why.detail() == null ? "" : " (" + why.detail() + ")");
        }
        if (!othersComeBack) {
            lastFailure = why;
        }
        backoff.failed(why);
        permits.leave();
        if (connecting > 0 || checking > 0 || othersComeBack) {
            return;
        }
        for (WaitLine.Place place = line.poll(); place != null; place = line.poll()) {
            refuse(place, why);
        }
    }

    private void connectionClosed(BackendConnection connection) {
        connections.remove(connection);
        idle.remove(connection);
        permits.giveBack();
        if (!line.isEmpty()) {
            serve();
        }
    }

    // ---- errands

    private void reset(BackendConnection connection, String... first) {
        events.count(Event.RESET);
        run(Errand.reset(this, connection, first));
    }

    private void run(Errand errand) {
        errands.add(errand);
        errand.start();
    }

    /** An errand has ended, well or not. */
    void errandEnded(Errand errand) {
        errands.remove(errand);
        BackendConnection connection = errand.connection();
        if (errand.isCheck()) {
            checking--;
        }
        if (connection.isOpen()) {
            connection.takeBack();
            if (!errand.isCheck()) {
                connection.wasReset();
            }
            toIdle(connection);
        } else if (errand.isCheck()) {
            events.count(Event.CHECK_FAILURE);
            LOG.info("node {}: a connection was gone after idling; those that have idled as long are closed", endpoint);
            idle.closeIf(idle::isDoubtful);
            serve();
        }
    }

    // ---- the clock

    /** Looks for waits that have lasted too long and connections that have idled too long. Called about ten times a second. */
    public void tick(long now) {
        idle.tick(now);
        for (Errand errand : errands.toArray(Errand[]::new)) {
            errand.tick(now);
        }
        if (!line.isEmpty()) {
            tellLongWaits(now);
            endLongWaits(now);
            serve();
        }
        if (retirement.hostMoves(permits.held() > 0)) {
            dropIdle();
        }
        idle.closeSurplus(permits.held(), events);
        fill();
    }

    private void tellLongWaits(long now) {
        for (WaitLine.Place place = line.pollUntold(now, limits.notifyNanos()); place != null; place = line
                .pollUntold(now, limits.notifyNanos())) {
            events.count(Event.WAIT_NOTICE);
            place.waiter.waitsLong(shortage().explain(ProxyError.WAITING_FOR_CONNECTION.with(endpoint.nodeName())));
        }
    }

    private void endLongWaits(long now) {
        for (WaitLine.Place place = line.pollLate(now, limits.waitNanos()); place != null; place = line.pollLate(now,
                limits.waitNanos())) {
            events.count(Event.WAIT_TIMEOUT);
            refuse(place, shortage().explain(
                    ProxyError.POOL_EXHAUSTED.with(endpoint.nodeName(), limits.waitNanos() / 1_000_000 + " ms")));
        }
    }

    private void refuse(WaitLine.Place place, ProxyException why) {
        events.waited(System.nanoTime() - place.sinceNanos);
        place.waiter.refused(why);
    }

    private Shortage shortage() {
        if (gate.isPaused()) {
            return Shortage.paused(databaseName);
        }
        return connecting > 0 ? Shortage.opening() : Shortage.of(permits.shortOf());
    }

    /** Opens what is missing to the number that is kept. */
    private void fill() {
        while (permits.held() < limits.min() && connecting < Math.min(FILLED_AT_ONCE, backoff.atOnce()) && !closed
                && !gate.isPaused() && !backoff.holdsFilling() && permits.take()) {
            connect();
        }
    }

    public void close() {
        closed = true;
        permits.leave();
        for (WaitLine.Place place = line.poll(); place != null; place = line.poll()) {
            place.waiter.refused(ProxyError.SHUTTING_DOWN.with());
        }
        idle.closeIf(connection -> true);
    }

    // ---- called by the permits, on this loop

    private void permitFreed() {
        if (!line.isEmpty() && !closed) {
            serve();
        }
    }

    /** Closes an idle connection, if nobody here wants it. */
    private boolean shedIdle() {
        boolean shed = line.isEmpty() && idle.closeOldest();
        if (shed) {
            events.count(Event.YIELD);
        }
        return shed;
    }
}
