package dev.trunkline.session;

import static dev.trunkline.session.Talk.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.testing.PgClient;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.FrontendMessage.Flush;
import dev.trunkline.wire.FrontendMessage.Query;
import dev.trunkline.wire.FrontendMessage.Sync;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** PostgreSQL's timeouts, on one node and over several, however they are set. */
@Timeout(300)
class TimeoutTest {

    private static SessionFixture fixture;
    private static long onA;
    private static long onB;

    @BeforeAll
    static void start() throws Exception {
        fixture = SessionFixture.start(2, "pool: { size: 1, waitTimeout: 60s }");
        onA = fixture.key(0, 0);
        onB = fixture.key(1, 0);
        fixture.onNode(0, "INSERT INTO items VALUES (" + onA + ", 'a')");
        fixture.onNode(1, "INSERT INTO items VALUES (" + onB + ", 'b')");
    }

    @AfterAll
    static void stop() throws Exception {
        fixture.close();
    }

    @AfterEach
    void allIsReturned() throws Exception {
        fixture.awaitNothingLeft();
    }

    private static void assertTimesOut(List<BackendMessage> replies, char status) {
        ErrorResponse error = (ErrorResponse) replies.stream().filter(ErrorResponse.class::isInstance).findFirst()
                .orElseThrow(() -> new AssertionError(told(replies)));
        assertEquals("57014", error.fields().sqlState());
        assertEquals("canceling statement due to statement timeout", error.fields().message());
        assertTrue(told(replies).endsWith("Z:" + status), () -> told(replies));
    }

    /** However slow the machine is, and be it that this takes longer than the timeout. */
    private static void endTimeout(PgClient client) throws Exception {
        SessionFixture.await("the timeout is over", () -> ask(client, "SET statement_timeout = 0").equals("[SET] Z:I"));
    }

    private static void assertNothingRuns() throws Exception {
        for (int node = 0; node < 2; node++) {
            int at = node;
            SessionFixture.await("node " + node + " is at rest",
                    () -> fixture.backends(at, "wait_event = 'PgSleep'") == 0);
        }
    }

    @Test
    void aStatementOnOneNode() throws Exception {
        try (PgClient client = fixture.client()) {
            ask(client, "SET statement_timeout = '200ms'");
            assertTimesOut(client.query("SELECT pg_sleep(60) FROM items WHERE k = " + onB), 'I');
            endTimeout(client);
            assertEquals("T row(b) [SELECT 1] Z:I", ask(client, "SELECT v FROM items WHERE k = " + onB));
        }
    }

    /** A client of its own that pauses in the middle of a pipeline. */
    private record Pausing(PgClient client, FrontendMessage[] first, FrontendMessage next, String expected) {}

    /**
     * PostgreSQL's clock runs from the first message of a statement to its Execute, and nothing says so before the next message is
     * refused. All pause at the same time; the timeout is a small part of that.
     */
    @Test
    void aPauseBeforeAStatementIsExecuted() throws Exception {
        String select = "SELECT v FROM items WHERE k = $1";
        String timedOut = "error 57014 Z:I";
        List<Pausing> all = new ArrayList<>();
        try {
            for (int port : List.of(fixture.nodes.getFirst().port(), fixture.proxy.port())) {
                all.add(pausing(port, new Sync(), "1 " + timedOut, parse("p", select)));
                all.add(pausing(port, new Query("SELECT 1"), "1 " + timedOut, parse("p", select)));
                all.add(pausing(port, new Sync(), "2 " + timedOut, bind("", "known", onA)));
                all.add(pausing(port, new Sync(), "t[20] T " + timedOut, describeStatement("known")));
                all.add(pausing(port, new Sync(), "1 2 [BEGIN] 1 error 57014 Z:E", run("BEGIN"), parse("p", select)));
                // Between two statements it does not run, nor for what executes nothing.
                all.add(pausing(port, new Sync(), "1 2 [BEGIN] Z:T", (Object) run("BEGIN")));
                all.add(pausing(port, new Sync(), "3 Z:I", closeStatement("none")));
            }
            all.add(pausing(fixture.proxy.port(), new Sync(), "1 " + timedOut, parse("p", "SHOW trunkline.fan_out")));
            all.add(pausing(fixture.proxy.port(), new Sync(), "1 2 row(b) [SELECT 1] Z:I", (Object) run(select, onB)));
            for (Pausing one : all) {
                one.client.send(one.first);
                one.client.send(new Flush());
            }
            shortPauses(2_500_000_000L);
            for (Pausing one : all) {
                one.client.send(one.next);
                assertEquals(one.expected, told(one.client.receiveUntilReady()));
            }
        } finally {
            for (Pausing one : all) {
                one.client.close();
            }
        }
    }

