package dev.trunkline.session;

import static dev.trunkline.session.Talk.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.backend.BufferMemory;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.trunkline.testing.PgClient;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.FrontendMessage.CopyData;
import dev.trunkline.wire.FrontendMessage.CopyDone;
import dev.trunkline.wire.FrontendMessage.Flush;
import dev.trunkline.wire.FrontendMessage.Query;
import dev.trunkline.wire.FrontendMessage.Sync;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Few connections for many clients: nobody starves, nothing leaks, and a cancel hits what it was meant for. */
@Timeout(300)
class PoolingTest {

    private static SessionFixture fixture;
    private static long onA;
    private static long onB;

    @BeforeAll
    static void start() throws Exception {
        fixture = SessionFixture.start(2, "pool: { size: 2, waitTimeout: 60s }");
        onA = fixture.key(0, 0);
        onB = fixture.key(1, 0);
    }

    @AfterAll
    static void stop() throws Exception {
        fixture.close();
    }

    @BeforeEach
    void fill() throws Exception {
        fixture.empty();
        fixture.onNode(0, "INSERT INTO items VALUES (" + onA + ", 'a')");
        fixture.onNode(1, "INSERT INTO items VALUES (" + onB + ", 'b')");
    }

    @AfterEach
    void poolsAreWhole() throws Exception {
        fixture.awaitNothingLeft();
        assertEachConnectionIsFree(fixture);
    }

    /** As many transactions at once as there are connections: a permit that has leaked would be missed. */
    private static void assertEachConnectionIsFree(SessionFixture fixture) throws Exception {
        List<PgClient> clients = fixture.clients(2);
        for (PgClient client : clients) {
            ask(client, "BEGIN");
            assertEquals("T row(a) [SELECT 1] Z:T", ask(client, "SELECT v FROM items WHERE k = " + onA));
            assertEquals("T row(b) [SELECT 1] Z:T", ask(client, "SELECT v FROM items WHERE k = " + onB));
        }
        for (PgClient client : clients) {
            assertEquals("[ROLLBACK] Z:I", ask(client, "ROLLBACK"));
            client.close();
        }
        fixture.awaitAllReturned();
    }

    @Test
    void manyClientsShareFewConnections() throws Exception {
        List<PgClient> clients = fixture.clients(30);
        for (int round = 0; round < 5; round++) {
            for (PgClient client : clients) {
                client.send(new Query("SELECT v FROM items WHERE k = " + onA));
                client.send(all(run("SELECT v FROM items WHERE k = $1", onB), new Sync()));
                client.send(new Query("SELECT count(*) FROM items"));
            }
            for (PgClient client : clients) {
                assertEquals("T row(a) [SELECT 1] Z:I", told(client.receiveUntilReady()));
                assertEquals("1 2 row(b) [SELECT 1] Z:I", told(client.receiveUntilReady()));
                assertEquals("T row(2) [SELECT 1] Z:I", told(client.receiveUntilReady()));
            }
        }
        assertTrue(fixture.backends(0, "true") <= 3, "more connections than the pool has");
        for (PgClient client : clients) {
            client.close();
        }
    }

