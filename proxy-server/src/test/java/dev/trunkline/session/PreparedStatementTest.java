package dev.trunkline.session;

import static dev.trunkline.session.Talk.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.testing.PgClient;
import dev.trunkline.wire.BackendMessage.DataRow;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.BackendMessage.NoData;
import dev.trunkline.wire.BackendMessage.ParameterDescription;
import dev.trunkline.wire.BackendMessage.ParseComplete;
import dev.trunkline.wire.BackendMessage.RowDescription;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.FrontendMessage.Flush;
import dev.trunkline.wire.FrontendMessage.Sync;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Prepared statements of the protocol and of SQL over two nodes, with one connection to each. */
@Timeout(300)
class PreparedStatementTest {

    private static final String PREPARED_AGAIN = "trunkline_prepared_again_total\\{[^}]*\\} ([0-9.]+)";
    private static final String SELECT = "SELECT v FROM items WHERE k = $1";

    private static SessionFixture fixture;
    private static long onA;
    private static long onB;
    private PgClient client;

    @BeforeAll
    static void start() throws Exception {
        fixture = SessionFixture.start(2, "pool: { size: 1 }");
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
        fixture.onNode(0, "INSERT INTO items VALUES (" + onA + ", 'a')");
        fixture.onNode(1, "INSERT INTO items VALUES (" + onB + ", 'b')");
        client = fixture.client();
    }

    @AfterEach
    void allIsReturned() throws Exception {
        client.close();
        fixture.awaitAllReturned();
    }

    // ---- what a text means

    /** Constants are read when a statement is parsed: what one client's DateStyle and TimeZone made of them is no other's. */
    @Test
    void aConstantIsReadByTheSettingsOfItsOwnSession() throws Exception {
        String sql = "SELECT '01/02/2003'::date - '2000-01-01', '2020-01-01'::timestamptz = '2020-01-01 00:00+00'";
        String[][] readings = {{"UTC", "ISO, MDY", "1097,t"}, {"Asia/Tokyo", "ISO, DMY", "1127,f"},
                {"UTC", "ISO, DMY", "1127,t"}, {"UTC", "ISO, MDY", "1097,t"}};
        for (String[] reading : readings) {
            try (PgClient other = fixture.client()) {
                ask(other, "SET TimeZone = '" + reading[0] + "'");
                ask(other, "SET DateStyle = '" + reading[1] + "'");
                assertEquals("1 2 row(" + reading[2] + ") [SELECT 1] Z:I",
                        exchange(other, parse("s", sql), bind("", "s"), execute(""), new Sync()));
            }
        }
        // A session that goes on to another setting has it read again.
        assertEquals("1 Z:I", exchange(client, parse("s", sql), new Sync()));
        for (String[] reading : readings) {
            ask(client, "BEGIN");
            ask(client, "SET LOCAL TimeZone = '" + reading[0] + "'");
            ask(client, "SET LOCAL DateStyle = '" + reading[1] + "'");
            assertEquals("2 row(" + reading[2] + ") [SELECT 1] Z:T",
                    exchange(client, bind("", "s"), execute(""), new Sync()));
            ask(client, "COMMIT");
        }
    }

    /** 'now' is the moment at which the statement was prepared, by the client itself. */
    @Test
    void aMomentIsTheClientsOwn() throws Exception {
        String sql = "SELECT 'now'::timestamptz >= $1::timestamptz";
        for (int i = 0; i < 2; i++) {
            try (PgClient other = fixture.client()) {
                String before = value(other, "SELECT clock_timestamp()");
                assertEquals("1 2 row(t) [SELECT 1] Z:I",
                        exchange(other, parse("s", sql), bind("", "s", before), execute(""), new Sync()));
            }
        }
    }

    /** pgjdbc prepares again after SET search_path: within a transaction, too, it is the table of the new path. */
    @Test
    void aStatementThatIsPreparedAfterThePathHasChangedIsOfTheNewPath() throws Exception {
        fixture.onNode(0, "CREATE SCHEMA one; CREATE SCHEMA two; CREATE TABLE one.lonely AS SELECT 1 AS a;"
                + " CREATE TABLE two.lonely AS SELECT 'two' AS a");
        String sql = "SELECT * FROM lonely";
        ask(client, "BEGIN");
        ask(client, "SET search_path = one");
        assertEquals("1 t[] T Z:T", exchange(client, parse("s1", sql), describeStatement("s1"), new Sync()));
        assertEquals("2 row(1) [SELECT 1] Z:T", exchange(client, bind("", "s1"), execute(""), new Sync()));
        ask(client, "SET search_path = two");
        assertEquals("1 t[] T 2 row(two) [SELECT 1] Z:T", exchange(client, parse("s2", sql), describeStatement("s2"),
                bind("", "s2"), execute(""), new Sync()));
        // The first one's columns would be others than the client was told.
        assertEquals("error 0A000 Z:E", exchange(client, bind("", "s1"), execute(""), new Sync()));
        ask(client, "ROLLBACK");
        ask(client, "SET search_path = one");
        assertEquals("2 row(1) [SELECT 1] Z:I", exchange(client, bind("", "s1"), execute(""), new Sync()));
    }

