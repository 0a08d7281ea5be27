package dev.trunkline.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.trunkline.auth.NodeCredential;
import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.BackendConnector;
import dev.trunkline.backend.Keepalive;
import dev.trunkline.backend.NodeAddresses;
import dev.trunkline.backend.NodeEndpoint;
import dev.trunkline.backend.NodeTraffic;
import dev.trunkline.config.KeepaliveConfig;
import dev.trunkline.config.PoolConfig;
import dev.trunkline.error.ProxyException;
import dev.trunkline.pool.PoolEvents.Event;
import dev.trunkline.testing.ObligingNode;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pools over real sockets to a node that agrees to everything; their clock is moved by hand. */
@Timeout(300)
class PoolTest {

    private static final int LOOPS = 3;
    private static final long SECOND = 1_000_000_000L;

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(LOOPS,
            new DefaultThreadFactory("pool-test", true), NioIoHandler.newFactory());
    private final List<EventLoop> loops = new ArrayList<>();
    private final PoolGate gate = new PoolGate();
    private final PoolEvents events = new PoolEvents();
    private final List<Pool> pools = new ArrayList<>();
    private final BackendConnector connector = new BackendConnector(NioSocketChannel.class, "test", 10,
            new Keepalive(new KeepaliveConfig(Duration.ofMinutes(1), Duration.ofSeconds(10), 3)),
            new NodeAddresses(Duration.ofMinutes(1), this::lookup));
    private ObligingNode node;
    /** The host of pools that are not told another one; {@code node.test} is looked up in {@link #names}. */
    private String host = "127.0.0.1";
    private final BlockingQueue<String> asked = new LinkedBlockingQueue<>();
    private volatile List<String> names = List.of();

    private InetAddress[] lookup(String name) throws UnknownHostException {
        asked.add(Thread.currentThread().getName());
        List<InetAddress> found = new ArrayList<>();
        for (String literal : names) {
            found.add(InetAddress.getByAddress(name, InetAddress.getByName(literal).getAddress()));
        }
        if (found.isEmpty()) {
            throw new UnknownHostException(name);
        }
        return found.toArray(InetAddress[]::new);
    }

    @BeforeEach
    void start() throws Exception {
        group.forEach(loop -> loops.add((EventLoop) loop));
        node = ObligingNode.start();
    }

    @AfterEach
    void stop() throws Exception {
        for (Pool pool : pools) {
            on(pool, () -> {
                pool.close();
                return null;
            });
        }
        await("nothing is left open", () -> node.connections() == 0);
        node.close();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }

    /** A session's part: what it was told. */
    private static final class Client implements Waiter {

        final BlockingQueue<Object> told = new LinkedBlockingQueue<>();
        final long sinceNanos = System.nanoTime();

        @Override
        public void granted(BackendConnection connection) {
            told.add(connection);
        }

        @Override
        public void refused(ProxyException why) {
            told.add(why);
        }

        @Override
        public void waitsLong(ProxyException why) {
            told.add(why.getMessage() + ": " + why.detail() + " " + why.hint());
        }

        Object answer() throws InterruptedException {
            Object answer = told.poll(60, TimeUnit.SECONDS);
            assertTrue(answer != null, "no answer");
            return answer;
        }

        BackendConnection connection() throws InterruptedException {
            Object answer = answer();
            assertTrue(answer instanceof BackendConnection, () -> "not granted: " + answer);
            return (BackendConnection) answer;
        }
    }

    private static PoolConfig config(int size, int min) {
        PoolConfig d = PoolConfig.DEFAULT;
        return new PoolConfig(d.mode(), size, min, d.waitTimeout(), d.waitNotify(), d.idleTimeout(),
                d.checkAfterIdle(), d.maxAge());
    }

    /** Its sessions wait for longer than anything else takes, and hear nothing. */
    private static PoolConfig patient(int size) {
        PoolConfig d = PoolConfig.DEFAULT;
        return new PoolConfig(d.mode(), size, 0, Duration.ofMinutes(5), Duration.ZERO, d.idleTimeout(),
                d.checkAfterIdle(), d.maxAge());
    }

    private Pool pool(int loop, PoolConfig config, Budget... budgets) {
        PoolKey key = new PoolKey(0, new NodeCredential.None("u" + pools.size()), null, null);
        Pool pool = new Pool(loops.get(loop), "d", key, new NodeEndpoint(0, "a", host, node.port(), "d"),
                PoolLimits.of(config, loop, LOOPS), List.of(budgets), gate, new NodeTraffic(), events, connector);
        pools.add(pool);
        return pool;
    }