    /** A client far away whose statements are all short: the pauses of one after the other were taken for one. */
    private static void shortPauses(long nanos) throws Exception {
        long until = System.nanoTime() + nanos;
        try (PgClient client = fixture.client()) {
            ask(client, "SET statement_timeout = '2s'");
            while (System.nanoTime() - until < 0) {
                client.send(all(parse("", "SELECT v FROM items WHERE k = $1"), describeStatement(""), new Flush()));
                TimeUnit.MILLISECONDS.sleep(250);
                assertEquals("1 t[20] T 2 row(a) [SELECT 1] Z:I", exchange(client, bind("", "", onA), execute(""),
                        new Sync()));
            }
        }
    }

    private static Pausing pausing(int port, FrontendMessage next, String expected, Object... first) throws Exception {
        PgClient client = PgClient.login("127.0.0.1", port, SessionFixture.USER, fixture.database, null);
        // From here on nobody asks a node what the statement is.
        exchange(client, parse("known", "SELECT v FROM items WHERE k = $1"), describeStatement("known"),
                bind("", "known", onA), execute(""), new Sync());
        ask(client, "SET statement_timeout = '500ms'");
        return new Pausing(client, all(first), next, expected);
    }

    @Test
    void aStatementOnSeveralNodes() throws Exception {
        try (PgClient client = fixture.client()) {
            for (String set : List.of("SET statement_timeout = 200", "SET statement_timeout TO '0.2s'",
                    "SELECT set_config('statement_timeout', '200ms', false)")) {
                ask(client, set);
                assertTimesOut(client.query("SELECT v, pg_sleep(60) FROM items"), 'I');
                assertTimesOut(client.exchange(all(run("SELECT v, pg_sleep(60) FROM items ORDER BY k"), new Sync())),
                        'I');
                endTimeout(client);
                assertNothingRuns();
                assertEquals("T row(2) [SELECT 1] Z:I", ask(client, "SELECT count(*) FROM items"));
            }
            ask(client, "BEGIN");
            ask(client, "SET LOCAL statement_timeout = '200ms'");
            assertTimesOut(client.query("SELECT v, pg_sleep(60) FROM items"), 'E');
            assertTrue(ask(client, "ROLLBACK").endsWith("Z:I"));
            assertNothingRuns();
        }
    }

    /** Each node would have its own time, one after the other, if there were not one clock for them all. */
    @Test
    void nodesThatAreAskedOneAfterTheOther() throws Exception {
        try (PgClient client = fixture.client()) {
            ask(client, "SET statement_timeout = '600ms'");
            long before = System.nanoTime();
            assertTimesOut(client.exchange(all(parse("", "SELECT v, pg_sleep(0.4) FROM items"), bind("", ""),
                    execute("", 5), new Sync())), 'I');
            long millis = (System.nanoTime() - before) / 1_000_000;
            assertTrue(millis >= 590, () -> "after " + millis + " ms");
        }
    }

    @Test
    void waitingForAConnectionCounts() throws Exception {
        try (PgClient holder = fixture.client();
                PgClient client = fixture.client();
                PgClient other = fixture.client()) {
            ask(client, "SET statement_timeout = '200ms'");
            ask(holder, "BEGIN");
            ask(holder, "SELECT v FROM items WHERE k = " + onA);
            assertTimesOut(client.query("SELECT v FROM items WHERE k = " + onA), 'I');
            assertTimesOut(client.exchange(all(run("SELECT v FROM items"), new Sync())), 'I');
            ask(other, "BEGIN");
            assertEquals("T row(b) [SELECT 1] Z:T", ask(other, "SELECT v FROM items WHERE k = " + onB));
            ask(other, "SET LOCAL statement_timeout = '200ms'");
            assertTimesOut(other.query("SELECT v FROM items"), 'E');
            assertTrue(ask(other, "ROLLBACK").endsWith("Z:I"));
            assertEquals("[COMMIT] Z:I", ask(holder, "COMMIT"));
            endTimeout(client);
            assertEquals("T row(a) [SELECT 1] Z:I", ask(client, "SELECT v FROM items WHERE k = " + onA));
        }
    }