    /** A node would read the text otherwise than it was read when it was prepared. */
    @Test
    void aTextWithBackslashesIsReadAsItWasWhenPrepared() throws Exception {
        String sql = "SELECT length('a\\\\b')";
        exchange(client, parse("s", sql), new Sync());
        assertEquals("2 row(4) [SELECT 1] Z:I", exchange(client, bind("", "s"), execute(""), new Sync()));
        ask(client, "SET standard_conforming_strings = off");
        assertEquals("error TL002 Z:I", exchange(client, bind("", "s"), execute(""), new Sync()));
        assertTrue(exchange(client, parse("t", sql), bind("", "t"), execute(""), new Sync()).contains("row(3)"));
        ask(client, "RESET standard_conforming_strings");
        assertEquals("2 row(4) [SELECT 1] Z:I", exchange(client, bind("", "s"), execute(""), new Sync()));
        assertEquals("error TL002 Z:I", exchange(client, bind("", "t"), execute(""), new Sync()));
        assertEquals("error TL002 Z:I", ask(client, "EXECUTE t"));
    }

    // ---- what is known needs no node

    /** pgbench -M prepared with 64 clients in one thread and 20 connections stood still: the 21st waited in Parse. */
    @Test
    void aKnownStatementIsPreparedWithoutAConnection() throws Exception {
        String sql = "SELECT v, 'known' FROM items WHERE k = $1";
        assertEquals("1 t[20] T Z:I",
                exchange(client, parse("s", sql), describeStatement("s"), new Sync()));
        assertEquals("[BEGIN] Z:T", ask(client, "BEGIN"));
        assertEquals("T row(a,known) [SELECT 1] Z:T",
                ask(client, "SELECT v, 'known' FROM items WHERE k = " + onA));
        assertEquals("T row(b,known) [SELECT 1] Z:T",
                ask(client, "SELECT v, 'known' FROM items WHERE k = " + onB));
        try (PgClient other = fixture.client()) {
            assertEquals("1 Z:I", exchange(other, parse("mine", sql), new Sync()));
            assertEquals("t[20] T Z:I", exchange(other, describeStatement("mine"), new Sync()));
            assertEquals("1 t[20] T Z:I",
                    exchange(other, parse("again", sql + " /* and */"), describeStatement("again"), new Sync()));
            assertEquals("[PREPARE] Z:I", ask(other, "PREPARE sql AS " + sql));
            assertEquals("[COMMIT] Z:I", ask(client, "COMMIT"));
            assertEquals("2 row(a,known) [SELECT 1] 2 row(b,known) [SELECT 1] Z:I", exchange(other,
                    bind("", "mine", onA), execute(""), bind("", "sql", onB), execute(""), new Sync()));
        }
    }

    @Test
    void whatIsKnownIsForgottenWhenAClientChangesTheSchema() throws Exception {
        assertEquals("[CREATE TABLE] Z:I", ask(client, "CREATE TABLE changing (id int)"));
        String sql = "SELECT * FROM changing WHERE id = $1";
        assertEquals("1 t[23] T(id) Z:I", described(parse("s", sql), describeStatement("s"), new Sync()));
        assertEquals("[ALTER TABLE] Z:I", ask(client, "ALTER TABLE changing ADD more text"));
        try (PgClient other = fixture.client()) {
            assertEquals("1 t[23] T(id,more) Z:I", columns(other, parse("s", sql), describeStatement("s"), new Sync()));
        }
        assertEquals("[DROP TABLE] Z:I", ask(client, "DROP TABLE changing"));
        try (PgClient other = fixture.client()) {
            assertEquals("error 42P01 Z:I", exchange(other, parse("s", sql), new Sync()));
        }
    }

