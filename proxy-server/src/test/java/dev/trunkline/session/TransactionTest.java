package dev.trunkline.session;

import static dev.trunkline.session.Talk.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.testing.PgClient;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.FrontendMessage.Query;
import dev.trunkline.wire.FrontendMessage.Sync;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Transactions and settings by semantics.md 18 to 22. */
@Timeout(300)
class TransactionTest {

    private static SessionFixture fixture;
    private static long onA;
    private static long onB;
    private PgClient client;

    @BeforeAll
    static void start() throws Exception {
        // One connection for each node, so that whatever a session leaves behind meets the next one.
        fixture = SessionFixture.start(2, "pool: { size: 1, waitTimeout: 30s }");
        onA = fixture.key(0, 0);
        onB = fixture.key(1, 0);
    }

    @AfterAll
    static void stop() throws Exception {
        fixture.close();
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

    private String insert(long key) {
        return "INSERT INTO items VALUES (" + key + ", 'v')";
    }

    private String select(long key) {
        return "SELECT v FROM items WHERE k = " + key;
    }

    /** One writer, readers on other nodes; what was written is there for all to see after COMMIT only. */
    @Test
    void rule18aTransactionReadsFromFurtherNodes() throws Exception {
        assertEquals("[BEGIN] Z:T", ask(client, "BEGIN"));
        assertEquals("[INSERT 0 1] Z:T", ask(client, insert(onA)));
        assertEquals("T [SELECT 0] Z:T", ask(client, select(onB)));
        assertEquals("T row(1) [SELECT 1] Z:T", ask(client, "SELECT count(*) FROM items"));
        assertEquals("0", fixture.ask(0, "SELECT count(*) FROM items"));
        assertEquals("[COMMIT] Z:I", ask(client, "COMMIT"));
        assertEquals("1", fixture.ask(0, "SELECT count(*) FROM items"));
    }

    /** An ORM takes its ids from a sequence at home and writes the row elsewhere. */
    @Test
    void rule18aNumberFromASequenceIsNoWrite() throws Exception {
        fixture.onNode(0, "CREATE SEQUENCE IF NOT EXISTS numbers");
        ask(client, "BEGIN");
        assertTrue(ask(client, "SELECT nextval('numbers')").endsWith("[SELECT 1] Z:T"));
        assertEquals("[INSERT 0 1] Z:T", ask(client, insert(onB)));
        assertTrue(ask(client, "SELECT nextval('numbers')").endsWith("[SELECT 1] Z:T"));
        assertEquals("[COMMIT] Z:I", ask(client, "COMMIT"));
        assertEquals("1", fixture.ask(1, "SELECT count(*) FROM items"));
        ask(client, "BEGIN");
        ask(client, "SELECT nextval('numbers')");
        ask(client, insert(onA));
        assertEquals("error TL002 Z:E", ask(client, insert(onB)));
        assertEquals("[ROLLBACK] Z:I", ask(client, "ROLLBACK"));
        assertTrue(exchange(client, run("SELECT nextval('numbers')"), run(insert(fixture.key(1, 1))), new Sync())
                .endsWith("[INSERT 0 1] Z:I"));
    }

    /** The row must not be there if a crash can give its number to somebody else. */
    @Test
    void rule18aSequenceThatIsLostBeforeCommitLosesTheRow() throws Exception {
        fixture.onNode(0, "CREATE SEQUENCE IF NOT EXISTS numbers");
        ask(client, "BEGIN");
        ask(client, "SELECT nextval('numbers')");
        assertEquals("[INSERT 0 1] Z:T", ask(client, insert(onB)));
        fixture.onNode(0, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                + " WHERE datname = current_database() AND state = 'idle in transaction'");
        // The loss is noticed before COMMIT or by it.
        String told = ask(client, "COMMIT");
        assertTrue(told.equals("[ROLLBACK] Z:I") || told.equals("error 58000 Z:I"), told);
        assertEquals("0", fixture.ask(1, "SELECT count(*) FROM items"));
    }

    /** Numbers are safe before the writer commits; locks are held until what they guard is there for all to see. */
    @Test
    void rule18sequencesCommitBeforeTheWriterAndLocksAfterIt() throws Exception {
        fixture.onNode(0, "CREATE SEQUENCE IF NOT EXISTS numbers");
        for (int node = 0; node < 2; node++) {
            fixture.onNode(node, "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS"
                    + " 'BEGIN PERFORM pg_advisory_xact_lock(99); RETURN NULL; END';"
                    + "CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON items DEFERRABLE INITIALLY DEFERRED"
                    + " FOR EACH ROW EXECUTE FUNCTION hold()");
        }
        try {
            assertEquals(0, openAtHomeWhileTheWriterCommits("SELECT nextval('numbers')", onB));
            assertEquals(1, openAtHomeWhileTheWriterCommits("SELECT pg_advisory_xact_lock(7)", fixture.key(1, 1)));
        } finally {
            for (int node = 0; node < 2; node++) {
                fixture.onNode(node, "DROP FUNCTION hold() CASCADE");
            }
        }
        ask(client, "BEGIN");
        ask(client, "SELECT pg_advisory_xact_lock(7)");
        ask(client, "SELECT nextval('numbers')");
        assertEquals("error TL002 Z:E", ask(client, insert(fixture.key(1, 2))));
        ask(client, "ROLLBACK");
    }

    private int openAtHomeWhileTheWriterCommits(String atHome, long key) throws Exception {
        ask(client, "BEGIN");
        assertTrue(ask(client, atHome).endsWith("[SELECT 1] Z:T"));
        assertEquals("[INSERT 0 1] Z:T", ask(client, insert(key)));
        int open;
        try (Connection holder = fixture.nodes.get(1).connect(fixture.database);
                Statement statement = holder.createStatement()) {
            statement.execute("SELECT pg_advisory_lock(99)");
            client.send(new Query("COMMIT"));
            SessionFixture.await("the writer commits", () -> fixture.backends(1, "wait_event_type = 'Lock'") == 1);
            open = fixture.backends(0, "state = 'idle in transaction'");
        }
        assertEquals("[COMMIT] Z:I", told(client.receiveUntilReady()));
        assertEquals(0, fixture.backends(0, "state = 'idle in transaction'"));
        return open;
    }

    @Test
    void rule18aSecondWriterIsRefused() throws Exception {
        ask(client, "BEGIN");
        assertEquals("[INSERT 0 1] Z:T", ask(client, insert(onA)));
        assertEquals("error TL002 Z:E", ask(client, insert(onB)));
        assertEquals("error 25P02 Z:E", ask(client, "SELECT 1"));
        assertEquals("[ROLLBACK] Z:I", ask(client, "COMMIT"));
        assertEquals("0", fixture.ask(0, "SELECT count(*) FROM items"));
    }

    @Test
    void rule18oneSnapshotStaysOnOneNode() throws Exception {
        ask(client, "BEGIN ISOLATION LEVEL REPEATABLE READ");
        assertEquals("T [SELECT 0] Z:T", ask(client, select(onA)));
        assertEquals("error TL002 Z:E", ask(client, select(onB)));
        ask(client, "ROLLBACK");
    }

    /** semantics.md 19: a refusal is an error like PostgreSQL's own, and a savepoint mends it. */
    @Test
    void rule19aRefusalAbortsUpToASavepoint() throws Exception {
        ask(client, "BEGIN");
        ask(client, insert(onA));
        assertEquals("[SAVEPOINT] Z:T", ask(client, "SAVEPOINT s"));
        assertEquals("error TL002 Z:E", ask(client, "TRUNCATE items"));
        assertEquals("[ROLLBACK] Z:T", ask(client, "ROLLBACK TO s"));
        assertEquals("T row(v) [SELECT 1] Z:T", ask(client, select(onA)));
        assertEquals("[COMMIT] Z:I", ask(client, "COMMIT"));
        assertEquals("1", fixture.ask(0, "SELECT count(*) FROM items"));
    }

    @Test
    void rule21whatNeedsNoNodeIsAnsweredHere() throws Exception {
        assertEquals("notice 25P01 [COMMIT] Z:I", ask(client, "COMMIT"));
        assertEquals("notice 25P01 [ROLLBACK] Z:I", ask(client, "ROLLBACK"));
        assertEquals("error 25P01 Z:I", ask(client, "SAVEPOINT s"));
        ask(client, "BEGIN");
        assertEquals("notice 25001 [BEGIN] Z:T", ask(client, "BEGIN"));
        assertEquals("error 42601 Z:E", ask(client, "SELEC 1"));
        assertEquals("[ROLLBACK] Z:I", ask(client, "ROLLBACK"));
        assertEquals("error 3B001 Z:E", ask(client, "BEGIN; ROLLBACK TO nowhere").replace("[BEGIN] ", ""));
        ask(client, "ROLLBACK");
        assertEquals(0, fixture.connections("active"));
    }

    @Test
    void savepointsReachNodesThatJoinLater() throws Exception {
        ask(client, "BEGIN");
        ask(client, "SAVEPOINT s");
        assertEquals("[INSERT 0 1] Z:T", ask(client, insert(onA)));
        assertEquals("[ROLLBACK] Z:T", ask(client, "ROLLBACK TO s"));
        assertEquals("T [SELECT 0] Z:T", ask(client, select(onA)));
        assertEquals("[RELEASE] Z:T", ask(client, "RELEASE s"));
        assertEquals("[COMMIT] Z:I", ask(client, "COMMIT"));
        assertEquals("0", fixture.ask(0, "SELECT count(*) FROM items"));
    }

    @Test
    void chainedTransactions() throws Exception {
        ask(client, "BEGIN ISOLATION LEVEL REPEATABLE READ");
        ask(client, insert(onA));
        assertEquals("[COMMIT] Z:T", ask(client, "COMMIT AND CHAIN"));
        assertEquals("repeatable read", value(client, "SHOW transaction_isolation"));
        ask(client, insert(fixture.key(0, 1)));
        assertEquals("[ROLLBACK] Z:T", ask(client, "ROLLBACK AND CHAIN"));
        ask(client, "ROLLBACK");
        assertEquals("1", fixture.ask(0, "SELECT count(*) FROM items"));
    }

    /** The modes that SET TRANSACTION gives the implicit transaction of a string or pipeline hold on every node. */
    @Test
    void rule20modesOfAnImplicitTransactionHoldEverywhere() throws Exception {
        String readOnly = "SET TRANSACTION READ ONLY";
        assertEquals("[SET] T [SELECT 0] error 25006 Z:I",
                ask(client, readOnly + ";" + select(onA) + ";" + insert(onB)));
        assertEquals("1 2 [SET] 1 2 [SELECT 0] 1 2 error 25006 Z:I",
                exchange(client, run(readOnly), run(select(onA)), run(insert(onB)), new Sync())
                        .replace("notice 25P01 ", ""));
        assertEquals("error TL002 Z:I", ask(client, "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;" + select(onA) + ";"
                + select(onB)).replaceFirst(".*(error)", "$1"));
        assertEquals("[INSERT 0 1] Z:I", ask(client, insert(onB)));
        assertEquals("T [SELECT 0] T row(v) [SELECT 1] Z:I", ask(client, select(onA) + ";" + select(onB)));
    }

    /** What a multi-statement string does is one transaction, whatever nodes it goes to. */
    @Test
    void rule20aStringIsOneTransaction() throws Exception {
        assertEquals("[INSERT 0 1] T [SELECT 0] error 22012 Z:I",
                ask(client, insert(onA) + ";" + select(onB) + "; SELECT 1/0"));
        assertEquals("0", fixture.ask(0, "SELECT count(*) FROM items"));
        assertEquals("[INSERT 0 1] T [SELECT 0] [INSERT 0 1] Z:I",
                ask(client, insert(onA) + ";" + select(onB) + ";" + insert(fixture.key(0, 1))));
        assertEquals("2", fixture.ask(0, "SELECT count(*) FROM items"));
        assertEquals("error TL002 Z:I", ask(client, insert(fixture.key(0, 2)) + ";" + insert(onB)));
        assertEquals("2", fixture.ask(0, "SELECT count(*) FROM items"));
    }

    @Test
    void stringsWithTransactionControl() throws Exception {
        assertEquals("[BEGIN] [INSERT 0 1] Z:T", ask(client, "BEGIN;" + insert(onA)));
        assertEquals("T [SELECT 0] [COMMIT] Z:I", ask(client, select(onB) + "; COMMIT"));
        assertEquals("1", fixture.ask(0, "SELECT count(*) FROM items"));
        assertEquals("[BEGIN] [INSERT 0 1] [ROLLBACK] [BEGIN] [INSERT 0 1] [COMMIT] Z:I", ask(client,
                "BEGIN;" + insert(fixture.key(0, 1)) + ";ROLLBACK;BEGIN;" + insert(onB) + ";COMMIT"));
        assertEquals("1", fixture.ask(1, "SELECT count(*) FROM items"));
        assertEquals("1", fixture.ask(0, "SELECT count(*) FROM items"));
    }

    /** Each of them nested a call in the one before. */
    @Test
    void aLongStringOfLocalStatements() throws Exception {
        String told = ask(client, "BEGIN;" + "SAVEPOINT s;".repeat(20_000) + "ROLLBACK");
        assertTrue(told.endsWith("[SAVEPOINT] [ROLLBACK] Z:I"), told.substring(told.length() - 60));
    }

    // ---- settings (semantics.md 22)

    @Test
    void rule22settingsFollowTheSession() throws Exception {
        assertEquals("[SET] Z:I", ask(client, "SET work_mem = '5MB'"));
        try (PgClient other = fixture.client()) {
            assertEquals("4MB", value(other, "SHOW work_mem"));
            assertEquals("4MB", value(other, "SELECT current_setting('work_mem') FROM items WHERE k = " + onB
                    + " UNION ALL SELECT current_setting('work_mem')"));
        }
        assertEquals("5MB", value(client, "SHOW work_mem"));
        ask(client, "RESET ALL");
        assertEquals("4MB", value(client, "SHOW work_mem"));
    }

    @Test
    void rule22rollbackUndoesSettings() throws Exception {
        ask(client, "BEGIN");
        ask(client, "SET work_mem = '5MB'");
        ask(client, "SAVEPOINT s");
        ask(client, "SET work_mem = '6MB'");
        ask(client, "ROLLBACK TO s");
        assertEquals("5MB", value(client, "SHOW work_mem"));
        assertEquals("5MB", setting(client, onB));
        ask(client, "ROLLBACK");
        assertEquals("4MB", value(client, "SHOW work_mem"));
        assertEquals("4MB", setting(client, onB));
        ask(client, "BEGIN");
        ask(client, "SET LOCAL work_mem = '7MB'");
        assertEquals("7MB", setting(client, onB));
        ask(client, "COMMIT");
        assertEquals("4MB", setting(client, onB));
        assertEquals("4MB", setting(client, onA));
    }

    private static String setting(PgClient client, long key) throws Exception {
        return value(client, "SELECT current_setting('work_mem') FROM (VALUES (1)) one LEFT JOIN items ON k = " + key
                + " WHERE k = " + key + " OR k IS NULL").replace("null", "");
    }

    /** They had been applied before BEGIN, so ROLLBACK left them on the connection, where the next session met them. */
    @Test
    void rule22settingsThatWereAppliedBeforeBeginStayWithTheirSession() throws Exception {
        ask(client, "SET work_mem = '5MB'");
        try (PgClient other = fixture.client()) {
            assertEquals("4MB", value(other, "SHOW work_mem"));
            ask(client, "BEGIN");
            assertEquals("T row(1) [SELECT 1] Z:T", ask(client, "SELECT 1"));
            ask(client, "ROLLBACK");
            assertEquals("4MB", value(other, "SHOW work_mem"));
        }
        assertEquals("5MB", value(client, "SHOW work_mem"));
    }

    /** PostgreSQL undoes a SET with the implicit transaction of its string or pipeline. */
    @Test
    void rule22anErrorUndoesTheSettingsOfAnImplicitTransaction() throws Exception {
        assertEquals("[SET] error 22012 Z:I", ask(client, "SET work_mem = '5MB'; SELECT 1/0"));
        assertEquals("4MB", value(client, "SHOW work_mem"));
        assertEquals("1 2 [SET] 1 error 22012 Z:I",
                exchange(client, run("SET work_mem = '5MB'"), run("SELECT 1/0"), new Sync()));
        assertEquals("4MB", value(client, "SHOW work_mem"));
        try (PgClient other = fixture.client()) {
            assertEquals("4MB", value(other, "SHOW work_mem"));
        }
    }

    @Test
    void rule22rollbackInAStringUndoesSettings() throws Exception {
        ask(client, "BEGIN");
        ask(client, "SET work_mem = '5MB'");
        assertEquals("T row(5MB) [SHOW] [ROLLBACK] T row(1) [SELECT 1] Z:I",
                ask(client, "SHOW work_mem; ROLLBACK; SELECT 1"));
        assertEquals("4MB", value(client, "SHOW work_mem"));
    }

    @Test
    void aWrongSettingIsAnErrorAndChangesNothing() throws Exception {
        assertEquals("error 22023 Z:I", ask(client, "SET work_mem = 'much'"));
        assertEquals("error 42704 Z:I", ask(client, "SET no_such_setting = 1"));
        assertEquals("4MB", value(client, "SHOW work_mem"));
    }

    /** Settings of the startup message that no node takes: the log-in is refused in the node's words, and nobody else suffers. */
    @Test
    void settingsThatCannotBeAppliedRefuseTheLogIn() throws Exception {
        try (PgClient bad = PgClient.connect(fixture.proxy.host(), fixture.proxy.port())) {
            AssertionError refused = assertThrows(AssertionError.class, () -> bad.login(
                    java.util.Map.of("user", "postgres", "database", fixture.database, "work_mem", "much"), null));
            assertEquals("login refused: invalid value for parameter \"work_mem\": \"much\"", refused.getMessage());
        }
        assertEquals("T row(1) [SELECT 1] Z:I", ask(client, "SELECT 1"));
    }

    @Test
    void discardAll() throws Exception {
        ask(client, "SET work_mem = '5MB'");
        assertEquals("1 Z:I", exchange(client, parse("s", "SELECT 1"), new Sync()));
        assertEquals("[DISCARD ALL] Z:I", ask(client, "DISCARD ALL"));
        assertEquals("4MB", value(client, "SHOW work_mem"));
        assertEquals("error 26000 Z:I", exchange(client, bind("", "s"), new Sync()));
        ask(client, "BEGIN");
        assertEquals("error 25001 Z:E", ask(client, "DISCARD ALL"));
        ask(client, "ROLLBACK");
    }

    // ---- what pins (semantics.md 9)

    @Test
    void sessionLocksStayWithTheirSession() throws Exception {
        ask(client, "SELECT pg_advisory_lock(4711)");
        assertEquals("1", fixture.ask(0, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711"));
        assertEquals("t", value(client, "SELECT pg_advisory_unlock(4711)"));
        client.close();
        fixture.awaitAllReturned();
        assertEquals("0", fixture.ask(0, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711"));
        client = fixture.client();
    }

    @Test
    void anErrorAtCommitIsTheTransactions() throws Exception {
        fixture.onNode(0, "CREATE TABLE IF NOT EXISTS later (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)");
        ask(client, "BEGIN");
        ask(client, select(onB));
        assertEquals("[INSERT 0 2] Z:T", ask(client, "INSERT INTO later VALUES (1), (1)"));
        assertEquals("error 23505 Z:I", ask(client, "COMMIT"));
        assertEquals("1 2 [INSERT 0 2] error 23505 Z:I",
                exchange(client, run("INSERT INTO later VALUES (1), (1)"), new Sync()));
        assertEquals("T row(1) [SELECT 1] Z:I", ask(client, "SELECT 1"));
    }

    /** semantics.md 24: the client is told of a setting when its session changes, not when its connection does. */
    @Test
    void rule24parametersAreTheSessions() throws Exception {
        try (PgClient other = fixture.client()) {
            var told = other.query("SET application_name = 'one'").stream().filter(m -> m.toString().contains("one"))
                    .toList();
            assertEquals(1, told.size(), told::toString);
            assertEquals("T row(1) [SELECT 1] Z:I", ask(client, "SELECT 1"));
            assertTrue(client.query("SELECT 1").stream().noneMatch(m -> m.toString().contains("one")));
        }
    }

    @Test
    void errorsOfANodeComeWithAllFields() throws Exception {
        ask(client, insert(onA));
        List<ErrorResponse> errors = client.query(insert(onA)).stream().filter(ErrorResponse.class::isInstance)
                .map(ErrorResponse.class::cast).toList();
        assertEquals("23505", errors.getFirst().fields().sqlState());
        assertTrue(errors.getFirst().fields().fields().toString().contains("items_pkey"));
    }
}
