package dev.trunkline.session;

import static dev.trunkline.session.Talk.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.trunkline.testing.PgClient;
import dev.trunkline.wire.FrontendMessage.Sync;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Temp tables, which hide a sharded one for as long as they are there, and for their session alone (semantics.md 9). */
@Timeout(300)
class TempTableTest {

    private static SessionFixture fixture;
    private PgClient client;

    @BeforeAll
    static void start() throws Exception {
        // One connection for each node, so that whatever a session leaves behind meets the next one.
        fixture = SessionFixture.start(2, "pool: { size: 1, waitTimeout: 30s }");
    }

    @AfterAll
    static void stop() throws Exception {
        fixture.close();
    }

    @BeforeEach
    void connect() throws Exception {
        fixture.empty();
        fixture.onNode(0, "INSERT INTO items VALUES (" + fixture.key(0, 0) + ", 'real')");
        fixture.onNode(1, "INSERT INTO items VALUES (" + fixture.key(1, 0) + ", 'real')");
        client = fixture.client();
    }

    @AfterEach
    void allIsReturned() throws Exception {
        client.close();
        fixture.awaitNothingLeft();
    }

    @Test
    void rule9tempTablesStayWithTheirSession() throws Exception {
        assertEquals("[CREATE TABLE] Z:I", ask(client, "CREATE TEMP TABLE items (k int, v text)"));
        assertEquals("T [SELECT 0] Z:I", ask(client, "SELECT * FROM items"));
        ask(client, "BEGIN");
        assertEquals("[INSERT 0 1] Z:T", ask(client, "INSERT INTO items VALUES (1, 'temp')"));
        ask(client, "COMMIT");
        assertEquals("T row(temp) [SELECT 1] Z:I", ask(client, "SELECT v FROM items"));
        ask(client, "DROP TABLE items");
        assertEquals("T row(real) row(real) [SELECT 2] Z:I", ask(client, "SELECT v FROM items"));
    }

    /** The name went on to mean a temp table that was gone or never there: a sharded table was read from one node only. */
    @Test
    void rule9aTempTableThatIsNotThereShadowsNothing() throws Exception {
        String both = "T row(real) row(real) [SELECT 2] Z:I";
        assertEquals("error 42704 Z:I", ask(client, "CREATE TEMP TABLE items (k no_such_type)"));
        assertEquals(both, ask(client, "SELECT v FROM items"));
        ask(client, "BEGIN");
        ask(client, "CREATE TEMP TABLE items (k int, v text)");
        ask(client, "ROLLBACK");
        assertEquals(both, ask(client, "SELECT v FROM items"));
        ask(client, "BEGIN");
        ask(client, "CREATE TEMP TABLE items ON COMMIT DROP AS SELECT 1 AS k, 'temp' AS v");
        assertEquals("T row(temp) [SELECT 1] Z:T", ask(client, "SELECT v FROM items"));
        ask(client, "COMMIT");
        assertEquals(both, ask(client, "SELECT v FROM items"));
        ask(client, "CREATE TEMP TABLE items (k int, v text)");
        ask(client, "DISCARD TEMP");
        assertEquals(both, ask(client, "SELECT v FROM items"));
        ask(client, "CREATE TEMP TABLE items (k int, v text)");
        ask(client, "DISCARD ALL");
        assertEquals(both, ask(client, "SELECT v FROM items"));
        assertEquals("1 2 [CREATE TABLE] 1 2 [ROLLBACK] Z:I", exchange(client, run("BEGIN"),
                run("CREATE TEMP TABLE items (k int, v text)"), run("ROLLBACK"), new Sync())
                .replaceFirst("1 2 \\[BEGIN\\] ", ""));
        assertEquals(both, ask(client, "SELECT v FROM items"));
    }

    /** The session gave its connection away when the table was gone, though the transaction was not over: it read the real one. */
    @Test
    void rule9aTempTableComesBackWithTheRollbackOfItsEnd() throws Exception {
        String both = "T row(real) row(real) [SELECT 2] Z:";
        String temp = "T row(temp) [SELECT 1] Z:";
        ask(client, "CREATE TEMP TABLE items AS SELECT 1 AS k, 'temp' AS v");
        for (String drop : List.of("DROP TABLE items", "ALTER TABLE items RENAME TO others", "DISCARD TEMP")) {
            ask(client, "BEGIN");
            ask(client, drop);
            assertEquals(both + "T", ask(client, "SELECT v FROM items"), drop);
            ask(client, "ROLLBACK");
            assertEquals(temp + "I", ask(client, "SELECT v FROM items"), drop);
            ask(client, "BEGIN");
            ask(client, "SAVEPOINT s");
            ask(client, drop);
            assertEquals(both + "T", ask(client, "SELECT v FROM items"), drop);
            ask(client, "ROLLBACK TO s");
            assertEquals(temp + "T", ask(client, "SELECT v FROM items"), drop);
            ask(client, "COMMIT");
            assertEquals(temp + "I", ask(client, "SELECT v FROM items"), drop);
        }
        // One that ends with the transaction is there in its place, and another one's end is undone with it.
        ask(client, "BEGIN");
        ask(client, "DROP TABLE items");
        ask(client, "CREATE TEMP TABLE passing (a int) ON COMMIT DROP");
        assertEquals("T [SELECT 0] Z:T", ask(client, "SELECT * FROM passing"));
        ask(client, "ROLLBACK");
        assertEquals(temp + "I", ask(client, "SELECT v FROM items"));
        exchange(client, run("DROP TABLE items"), run("SELECT count(v) FROM items"), run("SELECT no_such"), new Sync());
        assertEquals(temp + "I", ask(client, "SELECT v FROM items"));
        exchange(client, run("DROP TABLE items"), run("SELECT count(v) FROM items"), new Sync());
        assertEquals(both + "I", ask(client, "SELECT v FROM items"));
    }

    /** Tables that are temporary by their schema were in nobody's books: the next client of the connection found them. */
    @Test
    void rule9aTableOfTheTempSchemaIsATempTable() throws Exception {
        String both = "T row(real) row(real) [SELECT 2] Z:I";
        for (String make : List.of("CREATE TABLE pg_temp.items (k int, v text)",
                "SELECT 1 AS k, 'x' AS v INTO pg_temp.items", "CREATE TABLE pg_temp.items AS SELECT 1 AS k, 'x' AS v",
                "SET search_path = pg_temp; CREATE TABLE items (k int, v text); RESET search_path")) {
            assertFalse(ask(client, make).contains("error"), make);
            ask(client, "DELETE FROM items");
            assertEquals("T [SELECT 0] Z:I", ask(client, "SELECT v FROM items"), make);
            // Where the search path names their schema, temp tables have their turn there.
            ask(client, "SET search_path = public, pg_temp");
            assertEquals(both, ask(client, "SELECT v FROM items"), make);
            ask(client, "RESET search_path");
            ask(client, "DROP TABLE items");
            assertEquals(both, ask(client, "SELECT v FROM items"), make);
        }
    }
}