    /** PostgreSQL says 0A000, and drivers prepare again then; another connection would have returned the new columns. */
    @Test
    void aClientThatKnowsTheOldColumnsGetsAnErrorAndNoOthers() throws Exception {
        assertEquals("[CREATE TABLE] Z:I", ask(client, "CREATE TABLE widened (id int)"));
        assertEquals("[INSERT 0 1] Z:I", ask(client, "INSERT INTO widened VALUES (1)"));
        String sql = "SELECT * FROM widened";
        assertEquals("1 t[] T Z:I", exchange(client, parse("told", sql), describeStatement("told"), new Sync()));
        assertEquals("1 Z:I", exchange(client, parse("untold", sql), new Sync()));
        assertEquals("1 Z:I", exchange(client, parse("same", "SELECT id FROM widened"), new Sync()));
        assertEquals("2 T row(1) [SELECT 1] Z:I",
                exchange(client, bind("", "same"), describePortal(""), execute(""), new Sync()));
        try (PgClient other = fixture.client()) {
            assertEquals("[ALTER TABLE] Z:I", ask(other, "ALTER TABLE widened ADD more int"));
        }
        assertEquals("error 0A000 Z:I", exchange(client, bind("", "told"), execute(""), new Sync()));
        assertEquals("RevalidateCachedQuery", client.exchange(all(bind("", "told"), execute(""), new Sync())).stream()
                .filter(ErrorResponse.class::isInstance).map(e -> ((ErrorResponse) e).fields().get((byte) 'R'))
                .findFirst().orElseThrow());
        assertEquals("2 row(1,null) [SELECT 1] 2 row(1) [SELECT 1] Z:I", exchange(client, bind("", "untold"),
                execute(""), bind("", "same"), execute(""), new Sync()));
        assertEquals("2 T row(1,null) [SELECT 1] Z:I",
                exchange(client, bind("", "told"), describePortal(""), execute(""), new Sync()));
        assertEquals("3 1 2 row(1,null) [SELECT 1] Z:I", exchange(client, closeStatement("told"), parse("told", sql),
                bind("", "told"), execute(""), new Sync()));
        assertEquals("[DROP TABLE] Z:I", ask(client, "DROP TABLE widened"));
    }

    /** EXECUTE said 0A000 after a change of the schema past the proxy. */
    @Test
    void executeIsHealedWhenNothingHasRun() throws Exception {
        fixture.onNode(0, "CREATE TABLE healed (id int); INSERT INTO healed VALUES (1)");
        try {
            SessionFixture.await("the proxy knows the table", () -> !ask(client, "SELECT * FROM healed")
                    .contains("error"));
            assertEquals("[PREPARE] Z:I", ask(client, "PREPARE p AS SELECT * FROM healed"));
            assertEquals("[PREPARE] Z:I", ask(client, "PREPARE w AS INSERT INTO healed VALUES ($1)"));
            assertEquals("T row(1) [SELECT 1] Z:I", ask(client, "EXECUTE p"));
            assertEquals("[INSERT 0 1] Z:I", ask(client, "EXECUTE w(2)"));
            int before = fixture.metric(PREPARED_AGAIN);
            SessionFixture.await("the node meets the change, not the proxy", () -> {
                widen();
                assertEquals("T row(1,null) row(2,null) [SELECT 2] Z:I", ask(client, "EXECUTE p"));
                return fixture.metric(PREPARED_AGAIN) > before;
            });
            assertEquals("[INSERT 0 1] Z:I", ask(client, "EXECUTE w(3)"));
            fixture.onNode(0, "ALTER TABLE healed RENAME TO gone");
            assertEquals("error 42P01 Z:I", ask(client, "EXECUTE p"));
            fixture.onNode(0, "ALTER TABLE gone RENAME TO healed");
            SessionFixture.await("it is back", () -> ask(client, "EXECUTE p").contains("[SELECT 3]"));
        } finally {
            fixture.onNode(0, "DROP TABLE IF EXISTS healed, gone");
        }
    }

    /** Gives the table another column, past the proxy. */
    private static void widen() throws Exception {
        boolean number = fixture.ask(0, "SELECT count(*) FROM information_schema.columns"
                + " WHERE table_name = 'healed' AND data_type = 'text'").equals("1");
        fixture.onNode(0, "ALTER TABLE healed DROP IF EXISTS more; ALTER TABLE healed ADD more "
                + (number ? "int" : "text"));
    }

