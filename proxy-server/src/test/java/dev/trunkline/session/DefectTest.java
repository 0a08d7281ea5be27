package dev.trunkline.session;

import static dev.trunkline.session.Talk.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.CatalogBuilder;
import dev.trunkline.config.FanOutPolicy;
import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.testing.PgClient;
import dev.trunkline.testing.RunningProxy;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.FrontendMessage.Query;
import dev.trunkline.wire.FrontendMessage.Sync;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Defects of the proxy itself: an Error, or a statement that needs more stack than there is. They cost the client that met them its
 * session or its statement, and nobody else anything.
 */
@Timeout(300)
class DefectTest {

    private static final List<RunningNode> NODES = TestNodes.nodes(2);

    /** Where the source of the catalog fails next. */
    private enum Place {
        NOWHERE,
        A_MESSAGE_IS_TAKEN,
        AN_ERROR_COMES_FROM_A_NODE,
        THE_CLOCK_TICKS
    }

    private static final String DEFECT = "FATAL XX000 internal error: AssertionError";

    private static volatile Place broken = Place.NOWHERE;
    private static volatile boolean outOfMemory;
    private static String database;
    private static RunningProxy proxy;
    private PgClient client;

    private static final class Faulty extends RunningProxy.Fixed {

        Faulty(Catalog catalog) {
            super(catalog);
        }

        private static void failAt(Place place) {
            if (broken == place) {
                broken = Place.NOWHERE;
                throw outOfMemory ? new OutOfMemoryError("Java heap space") : new AssertionError("a defect");
            }
        }

        @Override
        public String unverified(int node) {
            failAt(Place.A_MESSAGE_IS_TAKEN);
            return null;
        }

        @Override
        public void refreshNow() {
            failAt(Place.AN_ERROR_COMES_FROM_A_NODE);
        }

        @Override
        public String roleDefault(String login, String setting) {
            if (setting.equals("idle_session_timeout")) {
                failAt(Place.THE_CLOCK_TICKS);
            }
            return null;
        }
    }

    @BeforeAll
    static void start() throws Exception {
        database = TestNodes.createDatabase("defect", NODES);
        for (RunningNode node : NODES) {
            TestNodes.execute(node, database, "CREATE TABLE kv (k int PRIMARY KEY, v text)");
        }
        // One connection to each node: one that is not given back leaves none for the next client.
        proxy = RunningProxy.over("""
                listen: { host: 127.0.0.1, port: 0 }
                monitoring: { host: 127.0.0.1, port: 0 }
                databases:
                  %s:
                    fanOut: allow
                    pool: { size: 1, waitTimeout: 2s }
                    nodes: { a: { primary: 127.0.0.1:%d }, b: { primary: 127.0.0.1:%d } }
                    shardMap: { a: 0-127, b: 128-255 }
                    tables: { kv: { shardKey: k } }
                users: { postgres: { admin: full } }
                """.formatted(database, NODES.get(0).port(), NODES.get(1).port()),
                Map.of(database, new Faulty(new CatalogBuilder(database).nodes("a", "b")
                        .table("kv", "k int4 not null", "v text").sharded("kv", "k").fanOut(FanOutPolicy.ALLOW)
                        .build())));
    }

    @AfterAll
    static void stop() throws Exception {
        proxy.close();
        TestNodes.dropDatabase(database, NODES);
    }

    @BeforeEach
    void connect() throws Exception {
        broken = Place.NOWHERE;
        outOfMemory = false;
        client = login();
    }

    private static PgClient login() throws Exception {
        return PgClient.login("127.0.0.1", proxy.port(), "postgres", database, null);
    }

    private void assertEndsWith(String told) throws Exception {
        ErrorResponse error = (ErrorResponse) client.receive();
        assertEquals(told, word(error) + " " + error.fields().message());
        assertTrue(client.closedByServer());
        assertNobodyElseIsHurt();
    }

    /** Both connections are free, and what was done there is undone. */
    private static void assertNobodyElseIsHurt() throws Exception {
        try (PgClient next = login()) {
            SessionFixture.await("the connections are free", () -> ask(next, "SELECT count(*) FROM kv")
                    .equals("T row(0) [SELECT 1] Z:I"));
        }
        for (RunningNode node : NODES) {
            SessionFixture.await("nothing runs or is locked", () -> SessionFixture.isNothingLeft(node, database));
        }
    }

    @Test
    void whileAMessageIsTaken() throws Exception {
        broken = Place.A_MESSAGE_IS_TAKEN;
        client.send(new Query("SELECT v FROM kv WHERE k = 1"));
        assertEndsWith(DEFECT);
    }