    private <T> T on(Pool pool, Callable<T> task) throws Exception {
        return loops.get(loopOf(pool)).submit(task).get(60, TimeUnit.SECONDS);
    }

    private int loopOf(Pool pool) {
        return pools.indexOf(pool) % LOOPS;
    }

    private Client ask(Pool pool) throws Exception {
        Client client = new Client();
        on(pool, () -> {
            BackendConnection idle = pool.tryAcquire(false);
            if (idle != null) {
                client.granted(idle);
            } else {
                pool.await(client, false, client.sinceNanos);
            }
            return null;
        });
        return client;
    }

    private static PoolStatus status(Pool pool) {
        return pool.status(System.nanoTime());
    }

    private static int idle(Pool pool) {
        return status(pool).idle();
    }

    private void release(Pool pool, BackendConnection connection) throws Exception {
        on(pool, () -> {
            pool.release(connection);
            return null;
        });
    }

    private void tick(Pool pool, long later) throws Exception {
        on(pool, () -> {
            pool.tick(System.nanoTime() + later);
            return null;
        });
    }

    /** A tick when a client has waited for so long, to the nanosecond, however long the test has taken. */
    private void tick(Pool pool, Client client, long waited) throws Exception {
        on(pool, () -> {
            pool.tick(client.sinceNanos + waited);
            return null;
        });
    }