    /** In the extended protocol, and in a string of statements, the node's 0A000 or 26000 was told. */
    @Test
    void executeIsHealedInPipelinesAndStrings() throws Exception {
        fixture.onNode(0, "CREATE TABLE healed (id int); INSERT INTO healed VALUES (1)");
        try {
            SessionFixture.await("the proxy knows the table", () -> !ask(client, "SELECT * FROM healed")
                    .contains("error"));
            assertEquals("[PREPARE] Z:I", ask(client, "PREPARE p AS SELECT * FROM healed"));
            assertEquals("[PREPARE] Z:I", ask(client, "PREPARE w AS INSERT INTO healed VALUES ($1) RETURNING *"));
            assertEquals("1 Z:I", exchange(client, parse("named", "EXECUTE p"), new Sync()));
            Object[] pipeline = {parse("", "EXECUTE p"), bind("", ""), describePortal(""), execute(""),
                    new Sync()};
            assertEquals("1 2 T row(1) [SELECT 1] Z:I", exchange(client, pipeline));
            assertEquals("T row(2) [INSERT 0 1] Z:I", ask(client, "EXECUTE w(2)"));
            int before = fixture.metric(PREPARED_AGAIN);
            SessionFixture.await("the node meets the change, not the proxy", () -> {
                widen();
                assertEquals("1 2 T row(1,null) row(2,null) [SELECT 2] Z:I", exchange(client, pipeline));
                return fixture.metric(PREPARED_AGAIN) > before;
            });
            int between = fixture.metric(PREPARED_AGAIN);
            SessionFixture.await("the same in a string", () -> {
                widen();
                assertEquals("T row(1,null) row(2,null) [SELECT 2] T row(5) [SELECT 1] Z:I",
                        ask(client, "EXECUTE p; SELECT 5"));
                return fixture.metric(PREPARED_AGAIN) > between;
            });
            fixture.onNode(0, "ALTER TABLE healed DROP more");
            assertEquals("t[] T Z:I", exchange(client, describeStatement("named"), new Sync()));
            assertEquals("T row(4) [INSERT 0 1] T row(5) [SELECT 1] Z:I", ask(client, "EXECUTE w(4); SELECT 5"));
            fixture.onNode(0, "ALTER TABLE healed ADD other int");
            // The client has been told the columns.
            assertTrue(exchange(client, bind("", "named"), execute(""), new Sync()).endsWith("error 0A000 Z:I"));
        } finally {
            fixture.onNode(0, "DROP TABLE healed");
        }
    }

    /** Does something for as long as the proxy is the first to see the change, and not the node. */
    private void changed(String what, Callable<?> step) throws Exception {
        SessionFixture.await("the node meets the change: " + what, () -> {
            int before = fixture.metric(PREPARED_AGAIN);
            step.call();
            return fixture.metric(PREPARED_AGAIN) > before;
        });
    }

    /** The BEGIN that goes before it was an obstacle. */
    @Test
    void healedAsTheFirstStatementOfATransaction() throws Exception {
        fixture.onNode(0, "CREATE TABLE healed (id int); INSERT INTO healed VALUES (1)");
        try {
            SessionFixture.await("the proxy knows the table", () -> !ask(client, "SELECT * FROM healed")
                    .contains("error"));
            assertEquals("[PREPARE] Z:I", ask(client, "PREPARE p AS SELECT * FROM healed"));
            assertEquals("1 Z:I", exchange(client, parse("s", "SELECT * FROM healed"), new Sync()));
            assertEquals("1 Z:I", exchange(client, parse("e", "EXECUTE p"), new Sync()));
            assertEquals("T row(1) [SELECT 1] Z:I", ask(client, "EXECUTE p"));
            changed("a simple query", () -> {
                assertEquals("[BEGIN] [SAVEPOINT] Z:T", ask(client, "BEGIN READ ONLY; SAVEPOINT one"));
                widen();
                assertEquals("T row(1,null) [SELECT 1] Z:T", ask(client, "EXECUTE p"));
                assertEquals("T row(on) [SHOW] Z:T", ask(client, "SHOW transaction_read_only"));
                assertEquals("error 22012 Z:E", ask(client, "SELECT 1 / 0 FROM healed"));
                assertEquals("[ROLLBACK] Z:T", ask(client, "ROLLBACK TO one"));
                assertEquals("T row(1,null) [SELECT 1] Z:T", ask(client, "EXECUTE p"));
                return ask(client, "COMMIT");
            });
            for (String statement : List.of("s", "e")) {
                changed("a Bind of " + statement, () -> {
                    widen();
                    assertEquals("1 2 [BEGIN] 2 T row(1,null) [SELECT 1] 1 2 row(7) [SELECT 1] Z:T",
                            exchange(client, run("BEGIN"), bind("", statement), describePortal(""), execute(""),
                                    run("SELECT 7 FROM healed"), new Sync()));
                    assertEquals("[INSERT 0 1] Z:T", ask(client, "INSERT INTO healed VALUES (2)"));
                    return assertRolledBack();
                });
            }
            changed("a string", () -> {
                widen();
                assertEquals("[BEGIN] T row(1,null) [SELECT 1] T row(1,null) [SELECT 1] [COMMIT] Z:I",
                        ask(client, "BEGIN; EXECUTE p; EXECUTE p; COMMIT"));
                return null;
            });
            fixture.onNode(0, "ALTER TABLE healed RENAME TO gone");
            assertEquals("[BEGIN] Z:T", ask(client, "BEGIN"));
            assertEquals("error 42P01 Z:E", ask(client, "EXECUTE p"));
            assertEquals("error 25P02 Z:E", ask(client, "EXECUTE p"));
            assertRolledBack();
        } finally {
            fixture.onNode(0, "DROP TABLE IF EXISTS healed, gone");
        }
    }