    @Test
    void whoWaitsIsServedInTurn() throws Exception {
        List<PgClient> holders = fixture.clients(2);
        for (PgClient holder : holders) {
            ask(holder, "BEGIN");
            ask(holder, "SELECT v FROM items WHERE k = " + onA);
        }
        List<PgClient> waiters = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            PgClient waiter = fixture.client();
            waiter.send(new Query("SELECT txid_current(), v FROM items WHERE k = " + onA));
            int queued = i + 1;
            SessionFixture.await("it waits", () -> fixture.connections("waiting") == queued);
            waiters.add(waiter);
        }
        ask(holders.getFirst(), "COMMIT");
        List<Long> order = new ArrayList<>();
        for (PgClient waiter : waiters) {
            String told = told(waiter.receiveUntilReady());
            order.add(Long.parseLong(told.replaceAll(".*row\\((\\d+),a\\).*", "$1")));
        }
        assertEquals(order.stream().sorted().toList(), order);
        for (PgClient client : holders) {
            client.close();
        }
        for (PgClient client : waiters) {
            client.close();
        }
    }

    /** Also inside a transaction and for a fan-out that has one of its connections already. */
    @Test
    void waitingEndsInAnError() throws Exception {
        try (SessionFixture narrow = SessionFixture.start(2, "pool: { size: 1, waitTimeout: 300ms }")) {
            openConnections(narrow);
            PgClient holder = narrow.client();
            PgClient client = narrow.client();
            ask(holder, "BEGIN");
            assertEquals("T [SELECT 0] Z:T", ask(holder, "SELECT v FROM items WHERE k = " + onB));
            assertEquals("error 53300 Z:I", ask(client, "SELECT v FROM items WHERE k = " + onB));
            assertEquals("error 53300 Z:I", ask(client, "SELECT count(*) FROM items"));
            assertEquals("error 53300 Z:I", ask(client, "SELECT v FROM items WHERE k = " + onA
                    + ";SELECT v FROM items WHERE k = " + onB).replace("T [SELECT 0] ", ""));
            ask(client, "BEGIN");
            assertEquals("T [SELECT 0] Z:T", ask(client, "SELECT v FROM items WHERE k = " + onA));
            assertEquals("error 53300 Z:E", ask(client, "SELECT v FROM items WHERE k = " + onB));
            assertEquals("[ROLLBACK] Z:I", ask(client, "ROLLBACK"));
            assertTrue(exchange(client, run("SELECT v FROM items WHERE k = $1", onA),
                    run("SELECT v FROM items WHERE k = $1", onB), new Sync()).endsWith("error 53300 Z:I"));
            assertEquals("T [SELECT 0] Z:I", ask(client, "SELECT v FROM items WHERE k = " + onA));
            ask(holder, "COMMIT");
            assertEquals("T row(0) [SELECT 1] Z:I", ask(client, "SELECT count(*) FROM items"));
            holder.close();
            client.close();
            narrow.awaitAllReturned();
        }
    }

    /** To open one takes longer than anybody waits, where the machine is slow. */
    private static void openConnections(SessionFixture narrow) throws Exception {
        try (PgClient client = narrow.client()) {
            SessionFixture.await("the connections are open",
                    () -> ask(client, "SELECT count(*) FROM items").equals("T row(0) [SELECT 1] Z:I"));
        }
    }

    /** Parse alone needs a node, and it is Sync that sends it there. */
    @Test
    void aPipelineWhoseSyncFindsNoConnectionEnds() throws Exception {
        try (SessionFixture narrow = SessionFixture.start(2, "pool: { size: 1, waitTimeout: 300ms }");
                PgClient holder = narrow.client();
                PgClient client = narrow.client()) {
            openConnections(narrow);
            ask(holder, "BEGIN");
            assertEquals("T [SELECT 0] Z:T", ask(holder, "SELECT v FROM items WHERE k = " + onA));
            assertEquals("error 53300 Z:I",
                    exchange(client, parse("s", "SELECT v FROM items WHERE k = $1"), new Sync()));
            assertEquals("[ROLLBACK] Z:I", ask(holder, "ROLLBACK"));
            assertEquals("1 Z:I", exchange(client, parse("s", "SELECT v FROM items WHERE k = $1"), new Sync()));
            assertEquals("2 [SELECT 0] Z:I", exchange(client, bind("", "s", onA), execute(""), new Sync()));
        }
    }

    @Test
    void aClientThatLeavesTheQueueTakesNothing() throws Exception {
        List<PgClient> holders = fixture.clients(2);
        for (PgClient holder : holders) {
            ask(holder, "BEGIN");
            ask(holder, "SELECT v FROM items WHERE k = " + onA);
        }
        PgClient waiter = fixture.client();
        waiter.send(new Query("SELECT count(*) FROM items"));
        SessionFixture.await("it waits", () -> fixture.connections("waiting") == 1);
        waiter.reset();
        SessionFixture.await("it is gone", () -> fixture.connections("waiting") == 0);
        for (PgClient holder : holders) {
            holder.close();
        }
    }

    // ---- cancel (semantics.md 27)

    @Test
    void rule27cancelOfOneNodeOfAFanOutAndOfCopy() throws Exception {
        PgClient client = fixture.client();
        client.send(new Query("SELECT pg_sleep(60) FROM items WHERE k = " + onB));
        SessionFixture.await("it sleeps", () -> fixture.backends(1, "wait_event = 'PgSleep'") == 1);
        client.cancel();
        assertTrue(told(client.receiveUntilReady()).endsWith("error 57014 Z:I"));
        client.send(new Query("SELECT v, pg_sleep(60) FROM items"));
        SessionFixture.await("both sleep", () -> fixture.backends(0, "wait_event = 'PgSleep'") == 1
                && fixture.backends(1, "wait_event = 'PgSleep'") == 1);
        client.cancel();
        assertTrue(told(client.receiveUntilReady()).endsWith("error 57014 Z:I"));
        client.send(new Query("COPY notes FROM STDIN"));
        assertEquals("G", word(client.receive()));
        client.cancel();
        // PostgreSQL looks for cancel requests again when it has read more rows.
        client.send(new CopyData(Bytes.utf8("1\tone\n")), new CopyDone());
        assertEquals("error 57014 Z:I", told(client.receiveUntilReady()));
        assertEquals("T row(2) [SELECT 1] Z:I", ask(client, "SELECT count(*) FROM items"));
        client.close();
    }

    /** A cancel that comes when its statement is over hits neither the next one nor anybody else. */
    @Test
    void rule27aLateCancelHitsNothing() throws Exception {
        PgClient client = fixture.client();
        for (int i = 0; i < 30; i++) {
            client.send(new Query("SELECT v FROM items WHERE k = " + onA));
            client.cancel();
            String told = told(client.receiveUntilReady());
            assertTrue(told.equals("T row(a) [SELECT 1] Z:I") || told.endsWith("error 57014 Z:I"), told);
            assertEquals("T row(a) [SELECT 1] Z:I", ask(client, "SELECT v FROM items WHERE k = " + onA));
        }
        client.close();
    }

    @Test
    void aStatementThatWaitsForAConnectionCanBeCancelled() throws Exception {
        List<PgClient> holders = fixture.clients(2);
        for (PgClient holder : holders) {
            ask(holder, "BEGIN");
            ask(holder, "SELECT v FROM items WHERE k = " + onA);
        }
        PgClient waiter = fixture.client();
        waiter.send(new Query("SELECT v FROM items WHERE k = " + onA));
        SessionFixture.await("it waits", () -> fixture.connections("waiting") == 1);
        waiter.cancel();
        assertEquals("error 57014 Z:I", told(waiter.receiveUntilReady()));
        waiter.close();
        for (PgClient holder : holders) {
            holder.close();
        }
    }

    /** semantics.md 21: also while BEGIN has reached no node. */
    @Test
    void rule21aTransactionThatIdlesTooLongEnds() throws Exception {
        PgClient client = fixture.client();
        ask(client, "SET idle_in_transaction_session_timeout = '200ms'");
        ask(client, "BEGIN");
        assertEquals("FATAL 25P03", word(client.receive()));
        assertTrue(client.closedByServer());
        PgClient other = fixture.client();
        // All at once: between two of them the transaction idles.
        other.send(new Query("SET idle_in_transaction_session_timeout = 200"), new Query("BEGIN"),
                new Query("SELECT v FROM items WHERE k = " + onA));
        for (String answer : List.of("[SET] Z:I", "[BEGIN] Z:T", "T row(a) [SELECT 1] Z:T")) {
            assertEquals(answer, told(other.receiveUntilReady()));
        }
        assertEquals("FATAL 25P03", word(other.receive()));
        assertTrue(other.closedByServer());
    }

    // ---- applications

    /** semantics.md 29: HikariCP closes a connection on some SQLSTATEs; a refusal must not be one of them. */
    @Test
    void rule29refusalsLeaveTheApplicationsConnections() throws Exception {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(fixture.jdbcUrl());
        config.setMaximumPoolSize(1);
        try (HikariDataSource source = new HikariDataSource(config)) {
            int before = processId(source);
            for (String refused : List.of("TRUNCATE items", "UPDATE items SET k = k + 1", "DELETE FROM items",
                    "INSERT INTO items VALUES (" + onA + ", 'x'), (" + onB + ", 'y')",
                    "INSERT INTO items VALUES (NULL, 'x')",
                    "SELECT count(*) FROM items HAVING count(*) > 1",
                    "SELEC 1 FROM items", "LOCK TABLE items")) {
                try (Connection connection = source.getConnection();
                        Statement statement = connection.createStatement()) {
                    SQLException refusal = assertThrows(SQLException.class, () -> statement.execute(refused), refused);
                    assertTrue(refusal.getSQLState().startsWith("TL") || refusal.getSQLState().equals("42601"),
                            refused + ": " + refusal.getSQLState() + " " + refusal.getMessage());
                }
                assertEquals(before, processId(source), refused);
            }
        }
    }

    private static int processId(HikariDataSource source) throws SQLException {
        try (Connection connection = source.getConnection()) {
            return connection.unwrap(org.postgresql.PGConnection.class).getBackendPID();
        }
    }

    // ---- disorder

    /** Clients of all kinds that go away at any point; whatever they did, nothing is lost of the pools afterwards. */
    @Test
    void clientsThatVanishLeaveNothingBehind() throws Exception {
        long seed = 20240607;
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                Random random = new Random(seed + i);
                all.add(threads.submit(() -> {
                    for (int n = 0; n < 40; n++) {
                        misbehave(random);
                    }
                    return null;
                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static void misbehave(Random random) throws IOException {
        PgClient client = fixture.client();
        String[] statements = {"SELECT v FROM items WHERE k = " + onA, "SELECT count(*) FROM items",
                "SELECT v FROM items", "BEGIN", "UPDATE items SET v = v WHERE k = " + onB, "SAVEPOINT s", "ROLLBACK",
                "COMMIT", "SELECT 1/0", "SET work_mem = '5MB'", "TRUNCATE items",
                "SELECT v FROM items WHERE k = " + onA + "; SELECT v FROM items WHERE k = " + onB,
                "SELECT repeat('x', 5000) FROM generate_series(1, 300)", "COPY countries TO STDOUT",
                "CREATE TEMP TABLE mine (a int)"};
        int count = random.nextInt(6);
        for (int i = 0; i < count; i++) {
            String statement = statements[random.nextInt(statements.length)];
            switch (random.nextInt(4)) {
                case 0 -> client.send(new Query(statement));
                case 1 -> client.send(all(parse("", statement.replaceAll(";.*", "")), bind("", ""), execute(""),
                        new Sync()));
                case 2 -> client.send(all(parse("", statement.replaceAll(";.*", "")), bind("", ""), execute("", 1),
                        new Flush()));
                default -> {
                    client.send(new Query(statement));
                    client.cancel();
                }
            }
            if (random.nextInt(3) == 0) {
                client.receive(random.nextInt(5));
            }
        }
        if (random.nextBoolean()) {
            client.reset();
        } else {
            client.close();
        }
    }

    /** A client that does not read stops its node, and costs no more than some buffers. */
    @Test
    void aClientThatDoesNotReadStopsItsNode() throws Exception {
        for (String big : List.of("SELECT repeat('x', 8000) FROM generate_series(1, 100000) g LEFT JOIN notes ON false",
                "SELECT v, repeat('x', 8000) FROM items, generate_series(1, 100000)")) {
            PgClient client = fixture.client();
            long before = directBytes();
            client.send(new Query(big));
            SessionFixture.await("the node is blocked", () -> fixture.backends(0, "wait_event = 'ClientWrite'") == 1);
            assertTrue(directBytes() - before < 32 << 20, () -> "it holds " + (directBytes() - before) + " bytes");
            assertEquals("T row(a) [SELECT 1] Z:I", askAnother("SELECT v FROM items WHERE k = " + onA));
            client.reset();
            fixture.awaitAllReturned();
        }
    }

    private static long directBytes() {
        return BufferMemory.bytes();
    }

    private static String askAnother(String sql) throws IOException {
        try (PgClient other = fixture.client()) {
            return ask(other, sql);
        }
    }

    @Test
    void aClientThatWritesByteByByte() throws Exception {
        PgClient client = fixture.client();
        byte[] sql = ("SELECT v FROM items WHERE k = " + onA).getBytes(java.nio.charset.StandardCharsets.UTF_8);
        java.nio.ByteBuffer message = java.nio.ByteBuffer.allocate(sql.length + 6);
        message.put((byte) 'Q').putInt(sql.length + 5).put(sql).put((byte) 0);
        for (byte one : message.array()) {
            client.sendRaw(new byte[]{one});
        }
        assertEquals("T row(a) [SELECT 1] Z:I", told(client.receiveUntilReady()));
        client.close();
    }
}
