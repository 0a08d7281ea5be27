package dev.trunkline.session;

import static dev.trunkline.session.Talk.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.testing.PgClient;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.ParameterStatus;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.FrontendMessage.CopyData;
import dev.trunkline.wire.FrontendMessage.CopyDone;
import dev.trunkline.wire.FrontendMessage.Flush;
import dev.trunkline.wire.FrontendMessage.Query;
import dev.trunkline.wire.FrontendMessage.Sync;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the drivers' own test suites have shown to be different: each dialog beside the same one with the node itself. */
@Timeout(300)
class DriverHabitsTest {

    private static SessionFixture fixture;
    private PgClient client;
    private PgClient plain;

    @BeforeAll
    static void start() throws Exception {
        fixture = SessionFixture.start(1, "pool: { size: 1, waitTimeout: 60s }");
    }

    @AfterAll
    static void stop() throws Exception {
        fixture.close();
    }

    @BeforeEach
    void connect() throws Exception {
        fixture.empty();
        client = fixture.client();
        plain = PgClient.login("127.0.0.1", fixture.nodes.getFirst().port(), SessionFixture.USER, fixture.database,
                null);
    }

    @AfterEach
    void allIsReturned() throws Exception {
        client.close();
        plain.close();
        fixture.awaitNothingLeft();
    }

    /** Both are told the same, which is this. */
    private void both(String expected, Object... parts) throws Exception {
        assertEquals(expected, exchange(plain, parts));
        assertEquals(expected, exchange(client, parts));
    }

    private void both(String expected, String sql) throws Exception {
        assertEquals(expected, ask(plain, sql));
        assertEquals(expected, ask(client, sql));
    }

    /** As above, first with the node and then through the proxy, for what can't be done twice. */
    private interface Dialog {
        void with(PgClient client) throws Exception;
    }

    private void each(Dialog dialog) throws Exception {
        dialog.with(plain);
        dialog.with(client);
    }

    // ---- cursors

    /** In a string it was refused, for want of a transaction block, although a string is one. */
    @Test
    void aCursorLivesForAString() throws Exception {
        both("[DECLARE CURSOR] T row(1) [FETCH 1] [MOVE 1] [CLOSE CURSOR] Z:I",
                "DECLARE c CURSOR FOR SELECT g FROM generate_series(1, 3) g; FETCH c; MOVE c; CLOSE c");
        both("error 34000 Z:I", "FETCH c; SELECT 1");
        both("[BEGIN] [DECLARE CURSOR] T row(1) [FETCH 1] Z:T", "BEGIN; DECLARE c SCROLL CURSOR FOR SELECT 1; FETCH c");
        both("[MOVE 0] T row(1) [FETCH 1] [COMMIT] Z:I", "MOVE BACKWARD ALL IN c; FETCH c; COMMIT");
        both("error 34000 Z:I", "FETCH c");
    }

    /** It outlived a pipeline that an error of ours had ended, since it counts as read and reads were committed. */
    @Test
    void aCursorOfAPipelineEndsWithItsError() throws Exception {
        both("1 2 [DECLARE CURSOR] error 26000 Z:I", run("DECLARE c CURSOR WITH HOLD FOR SELECT 1"),
                bind("", "nosuch"), execute(""), new Sync());
        both("error 34000 Z:I", "FETCH c");
        both("1 2 [DECLARE CURSOR] Z:I", run("DECLARE c CURSOR WITH HOLD FOR SELECT 1"), new Sync());
        both("T row(1) [FETCH 1] Z:I", "FETCH c");
    }