    private String assertRolledBack() throws Exception {
        assertEquals("[ROLLBACK] Z:I", ask(client, "ROLLBACK"));
        return null;
    }

    /** What came later in a string, or was not described just then, was not healed. */
    @Test
    void healedBeforeAnythingRuns() throws Exception {
        fixture.onNode(0, "CREATE TABLE healed (id int); INSERT INTO healed VALUES (1)");
        try {
            SessionFixture.await("the proxy knows the table", () -> !ask(client, "SELECT * FROM healed")
                    .contains("error"));
            assertEquals("[PREPARE] Z:I", ask(client, "PREPARE p AS SELECT * FROM healed"));
            assertEquals("[PREPARE] Z:I", ask(client, "PREPARE q AS SELECT h.* FROM healed h"));
            assertEquals("1 Z:I", exchange(client, parse("e", "EXECUTE p"), new Sync()));
            assertEquals("1 Z:I", exchange(client, parse("s", "SELECT 's', * FROM healed"), new Sync()));
            assertEquals("2 row(1) [SELECT 1] 2 row(s,1) [SELECT 1] 1 2 row(1) [SELECT 1] Z:I", exchange(client,
                    bind("", "e"), execute(""), bind("", "s"), execute(""), run("EXECUTE q"), new Sync()));
            changed("later in a string", () -> {
                widen();
                assertEquals("T row(5) [SELECT 1] T row(1,null) [SELECT 1] T row(1,null) [SELECT 1] Z:I",
                        ask(client, "SELECT 5; EXECUTE p; EXECUTE q"));
                return null;
            });
            changed("columns that the client doesn't know", () -> {
                widen();
                assertEquals("2 row(1,null) [SELECT 1] Z:I", exchange(client, bind("", "e"), execute(""), new Sync()));
                return null;
            });
            changed("a description", () -> {
                try (PgClient other = fixture.client()) {
                    String sql = "SELECT " + fixture.metric(PREPARED_AGAIN) + ", * FROM healed";
                    assertEquals("1 Z:I", exchange(other, parse("d", sql), new Sync()));
                    exchange(other, bind("", "d"), execute(""), new Sync());
                    widen();
                    assertEquals("t[] T Z:I", exchange(other, describeStatement("d"), new Sync()));
                    return null;
                }
            });
            // By Describe of the portal, or of the statement.
            assertEquals("2 T row(1,null) [SELECT 1] Z:I",
                    exchange(client, bind("", "e"), describePortal(""), execute(""), new Sync()));
            assertEquals("1 t[] T Z:I", exchange(client, parse("f", "EXECUTE q"), describeStatement("f"), new Sync()));
            assertEquals("[ALTER TABLE] Z:I", ask(client, "ALTER TABLE healed ADD last int"));
            for (String told : List.of("e", "f")) {
                assertEquals("error 0A000 Z:I", exchange(client, bind("", told), execute(""), new Sync()));
                assertEquals("2 T row(1,null,null) [SELECT 1] Z:I",
                        exchange(client, bind("", told), describePortal(""), execute(""), new Sync()));
            }
        } finally {
            fixture.onNode(0, "DROP TABLE healed");
        }
    }

    /** The node had described the others already, and did so again: the connection was closed. */
    @Test
    void healedWhenOnlyTheLastIsStale() throws Exception {
        fixture.onNode(0, "CREATE TABLE steady (id int); INSERT INTO steady VALUES (1);"
                + " CREATE TABLE healed (id int); INSERT INTO healed VALUES (2)");
        try {
            SessionFixture.await("the proxy knows the tables",
                    () -> !ask(client, "SELECT 1 FROM steady; SELECT 1 FROM healed")
                            .contains("error"));
            assertEquals("[PREPARE] Z:I", ask(client, "PREPARE o AS SELECT * FROM steady"));
            assertEquals("[PREPARE] Z:I", ask(client, "PREPARE p AS SELECT s.* FROM steady s"));
            assertEquals("[PREPARE] Z:I", ask(client, "PREPARE q AS SELECT * FROM healed"));
            String string = "SELECT 5; EXECUTE o; EXECUTE p; EXECUTE q";
            String told = "T row(5) [SELECT 1] T row(1) [SELECT 1] T row(1) [SELECT 1] ";
            assertEquals(told + "T row(2) [SELECT 1] Z:I", ask(client, string));
            changed("in a string", () -> {
                widen();
                assertEquals(told + "T row(2,null) [SELECT 1] Z:I", ask(client, string));
                return null;
            });
            changed("in a transaction's first string", () -> {
                assertEquals("[BEGIN] [SAVEPOINT] Z:T", ask(client, "BEGIN; SAVEPOINT one"));
                widen();
                assertEquals(told + "T row(2,null) [SELECT 1] Z:T", ask(client, string));
                assertEquals("[ROLLBACK] Z:T", ask(client, "ROLLBACK TO one"));
                assertEquals("[INSERT 0 1] Z:T", ask(client, "INSERT INTO healed VALUES (3)"));
                return assertRolledBack();
            });
            assertEquals(told + "T row(2,null) [SELECT 1] Z:I", ask(client, string));
        } finally {
            fixture.onNode(0, "DROP TABLE steady, healed");
        }
    }