    @Test
    void whileThereIsNoMemory() throws Exception {
        outOfMemory = true;
        broken = Place.A_MESSAGE_IS_TAKEN;
        client.send(new Query("SELECT v FROM kv WHERE k = 1"));
        assertEndsWith("FATAL 53200 out of memory");
    }

    /** One of its connections may have been told half of something: both are closed, what was written there is undone. */
    @Test
    void inATransactionOverSeveralNodes() throws Exception {
        ask(client, "BEGIN");
        assertEquals("T row(0) [SELECT 1] Z:T", ask(client, "SELECT count(*) FROM kv"));
        assertEquals("[INSERT 0 1] Z:T", ask(client, "INSERT INTO kv VALUES (1, 'never')"));
        broken = Place.AN_ERROR_COMES_FROM_A_NODE;
        client.send(new Query("SELECT no_such_column FROM kv WHERE k = 1"));
        assertEndsWith(DEFECT);
    }

    @Test
    void inAPipeline() throws Exception {
        broken = Place.AN_ERROR_COMES_FROM_A_NODE;
        client.send(all(run("INSERT INTO kv VALUES (1, 'never')"), run("SELECT no_such_column FROM kv WHERE k = 1"),
                new Sync()));
        assertEquals("1", word(client.receive()));
        assertEquals("2", word(client.receive()));
        assertEquals("[INSERT 0 1]", word(client.receive()));
        // Sync was sent: whether that commits is what the session does not know any more.
        assertEndsWith("FATAL 08007 connection to node \"b\" was lost during commit: the outcome is unknown");
    }

    /** The clock goes on for everybody else: who waits in line is still told when the time is up. */
    @Test
    void whenTheClockTicks() throws Exception {
        ask(client, "SET work_mem = '5MB'");
        broken = Place.THE_CLOCK_TICKS;
        client.send(new Query("SET work_mem = '6MB'"));
        // Who comes first is chance.
        BackendMessage next = client.receive();
        while (!(next instanceof ErrorResponse)) {
            next = client.receive();
        }
        assertEquals("FATAL XX000", word(next));
        assertTrue(client.closedByServer());
        assertNobodyElseIsHurt();
        try (PgClient holder = login(); PgClient waiter = login()) {
            ask(holder, "BEGIN");
            assertEquals("T row(0) [SELECT 1] Z:T", ask(holder, "SELECT count(*) FROM kv"));
            assertEquals("error 53300 Z:I", ask(waiter, "SELECT count(*) FROM kv"));
            assertEquals("[ROLLBACK] Z:I", ask(holder, "ROLLBACK"));
        }
    }

    /** However deep, it has an answer or is refused for its depth, and its transaction is in the state that it says it is. */
    @ParameterizedTest
    @ValueSource(strings = {"SELECT (%1 1 %2) FROM kv WHERE k = 1|(|)",
            "SELECT v FROM kv WHERE k = 1 AND (%1 v = 'x' %2)|(v = 'y' OR |)",
            "SELECT v FROM kv WHERE %1 k = 1 %2|(k = 1 AND (v = 'x' OR |))",
            "SELECT v FROM kv WHERE %1 k = 1 %2|(k = 2 OR |)",
            "SELECT %1 1 %2 FROM kv|CASE WHEN true THEN | END",
            "SELECT * FROM %1 kv %2 WHERE k = 1|(SELECT * FROM |) s",
            "SELECT v FROM kv WHERE k = %1 1 %2|abs(|)", "SELECT 1 %1 %2|UNION ALL SELECT 1 |", "SELECT 1 %1 %2|+ 1|",
            "SELECT v FROM kv WHERE k = 1 %1 %2| AND v <> 'x'|", "SELECT ARRAY%1 1 %2 FROM kv WHERE k = 1|[|]"})
    void deepStatements(String shape) throws Exception {
        String[] parts = shape.split("\\|", -1);
        for (int depth : new int[]{50, 800, 4_000, 20_000}) {
            String sql = parts[0].replace("%1", parts[1].repeat(depth)).replace("%2", parts[2].repeat(depth));
            String told = ask(client, sql);
            assertTrue(told.endsWith("Z:I") && !told.contains("XX000"), () -> depth + ": " + brief(told));
            ask(client, "BEGIN");
            String again = exchange(client, run(sql), new Sync());
            boolean refused = again.contains("error");
            assertEquals(refused, again.endsWith("Z:E"), () -> depth + ": " + brief(again));
            assertTrue(!again.contains("XX000"), () -> depth + ": " + brief(again));
            assertEquals("[ROLLBACK] Z:I", ask(client, "ROLLBACK"));
        }
        assertEquals("T row(0) [SELECT 1] Z:I", ask(client, "SELECT count(*) FROM kv"));
        client.close();
    }

    private static String brief(String told) {
        return told.substring(0, Math.min(200, told.length()));
    }
}