    /** Of a session that keeps its connection, the client was told the node's own until its next statement. */
    @Test
    void afterDiscardAllInAPipelineTheSettingsAreThoseOfTheStart() throws Exception {
        client.close();
        for (int port : new int[]{fixture.nodes.getFirst().port(), fixture.proxy.port()}) {
            try (PgClient own = PgClient.connect("127.0.0.1", port)) {
                own.login(Map.of("user", SessionFixture.USER, "database", fixture.database, "application_name", "own",
                        "TimeZone", "Asia/Tokyo"), null);
                ask(own, "DECLARE c CURSOR WITH HOLD FOR SELECT 1; SET TimeZone = 'Europe/Berlin'");
                List<BackendMessage> replies = own.exchange(all(run("DISCARD ALL"), new Sync()));
                assertEquals("1 2 [DISCARD ALL] Z:I", told(replies));
                assertEquals(List.of(new ParameterStatus("TimeZone", "Asia/Tokyo")),
                        replies.stream().filter(ParameterStatus.class::isInstance).toList());
            }
        }
    }

    /**
     * A session that listens, or that has kept its connection over DISCARD ALL: its next SET was told to a node that had other settings,
     * and was thought to have the session's from there on, for other clients too.
     */
    @Test
    void aSettingIsToldToAConnectionThatHasTheOthers() throws Exception {
        client.close();
        for (String first : List.of("LISTEN c", "CREATE TEMP TABLE kept (a int); DISCARD ALL")) {
            for (String set : List.of("SET lock_timeout = '1s'", "RESET lock_timeout",
                    "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE")) {
                try (PgClient own = PgClient.connect("127.0.0.1", fixture.proxy.port());
                        PgClient other = fixture.client()) {
                    own.login(Map.of("user", SessionFixture.USER, "database", fixture.database, "options",
                            "-c work_mem=5MB"), null);
                    for (String sql : first.split("; ")) {
                        ask(own, sql);
                    }
                    if (first.startsWith("LISTEN")) {
                        ask(other, "SET work_mem = '3MB'");
                        assertEquals("3MB", value(other, "SHOW work_mem"));
                    }
                    ask(own, set);
                    assertEquals("5MB", value(own, "SHOW work_mem"), first + ", " + set);
                }
            }
        }
    }

    /** What the proxy remarks by itself came all the same. */
    @Test
    void whoWantsNoWarningsGetsNone() throws Exception {
        both("notice 25P01 [ROLLBACK] Z:I", "ROLLBACK");
        for (String error : List.of("SET client_min_messages = error", "SET client_min_messages TO 'ERROR'",
                "SELECT set_config('client_min_messages', 'error', false)")) {
            for (PgClient one : List.of(plain, client)) {
                ask(one, error);
            }
            both("[ROLLBACK] Z:I", "ROLLBACK");
            both("[SET] Z:I", "SET LOCAL work_mem = '5MB'");
            both("1 2 [BEGIN] 1 2 [BEGIN] 1 2 [COMMIT] Z:I", run("BEGIN"), run("BEGIN"), run("COMMIT"), new Sync());
            both("[RESET] Z:I", "RESET client_min_messages");
            both("notice 25P01 [ROLLBACK] Z:I", "ROLLBACK");
        }
        both("[SET] Z:I", "SET client_min_messages = warning");
        both("notice 25P01 [ROLLBACK] Z:I", "ROLLBACK");
    }

    // ---- PREPARE TRANSACTION, by which transaction managers commit in two phases