    private String described(FrontendMessage... messages) throws Exception {
        return columns(client, messages);
    }

    private static String columns(PgClient client, FrontendMessage... messages) throws Exception {
        return client.exchange(messages).stream().map(m -> m instanceof RowDescription d
                ? "T" + d.fields().stream().map(f -> f.name()).collect(Collectors.joining(",", "(", ")"))
                : word(m)).collect(Collectors.joining(" "));
    }

    // ---- comments

    /** sqlcommenter: a comment of its own in every statement. */
    @Test
    void textsThatDifferInCommentsAreOneStatement() throws Exception {
        int before = heldByNodes();
        for (int i = 0; i < 300; i++) {
            String comment = " /*traceparent='00-" + i + "-01',route='/items'*/";
            assertEquals("1 2 row(a) [SELECT 1] Z:I", exchange(client,
                    parse("s" + i, "SELECT v FROM items WHERE  k = $1" + comment), bind("", "s" + i, onA), execute(""),
                    new Sync()));
        }
        assertEquals(before + 1, heldByNodes());
        assertEquals("1 Z:I", exchange(client, parse("h", SELECT + " /*+ SeqScan(items) */"), new Sync()));
        assertEquals(before + 2, heldByNodes());
    }

    /** How many statements the connections to the nodes have prepared. */
    private static int heldByNodes() throws Exception {
        try (PgClient admin = PgClient.login(fixture.proxy.host(), fixture.proxy.port(), SessionFixture.USER,
                "trunkline",
                null)) {
            return admin.query("SHOW SERVERS").stream().filter(DataRow.class::isInstance)
                    .map(row -> ((DataRow) row).values())
                    .filter(row -> row.get(2).text().equals(fixture.database))
                    .mapToInt(row -> Integer.parseInt(row.getLast().text())).sum();
        }
    }

    /** pg_prepared_statements showed the connection's: those of all clients, as tl_1 and so on. */
    @Test
    void theClientsOwnAreListed() throws Exception {
        assertEquals("[PREPARE] Z:I", ask(client, "PREPARE  two AS SELECT v FROM items WHERE k = $1 /* sic */"));
        assertEquals("1 1 Z:I", exchange(client, parse("one", SELECT), parse("", "SELECT 1"), new Sync()));
        String rows = "row(one," + SELECT + ") row(two," + SELECT + " /* sic */) [SHOW] Z:I";
        assertEquals("T " + rows, ask(client, "SHOW trunkline.prepared_statements"));
        assertEquals("1 2 T " + rows, exchange(client, parse("", "SHOW trunkline.prepared_statements"), bind("", ""),
                describePortal(""), execute(""), new Sync()));
        for (String sql : List.of("SELECT * FROM pg_prepared_statements", "TABLE pg_catalog.pg_prepared_statements",
                "SELECT EXISTS (SELECT FROM pg_prepared_statements WHERE name = 'one')",
                "COPY (SELECT name FROM pg_prepared_statements) TO STDOUT", "SELECT pg_prepared_statement()",
                "PREPARE p AS SELECT name FROM pg_prepared_statements")) {
            assertEquals("error TL002 Z:I", ask(client, sql), sql);
        }
        assertEquals("[DEALLOCATE ALL] Z:I", ask(client, "DEALLOCATE ALL"));
        assertEquals("T [SHOW] Z:I", ask(client, "SHOW trunkline.prepared_statements"));
    }

    // ---- how drivers do it

