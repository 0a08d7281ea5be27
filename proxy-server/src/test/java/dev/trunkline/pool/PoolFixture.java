package dev.trunkline.pool;

import static org.junit.jupiter.api.Assertions.assertTrue;

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

/** Pools over real sockets to a node that agrees to everything, on three loops in turn; their clock is moved by hand. */
final class PoolFixture {

    static final int LOOPS = 3;
    static final long SECOND = 1_000_000_000L;

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(LOOPS,
            new DefaultThreadFactory("pool-test", true), NioIoHandler.newFactory());
    final List<EventLoop> loops = new ArrayList<>();
    final PoolGate gate = new PoolGate();
    final PoolEvents events = new PoolEvents();
    private final List<Pool> pools = new ArrayList<>();
    final BackendConnector connector = new BackendConnector(NioSocketChannel.class, "test", 10,
            new Keepalive(new KeepaliveConfig(Duration.ofMinutes(1), Duration.ofSeconds(10), 3)),
            new NodeAddresses(Duration.ofMinutes(1), this::lookup));
    ObligingNode node;
    /** The host of pools that are not told another one; {@code node.test} is looked up in {@link #names}. */
    String host = "127.0.0.1";
    final BlockingQueue<String> asked = new LinkedBlockingQueue<>();
    volatile List<String> names = List.of();

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

    PoolFixture() throws IOException {
        group.forEach(loop -> loops.add((EventLoop) loop));
        node = ObligingNode.start();
    }

    void close() throws Exception {
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
    static final class Client implements Waiter {

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

    static PoolConfig config(int size, int min) {
        PoolConfig d = PoolConfig.DEFAULT;
        return new PoolConfig(d.mode(), size, min, d.waitTimeout(), d.waitNotify(), d.idleTimeout(),
                d.checkAfterIdle(), d.maxAge());
    }

    /** Its sessions wait for longer than anything else takes, and hear nothing. */
    static PoolConfig patient(int size) {
        PoolConfig d = PoolConfig.DEFAULT;
        return new PoolConfig(d.mode(), size, 0, Duration.ofMinutes(5), Duration.ZERO, d.idleTimeout(),
                d.checkAfterIdle(), d.maxAge());
    }

    Pool pool(int loop, PoolConfig config, Budget... budgets) {
        PoolKey key = new PoolKey(0, new NodeCredential.None("u" + pools.size()), null, null);
        Pool pool = new Pool(loops.get(loop), "d", key, new NodeEndpoint(0, "a", host, node.port(), "d"),
                PoolLimits.of(config, loop, LOOPS), List.of(budgets), gate, since -> false, new NodeTraffic(), events,
                connector);
        pools.add(pool);
        return pool;
    }

    <T> T on(Pool pool, Callable<T> task) throws Exception {
        return loops.get(loopOf(pool)).submit(task).get(60, TimeUnit.SECONDS);
    }

    int loopOf(Pool pool) {
        return pools.indexOf(pool) % LOOPS;
    }

    Client ask(Pool pool) throws Exception {
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

    static PoolStatus status(Pool pool) {
        return pool.status(System.nanoTime());
    }

    static int idle(Pool pool) {
        return status(pool).idle();
    }

    void release(Pool pool, BackendConnection connection) throws Exception {
        on(pool, () -> {
            pool.release(connection);
            return null;
        });
    }

    void tick(Pool pool, long later) throws Exception {
        on(pool, () -> {
            pool.tick(System.nanoTime() + later);
            return null;
        });
    }

    /** A tick when a client has waited for so long, to the nanosecond, however long the test has taken. */
    void tick(Pool pool, Client client, long waited) throws Exception {
        on(pool, () -> {
            pool.tick(client.sinceNanos + waited);
            return null;
        });
    }

    static void await(String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + 60 * SECOND;
        while (!condition.call()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("not within 60 s: " + what);
            }
            Thread.sleep(2);
        }
    }
}