    @Test
    void byTheStartupMessageAndByTheDatabase() throws Exception {
        try (PgClient client = PgClient.connect("127.0.0.1", fixture.proxy.port())) {
            client.login(Map.of("user", SessionFixture.USER, "database", fixture.database, "statement_timeout", "200"),
                    null);
            assertTimesOut(client.query("SELECT pg_sleep(60) FROM items WHERE k = " + onA), 'I');
            assertTimesOut(client.query("SELECT v, pg_sleep(60) FROM items"), 'I');
            endTimeout(client);
            assertEquals("T row(1) [SELECT 1] Z:I", ask(client, "SELECT 1 FROM (SELECT pg_sleep(0.4)) s"));
        }
        // What ALTER DATABASE says holds at the nodes for statements, and at the proxy for what no node sees.
        try (SessionFixture own = SessionFixture.start(2, "pool: { size: 2 }")) {
            for (int node = 0; node < 2; node++) {
                // A new table has the proxy look at the node again.
                own.onNode(node, "ALTER DATABASE " + own.database + " SET idle_session_timeout = '300ms';"
                        + "CREATE TABLE other (a int)");
            }
            SessionFixture.await("the proxy knows", () -> {
                try (PgClient client = own.client()) {
                    // What a node doesn't know has the proxy look at once.
                    client.send(new Query("SELECT * FROM no_such_table"));
                    BackendMessage last;
                    do {
                        last = client.receive(1000);
                    } while (last != null && !word(last).startsWith("FATAL"));
                    return last != null && word(last).equals("FATAL 57P05");
                }
            });
        }
    }

    @Test
    void locks() throws Exception {
        try (PgClient client = fixture.client()) {
            ask(client, "SET lock_timeout = '100ms'");
            try (Connection holder = fixture.nodes.get(1).connect(fixture.database);
                    Statement statement = holder.createStatement()) {
                holder.setAutoCommit(false);
                statement.execute("SELECT * FROM items FOR UPDATE");
                assertEquals("error 55P03 Z:I", ask(client, "UPDATE items SET v = v WHERE k = " + onB));
                assertTrue(exchange(client, run("UPDATE items SET v = v WHERE k = $1", onB), new Sync())
                        .endsWith("error 55P03 Z:I"));
                holder.rollback();
            }
            assertEquals("[UPDATE 1] Z:I", ask(client, "UPDATE items SET v = v WHERE k = " + onB));
        }
    }

    /** One clock, whether a node has seen the transaction or not, and whichever has. */
    @Test
    void aTransaction() throws Exception {
        for (List<String> statements : List.of(List.<String>of(), List.of("SELECT v FROM items WHERE k = " + onA),
                List.of("SELECT v FROM items WHERE k = " + onB, "SELECT pg_sleep(60) FROM items WHERE k = " + onA),
                List.of("SELECT v, pg_sleep(60) FROM items"))) {
            PgClient client = fixture.client();
            ask(client, "SET transaction_timeout = '300ms'");
            ask(client, "BEGIN");
            client.send(statements.stream().map(Query::new).toArray(Query[]::new));
            String told;
            do {
                told = word(client.receive());
            } while (!told.startsWith("FATAL"));
            assertEquals("FATAL 25P04", told);
            assertTrue(client.closedByServer());
            assertNothingRuns();
            fixture.awaitAllReturned();
        }
    }

    @Test
    void idlingInATransaction() throws Exception {
        PgClient client = fixture.client();
        ask(client, "BEGIN");
        ask(client, "SET LOCAL idle_in_transaction_session_timeout = '200ms'");
        assertEquals("FATAL 25P03", word(client.receive()));
        assertTrue(client.closedByServer());
    }

    /** The session's, and not that of a connection that idles in the pool. */
    @Test
    void idling() throws Exception {
        PgClient client = fixture.client();
        assertEquals("T row(a) [SELECT 1] Z:I", ask(client, "SELECT v FROM items WHERE k = " + onA));
        assertEquals("error 22023 Z:I", ask(client, "SET idle_session_timeout = 'a while'"));
        String backend = "SELECT pg_backend_pid() || current_setting('idle_session_timeout') FROM items WHERE k = ";
        // All at once: between two of them the client idles.
        client.send(new Query("SET idle_session_timeout = '400ms'"), new Query(backend + onA),
                new Query(backend + onB), new Query("BEGIN"));
        assertEquals("[SET] Z:I", told(client.receiveUntilReady()));
        String[] backends = new String[2];
        for (int node = 0; node < 2; node++) {
            backends[node] = told(client.receiveUntilReady()).replaceFirst("T row\\((\\d+)\\).*", "$1");
            assertTrue(backends[node].matches("\\d+0"), backends[node]);
        }
        assertEquals("[BEGIN] Z:T", told(client.receiveUntilReady()));
        assertEquals(null, client.receive(1000), "not while a transaction is open");
        client.send(new Query("COMMIT"));
        assertEquals("[COMMIT] Z:I", told(client.receiveUntilReady()));
        assertEquals("FATAL 57P05", word(client.receive()));
        assertTrue(client.closedByServer());
        try (PgClient other = fixture.client()) {
            assertEquals(backends[0], value(other, backend + onA));
            assertEquals(null, other.receive(600));
        }
    }
}