    /** asyncpg: Flush instead of Sync, and Bind only when the description is there. */
    @Test
    void describedAfterFlush() throws Exception {
        client.send(parse("__asyncpg_stmt_1__", SELECT), describeStatement("__asyncpg_stmt_1__"), new Flush());
        assertTrue(client.receive() instanceof ParseComplete);
        assertTrue(client.receive() instanceof ParameterDescription);
        assertTrue(client.receive() instanceof RowDescription);
        assertEquals("2 row(b) [SELECT 1] Z:I",
                exchange(client, bind("", "__asyncpg_stmt_1__", onB), execute(""), new Sync()));
        client.send(parse("__asyncpg_stmt_2__", "DELETE FROM items WHERE k = $1"),
                describeStatement("__asyncpg_stmt_2__"), new Flush());
        assertTrue(client.receive() instanceof ParseComplete);
        assertTrue(client.receive() instanceof ParameterDescription);
        assertTrue(client.receive() instanceof NoData);
        assertEquals("2 [DELETE 1] Z:I",
                exchange(client, bind("", "__asyncpg_stmt_2__", onA), execute(""), new Sync()));
    }

    /** Npgsql: several statements are prepared in one batch, executed in another, and closed together. */
    @Test
    void aBatchIsPreparedAndExecuted() throws Exception {
        String insert = "INSERT INTO items VALUES ($1, $2)";
        assertEquals("1 t[20] T 1 t[20, 25] n Z:I", exchange(client, parse("_p1", SELECT), describeStatement("_p1"),
                parse("_p2", insert), describeStatement("_p2"), new Sync()));
        long another = fixture.key(0, 1);
        assertEquals("2 [INSERT 0 1] 2 row(x) [SELECT 1] 2 row(b) [SELECT 1] Z:I", exchange(client,
                bind("", "_p2", another, "x"), execute(""), bind("", "_p1", another), execute(""),
                bind("", "_p1", onB), execute(""), new Sync()));
        assertEquals("3 3 Z:I", exchange(client, closeStatement("_p1"), closeStatement("_p2"), new Sync()));
        assertEquals("error 26000 Z:I", exchange(client, bind("", "_p1", onA), execute(""), new Sync()));
    }

    /** PDO: DEALLOCATE in SQL of what the protocol has prepared; pgx: the same within a pipeline. */
    @Test
    void sqlDeallocatesTheProtocolsStatement() throws Exception {
        assertEquals("1 Z:I", exchange(client, parse("pdo_stmt_00000001", SELECT), new Sync()));
        assertEquals("2 T row(a) [SELECT 1] Z:I", exchange(client, bind("", "pdo_stmt_00000001", onA),
                describePortal(""), execute(""), new Sync()));
        assertEquals("[DEALLOCATE] Z:I", ask(client, "DEALLOCATE pdo_stmt_00000001"));
        assertEquals("1 t[20] T Z:I", exchange(client, parse("stmtcache_1", SELECT), describeStatement("stmtcache_1"),
                new Sync()));
        assertEquals("2 row(b) [SELECT 1] 1 2 [DEALLOCATE] Z:I", exchange(client, bind("", "stmtcache_1", onB),
                execute(""), run("deallocate \"stmtcache_1\""), new Sync()));
        assertEquals("error 26000 Z:I", exchange(client, bind("", "stmtcache_1", onB), new Sync()));
    }

    /** pgbench's \startpipeline with -M prepared: keys of two nodes in one pipeline, thirty times. */
    @Test
    void aPipelineOfManyBinds() throws Exception {
        assertEquals("1 Z:I", exchange(client, parse("P0_1", SELECT), new Sync()));
        List<FrontendMessage> pipeline = new ArrayList<>();
        StringBuilder expected = new StringBuilder();
        for (int i = 0; i < 30; i++) {
            boolean first = i % 3 != 1;
            pipeline.addAll(List.of(bind("", "P0_1", first ? onA : onB), describePortal(""), execute("")));
            expected.append("2 T row(").append(first ? "a" : "b").append(") [SELECT 1] ");
        }
        pipeline.add(new Sync());
        for (int round = 0; round < 3; round++) {
            assertEquals(expected + "Z:I", exchange(client, pipeline.toArray()));
        }
    }

    /** pgjdbc's PreparedStatement64KBindsTest: as many values as Bind can count. */
    @Test
    void aBindOf65535Values() throws Exception {
        int most = 65_535;
        String list = IntStream.rangeClosed(1, most).mapToObj(i -> "$" + i).collect(Collectors.joining(","));
        Object[] values = new Object[most];
        for (int i = 0; i < most; i++) {
            values[i] = i == most - 1 ? onB : i == 0 ? onA : -1_000_000L - i;
        }
        String keys = "SELECT v FROM items WHERE k IN (" + list + ") ORDER BY k";
        String expected = onA < onB ? "row(a) row(b)" : "row(b) row(a)";
        assertEquals("1 2 " + expected + " [SELECT 2] Z:I",
                exchange(client, parse("", keys), bind("", "", values), execute(""), new Sync()));
        assertEquals("1 Z:I", exchange(client, parse("many", "SELECT cardinality(ARRAY[" + list + "]::int8[])"),
                new Sync()));
        assertEquals("2 row(65535) [SELECT 1] Z:I",
                exchange(client, bind("", "many", values), execute(""), new Sync()));
    }