    /** The session went on as if its transaction were open, and kept its connection. */
    @Test
    void prepareTransactionEndsTheTransaction() throws Exception {
        each(c -> {
            ask(c, "BEGIN");
            assertEquals("[INSERT 0 1] Z:T", ask(c, "INSERT INTO notes VALUES (1, 'p')"));
            assertEquals("[PREPARE TRANSACTION] Z:I", ask(c, "PREPARE TRANSACTION 'it''s \\ two'"));
            try (PgClient other = fixture.client()) {
                assertEquals("0", value(other, "SELECT count(*) FROM notes"));
                assertEquals("[COMMIT PREPARED] Z:I", ask(other, "COMMIT PREPARED 'it''s \\ two'"));
            }
            assertEquals("1", value(c, "SELECT count(*) FROM notes"));
            assertEquals("[DELETE 1] Z:I", ask(c, "DELETE FROM notes"));
            assertEquals("1 2 [BEGIN] 1 2 [INSERT 0 1] 1 2 [PREPARE TRANSACTION] Z:I", exchange(c, run("BEGIN"),
                    run("INSERT INTO notes VALUES (1, 'p')"), run("PREPARE TRANSACTION 'x'"), new Sync()));
            assertEquals("[ROLLBACK PREPARED] Z:I", ask(c, "ROLLBACK PREPARED 'x'"));
            assertEquals("[BEGIN] [INSERT 0 1] [PREPARE TRANSACTION] Z:I",
                    ask(c, "BEGIN; INSERT INTO notes VALUES (1, 'p'); PREPARE TRANSACTION 'x'"));
            assertEquals("1 2 [ROLLBACK PREPARED] Z:I", exchange(c, run("ROLLBACK PREPARED 'x'"), new Sync()));
        });
    }

    /** It was the proxy's name, {@code trunkline/0}, of a client that had set none. */
    @Test
    void theApplicationsNameIsTheClientsOwn() throws Exception {
        each(c -> {
            for (String name : List.of("one", "it's two")) {
                try (PgClient other = PgClient.connect("127.0.0.1", fixture.proxy.port())) {
                    other.login(Map.of("user", "postgres", "database", fixture.database, "application_name", name),
                            null);
                    assertEquals(name, value(other, "SHOW application_name"));
                    assertEquals(name, value(other,
                            "SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()"));
                }
                assertEquals("", value(c, "SHOW application_name"));
                assertEquals("", value(c, "SELECT current_setting('application_name')"));
            }
            ask(c, "SET application_name = 'mine'");
            assertEquals("mine", value(c, "SHOW application_name"));
            ask(c, "RESET application_name");
            assertEquals("", value(c, "SHOW application_name"));
            ask(c, "DISCARD ALL");
            assertEquals("", value(c, "SHOW application_name"));
        });
    }

    /** psycopg describes what it has declared; Django reads large results outside of transactions so, by cursors WITH HOLD. */
    @Test
    void aCursorThatOutlivesItsTransactionIsAPortal() throws Exception {
        both("[DECLARE CURSOR] Z:I", "DECLARE held CURSOR WITH HOLD FOR SELECT generate_series(1, 3)");
        both("T Z:I", describePortal("held"), new Sync());
        both("T row(1) [FETCH 1] Z:I", "FETCH held");
        both("row(2) s Z:I", execute("held", 1), new Sync());
        both("error 34000 Z:I", describePortal("other"), new Sync());
        both("[BEGIN] Z:T", "BEGIN");
        both("T row(3) [SELECT 1] Z:T", describePortal("held"), execute("held"), new Sync());
        both("error 22012 Z:E", "SELECT 1/0");
        both("error 25P02 Z:E", describePortal("held"), new Sync());
        both("[ROLLBACK] Z:I", "ROLLBACK");
        both("3 Z:I", closePortal("held"), new Sync());
        both("error 34000 Z:I", "FETCH held");
    }

    /** A transaction manager commits a branch in which nothing was done by its name, too. */
    @Test
    void anEmptyTransactionIsPreparedToo() throws Exception {
        each(c -> {
            ask(c, "BEGIN");
            assertEquals("[PREPARE TRANSACTION] Z:I", ask(c, "PREPARE TRANSACTION 'empty'"));
            assertEquals("1", value(c, "SELECT count(*) FROM pg_prepared_xacts WHERE gid = 'empty'"));
            assertEquals("[COMMIT PREPARED] Z:I", ask(c, "COMMIT PREPARED 'empty'"));
            assertEquals("error 42704 Z:I", ask(c, "COMMIT PREPARED 'empty'"));
        });
    }