    private static void await(String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + 60 * SECOND;
        while (!condition.call()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("not within 60 s: " + what);
            }
            Thread.sleep(2);
        }
    }

    // ---- turns

    /** Clients without end: each releases its connection at once and asks again. */
    private final class Crowd {

        final AtomicInteger served = new AtomicInteger();
        private volatile boolean over;

        Crowd(Pool pool, int clients) throws Exception {
            for (int i = 0; i < clients; i++) {
                on(pool, () -> {
                    comeAgain(pool);
                    return null;
                });
            }
        }

        private void comeAgain(Pool pool) {
            pool.await(new Waiter() {
                @Override
                public void granted(BackendConnection connection) {
                    served.incrementAndGet();
                    // As a short statement would: the answer comes in a later read.
                    loops.get(loopOf(pool)).execute(() -> {
                        if (!over) {
                            comeAgain(pool);
                        }
                        pool.release(connection);
                    });
                }

                @Override
                public void refused(ProxyException why) {
                    over = true;
                }

                @Override
                public void waitsLong(ProxyException why) {
                    // Patient.
                }
            }, false, System.nanoTime());
        }
    }

    /** With one connection for three loops, of which each always has somebody in line, everyone comes to his turn. */
    @Test
    void noLoopStarvesWhereThereAreFewerConnectionsThanLoops() throws Exception {
        Budget size = new Budget("pool.size", 1);
        List<Crowd> crowds = new ArrayList<>();
        for (int i = 0; i < LOOPS; i++) {
            crowds.add(new Crowd(pool(i, config(1, 0), size), 4));
        }
        for (int round = 1; round <= 2; round++) {
            for (Crowd crowd : crowds) {
                int before = crowd.served.get();
                await("a loop is served again", () -> crowd.served.get() > before);
            }
        }
        assertEquals(1, size.held());
        crowds.forEach(crowd -> crowd.over = true);
    }

    /** The loop that came first has all of them, and always somebody in line: the other one gets its half, and no more. */
    @Test
    void loopsShareEvenly() throws Exception {
        Budget size = new Budget("pool.size", 4);
        Pool first = pool(0, config(4, 0), size);
        Pool second = pool(1, config(4, 0), size);
        Crowd here = new Crowd(first, 12);
        await("the first loop has all", () -> node.connections() == 4);
        Crowd there = new Crowd(second, 12);
        await("both loops have two", () -> on(second, () -> status(second).lent() + idle(second)) == 2);
        int before = node.logins();
        int served = here.served.get() + there.served.get();
        await("they go on", () -> here.served.get() + there.served.get() > served + 2000);
        assertTrue(node.logins() - before <= 1, "connections are taken from each other without end");
        here.over = true;
        there.over = true;
    }

    @Test
    void whoComesFirstIsServedFirst() throws Exception {
        Pool pool = pool(0, config(1, 0), new Budget("pool.size", 1));
        BackendConnection only = ask(pool).connection();
        List<Client> line = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            line.add(ask(pool));
        }
        for (Client next : line) {
            assertTrue(next.told.isEmpty());
            release(pool, only);
            assertEquals(only, next.connection());
        }
        release(pool, only);
    }

    @Test
    void anIdleConnectionIsGivenUpForAnotherPool() throws Exception {
        Budget total = new Budget("limits.nodeConnections", 2);
        Pool first = pool(0, config(9, 0), total);
        Pool second = pool(1, config(9, 0), total);
        BackendConnection lent = ask(first).connection();
        BackendConnection idle = ask(first).connection();
        release(first, idle);
        BackendConnection other = ask(second).connection();
        assertEquals(2, total.held());
        Client waits = ask(second);
        assertEquals("limits.nodeConnections", on(second, () -> status(second).limitedBy()));
        release(first, lent);
        BackendConnection last = waits.connection();
        assertNull(on(second, () -> status(second).limitedBy()));
        release(second, other);
        release(second, last);
        assertEquals(0, on(first, () -> idle(first)));
    }

    /** A pool that waits at one bound gets past it, finds another one used up, and must not keep the permit of the first. */
    @Test
    void boundsWithinBoundsDontBlockEachOther() throws Exception {
        Budget total = new Budget("limits.nodeConnections", 3);
        Budget database = new Budget("databases.d.maxConnections", 1);
        Pool inside = pool(0, config(9, 0), database, total);
        Pool outside = pool(1, config(9, 0), total);
        Pool alsoInside = pool(2, config(9, 0), database, total);
        BackendConnection one = ask(inside).connection();
        Client second = ask(alsoInside);
        List<BackendConnection> two = List.of(ask(outside).connection(), ask(outside).connection());
        Client third = ask(outside);
        release(inside, one);
        // Either of the two may be first.
        await("one is served", () -> !second.told.isEmpty() || !third.told.isEmpty());
        if (second.told.isEmpty()) {
            release(outside, third.connection());
            release(alsoInside, second.connection());
        } else {
            release(alsoInside, second.connection());
            release(outside, third.connection());
        }
        release(outside, two.get(0));
        release(outside, two.get(1));
        assertTrue(total.held() <= 3 && database.held() <= 1);
    }

    @Test
    void aBoundThatIsLoweredHoldsOnceConnectionsComeBack() throws Exception {
        Budget total = new Budget("limits.nodeConnections", null);
        assertNull(total.bound());
        Pool pool = pool(0, config(9, 0), total);
        List<BackendConnection> lent = List.of(ask(pool).connection(), ask(pool).connection(),
                ask(pool).connection());
        total.resize(1);
        Client waits = ask(pool);
        release(pool, lent.get(0));
        release(pool, lent.get(1));
        await("the others are closed", () -> total.held() == 1);
        assertTrue(waits.told.isEmpty());
        release(pool, lent.get(2));
        assertEquals(lent.get(2), waits.connection());
        total.resize(null);
        release(pool, lent.get(2));
    }

    // ---- waiting

    @Test
    void whoWaitsLongIsToldOnceAndGivesUpInTheEnd() throws Exception {
        Pool pool = pool(0, config(1, 0), new Budget("databases.d.pool.size", 1));
        BackendConnection only = ask(pool).connection();
        Client waits = ask(pool);
        tick(pool, waits, 4 * SECOND);
        assertTrue(waits.told.isEmpty());
        tick(pool, waits, 6 * SECOND);
        tick(pool, waits, 7 * SECOND);
        assertEquals("waiting for a connection to node \"a\": All 1 connections that databases.d.pool.size allows are"
                + " in use. The statement goes on when one becomes free. Shorten transactions, or raise the limit.",
                waits.answer());
        assertTrue(waits.told.isEmpty());
        tick(pool, waits, 31 * SECOND);
        ProxyException why = (ProxyException) waits.answer();
        assertEquals("53300", why.sqlState());
        assertTrue(why.detail().contains("databases.d.pool.size"), why.detail());
        assertEquals(1, events.total(Event.WAIT_NOTICE));
        assertEquals(1, events.total(Event.WAIT_TIMEOUT));
        release(pool, only);
    }

    @Test
    void nobodyIsToldWhereNobodyIsToBe() throws Exception {
        PoolConfig d = config(1, 0);
        Pool pool = pool(0, new PoolConfig(d.mode(), 1, 0, d.waitTimeout(), Duration.ZERO, d.idleTimeout(),
                d.checkAfterIdle(), d.maxAge()), new Budget("databases.d.pool.size", 1));
        BackendConnection only = ask(pool).connection();
        Client waits = ask(pool);
        tick(pool, 20 * SECOND);
        assertTrue(waits.told.isEmpty());
        release(pool, only);
        release(pool, waits.connection());
    }

    // ---- checks

    @Test
    void aConnectionThatHasIdledIsCheckedAndLent() throws Exception {
        Pool pool = pool(0, config(2, 0), new Budget("pool.size", 2));
        BackendConnection connection = ask(pool).connection();
        release(pool, connection);
        tick(pool, 31 * SECOND);
        assertEquals(connection, ask(pool).connection());
        assertEquals(1, node.logins());
        release(pool, connection);
        // It has just been used.
        assertEquals(connection, on(pool, () -> pool.tryAcquire(false)));
        release(pool, connection);
    }

    /** A firewall has forgotten them: nobody gets one, and one failed check is enough to know. */
    @Test
    void halfOpenConnectionsAreNeverLent() throws Exception {
        Pool pool = pool(0, patient(5), new Budget("pool.size", 5));
        List<BackendConnection> dead = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            dead.add(ask(pool).connection());
        }
        for (BackendConnection connection : dead) {
            release(pool, connection);
        }
        node.forgetConnections();
        tick(pool, 31 * SECOND);
        Client client = ask(pool);
        assertEquals(1, on(pool, () -> status(pool).tested()));
        assertTrue(client.told.isEmpty());
        tick(pool, 33 * SECOND);
        BackendConnection fresh = client.connection();
        assertTrue(!dead.contains(fresh));
        assertEquals(1, events.total(Event.CHECK_FAILURE));
        assertEquals(0, on(pool, () -> idle(pool)));
        assertEquals(6, node.logins());
        release(pool, fresh);
    }

    @Test
    void aNodeThatIsGoneIsNoticedByTheCheck() throws Exception {
        Pool pool = pool(0, config(1, 0), new Budget("pool.size", 1));
        release(pool, ask(pool).connection());
        node.forgetConnections();
        tick(pool, 31 * SECOND);
        Client client = ask(pool);
        node.down();
        assertEquals("58000", ((ProxyException) client.answer()).sqlState());
        node.up();
    }

    /** DISCARD ALL that is never answered held a permit for as long as TCP tries. */
    @Test
    void aResetThatIsNotAnsweredEnds() throws Exception {
        Budget size = new Budget("pool.size", 1);
        Pool pool = pool(0, patient(1), size);
        BackendConnection tainted = ask(pool).connection();
        tainted.taint();
        node.forgetConnections();
        release(pool, tainted);
        Client client = ask(pool);
        tick(pool, 20 * SECOND);
        assertTrue(client.told.isEmpty());
        tick(pool, 31 * SECOND);
        release(pool, client.connection());
        assertEquals(1, size.held());
    }

    // ---- what is kept

    @Test
    void theNumberThatIsKeptIsFilledAndFilledAgain() throws Exception {
        Budget size = new Budget("pool.size", 9);
        List<Pool> all = List.of(pool(0, config(9, 4), size), pool(1, config(9, 4), size), pool(2, config(9, 4), size));
        for (Pool pool : all) {
            tick(pool, 0);
        }
        await("they are there", () -> all.stream().mapToInt(PoolTest::idle).sum() == 4);
        assertEquals(List.of(2, 1, 1), all.stream().map(PoolTest::idle).toList());
        tick(all.getFirst(), 660 * SECOND);
        assertEquals(2, on(all.getFirst(), () -> idle(all.getFirst())), "idle for longer than idleTimeout");
        node.down();
        await("the loss is noticed", () -> all.stream().mapToInt(PoolTest::idle).sum() == 0);
        tick(all.getFirst(), 0);
        node.up();
        await("they are back", () -> {
            for (Pool pool : all) {
                tick(pool, 0);
            }
            return all.stream().mapToInt(PoolTest::idle).sum() == 4;
        });
    }

    @Test
    void whatIsNotKeptIsClosedAfterItsTime() throws Exception {
        Pool pool = pool(0, config(9, 1), new Budget("pool.size", 9));
        List<BackendConnection> lent = List.of(ask(pool).connection(), ask(pool).connection(),
                ask(pool).connection());
        for (BackendConnection connection : lent) {
            release(pool, connection);
        }
        tick(pool, 500 * SECOND);
        assertEquals(3, on(pool, () -> idle(pool)));
        tick(pool, 700 * SECOND);
        await("two are closed", () -> node.connections() == 1);
        assertEquals(2, events.total(Event.IDLE_CLOSE));
    }

    @Test
    void connectionsOpenedTogetherDontEndTogether() throws Exception {
        Pool pool = pool(0, config(60, 60), new Budget("pool.size", 60));
        await("they are there", () -> {
            tick(pool, 0);
            return on(pool, () -> idle(pool)) == 20;
        });
        tick(pool, 47 * 60 * SECOND);
        assertEquals(0, events.total(Event.AGE_CLOSE));
        tick(pool, 54 * 60 * SECOND);
        long half = events.total(Event.AGE_CLOSE);
        assertTrue(half > 0 && half < 20, () -> half + " of 20 closed");
        await("what was too old is replaced", () -> {
            tick(pool, 0);
            return on(pool, () -> idle(pool)) == 20;
        });
    }

    @Test
    void inAPauseNothingIsOpened() throws Exception {
        Pool pool = pool(0, config(9, 3), new Budget("pool.size", 9));
        gate.pause();
        tick(pool, 0);
        Client waits = ask(pool);
        tick(pool, 6 * SECOND);
        assertEquals("waiting for a connection to node \"a\": Database d is paused. RESUME in the admin database ends"
                + " the pause.", waits.answer());
        assertEquals(0, node.logins());
        gate.resume();
        on(pool, () -> {
            pool.gateChanged();
            return null;
        });
        release(pool, waits.connection());
    }

    // ---- names

    @Test
    void aNameIsLookedUpOffTheLoopAndItsAddressesAreTriedInTurn() throws Exception {
        host = "node.test";
        // Nobody listens at the first.
        names = List.of("127.0.0.2", "127.0.0.1");
        Pool pool = pool(0, config(9, 0), new Budget("pool.size", 9));
        BackendConnection connection = ask(pool).connection();
        assertEquals("/127.0.0.1", connection.address().getAddress().toString().replaceAll("^.*/", "/"));
        assertEquals("trunkline-resolver", asked.take());
        BackendConnection second = ask(pool).connection();
        assertTrue(asked.isEmpty(), "the addresses hold for a minute");
        assertEquals(0, events.total(Event.CONNECT_FAILURE));
        release(pool, connection);
        release(pool, second);
    }

    @Test
    void aNameThatIsNotKnownFailsAndIsLookedUpAgain() throws Exception {
        host = "node.test";
        Pool pool = pool(0, config(9, 0), new Budget("pool.size", 9));
        ProxyException why = (ProxyException) ask(pool).answer();
        assertEquals("58000", why.sqlState());
        assertTrue(why.detail().contains("the name node.test is not known"), why.detail());
        names = List.of("127.0.0.1");
        await("the back-off is over", () -> !on(pool, pool::isDown));
        release(pool, ask(pool).connection());
        names = List.of();
        on(pool, () -> {
            pool.gateChanged();
            return null;
        });
        List<BackendConnection> both = List.of(ask(pool).connection(), ask(pool).connection());
        assertEquals(3, asked.size(), "the last addresses hold on");
        for (BackendConnection connection : both) {
            release(pool, connection);
        }
    }

    /** As after a failover by DNS: idle connections to the old address go, the others when they come back. */
    @Test
    void connectionsToAnAddressThatTheHostHasNoLongerRetire() throws Exception {
        host = "node.test";
        names = List.of("127.0.0.1");
        try (ObligingNode other = ObligingNode.start(InetAddress.getByName("127.0.0.3"), node.port())) {
            Pool pool = pool(0, config(9, 0), new Budget("pool.size", 9));
            BackendConnection lent = ask(pool).connection();
            release(pool, ask(pool).connection());
            names = List.of("127.0.0.3", "127.0.0.4");
            // What RECONNECT does; the clock would do it after limits.dnsTtl.
            on(pool, () -> {
                pool.gateChanged();
                return null;
            });
            await("idle connections have gone", () -> {
                tick(pool, 0);
                return node.connections() == 1;
            });
            BackendConnection there = ask(pool).connection();
            assertEquals("127.0.0.3", there.address().getAddress().getHostAddress());
            release(pool, lent);
            await("the other one has gone", () -> node.connections() == 0);
            // A cancel goes to where the connection leads, whatever the name says by now.
            names = List.of("127.0.0.1");
            on(pool, () -> {
                pool.gateChanged();
                connector.cancel(there);
                return null;
            });
            await("the cancel is there", () -> other.cancels() == 1);
            assertEquals(0, node.cancels());
            await("the cancel is over", () -> on(pool, () -> !there.cancellation().isOnItsWay()));
            release(pool, there);
        }
    }

    @Test
    void ipv6() throws Exception {
        InetAddress loopback = InetAddress.getByName("::1");
        node.close();
        try {
            node = ObligingNode.start(loopback, 0);
        } catch (IOException none) {
            node = ObligingNode.start();
            assumeTrue(false, "this machine has no IPv6");
        }
        host = "::1";
        Pool pool = pool(0, config(9, 0), new Budget("pool.size", 9));
        BackendConnection connection = ask(pool).connection();
        assertEquals(loopback, connection.address().getAddress());
        assertEquals("[::1]:" + node.port() + "/d", pool.endpoint().toString());
        release(pool, connection);
    }
}