    // ---- SQL's, over nodes

    @Test
    void aWriteWhoseKeyIsNullIsRefused() throws Exception {
        assertEquals("[PREPARE] Z:I", ask(client, "PREPARE ins(int8, text) AS INSERT INTO items VALUES ($1, $2)"));
        assertEquals("error TL003 Z:I", ask(client, "EXECUTE ins(null, 'x')"));
        assertEquals("[INSERT 0 1] Z:I", ask(client, "EXECUTE ins(" + fixture.key(1, 1) + ", 'x' || 'y')"));
        assertEquals("xy", fixture.ask(1, "SELECT v FROM items WHERE k = " + fixture.key(1, 1)));
    }

    @Test
    void twoWritersOfOneStringAreRefused() throws Exception {
        assertEquals("[PREPARE] Z:I", ask(client, "PREPARE del AS DELETE FROM items WHERE k = $1"));
        assertEquals("[DELETE 1] error TL002 Z:I",
                ask(client, "EXECUTE del(" + onA + "); EXECUTE del(" + onB + ")"));
        assertEquals("1", fixture.ask(0, "SELECT count(*) FROM items"));
        assertEquals("[BEGIN] Z:T", ask(client, "BEGIN"));
        assertEquals("[DELETE 1] Z:T", ask(client, "EXECUTE del(" + onA + ")"));
        assertEquals("error TL002 Z:E", ask(client, "EXECUTE del(" + onB + ")"));
        assertEquals("[ROLLBACK] Z:I", ask(client, "ROLLBACK"));
        assertEquals("1", fixture.ask(0, "SELECT count(*) FROM items"));
    }

    @Test
    void aFanOutTakesConstants() throws Exception {
        assertEquals("[PREPARE] Z:I", ask(client, "PREPARE below(int8) AS SELECT count(*) FROM items WHERE k < $1"));
        assertEquals("T row(2) [SELECT 1] Z:I", ask(client, "EXECUTE below(1000000)"));
        assertEquals("T row(2) [SELECT 1] Z:I", ask(client, "EXECUTE below('1000000')"));
        assertEquals("T row(0) [SELECT 1] Z:I", ask(client, "EXECUTE below(-1.5)"));
        assertEquals("error TL002 Z:I", ask(client, "EXPLAIN EXECUTE below(1)"));
        assertEquals("error TL002 Z:I", ask(client, "CREATE TABLE made AS EXECUTE below(1)"));
        assertEquals("[PREPARE] Z:I", ask(client, "PREPARE list AS SELECT count(*) FROM items WHERE k = ANY($1)"));
        assertEquals("T row(2) [SELECT 1] Z:I", ask(client, "EXECUTE list('{" + onA + "," + onB + "}')"));
    }

    @Test
    void aRefusedStatementIsRefusedByPrepare() throws Exception {
        assertEquals("error TL002 Z:I", ask(client, "PREPARE p AS SELECT * FROM items a JOIN items b ON a.v = b.v"));
        assertEquals("error 26000 Z:I", ask(client, "EXECUTE p"));
    }

    @Test
    void aRoutingHintBelongsToThePrepare() throws Exception {
        assertEquals("[PREPARE] Z:I",
                ask(client, "/* trunkline: key=" + onB + " */ PREPARE p AS SELECT count(*) FROM items"));
        assertEquals("T row(1) [SELECT 1] Z:I", ask(client, "EXECUTE p"));
        assertEquals("error TL002 Z:I", ask(client, "/* trunkline: key=" + onA + " */ EXECUTE p"));
        assertEquals("[PREPARE] Z:I", ask(client, "PREPARE q AS SELECT v FROM items"));
        assertEquals("[SET] Z:I", ask(client, "SET trunkline.shard_key = '" + onA + "'"));
        assertEquals("T row(a) [SELECT 1] Z:I", ask(client, "EXECUTE q"));
    }

    /** A node that has dropped its statements, by whatever way, is told them again. */
    @Test
    void executedAfterDeallocateAllAtTheNode() throws Exception {
        assertEquals("[PREPARE] Z:I", ask(client, "PREPARE p AS " + SELECT));
        assertEquals("T row(a) [SELECT 1] Z:I", ask(client, "EXECUTE p(" + onA + ")"));
        assertEquals("[DEALLOCATE ALL] Z:I", ask(client, "DEALLOCATE ALL"));
        assertEquals("error 26000 Z:I", ask(client, "EXECUTE p(" + onA + ")"));
    }
}