    @Test
    void whatCannotBePreparedIsRolledBack() throws Exception {
        both("notice 25P01 [ROLLBACK] Z:I", "PREPARE TRANSACTION 'none'");
        each(c -> {
            ask(c, "BEGIN");
            ask(c, "INSERT INTO notes VALUES (1, 'p')");
            ask(c, "SELECT 1/0");
            assertEquals("[ROLLBACK] Z:I", ask(c, "PREPARE TRANSACTION 'failed'"));
            ask(c, "BEGIN");
            ask(c, "CREATE TEMP TABLE passing (a int)");
            assertEquals("error 0A000 Z:I", ask(c, "PREPARE TRANSACTION 'temp'"));
            ask(c, "BEGIN");
            ask(c, "INSERT INTO notes VALUES (1, 'p')");
            ask(c, "LISTEN prepared");
            assertEquals("error 0A000 Z:I", ask(c, "PREPARE TRANSACTION 'listens'"));
            assertEquals("0", value(c, "SELECT count(*) FROM notes"));
        });
    }

    // ---- asyncpg, which ends no Parse and Describe by Sync

    /** Its copy_records_to_table was refused: the query that ended the pipeline was run as a part of it. */
    @Test
    void aCopyFollowsAStatementThatIsOnlyDescribed() throws Exception {
        for (String begin : List.of("SELECT 1", "BEGIN")) {
            each(c -> {
                ask(c, begin);
                c.send(parse("c", "SELECT id, body FROM notes"), describeStatement("c"), new Flush());
                assertEquals("1 t[] T", told(List.of(c.receive(), c.receive(), c.receive())));
                c.send(new Query("COPY notes (id, body) FROM STDIN"));
                assertEquals("G", word(c.receive()));
                c.send(new CopyData(Bytes.utf8("1\tone\n")), new CopyDone());
                String open = begin.equals("BEGIN") ? "Z:T" : "Z:I";
                assertEquals("[COPY 1] " + open, told(c.receiveUntilReady()));
                assertEquals("2 row(1,one) [SELECT 1] " + open, exchange(c, bind("", "c"), execute(""), new Sync()));
                c.send(parse("d", "SELECT 1"), describeStatement("d"), new Flush());
                assertEquals("1 t[] T", told(List.of(c.receive(), c.receive(), c.receive())));
                assertEquals("[DELETE 1] " + open, ask(c, "DELETE FROM notes"));
                ask(c, "ROLLBACK; DEALLOCATE ALL; DELETE FROM notes");
            });
        }
    }

    // ---- process ids

    /** Knex cancels a query that takes too long by the id that its driver was told: it must be nobody's at the node. */
    @Test
    void theProcessIdOfASessionIsNoneOfAServers() throws Exception {
        int id = client.key().processId();
        assertTrue(id > 1 << 22, "Linux has process ids up to 4194304: " + id);
    }

    // ---- prepared statements

    /** The node's statement of the same text took the values of a type that was gone: cache lookup failed for type. */
    @Test
    void aTypeThatIsMadeAgainInOneTransactionIsTheNewOne() throws Exception {
        each(c -> {
            ask(c, "BEGIN");
            for (int i = 0; i < 3; i++) {
                assertEquals("[SAVEPOINT] [CREATE TYPE] [CREATE TABLE] Z:T",
                        ask(c, "SAVEPOINT s; CREATE TYPE mood AS ENUM ('fine'); CREATE TABLE moods (m mood)"));
                assertEquals("1 2 [INSERT 0 1] 3 Z:T", exchange(c, parse("s", "INSERT INTO moods VALUES ($1::mood)"),
                        bind("", "s", "fine"), execute(""), closeStatement("s"), new Sync()));
                assertEquals("[ROLLBACK] Z:T", ask(c, "ROLLBACK TO s"));
            }
            ask(c, "ROLLBACK");
        });
    }
}
