package dev.trunkline.pool;

import static dev.trunkline.pool.PoolFixture.LOOPS;
import static dev.trunkline.pool.PoolFixture.SECOND;
import static dev.trunkline.pool.PoolFixture.await;
import static dev.trunkline.pool.PoolFixture.config;
import static dev.trunkline.pool.PoolFixture.idle;
import static dev.trunkline.pool.PoolFixture.patient;
import static dev.trunkline.pool.PoolFixture.status;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.config.PoolConfig;
import dev.trunkline.error.ProxyException;
import dev.trunkline.pool.PoolEvents.Event;
import dev.trunkline.pool.PoolFixture.Client;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who gets which connection when, and what becomes of connections. */
@Timeout(300)
class PoolTest {

    private PoolFixture fixture;

    @BeforeEach
    void start() throws Exception {
        fixture = new PoolFixture();
    }

    @AfterEach
    void stop() throws Exception {
        fixture.close();
    }

    // ---- turns

    /** Clients without end: each releases its connection at once and asks again. */
    private final class Crowd {

        final AtomicInteger served = new AtomicInteger();
        private volatile boolean over;

        Crowd(Pool pool, int clients) throws Exception {
            for (int i = 0; i < clients; i++) {
                fixture.on(pool, () -> {
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
                    fixture.loops.get(fixture.loopOf(pool)).execute(() -> {
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
            crowds.add(new Crowd(fixture.pool(i, config(1, 0), size), 4));
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
        Pool first = fixture.pool(0, config(4, 0), size);
        Pool second = fixture.pool(1, config(4, 0), size);
        Crowd here = new Crowd(first, 12);
        await("the first loop has all", () -> fixture.node.connections() == 4);
        Crowd there = new Crowd(second, 12);
        await("both loops have two", () -> fixture.on(second, () -> status(second).lent() + idle(second)) == 2);
        int before = fixture.node.logins();
        int served = here.served.get() + there.served.get();
        await("they go on", () -> here.served.get() + there.served.get() > served + 2000);
        assertTrue(fixture.node.logins() - before <= 1, "connections are taken from each other without end");
        here.over = true;
        there.over = true;
    }

    @Test
    void whoComesFirstIsServedFirst() throws Exception {
        Pool pool = fixture.pool(0, config(1, 0), new Budget("pool.size", 1));
        BackendConnection only = fixture.ask(pool).connection();
        List<Client> line = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            line.add(fixture.ask(pool));
        }
        for (Client next : line) {
            assertTrue(next.told.isEmpty());
            fixture.release(pool, only);
            assertEquals(only, next.connection());
        }
        fixture.release(pool, only);
    }

    @Test
    void anIdleConnectionIsGivenUpForAnotherPool() throws Exception {
        Budget total = new Budget("limits.nodeConnections", 2);
        Pool first = fixture.pool(0, config(9, 0), total);
        Pool second = fixture.pool(1, config(9, 0), total);
        BackendConnection lent = fixture.ask(first).connection();
        BackendConnection idle = fixture.ask(first).connection();
        fixture.release(first, idle);
        BackendConnection other = fixture.ask(second).connection();
        assertEquals(2, total.held());
        Client waits = fixture.ask(second);
        assertEquals("limits.nodeConnections", fixture.on(second, () -> status(second).limitedBy()));
        fixture.release(first, lent);
        BackendConnection last = waits.connection();
        assertNull(fixture.on(second, () -> status(second).limitedBy()));
        fixture.release(second, other);
        fixture.release(second, last);
        assertEquals(0, fixture.on(first, () -> idle(first)));
    }

    /** A pool that waits at one bound gets past it, finds another one used up, and must not keep the permit of the first. */
    @Test
    void boundsWithinBoundsDontBlockEachOther() throws Exception {
        Budget total = new Budget("limits.nodeConnections", 3);
        Budget database = new Budget("databases.d.maxConnections", 1);
        Pool inside = fixture.pool(0, config(9, 0), database, total);
        Pool outside = fixture.pool(1, config(9, 0), total);
        Pool alsoInside = fixture.pool(2, config(9, 0), database, total);
        BackendConnection one = fixture.ask(inside).connection();
        Client second = fixture.ask(alsoInside);
        List<BackendConnection> two = List.of(fixture.ask(outside).connection(), fixture.ask(outside).connection());
        Client third = fixture.ask(outside);
        fixture.release(inside, one);
        // Either of the two may be first.
        await("one is served", () -> !second.told.isEmpty() || !third.told.isEmpty());
        if (second.told.isEmpty()) {
            fixture.release(outside, third.connection());
            fixture.release(alsoInside, second.connection());
        } else {
            fixture.release(alsoInside, second.connection());
            fixture.release(outside, third.connection());
        }
        fixture.release(outside, two.get(0));
        fixture.release(outside, two.get(1));
        assertTrue(total.held() <= 3 && database.held() <= 1);
    }

    @Test
    void aBoundThatIsLoweredHoldsOnceConnectionsComeBack() throws Exception {
        Budget total = new Budget("limits.nodeConnections", null);
        assertNull(total.bound());
        Pool pool = fixture.pool(0, config(9, 0), total);
        List<BackendConnection> lent = List.of(fixture.ask(pool).connection(), fixture.ask(pool).connection(),
                fixture.ask(pool).connection());
        total.resize(1);
        Client waits = fixture.ask(pool);
        fixture.release(pool, lent.get(0));
        fixture.release(pool, lent.get(1));
        await("the others are closed", () -> total.held() == 1);
        assertTrue(waits.told.isEmpty());
        fixture.release(pool, lent.get(2));
        assertEquals(lent.get(2), waits.connection());
        total.resize(null);
        fixture.release(pool, lent.get(2));
    }

    // ---- waiting

    @Test
    void whoWaitsLongIsToldOnceAndGivesUpInTheEnd() throws Exception {
        Pool pool = fixture.pool(0, config(1, 0), new Budget("databases.d.pool.size", 1));
        BackendConnection only = fixture.ask(pool).connection();
        Client waits = fixture.ask(pool);
        fixture.tick(pool, waits, 4 * SECOND);
        assertTrue(waits.told.isEmpty());
        fixture.tick(pool, waits, 6 * SECOND);
        fixture.tick(pool, waits, 7 * SECOND);
        assertEquals("waiting for a connection to node \"a\": All 1 connections that databases.d.pool.size allows are"
                + " in use. The statement goes on when one becomes free. Shorten transactions, or raise the limit.",
                waits.answer());
        assertTrue(waits.told.isEmpty());
        fixture.tick(pool, waits, 31 * SECOND);
        ProxyException why = (ProxyException) waits.answer();
        assertEquals("53300", why.sqlState());
        assertTrue(why.detail().contains("databases.d.pool.size"), why.detail());
        assertEquals(1, fixture.events.total(Event.WAIT_NOTICE));
        assertEquals(1, fixture.events.total(Event.WAIT_TIMEOUT));
        fixture.release(pool, only);
    }

    @Test
    void nobodyIsToldWhereNobodyIsToBe() throws Exception {
        PoolConfig d = config(1, 0);
        Pool pool = fixture.pool(0, new PoolConfig(d.mode(), 1, 0, d.waitTimeout(), Duration.ZERO, d.idleTimeout(),
                d.checkAfterIdle(), d.maxAge()), new Budget("databases.d.pool.size", 1));
        BackendConnection only = fixture.ask(pool).connection();
        Client waits = fixture.ask(pool);
        fixture.tick(pool, 20 * SECOND);
        assertTrue(waits.told.isEmpty());
        fixture.release(pool, only);
        fixture.release(pool, waits.connection());
    }

    // ---- checks

    @Test
    void aConnectionThatHasIdledIsCheckedAndLent() throws Exception {
        Pool pool = fixture.pool(0, config(2, 0), new Budget("pool.size", 2));
        BackendConnection connection = fixture.ask(pool).connection();
        fixture.release(pool, connection);
        fixture.tick(pool, 31 * SECOND);
        assertEquals(connection, fixture.ask(pool).connection());
        assertEquals(1, fixture.node.logins());
        fixture.release(pool, connection);
        // It has just been used.
        assertEquals(connection, fixture.on(pool, () -> pool.tryAcquire(false)));
        fixture.release(pool, connection);
    }

    /** A firewall has forgotten them: nobody gets one, and one failed check is enough to know. */
    @Test
    void halfOpenConnectionsAreNeverLent() throws Exception {
        Pool pool = fixture.pool(0, patient(5), new Budget("pool.size", 5));
        List<BackendConnection> dead = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            dead.add(fixture.ask(pool).connection());
        }
        for (BackendConnection connection : dead) {
            fixture.release(pool, connection);
        }
        fixture.node.forgetConnections();
        fixture.tick(pool, 31 * SECOND);
        Client client = fixture.ask(pool);
        assertEquals(1, fixture.on(pool, () -> status(pool).tested()));
        assertTrue(client.told.isEmpty());
        fixture.tick(pool, 33 * SECOND);
        BackendConnection fresh = client.connection();
        assertTrue(!dead.contains(fresh));
        assertEquals(1, fixture.events.total(Event.CHECK_FAILURE));
        assertEquals(0, fixture.on(pool, () -> idle(pool)));
        assertEquals(6, fixture.node.logins());
        fixture.release(pool, fresh);
    }

    @Test
    void aNodeThatIsGoneIsNoticedByTheCheck() throws Exception {
        Pool pool = fixture.pool(0, config(1, 0), new Budget("pool.size", 1));
        fixture.release(pool, fixture.ask(pool).connection());
        fixture.node.forgetConnections();
        fixture.tick(pool, 31 * SECOND);
        Client client = fixture.ask(pool);
        fixture.node.down();
        assertEquals("58000", ((ProxyException) client.answer()).sqlState());
        fixture.node.up();
    }

    /** As many logins were tried as clients waited, again and again, though the node had no room for one. */
    @Test
    void aFullNodeIsTriedByOneConnectionUntilItHasRoom() throws Exception {
        fixture.node.room(1);
        Pool pool = fixture.pool(0, patient(20), new Budget("pool.size", 20));
        BackendConnection first = fixture.ask(pool).connection();
        List<Client> waiting = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            waiting.add(fixture.ask(pool));
        }
        await("the node refuses", () -> fixture.node.refused() > 0);
        assertEquals(1, openedAfterAWhile(pool));
        assertEquals(1, openedAfterAWhile(pool));
        fixture.node.room(8);
        await("all but two are served", () -> {
            fixture.tick(pool, 0);
            return status(pool).lent() == 8;
        });
        assertEquals(8, fixture.node.logins());
        assertEquals(1, openedAfterAWhile(pool));
        fixture.node.room(20);
        await("all are served", () -> {
            fixture.tick(pool, 0);
            return status(pool).lent() == 10;
        });
        fixture.release(pool, first);
        for (Client client : waiting) {
            fixture.release(pool, client.connection());
        }
    }

    /** How many connections the pool opens at once when it tries the node again. */
    private int openedAfterAWhile(Pool pool) throws Exception {
        await("what was tried has ended", () -> fixture.on(pool, () -> status(pool).connecting()) == 0);
        int[] opened = new int[1];
        await("the node is tried again", () -> {
            opened[0] = fixture.on(pool, () -> {
                pool.tick(System.nanoTime());
                return status(pool).connecting();
            });
            return opened[0] > 0;
        });
        return opened[0];
    }

    /** DISCARD ALL that is never answered held a permit for as long as TCP tries. */
    @Test
    void aResetThatIsNotAnsweredEnds() throws Exception {
        Budget size = new Budget("pool.size", 1);
        Pool pool = fixture.pool(0, patient(1), size);
        BackendConnection tainted = fixture.ask(pool).connection();
        tainted.taint();
        fixture.node.forgetConnections();
        fixture.release(pool, tainted);
        Client client = fixture.ask(pool);
        fixture.tick(pool, 20 * SECOND);
        assertTrue(client.told.isEmpty());
        fixture.tick(pool, 31 * SECOND);
        fixture.release(pool, client.connection());
        assertEquals(1, size.held());
    }

    // ---- what is kept

    @Test
    void theNumberThatIsKeptIsFilledAndFilledAgain() throws Exception {
        Budget size = new Budget("pool.size", 9);
        List<Pool> all = List.of(fixture.pool(0, config(9, 4), size), fixture.pool(1, config(9, 4), size),
                fixture.pool(2, config(9, 4), size));
        for (Pool pool : all) {
            fixture.tick(pool, 0);
        }
        await("they are there", () -> all.stream().mapToInt(PoolFixture::idle).sum() == 4);
        assertEquals(List.of(2, 1, 1), all.stream().map(PoolFixture::idle).toList());
        fixture.tick(all.getFirst(), 660 * SECOND);
        assertEquals(2, fixture.on(all.getFirst(), () -> idle(all.getFirst())), "idle for longer than idleTimeout");
        fixture.node.down();
        await("the loss is noticed", () -> all.stream().mapToInt(PoolFixture::idle).sum() == 0);
        fixture.tick(all.getFirst(), 0);
        fixture.node.up();
        await("they are back", () -> {
            for (Pool pool : all) {
                fixture.tick(pool, 0);
            }
            return all.stream().mapToInt(PoolFixture::idle).sum() == 4;
        });
    }

    @Test
    void whatIsNotKeptIsClosedAfterItsTime() throws Exception {
        Pool pool = fixture.pool(0, config(9, 1), new Budget("pool.size", 9));
        List<BackendConnection> lent = List.of(fixture.ask(pool).connection(), fixture.ask(pool).connection(),
                fixture.ask(pool).connection());
        for (BackendConnection connection : lent) {
            fixture.release(pool, connection);
        }
        fixture.tick(pool, 500 * SECOND);
        assertEquals(3, fixture.on(pool, () -> idle(pool)));
        fixture.tick(pool, 700 * SECOND);
        await("two are closed", () -> fixture.node.connections() == 1);
        assertEquals(2, fixture.events.total(Event.IDLE_CLOSE));
    }

    @Test
    void connectionsOpenedTogetherDontEndTogether() throws Exception {
        Pool pool = fixture.pool(0, config(60, 60), new Budget("pool.size", 60));
        await("they are there", () -> {
            fixture.tick(pool, 0);
            return fixture.on(pool, () -> idle(pool)) == 20;
        });
        fixture.tick(pool, 47 * 60 * SECOND);
        assertEquals(0, fixture.events.total(Event.AGE_CLOSE));
        fixture.tick(pool, 54 * 60 * SECOND);
        long half = fixture.events.total(Event.AGE_CLOSE);
        assertTrue(half > 0 && half < 20, () -> half + " of 20 closed");
        await("what was too old is replaced", () -> {
            fixture.tick(pool, 0);
            return fixture.on(pool, () -> idle(pool)) == 20;
        });
    }

    @Test
    void inAPauseNothingIsOpened() throws Exception {
        Pool pool = fixture.pool(0, config(9, 3), new Budget("pool.size", 9));
        fixture.gate.pause();
        fixture.tick(pool, 0);
        Client waits = fixture.ask(pool);
        fixture.tick(pool, 6 * SECOND);
        assertEquals("waiting for a connection to node \"a\": Database d is paused. RESUME in the admin database ends"
                + " the pause.", waits.answer());
        assertEquals(0, fixture.node.logins());
        fixture.gate.resume();
        fixture.on(pool, () -> {
            pool.gateChanged();
            return null;
        });
        fixture.release(pool, waits.connection());
    }
}
