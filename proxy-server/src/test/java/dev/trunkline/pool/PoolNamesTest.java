package dev.trunkline.pool;

import static dev.trunkline.pool.PoolFixture.await;
import static dev.trunkline.pool.PoolFixture.config;
import static dev.trunkline.pool.PoolFixture.idle;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.error.ProxyException;
import dev.trunkline.pool.PoolEvents.Event;
import dev.trunkline.testing.ObligingNode;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Where a pool finds its node: names that are looked up, and addresses of both kinds. */
@Timeout(300)
class PoolNamesTest {

    private PoolFixture fixture;

    @BeforeEach
    void start() throws Exception {
        fixture = new PoolFixture();
    }

    @AfterEach
    void stop() throws Exception {
        fixture.close();
    }

    @Test
    void aNameIsLookedUpOffTheLoopAndItsAddressesAreTriedInTurn() throws Exception {
        fixture.host = "node.test";
        // Nobody listens at the first.
        fixture.names = List.of("127.0.0.2", "127.0.0.1");
        Pool pool = fixture.pool(0, config(9, 0), new Budget("pool.size", 9));
        BackendConnection connection = fixture.ask(pool).connection();
        assertEquals("/127.0.0.1", connection.address().getAddress().toString().replaceAll("^.*/", "/"));
        assertEquals("trunkline-resolver", fixture.asked.take());
        BackendConnection second = fixture.ask(pool).connection();
        assertTrue(fixture.asked.isEmpty(), "the addresses hold for a minute");
        assertEquals(0, fixture.events.total(Event.CONNECT_FAILURE));
        fixture.release(pool, connection);
        fixture.release(pool, second);
    }

    @Test
    void aNameThatIsNotKnownFailsAndIsLookedUpAgain() throws Exception {
        fixture.host = "node.test";
        Pool pool = fixture.pool(0, config(9, 0), new Budget("pool.size", 9));
        ProxyException why = (ProxyException) fixture.ask(pool).answer();
        assertEquals("58000", why.sqlState());
        assertTrue(why.detail().contains("the name node.test is not known"), why.detail());
        fixture.names = List.of("127.0.0.1");
        await("the back-off is over", () -> !fixture.on(pool, pool::isDown));
        fixture.release(pool, fixture.ask(pool).connection());
        fixture.names = List.of();
        fixture.on(pool, () -> {
            pool.gateChanged();
            return null;
        });
        List<BackendConnection> both = List.of(fixture.ask(pool).connection(), fixture.ask(pool).connection());
        assertEquals(3, fixture.asked.size(), "the last addresses hold on");
        for (BackendConnection connection : both) {
            fixture.release(pool, connection);
        }
    }

    /** As after a failover by DNS: idle connections to the old address go, the others when they come back. */
    @Test
    void connectionsToAnAddressThatTheHostHasNoLongerRetire() throws Exception {
        fixture.host = "node.test";
        fixture.names = List.of("127.0.0.1");
        try (ObligingNode other = ObligingNode.start(InetAddress.getByName("127.0.0.3"), fixture.node.port())) {
            Pool pool = fixture.pool(0, config(9, 0), new Budget("pool.size", 9));
            BackendConnection lent = fixture.ask(pool).connection();
            fixture.release(pool, fixture.ask(pool).connection());
            fixture.names = List.of("127.0.0.3", "127.0.0.4");
            // What RECONNECT does; the clock would do it after limits.dnsTtl.
            fixture.on(pool, () -> {
                pool.gateChanged();
                return null;
            });
            await("idle connections have gone", () -> {
                fixture.tick(pool, 0);
                return fixture.node.connections() == 1;
            });
            BackendConnection there = fixture.ask(pool).connection();
            assertEquals("127.0.0.3", there.address().getAddress().getHostAddress());
            fixture.release(pool, lent);
            await("the other one has gone", () -> fixture.node.connections() == 0);
            // A cancel goes to where the connection leads, whatever the name says by now.
            fixture.names = List.of("127.0.0.1");
            fixture.on(pool, () -> {
                pool.gateChanged();
                fixture.connector.cancel(there);
                return null;
            });
            await("the cancel is there", () -> other.cancels() == 1);
            assertEquals(0, fixture.node.cancels());
            await("the cancel is over", () -> fixture.on(pool, () -> !there.cancellation().isOnItsWay()));
            fixture.release(pool, there);
        }
    }

    @Test
    void ipv6() throws Exception {
        InetAddress loopback = InetAddress.getByName("::1");
        fixture.node.close();
        try {
            fixture.node = ObligingNode.start(loopback, 0);
        } catch (IOException none) {
            fixture.node = ObligingNode.start();
            assumeTrue(false, "this machine has no IPv6");
        }
        fixture.host = "::1";
        Pool pool = fixture.pool(0, config(9, 0), new Budget("pool.size", 9));
        BackendConnection connection = fixture.ask(pool).connection();
        assertEquals(loopback, connection.address().getAddress());
        assertEquals("[::1]:" + fixture.node.port() + "/d", pool.endpoint().toString());
        fixture.release(pool, connection);
    }
}
