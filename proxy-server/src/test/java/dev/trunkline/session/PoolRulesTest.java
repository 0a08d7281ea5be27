package dev.trunkline.session;

import static dev.trunkline.session.Talk.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.demo.TestNodes;
import dev.trunkline.testing.PgClient;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.BackendMessage.NoticeResponse;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.FrontendMessage.CopyData;
import dev.trunkline.wire.FrontendMessage.Flush;
import dev.trunkline.wire.FrontendMessage.Query;
import dev.trunkline.wire.FrontendMessage.Sync;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What docs/pooling.md says of limits, waiting, modes and clients that vanish, with real nodes. */
@Timeout(300)
class PoolRulesTest {

    private static final String TRUSTED = "users:\n  postgres: { admin: full";

    private static String show(SessionFixture fixture, String view, String column) throws Exception {
        try (Connection admin = DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + fixture.proxy.port()
                + "/trunkline?user=" + SessionFixture.USER);
                Statement statement = admin.createStatement();
                ResultSet rows = statement.executeQuery("SHOW " + view)) {
            rows.next();
            return rows.getString(column);
        }
    }

    private static String detail(List<BackendMessage> messages) {
        ErrorResponse error = (ErrorResponse) messages.stream().filter(ErrorResponse.class::isInstance).findFirst()
                .orElseThrow();
        return error.fields().sqlState() + " " + error.fields().fields();
    }

    // ---- waiting

    /** The notice comes while the client waits, in every protocol, and what follows is whole. */
    @Test
    void whoWaitsLongIsTold() throws Exception {
        try (SessionFixture one = SessionFixture.start(2, "pool: { size: 1, waitNotify: 400ms }");
                PgClient holder = one.client();
                PgClient client = one.client()) {
            long onA = one.key(0, 0);
            long onB = one.key(1, 0);
            List<FrontendMessage[]> requests = List.of(all(new Query("SELECT v FROM items WHERE k = " + onA)),
                    all(run("SELECT v FROM items WHERE k = $1", onA), new Sync()),
                    all(run("SELECT v FROM items WHERE k = $1", onB), run("SELECT v FROM items WHERE k = $1", onA),
                            new Sync()),
                    all(new Query("SELECT count(*) FROM items")),
                    all(new Query("SELECT v FROM items WHERE k = " + onB + "; SELECT v FROM items WHERE k = " + onA)));
            // The connections are there: opening one may take long too.
            ask(client, "SELECT count(*) FROM items");
            for (FrontendMessage[] request : requests) {
                ask(holder, "BEGIN");
                ask(holder, "SELECT v FROM items WHERE k = " + onA);
                client.send(request);
                List<BackendMessage> replies = new ArrayList<>();
                while (replies.isEmpty() || !(replies.getLast() instanceof NoticeResponse)) {
                    replies.add(client.receive());
                }
                NoticeResponse notice = (NoticeResponse) replies.removeLast();
                assertTrue(notice.fields().fields().toString().contains("pool.size"), notice::toString);
                ask(holder, "COMMIT");
                replies.addAll(client.receiveUntilReady());
                client.send(request);
                assertEquals(told(client.receiveUntilReady()), told(replies));
            }
            assertTrue(requests.size() <= one
                    .metric("trunkline_pool_events_total\\{[^}]*event=\"wait_notice\"[^}]*\\} ([0-9.]+)"));
        }
    }

    /** What a view reads may lie on another node by the time that a connection is free; in every protocol. */
    @Test
    void aStatementThatHasWaitedGoesWhereItBelongsNow() throws Exception {
        try (SessionFixture two = SessionFixture.start(2, "pool: { size: 1 }");
                PgClient holder = two.client();
                PgClient client = two.client();
                PgClient other = two.client()) {
            long onA = two.key(0, 0);
            long onB = two.key(1, 0);
            two.onNode(0, "INSERT INTO items VALUES (" + onA + ", 'a')");
            two.onNode(1, "INSERT INTO items VALUES (" + onB + ", 'b')");
            for (FrontendMessage[] request : List.of(all(new Query("SELECT v FROM seen")),
                    all(run("SELECT v FROM seen"), new Sync()),
                    all(new Query("SELECT v FROM seen; SELECT v FROM seen")))) {
                showThrough(two, other, onA, "one-node (a)");
                ask(holder, "BEGIN");
                ask(holder, "SELECT body FROM notes");
                client.send(request);
                SessionFixture.await("it waits", () -> two.connections("waiting") == 1);
                showThrough(two, other, onB, "one-node (b)");
                ask(holder, "COMMIT");
                String replies = told(client.receiveUntilReady());
                assertTrue(replies.contains("row(b)") && !replies.contains("row(a)"), replies);
            }
        }
    }

    /** Makes the view {@code seen} show another row, and waits until the proxy knows. */
    private static void showThrough(SessionFixture two, PgClient client, long key, String routing) throws Exception {
        for (int node = 0; node < 2; node++) {
            two.onNode(node, "CREATE OR REPLACE VIEW seen AS SELECT v FROM items WHERE k = " + key);
        }
        // The node's answer makes the proxy look at the schema again.
        assertEquals("error 42703 Z:I", ask(client, "SELECT nothing FROM items WHERE k = " + two.key(1, 0)));
        SessionFixture.await("the view is known", () -> told(client.query("EXPLAIN (ROUTE) SELECT v FROM seen"))
                .contains(routing));
    }

    /** A statement that has waited is one request, whose time has the wait in it. */
    @Test
    void theWaitIsPartOfTheRequest() throws Exception {
        String seconds = "trunkline_statement_seconds_%s\\{[^}]*routing=\"one-node\"[^}]*\\} ([0-9.]+)";
        try (SessionFixture one = SessionFixture.start(1, "pool: { size: 1 }");
                PgClient holder = one.client();
                PgClient client = one.client()) {
            ask(holder, "BEGIN");
            ask(holder, "SELECT v FROM items WHERE k = 1");
            double secondsBefore = one.value(seconds.formatted("sum"));
            int requestsBefore = one.metric(seconds.formatted("count"));
            client.send(new Query("SELECT v FROM items WHERE k = 1"));
            SessionFixture.await("it waits", () -> one.connections("waiting") == 1);
            TimeUnit.MILLISECONDS.sleep(300);
            ask(holder, "COMMIT");
            client.receiveUntilReady();
            assertEquals(requestsBefore + 1, one.metric(seconds.formatted("count")));
            assertTrue(one.value(seconds.formatted("sum")) - secondsBefore >= 0.3);
        }
    }

    /** A driver takes the notice as a warning of the statement, also between the messages of a prepared one. */
    @Test
    void driversTakeTheNotice() throws Exception {
        try (SessionFixture one = SessionFixture.start(1, "pool: { size: 1, waitNotify: 100ms }");
                PgClient holder = one.client();
                Connection connection = DriverManager.getConnection(one.jdbcUrl() + "&prepareThreshold=1");
                PreparedStatement statement = connection.prepareStatement("SELECT v FROM items WHERE k = ?");
                ExecutorService thread = Executors.newSingleThreadExecutor()) {
            for (int i = 0; i < 3; i++) {
                statement.clearWarnings();
                ask(holder, "BEGIN");
                ask(holder, "SELECT v FROM items WHERE k = 1");
                int before = one.metric("event=\"wait_notice\"[^}]*\\} ([0-9.]+)");
                Future<Boolean> rows = thread.submit(() -> {
                    statement.setLong(1, 1);
                    try (ResultSet result = statement.executeQuery()) {
                        return result.next();
                    }
                });
                SessionFixture.await("it is told",
                        () -> one.metric("event=\"wait_notice\"[^}]*\\} ([0-9.]+)") > before);
                ask(holder, "COMMIT");
                assertEquals(false, rows.get(60, TimeUnit.SECONDS));
                assertTrue(statement.getWarnings().getMessage().contains("waiting for a connection"));
            }
        }
    }

    // ---- limits

    @Test
    void theDatabasesLimitHoldsOverItsNodes() throws Exception {
        try (SessionFixture two = SessionFixture.start(2, "pool: { size: 5 }", "maxConnections: 2");
                PgClient first = two.client();
                PgClient second = two.client();
                PgClient third = two.client()) {
            ask(first, "BEGIN; SELECT v FROM items WHERE k = " + two.key(0, 0));
            ask(second, "BEGIN; SELECT v FROM items WHERE k = " + two.key(1, 0));
            third.send(new Query("SELECT v FROM items WHERE k = " + two.key(0, 0)));
            SessionFixture.await("it waits", () -> two.connections("waiting") == 1);
            assertEquals("databases." + two.database + ".maxConnections", show(two, "POOLS", "limited_by"));
            third.cancel();
            assertEquals("error 57014 Z:I", told(third.receiveUntilReady()));
            // An idle connection to the one node makes room for one to the other.
            ask(second, "ROLLBACK");
            assertEquals("T [SELECT 0] Z:I", ask(third, "SELECT v FROM items WHERE k = " + two.key(0, 0)));
            assertEquals("2", show(two, "DATABASES", "current_connections"));
        }
    }

    @Test
    void theUsersLimitAndTheTotal() throws Exception {
        try (SessionFixture one = SessionFixture.start(TestNodes.nodes(1), "limits: { nodeConnections: 3 }\n" + TRUSTED
                + ", maxConnections: 2 }\n  other: { nodeUser: postgres }\n", "pool: { size: 5, waitTimeout: 300ms }");
                PgClient first = one.client();
                PgClient second = one.client();
                PgClient third = one.client();
                PgClient other = PgClient.login(one.proxy.host(), one.proxy.port(), "other", one.database, null);
                PgClient last = PgClient.login(one.proxy.host(), one.proxy.port(), "other", one.database, null)) {
            // To open one takes longer than anybody waits, where the machine is slow.
            SessionFixture.await("all connections are open", () -> {
                List<String> counted = new ArrayList<>();
                for (PgClient client : List.of(first, second, other)) {
                    counted.add(ask(client, "BEGIN; SELECT count(*) FROM items"));
                }
                for (PgClient client : List.of(first, second, other)) {
                    ask(client, "ROLLBACK");
                }
                return counted.stream().allMatch("[BEGIN] T row(0) [SELECT 1] Z:T"::equals);
            });
            ask(first, "BEGIN; SELECT count(*) FROM items");
            ask(second, "BEGIN; SELECT count(*) FROM items");
            String told = detail(third.query("SELECT count(*) FROM items"));
            assertTrue(told.startsWith("53300") && told.contains("users.postgres.maxConnections"), told);
            // It is another user, whose connections are not bounded.
            assertEquals("T row(0) [SELECT 1] Z:I", ask(other, "SELECT count(*) FROM items"));
            ask(other, "BEGIN; SELECT count(*) FROM items");
            told = detail(last.query("SELECT count(*) FROM items"));
            assertTrue(told.startsWith("53300") && told.contains("limits.nodeConnections"), told);
            assertEquals("2", show(one, "USERS", "current_connections"));
            assertEquals("3", show(one, "NODES", "current_connections"));
        }
    }

    /** Nobody has logged in yet. */
    @Test
    void theMinimumIsThereBeforeAnyClient() throws Exception {
        try (SessionFixture two = SessionFixture.start(TestNodes.nodes(2),
                TRUSTED + ", nodeUser: postgres, pool: { min: 2 } }\n  own: { pool: { min: 3 } }\n")) {
            SessionFixture.await("they are open", () -> two.connections("idle") == 4);
            two.onNode(0, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname ="
                    + " current_database() AND pid <> pg_backend_pid()"
                    + " AND application_name NOT LIKE '%control%'");
            SessionFixture.await("they are replaced", () -> two.backends(0, "true") == 2
                    && two.connections("idle") == 4);
        }
    }

    // ---- modes

    /** Whatever a client leaves on its connection in session mode, the next one finds none of it. */
    @Test
    void inSessionModeAConnectionIsClearedWhenItsClientLeaves() throws Exception {
        try (SessionFixture one = SessionFixture.start(1, "pool: { mode: session, size: 1 }")) {
            one.onNode(0, "CREATE SEQUENCE counted; CREATE TABLE numbered (id serial)");
            try (PgClient numbering = one.client()) {
                // Nobody can tell that it draws a number.
                assertEquals("[INSERT 0 1] Z:I", ask(numbering, "INSERT INTO numbered DEFAULT VALUES"));
            }
            try (PgClient next = one.client()) {
                assertEquals("T error 55000 Z:I", ask(next, "SELECT lastval()"));
            }
            String backend;
            try (PgClient first = one.client()) {
                backend = value(first, "SELECT pg_backend_pid()");
                for (String sql : List.of("SET work_mem = '7MB'", "SELECT nextval('counted')",
                        "CREATE TEMP TABLE mine (a int)", "PREPARE p AS SELECT 1", "SELECT pg_advisory_lock(5)",
                        "DECLARE c CURSOR WITH HOLD FOR SELECT 1")) {
                    assertTrue(!ask(first, sql).contains("error"), sql);
                }
                assertEquals("T row(1) [SELECT 1] Z:I", ask(first, "SELECT lastval()"));
                assertEquals(backend, value(first, "SELECT pg_backend_pid()"));
                assertEquals("[SET] Z:I", ask(first, "SET ROLE pg_monitor"));
            }
            try (PgClient second = one.client()) {
                assertEquals("T row(0) [SELECT 1] Z:I",
                        ask(second, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database ="
                                + " (SELECT oid FROM pg_database WHERE datname = current_database())"));
                assertEquals(backend, value(second, "SELECT pg_backend_pid()"));
                assertEquals("T row(4MB,postgres) [SELECT 1] Z:I",
                        ask(second, "SELECT current_setting('work_mem'), current_user"));
                assertEquals("T error 55000 Z:I", ask(second, "SELECT lastval()"));
                assertEquals("error 42P01 Z:I", ask(second, "SELECT a FROM mine"));
                assertEquals("error 26000 Z:I", ask(second, "EXECUTE p"));
                assertEquals("error 34000 Z:I", ask(second, "FETCH c"));
            }
        }
    }

    @Test
    void inStatementModeNobodyHoldsAConnection() throws Exception {
        try (SessionFixture one = SessionFixture.start(1, "pool: { mode: statement, size: 1, waitTimeout: 60s }");
                PgClient client = one.client();
                PgClient other = one.client()) {
            for (String begin : List.of("BEGIN", "START TRANSACTION", "BEGIN ISOLATION LEVEL SERIALIZABLE",
                    "BEGIN; SELECT 1; COMMIT")) {
                assertEquals("error TL002 Z:I", ask(client, begin));
            }
            assertEquals("1 2 error TL002 Z:I", exchange(client, run("BEGIN"), new Sync()));
            for (int i = 0; i < 3; i++) {
                assertEquals("[INSERT 0 1] Z:I", ask(client, "INSERT INTO items VALUES (" + i + ", 'v')"));
                assertEquals("T row(" + (i + 1) + ") [SELECT 1] Z:I", ask(other, "SELECT count(*) FROM items"));
            }
            // A pipeline to Sync is one statement in this sense.
            assertEquals("1 2 [INSERT 0 1] 1 error 22012 Z:I",
                    exchange(client, run("INSERT INTO items VALUES (7, 'v')"), run("SELECT 1/0"), new Sync()));
            assertEquals("T row(3) [SELECT 1] Z:I", ask(other, "SELECT count(*) FROM items"));
        }
    }

    // ---- clients that vanish

    /** They die at any point of a transaction that none of them commits: nothing of it stays, at the nodes or in the pools. */
    @Test
    void clientsThatDieInATransactionLeaveNothing() throws Exception {
        int size = 3;
        try (SessionFixture two = SessionFixture.start(2, "pool: { size: " + size + ", waitTimeout: 60s }")) {
            ExecutorService threads = Executors.newFixedThreadPool(6);
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                Random random = new Random(42 + i);
                all.add(threads.submit(() -> {
                    for (int n = 0; n < 40; n++) {
                        dieSomewhere(two, random);
                    }
                    return null;
                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
            threads.shutdown();
            two.awaitAllReturned();
            SessionFixture.await("nothing is tested any more", () -> two.connections("tested") == 0);
            for (int node = 0; node < 2; node++) {
                int at = node;
                SessionFixture.await("every backend is at rest", () -> two.backends(at, "state <> 'idle'") == 0);
                assertEquals("0", two.ask(node, "SELECT count(*) FROM items"));
                SessionFixture.await("nothing is locked",
                        () -> SessionFixture.isNothingLeft(two.nodes.get(at), two.database));
                SessionFixture.await("no connection too many", () -> two.backends(at, "true") <= size);
            }
            SessionFixture.await("every permit has its connection",
                    () -> two.backends(0, "true") + two.backends(1, "true") == Integer
                            .parseInt(show(two, "DATABASES", "current_connections")));
            List<PgClient> clients = two.clients(size);
            for (PgClient client : clients) {
                ask(client, "BEGIN");
                for (int node = 0; node < 2; node++) {
                    assertEquals("T row(4MB) [SELECT 1] Z:T", ask(client,
                            "SELECT current_setting('work_mem') FROM (VALUES (1)) one LEFT JOIN items ON k = "
                                    + two.key(node, 0)));
                }
            }
            for (PgClient client : clients) {
                client.close();
            }
        }
    }

    private static void dieSomewhere(SessionFixture two, Random random) throws IOException {
        PgClient client = two.client();
        long key = two.key(random.nextInt(2), random.nextInt(5));
        List<FrontendMessage[]> steps = List.of(all(new Query("BEGIN")),
                all(new Query("SET LOCAL work_mem = '9MB'")),
                all(new Query("INSERT INTO items VALUES (" + key + ", 'v') ON CONFLICT DO NOTHING")),
                all(new Query("SAVEPOINT s")), all(new Query("SELECT pg_advisory_xact_lock(" + random.nextInt(50)
                        + ") FROM (VALUES (1)) one LEFT JOIN items ON k = " + key)),
                all(run("UPDATE items SET v = 'w' WHERE k = $1", key), new Sync()),
                all(run("SELECT v FROM items WHERE k = $1", key), new Flush()), all(new Sync()),
                all(new Query(random.nextBoolean() ? "SELECT 1/0" : "SELECT 1")),
                all(new Query("SELECT repeat('x', 5000) FROM generate_series(1, 300)")),
                all(new Query("COPY items FROM STDIN")), all(new CopyData(Bytes.utf8(key + "\tv\n"))));
        int last = random.nextInt(steps.size());
        for (int i = 0; i <= last; i++) {
            client.send(steps.get(i));
            boolean waits = random.nextInt(4) > 0 && i != 6 && i < 10;
            if (waits) {
                client.receiveUntilReady();
            }
        }
        switch (random.nextInt(3)) {
            case 0 -> client.reset();
            case 1 -> client.close();
            default -> {
                client.cancel();
                client.reset();
            }
        }
    }
}
