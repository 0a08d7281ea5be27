package dev.trunkline.session;

import static dev.trunkline.session.Talk.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.testing.PgClient;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.CopyInResponse;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.FrontendMessage.CopyData;
import dev.trunkline.wire.FrontendMessage.CopyDone;
import dev.trunkline.wire.FrontendMessage.Query;
import dev.trunkline.wire.FrontendMessage.Sync;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * semantics.md 27: a cancel request reaches every node that works for the client's statement, and no other statement, neither the client's
 * next one nor somebody else's on the same connections. {@code -Dtrunkline.cancel.seconds} sets how long it is tried at every moment,
 * {@code -Dtrunkline.cancel.seed} the chances.
 */
@Timeout(7200)
class CancelTest {

    private static final int SECONDS = Integer.getInteger("trunkline.cancel.seconds", 2);
    private static final long SEED = Long.getLong("trunkline.cancel.seed", 1);
    private static final int NODES = 4;
    private static final int CANCELLED = 4;
    private static final int LEFT_ALONE = 2;
    private static final int MOST_DELAY_NANOS = 3_000_000;
    private static final String IN_TIME = "in time";
    private static final String LATE = "too late";

    private static SessionFixture fixture;
    private static final long[] ON = new long[NODES];

    private final AtomicLong keys = new AtomicLong(1_000_000);
    private final AtomicInteger served = new AtomicInteger();
    private final Map<Long, Boolean> done = new ConcurrentHashMap<>();
    private final Map<String, Integer> outcomes = new ConcurrentHashMap<>();

    @BeforeAll
    static void start() throws Exception {
        fixture = SessionFixture.start(NODES, "pool: { size: 2, waitTimeout: 60s }");
        for (int node = 0; node < NODES; node++) {
            ON[node] = fixture.key(node, 0);
            fixture.onNode(node, "INSERT INTO items VALUES (" + ON[node] + ", 'v')");
        }
    }

    @AfterAll
    static void stop() throws Exception {
        fixture.close();
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        fixture.awaitNothingLeft();
    }

    // ---- at every moment

    /** More clients than connections: what is cancelled too late would be somebody else's. */
    @Test
    void onlyTheStatementItIsFor() throws Exception {
        try (Crowd crowd = Crowd.talkingFor(SECONDS, SEED, () -> outcomes.size() == 2)) {
            crowd.add(CANCELLED, random -> {
                try (PgClient client = fixture.client()) {
                    while (!crowd.isOver()) {
                        // A request that finds the statement running is certain where that takes long.
                        cancelOne(client, random, outcomes.containsKey(IN_TIME) ? "0.001" : "0.2");
                        leaveAlone(client, random);
                    }
                }
            });
            crowd.add(LEFT_ALONE, random -> {
                try (PgClient client = fixture.client()) {
                    while (!crowd.isOver()) {
                        leaveAlone(client, random);
                    }
                }
            });
            crowd.await();
        }
        int cancelled = outcomes.getOrDefault(IN_TIME, 0);
        int late = outcomes.getOrDefault(LATE, 0);
        System.out.println((cancelled + late) + " cancel requests, " + cancelled + " in time, from seed " + SEED + ", "
                + served + " statements left alone");
        assertTrue(cancelled > 0 && late > 0, () -> "all at the same moment: " + outcomes);
        for (int node = 0; node < NODES; node++) {
            String there = fixture.ask(node, "SELECT string_agg(k::text, ' ') FROM items WHERE k >= 1000000");
            for (String key : there == null ? new String[0] : there.split(" ")) {
                assertEquals(true, done.remove(Long.valueOf(key)),
                        () -> key + " is there, its client was told it is not");
            }
        }
        done.values().removeIf(was -> !was);
        assertEquals(Map.of(), done, "not there, although their clients were told so");
        fixture.empty();
        for (int node = 0; node < NODES; node++) {
            fixture.onNode(node, "INSERT INTO items VALUES (" + ON[node] + ", 'v')");
        }
    }

    /** What is not to be cancelled: no error, and all of the answer. */
    private void leaveAlone(PgClient client, SplittableRandom random) throws Exception {
        int node = random.nextInt(NODES);
        switch (random.nextInt(3)) {
            case 0 -> assertEquals("T row(v) [SELECT 1] Z:I", ask(client, "SELECT v FROM items WHERE k = " + ON[node]));
            case 1 -> assertEquals("1 2 row(v,) [SELECT 1] Z:I", exchange(client,
                    run("SELECT v, pg_sleep(0.001) FROM items WHERE k = $1", ON[node]), new Sync()));
            default -> assertEquals("T row(4) [SELECT 1] Z:I",
                    ask(client, "SELECT count(*) FROM items WHERE k < 1000000"));
        }
        served.incrementAndGet();
    }

