package dev.trunkline.session;

import static dev.trunkline.session.Talk.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.demo.EmbeddedPostgres;
import dev.trunkline.demo.NodeOptions;
import dev.trunkline.demo.RunningNode;
import dev.trunkline.testing.PgClient;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.FrontendMessage.Flush;
import dev.trunkline.wire.FrontendMessage.Query;
import dev.trunkline.wire.FrontendMessage.Sync;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connections to nodes, and nodes, that are lost at every point of a session (semantics.md 28). */
@Timeout(300)
class NodeLossTest {

    private static List<RunningNode> nodes;
    private static SessionFixture fixture;
    private static long onA;
    private static long onB;
    private PgClient client;

    @BeforeAll
    static void start() throws Exception {
        nodes = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            nodes.add(EmbeddedPostgres.start(NodeOptions.forTests()));
        }
        fixture = SessionFixture.start(nodes, "");
        onA = fixture.key(0, 0);
        onB = fixture.key(1, 0);
    }

    @AfterAll
    static void stop() throws Exception {
        fixture.close();
        for (RunningNode node : nodes) {
            node.close();
        }
    }

    @BeforeEach
    void connect() throws Exception {
        fixture.empty();
        client = fixture.client();
    }

    @AfterEach
    void allIsReturned() throws Exception {
        client.close();
        fixture.awaitNothingLeft();
    }

    private static void terminate(int node) throws Exception {
        fixture.onNode(node, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname ="
                + " current_database() AND pid <> pg_backend_pid()"
                + " AND application_name NOT LIKE '%control%'");
    }

    private static String insert(long key) {
        return "INSERT INTO items VALUES (" + key + ", 'v')";
    }

    private static String select(long key) {
        return "SELECT v FROM items WHERE k = " + key;
    }

    private static ErrorResponse error(List<BackendMessage> messages) {
        return (ErrorResponse) messages.stream().filter(ErrorResponse.class::isInstance).findFirst().orElseThrow();
    }

    @Test
    void idleConnectionsGoUnnoticed() throws Exception {
        assertEquals("T [SELECT 0] Z:I", ask(client, select(onA)));
        terminate(0);
        SessionFixture.await("the pool has noticed", () -> fixture.connections("idle") == 0
                || !ask(client, select(onB)).isEmpty());
        assertEquals("T [SELECT 0] Z:I", ask(client, select(onA)));
    }

    /** semantics.md 28: 58000 with the node in DETAIL, in a transaction that is aborted from then on. */
    @Test
    void rule28insideATransaction() throws Exception {
        ask(client, "BEGIN");
        ask(client, insert(onA));
        ask(client, "SAVEPOINT s");
        terminate(0);
        String next = ask(client, select(onA));
        assertTrue(next.equals("error 58000 Z:E") || next.equals("error 25P02 Z:E"), next);
        assertEquals("error 25P02 Z:E", ask(client, "ROLLBACK TO s"));
        assertEquals("[ROLLBACK] Z:I", ask(client, "COMMIT"));
        assertEquals("0", fixture.ask(0, "SELECT count(*) FROM items"));
    }

    @Test
    void rule28aReadThatIsLostIs58000() throws Exception {
        client.send(new Query("SELECT pg_sleep(60) FROM notes RIGHT JOIN (VALUES (1)) one ON true"));
        SessionFixture.await("it sleeps", () -> fixture.backends(0, "query LIKE '%pg_sleep(60)%'") == 1);
        terminate(0);
        List<BackendMessage> replies = client.receiveUntilReady();
        assertEquals("58000", error(replies).fields().sqlState());
        assertTrue(error(replies).fields().fields().toString().contains("Node a"), replies::toString);
        assertEquals("T [SELECT 0] Z:I", ask(client, select(onA)));
    }

    /** semantics.md 28: nobody knows whether a write that commits by itself has happened. */
    @Test
    void rule28anAutocommitWriteThatIsLostIs08007() throws Exception {
        client.send(new Query("INSERT INTO notes SELECT 1, pg_sleep(60)::text"));
        SessionFixture.await("it sleeps", () -> fixture.backends(0, "query LIKE '%pg_sleep(60)%'") == 1);
        terminate(0);
        assertEquals("error 08007 Z:I", told(client.receiveUntilReady()));
    }

    /** semantics.md 28: before Sync nothing of a pipeline commits, so that it is safe to repeat. */
    @Test
    void rule28aPipelineBeforeItsSyncIs58000() throws Exception {
        client.send(all(run("INSERT INTO notes SELECT 1, pg_sleep(60)::text"), new Flush()));
        SessionFixture.await("it sleeps", () -> fixture.backends(0, "query LIKE '%pg_sleep(60)%'") == 1);
        terminate(0);
        client.send(new Sync());
        assertTrue(told(client.receiveUntilReady()).endsWith("error 58000 Z:I"));
    }

    /** The client had been told that its INSERT was done; Sync then rolled it back without a word. */
    @Test
    void rule28betweenTwoMessagesOfAPipeline() throws Exception {
        client.send(all(run("INSERT INTO items VALUES ($1, 'v')", onA), new Flush()));
        assertEquals("1 2 [INSERT 0 1]", told(List.of(client.receive(), client.receive(), client.receive())));
        terminate(0);
        SessionFixture.await("the proxy has noticed", () -> fixture.connections("active") == 0);
        assertEquals("error 58000 Z:I", exchange(client, run("INSERT INTO items VALUES ($1, 'v')", fixture.key(0, 1)),
                new Sync()));
        assertEquals("0", fixture.ask(0, "SELECT count(*) FROM items"));
        client.send(all(run("INSERT INTO items VALUES ($1, 'v')", onA), new Flush()));
        assertEquals("1 2 [INSERT 0 1]", told(List.of(client.receive(), client.receive(), client.receive())));
        terminate(0);
        SessionFixture.await("the proxy has noticed", () -> fixture.connections("active") == 0);
        assertEquals("error 58000 Z:I", exchange(client, new Sync()));
        assertEquals("1 2 [INSERT 0 1] Z:I",
                exchange(client, run("INSERT INTO items VALUES ($1, 'v')", onA), new Sync()));
        assertEquals("1", fixture.ask(0, "SELECT count(*) FROM items"));
    }

    @Test
    void rule28aCommitThatIsLostIs08007AndTheTransactionIsOver() throws Exception {
        fixture.onNode(0, "CREATE OR REPLACE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
                + " 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END';"
                + "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON notes DEFERRABLE INITIALLY DEFERRED"
                + " FOR EACH ROW EXECUTE FUNCTION slow()");
        try {
            for (boolean reads : new boolean[]{false, true}) {
                ask(client, "BEGIN");
                if (reads) {
                    ask(client, select(onB));
                }
                assertEquals("[INSERT 0 1] Z:T", ask(client, "INSERT INTO notes VALUES (1, 'v')"));
                client.send(new Query("COMMIT"));
                SessionFixture.await("it commits", () -> fixture.backends(0, "wait_event = 'PgSleep'") == 1);
                terminate(0);
                assertEquals("error 08007 Z:I", told(client.receiveUntilReady()));
            }
        } finally {
            fixture.onNode(0, "DROP TRIGGER slow ON notes");
        }
        assertEquals("0", fixture.ask(0, "SELECT count(*) FROM notes"));
    }

    /** The writer had committed; the client was told that it is safe to repeat the transaction. */
    @Test
    void rule28aReaderThatIsLostDoesNotUndoACommit() throws Exception {
        ask(client, "BEGIN");
        ask(client, insert(onA));
        ask(client, select(onB));
        terminate(1);
        SessionFixture.await("the proxy has noticed", () -> fixture.connections("active") == 1);
        String told = ask(client, "COMMIT");
        String rows = fixture.ask(0, "SELECT count(*) FROM items");
        assertEquals(told.equals("[COMMIT] Z:I") ? "1" : "0", rows, told);
    }

    @Test
    void inTheMiddleOfRows() throws Exception {
        client.send(new Query("SELECT repeat('x', 1000) FROM generate_series(1, 10000000)"));
        client.receive();
        client.receive();
        terminate(0);
        terminate(1);
        BackendMessage last = null;
        try {
            do {
                last = client.receive();
            } while (!(last instanceof BackendMessage.ReadyForQuery));
            assertEquals("T row(1) [SELECT 1] Z:I", ask(client, "SELECT 1"));
        } catch (java.io.EOFException e) {
            // A row was cut in the middle: only closing is honest then.
        }
        client.reset();
    }

    @Test
    void inTheMiddleOfAFanOut() throws Exception {
        for (int i = 0; i < 3; i++) {
            client.send(new Query("SELECT k, pg_sleep(60) FROM items"));
            fixture.empty();
            client.receiveUntilReady();
        }
        fixture.onNode(0, insert(onA));
        fixture.onNode(1, insert(onB));
        client.send(new Query("SELECT v, pg_sleep(60) FROM items"));
        SessionFixture.await("both sleep", () -> fixture.backends(0, "wait_event = 'PgSleep'") == 1
                && fixture.backends(1, "wait_event = 'PgSleep'") == 1);
        terminate(1);
        assertTrue(told(client.receiveUntilReady()).endsWith("error 58000 Z:I"));
        SessionFixture.await("the other one was cancelled", () -> fixture.backends(0, "wait_event = 'PgSleep'") == 0);
        assertEquals("T row(2) [SELECT 1] Z:I", ask(client, "SELECT count(*) FROM items"));
    }

    @Test
    void portalsOfALostConnection() throws Exception {
        fixture.onNode(0, "INSERT INTO notes VALUES (1), (2)");
        assertEquals("1 2 [BEGIN] 1 2 row(1) s Z:T", exchange(client, run("BEGIN"),
                parse("", "SELECT id FROM notes"), bind("p", ""), execute("p", 1), new Sync()));
        terminate(0);
        SessionFixture.await("the proxy has noticed", () -> fixture.connections("active") == 0);
        assertTrue(exchange(client, execute("p", 1), new Sync()).startsWith("error "));
        assertTrue(exchange(client, describePortal("p"), new Sync()).startsWith("error "));
        assertEquals("3 Z:E", exchange(client, closePortal("p"), new Sync()));
        assertEquals("1 2 [ROLLBACK] Z:I", exchange(client, run("ROLLBACK"), new Sync()));
    }

    /** Temp tables are gone with their connection; going on would read another table of the same name. */
    @Test
    void aPinnedSessionEndsWithItsConnection() throws Exception {
        assertEquals("[CREATE TABLE] Z:I", ask(client, "CREATE TEMP TABLE mine (a int)"));
        int node = fixture.backends(0, "query LIKE 'CREATE TEMP%'") == 1 ? 0 : 1;
        terminate(node);
        assertTrue(word(client.receive()).startsWith("FATAL 08006"));
        assertTrue(client.closedByServer());
        client = fixture.client();
    }

    /** semantics.md 28, 12: a node that is down concerns its own statements only, and is used again by itself. */
    @Test
    void aNodeThatIsDown() throws Exception {
        ask(client, insert(onB));
        fixture.onNode(1, "CHECKPOINT");
        nodes.get(1).kill();
        LoggedWarnings warnings = LoggedWarnings.of(Session.class);
        long began = System.nanoTime();
        try (warnings) {
            for (int i = 0; i < 3; i++) {
                assertEquals("error 58000 Z:I", ask(client, select(onB)));
                assertEquals("T [SELECT 0] Z:I", ask(client, select(onA)));
                assertEquals("T row(Austria) [SELECT 1] Z:I", ask(client, "SELECT name FROM countries"));
                assertEquals("T row(1) [SELECT 1] Z:I", ask(client, "SELECT 1"));
                assertEquals("[SET] Z:I", ask(client, "SET work_mem = '5MB'"));
                assertEquals("1 t[20] T Z:I", exchange(client,
                        parse("", "SELECT v FROM items WHERE k = $1"), describeStatement(""), new Sync()));
                assertEquals("error 58000 Z:I", ask(client, "SELECT count(*) FROM items"));
                assertEquals("error 58000 Z:I", exchange(client, run("SELECT count(*) FROM items"), new Sync())
                        .replaceFirst("^1 2 ", ""));
                try (PgClient other = fixture.client()) {
                    assertEquals("T row(1) [SELECT 1] Z:I", ask(other, "SELECT 1"));
                }
            }
            // Each of nine statements has failed because of the node: a line a statement was what the log got.
            long periods = 1 + TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began) / 10;
            assertTrue(warnings.count() >= 1 && warnings.count() <= 2 * periods, warnings::toString);
            assertTrue(fixture.metric("trunkline_errors_total\\{database=\"" + fixture.database
                    + "\",fault=\"node\"\\} ([0-9.]+)") >= 9);
        } finally {
            nodes.get(1).restart();
        }
        SessionFixture.await("it is used again", () -> ask(client, select(onB)).equals("T row(v) [SELECT 1] Z:I"));
    }
}
