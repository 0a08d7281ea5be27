package dev.trunkline.session;

import static dev.trunkline.session.Talk.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.testing.PgClient;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.FrontendMessage.Sync;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Statements that a change of the schema has made stale at a node are prepared again, where the client has seen nothing yet. */
@Timeout(300)
class StaleStatementTest {

    private static final String PREPARED_AGAIN = "trunkline_prepared_again_total\\{[^}]*\\} ([0-9.]+)";

    private static SessionFixture fixture;
    private PgClient client;

    @BeforeAll
    static void start() throws Exception {
        fixture = SessionFixture.start(2, "pool: { size: 1 }");
    }

    @AfterAll
    static void stop() throws Exception {
        fixture.close();
    }

    @BeforeEach
    void connect() throws Exception {
        client = fixture.client();
    }

    @AfterEach
    void allIsReturned() throws Exception {
        client.close();
        fixture.awaitAllReturned();
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
}