    private void cancelOne(PgClient client, SplittableRandom random, String nap) throws Exception {
        String sleep = "pg_sleep(" + nap + ")";
        long key = keys.incrementAndGet();
        String insert = "INSERT INTO items VALUES (" + key + ", 'w')";
        String one = " FROM items WHERE k = " + ON[random.nextInt(NODES)];
        int readies = 1;
        boolean writes = false;
        switch (random.nextInt(8)) {
            case 0 -> client.send(new Query("SELECT v, " + sleep + one));
            case 1 -> client.send(all(run("SELECT v, " + sleep + one), new Sync()));
            case 2 -> client.send(new Query("SELECT v, " + sleep + " FROM items WHERE k < 1000000"));
            case 3 -> client.send(new Query("SELECT v, generate_series(1, 500) FROM items ORDER BY k LIMIT 3"));
            case 4 -> client.send(new Query("SELECT v" + one + "; SELECT v, " + sleep + one));
            case 5 -> {
                writes = true;
                client.send(new Query(insert));
            }
            case 6 -> {
                writes = true;
                readies = 3;
                // A BEGIN that is cancelled leaves what follows without a transaction, as in PostgreSQL.
                assertEquals("[BEGIN] Z:T", ask(client, "BEGIN"));
                client.send(new Query(insert), new Query("SELECT v, " + sleep + one), new Query("COMMIT"));
            }
            default -> {
                writes = true;
                client.send(all(run("INSERT INTO items VALUES ($1, 'w')", key), run("SELECT " + sleep),
                        new Sync()));
            }
        }
        LockSupport.parkNanos(random.nextInt(MOST_DELAY_NANOS));
        client.cancel();
        String told = "";
        for (int i = 0; i < readies; i++) {
            told = told(client.receiveUntilReady()) + (told.contains("error") ? " after error" : "");
        }
        boolean cancelled = told.contains("error");
        if (cancelled) {
            assertTrue(told.contains("error 57014") || told.contains("[ROLLBACK]"), told);
        }
        assertTrue(told.contains("Z:I"), told);
        outcomes.merge(cancelled ? IN_TIME : LATE, 1, Integer::sum);
        if (writes) {
            done.put(key, !cancelled);
        }
    }

    // ---- in each state, over all nodes

    private static void awaitAsleep(boolean is) throws Exception {
        for (int node = 0; node < NODES; node++) {
            int at = node;
            SessionFixture.await("node " + node, () -> fixture.backends(at, "wait_event = 'PgSleep'") == (is ? 1 : 0));
        }
    }

    @Test
    void everyNodeOfAFanOut() throws Exception {
        try (PgClient client = fixture.client()) {
            client.send(new Query("SELECT v, pg_sleep(60) FROM items"));
            awaitAsleep(true);
            client.cancel();
            assertEquals("T error 57014 Z:I", told(client.receiveUntilReady()));
            awaitAsleep(false);
            client.send(all(parse("", "SELECT v, pg_sleep(60) FROM items ORDER BY k"), bind("", ""), execute(""),
                    new Sync()));
            awaitAsleep(true);
            client.cancel();
            assertEquals("1 2 error 57014 Z:I", told(client.receiveUntilReady()));
            awaitAsleep(false);
            assertEquals("T row(4) [SELECT 1] Z:I", ask(client, "SELECT count(*) FROM items"));
        }
    }

    @Test
    void aFanOutThatWaitsForItsLastConnection() throws Exception {
        List<PgClient> holders = fixture.clients(2);
        try (PgClient client = fixture.client()) {
            for (PgClient holder : holders) {
                ask(holder, "BEGIN");
                ask(holder, "SELECT v FROM items WHERE k = " + ON[NODES - 1]);
            }
            client.send(new Query("SELECT v, pg_sleep(60) FROM items"));
            SessionFixture.await("it waits", () -> fixture.connections("waiting") == 1);
            client.cancel();
            assertEquals("error 57014 Z:I", told(client.receiveUntilReady()));
            for (PgClient holder : holders) {
                holder.close();
            }
            assertEquals("T row(4) [SELECT 1] Z:I", ask(client, "SELECT count(*) FROM items"));
        }
    }

    @Test
    void whileTheClientDoesNotRead() throws Exception {
        for (String from : List.of("FROM items", "FROM items ORDER BY k", "FROM items WHERE k = " + ON[1])) {
            try (PgClient client = fixture.client()) {
                client.send(new Query("SELECT k, repeat('x', 5000), generate_series(1, 20000) " + from));
                SessionFixture.await("a node is held back", () -> {
                    for (int node = 0; node < NODES; node++) {
                        if (fixture.backends(node, "wait_event = 'ClientWrite'") == 1) {
                            return true;
                        }
                    }
                    return false;
                });
                client.cancel();
                String last = "";
                for (BackendMessage m = client.receive(); !word(m).startsWith("Z:"); m = client.receive()) {
                    last = word(m);
                }
                assertEquals("error 57014", last, from);
                assertEquals("T row(4) [SELECT 1] Z:I", ask(client, "SELECT count(*) FROM items"));
            }
        }
    }

    @Test
    void inACopy() throws Exception {
        try (PgClient client = fixture.client()) {
            client.send(new Query("COPY (SELECT pg_sleep(60)) TO STDOUT"));
            SessionFixture.await("it sleeps", () -> fixture.backends(0, "wait_event = 'PgSleep'") == 1);
            client.cancel();
            assertEquals("H error 57014 Z:I", told(client.receiveUntilReady()));
            for (String begin : List.of("", "BEGIN")) {
                String status = begin.isEmpty() ? "Z:I" : "Z:E";
                if (!begin.isEmpty()) {
                    ask(client, begin);
                }
                client.send(new Query("COPY notes FROM STDIN"));
                assertTrue(client.receive() instanceof CopyInResponse);
                client.cancel();
                // PostgreSQL looks for cancel requests again when it has read more rows.
                client.send(new CopyData(Bytes.utf8("1\tone\n")), new CopyDone());
                assertEquals("error 57014 " + status, told(client.receiveUntilReady()));
            }
            assertEquals("[ROLLBACK] Z:I", ask(client, "ROLLBACK"));
            assertEquals("T row(0) [SELECT 1] Z:I", ask(client, "SELECT count(*) FROM notes"));
        }
    }

    /** The transaction is aborted on every node, as on one. */
    @Test
    void inATransactionOverSeveralNodes() throws Exception {
        try (PgClient client = fixture.client()) {
            ask(client, "BEGIN");
            assertEquals("[UPDATE 1] Z:T", ask(client, "UPDATE items SET v = 'w' WHERE k = " + ON[0]));
            assertEquals("T row(v) [SELECT 1] Z:T", ask(client, "SELECT v FROM items WHERE k = " + ON[1]));
            ask(client, "SAVEPOINT s");
            client.send(new Query("SELECT v, pg_sleep(60) FROM items"));
            awaitAsleep(true);
            client.cancel();
            assertEquals("T error 57014 Z:E", told(client.receiveUntilReady()));
            awaitAsleep(false);
            assertEquals("error 25P02 Z:E", ask(client, "SELECT 1"));
            assertEquals("[ROLLBACK] Z:T", ask(client, "ROLLBACK TO s"));
            assertEquals("T row(4) [SELECT 1] Z:T", ask(client, "SELECT count(*) FROM items"));
            assertEquals("[ROLLBACK] Z:I", ask(client, "ROLLBACK"));
            assertEquals("T row(v) [SELECT 1] Z:I", ask(client, "SELECT v FROM items WHERE k = " + ON[0]));
        }
    }

    /** What a COMMIT does before it commits can be cancelled; then the transaction is rolled back, and the client knows. */
    @Test
    void duringACommit() throws Exception {
        fixture.onNode(0, "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
                + " 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END';"
                + "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON notes DEFERRABLE INITIALLY DEFERRED"
                + " FOR EACH ROW EXECUTE FUNCTION slow()");
        try (PgClient client = fixture.client()) {
            ask(client, "BEGIN");
            ask(client, "SELECT v FROM items WHERE k = " + ON[1]);
            assertEquals("[INSERT 0 1] Z:T", ask(client, "INSERT INTO notes VALUES (1, 'v')"));
            client.send(new Query("COMMIT"));
            SessionFixture.await("it commits", () -> fixture.backends(0, "wait_event = 'PgSleep'") == 1);
            client.cancel();
            assertEquals("error 57014 Z:I", told(client.receiveUntilReady()));
            assertEquals("0", fixture.ask(0, "SELECT count(*) FROM notes"));
            assertEquals("T row(4) [SELECT 1] Z:I", ask(client, "SELECT count(*) FROM items"));
        } finally {
            fixture.onNode(0, "DROP TRIGGER slow ON notes; DROP FUNCTION slow()");
        }
    }
}
