package dev.trunkline.session;

import static dev.trunkline.session.Talk.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.trunkline.demo.TestNodes;
import dev.trunkline.testing.PgClient;
import dev.trunkline.wire.FrontendMessage.Sync;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/**
 * The table of docs/pooling.md: what becomes of each feature of a session in transaction pooling. All clients share one
 * connection, and between what a client does and what it expects of it, another client uses that connection.
 */
@Timeout(300)
class PoolingFeaturesTest {

    private static final Path PAGE = Path.of("..", "docs", "pooling.md");
    private static final Pattern ROW = Pattern.compile("^\\| ([^|]+) \\| [^|]+ \\| [^|]+ \\| (\\w+)[^|]*\\|");

    private static SessionFixture fixture;

    @BeforeAll
    static void start() throws Exception {
        fixture = SessionFixture.withSchema(TestNodes.nodes(1), "", "CREATE SEQUENCE counted;"
                + "CREATE ROLE pooling_features; INSERT INTO notes VALUES (1, 'one');"
                + "GRANT ALL ON notes, items TO pooling_features", "pool: { size: 1 }");
    }

    @AfterAll
    static void stop() throws Exception {
        fixture.onNode(0, "DROP OWNED BY pooling_features; DROP ROLE pooling_features");
        fixture.close();
    }

    private interface Part {
        String of(PgClient client) throws Exception;
    }

    /**
     * A feature on trial.
     *
     * @param first what the client does
     * @param then what it does later, and is told if the feature works
     * @param stranger what another client is told in between if nothing leaks to it; null where there is nothing to see
     */
    private record Trial(Map<String, String> startup, Part first, Part then, String expected, Part stranger,
            String strange) {

        static Trial of(String first, String then, String expected, String stranger, String strange) {
            return new Trial(Map.of(), c -> ask(c, first), c -> ask(c, then), expected,
                    stranger == null ? null : c -> ask(c, stranger), strange);
        }

        static Trial of(String first, String then, String expected) {
            return of(first, then, expected, null, null);
        }
    }

    private static final Map<String, Trial> TRIALS = new LinkedHashMap<>();

    static {
        TRIALS.put("Startup parameters", new Trial(Map.of("options", "-c work_mem=7MB", "TimeZone", "Asia/Tokyo"),
                c -> "", c -> ask(c, "SELECT current_setting('work_mem'), current_setting('TimeZone')"),
                "T row(7MB,Asia/Tokyo) [SELECT 1] Z:I", c -> ask(c, "SHOW work_mem"), "T row(4MB) [SHOW] Z:I"));
        TRIALS.put("SET, RESET, set_config", Trial.of("SET work_mem = '7MB'", "SHOW work_mem",
                "T row(7MB) [SHOW] Z:I", "SHOW work_mem", "T row(4MB) [SHOW] Z:I"));
        TRIALS.put("set_config of what only the node knows", Trial.of(
                "SELECT set_config('work_mem', id + 6 || 'MB', false) FROM notes", "SHOW work_mem",
                "T row(7MB) [SHOW] Z:I", "SHOW work_mem", "T row(4MB) [SHOW] Z:I"));
        TRIALS.put("SET ROLE", Trial.of("SET ROLE pooling_features", "SELECT current_user",
                "T row(pooling_features) [SELECT 1] Z:I", "SELECT current_user", "T row(postgres) [SELECT 1] Z:I"));
        TRIALS.put("LISTEN", new Trial(Map.of(), c -> ask(c, "LISTEN feature"), c -> {
            // It comes before the answer.
            String told = ask(c, "NOTIFY feature, 'again'");
            return told.contains("again") ? "heard" : told;
        }, "heard", null, null));
        TRIALS.put("NOTIFY", Trial.of("NOTIFY feature", "NOTIFY feature", "[NOTIFY] Z:I"));
        TRIALS.put("Cursors WITHOUT HOLD", Trial.of(
                "BEGIN; DECLARE c CURSOR FOR SELECT generate_series(1, 3); FETCH c; COMMIT",
                "BEGIN; DECLARE c CURSOR FOR SELECT 5; FETCH c; COMMIT",
                "[BEGIN] [DECLARE CURSOR] T row(5) [FETCH 1] [COMMIT] Z:I"));
        TRIALS.put("Cursors WITH HOLD", Trial.of("DECLARE c CURSOR WITH HOLD FOR SELECT generate_series(1, 3)",
                "FETCH c", "T row(1) [FETCH 1] Z:I"));
        TRIALS.put("Prepared statements of the protocol", new Trial(Map.of(),
                c -> exchange(c, parse("s", "SELECT 1 + $1::int"), new Sync()),
                c -> exchange(c, bind("", "s", 41), execute(""), new Sync()), "2 row(42) [SELECT 1] Z:I",
                c -> exchange(c, bind("", "s", 41), new Sync()), "error 26000 Z:I"));
        TRIALS.put("PREPARE, EXECUTE, DEALLOCATE", Trial.of("PREPARE p AS SELECT 1 + $1::int", "EXECUTE p(41)",
                "T row(42) [SELECT 1] Z:I", "EXECUTE p(41)", "error 26000 Z:I"));
        TRIALS.put("Temp tables ON COMMIT DROP", Trial.of(
                "BEGIN; CREATE TEMP TABLE mine (a int) ON COMMIT DROP; INSERT INTO mine VALUES (1); COMMIT",
                "SELECT 1 FROM mine", "error 42P01 Z:I"));
        TRIALS.put("Other temp tables", Trial.of("CREATE TEMP TABLE mine AS SELECT 5 AS a", "SELECT a FROM mine",
                "T row(5) [SELECT 1] Z:I"));
        TRIALS.put("Cached plan reset", new Trial(Map.of(), c -> {
            exchange(c, parse("s", "SELECT * FROM notes WHERE id = $1"), new Sync());
            String told = exchange(c, bind("", "s", 1), execute(""), new Sync());
            fixture.onNode(0, "ALTER TABLE notes ADD COLUMN IF NOT EXISTS more int");
            return told;
        }, c -> {
            String[] told = {""};
            SessionFixture.await("the column is known", () -> {
                told[0] = exchange(c, bind("", "s", 1), execute(""), new Sync());
                return told[0].contains("null");
            });
            return told[0];
        }, "2 row(1,one,null) [SELECT 1] Z:I", null, null));
        TRIALS.put("LOAD", Trial.of("LOAD 'auto_explain'",
                "SELECT count(*) > 0 FROM pg_settings WHERE name LIKE 'auto_explain.%'", "T row(t) [SELECT 1] Z:I"));
        TRIALS.put("Advisory locks of a session", Trial.of("SELECT pg_advisory_lock(77)",
                "SELECT pg_advisory_unlock(77)", "T row(t) [SELECT 1] Z:I"));
        TRIALS.put("Advisory locks of a transaction", Trial.of("BEGIN; SELECT pg_advisory_xact_lock(78); COMMIT",
                "SELECT pg_try_advisory_xact_lock(78)", "T row(t) [SELECT 1] Z:I"));
        TRIALS.put("currval, lastval outside of a transaction", Trial.of("SELECT nextval('counted')",
                "SELECT currval('counted')", "T row(1) [SELECT 1] Z:I"));
        TRIALS.put("DO, CALL, functions and triggers with side effects", Trial.of(
                "DO $$ BEGIN PERFORM set_config('features.mine', 'x', false); END $$",
                "SELECT coalesce(current_setting('features.mine', true), '')", "T row(x) [SELECT 1] Z:I",
                "SELECT coalesce(current_setting('features.mine', true), '')", "T row() [SELECT 1] Z:I"));
        TRIALS.put("DISCARD ALL", new Trial(Map.of(), c -> ask(c, "SET work_mem = '7MB'") + ask(c, "DISCARD ALL"),
                c -> ask(c, "SHOW work_mem"), "T row(4MB) [SHOW] Z:I", null, null));
    }

    private static PgClient client(Map<String, String> startup) throws IOException {
        PgClient client = PgClient.connect(fixture.proxy.host(), fixture.proxy.port());
        Map<String, String> all = new LinkedHashMap<>(startup);
        all.put("user", SessionFixture.USER);
        all.put("database", fixture.database);
        all.putIfAbsent("application_name", "on trial");
        client.login(all, null);
        return client;
    }

    private static Connection admin() throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + fixture.proxy.port() + "/trunkline?user="
                + SessionFixture.USER);
    }

    private static void admin(String command) throws SQLException {
        try (Connection admin = admin(); Statement statement = admin.createStatement()) {
            statement.execute(command);
        }
    }

    private static String pinned() throws SQLException {
        try (Connection admin = admin();
                Statement statement = admin.createStatement();
                ResultSet clients = statement.executeQuery("SHOW CLIENTS")) {
            while (clients.next()) {
                if ("on trial".equals(clients.getString("application_name"))) {
                    return clients.getString("pinned");
                }
            }
            throw new AssertionError("the client is not shown");
        }
    }

    /** {@code kept}, {@code pins} (works because the session keeps its connection), {@code refused}, or {@code lost}. */
    private static String verdict(Trial trial) throws Exception {
        try (PgClient client = client(trial.startup)) {
            String first = trial.first.of(client);
            assertFalse(first.contains("error"), first);
            boolean pins = pinned() != null;
            if (!pins) {
                try (PgClient stranger = client(Map.of("application_name", "stranger"))) {
                    if (trial.stranger != null) {
                        assertEquals(trial.strange, trial.stranger.of(stranger), "another client's state");
                    }
                    ask(stranger, "SELECT count(*) FROM items");
                }
            }
            String then = trial.then.of(client);
            if (then.contains("error TL")) {
                return "refused";
            }
            if (!then.equals(trial.expected)) {
                assertFalse(pins, then);
                return "lost";
            }
            return pins ? "pins" : "kept";
        }
    }

    /** The session kept its connection until the next statement had found that they were gone. */
    @Test
    void tempTablesOfATransactionPinNothingBeyondIt() throws Exception {
        try (PgClient client = client(Map.of())) {
            for (String sql : List.of("BEGIN; CREATE TEMP TABLE mine (a int) ON COMMIT DROP; COMMIT",
                    "BEGIN; CREATE TEMP TABLE mine ON COMMIT DROP AS SELECT 1; ROLLBACK",
                    "CREATE TEMP TABLE mine (a int) ON COMMIT DROP")) {
                ask(client, sql);
                assertNull(pinned(), sql);
                fixture.awaitAllReturned();
            }
            ask(client, "BEGIN");
            exchange(client, run("CREATE TEMP TABLE items (a int) ON COMMIT DROP"), run("SELECT a FROM items"),
                    new Sync());
            assertEquals("a", pinned());
            ask(client, "COMMIT");
            assertNull(pinned());
            assertEquals("error 42703 Z:I", ask(client, "SELECT a FROM items"));
            // One that stays keeps the session with it.
            ask(client, "CREATE TEMP TABLE stays (a int)");
            ask(client, "BEGIN; CREATE TEMP TABLE IF NOT EXISTS stays (b int) ON COMMIT DROP; COMMIT");
            assertEquals("T [SELECT 0] Z:I", ask(client, "SELECT a FROM stays"));
            assertEquals("a", pinned());
            ask(client, "DROP TABLE stays");
            ask(client, "SELECT 1");
            assertNull(pinned());
        }
    }

    /** What is made in pg_temp is the session's own, whether or not TEMP is said, and whether or not it is a table. */
    @Test
    void whatIsMadeInTheSchemaOfTempObjectsPins() throws Exception {
        String left = "SELECT (SELECT count(*) FROM pg_class WHERE relname = 'own')"
                + " + (SELECT count(*) FROM pg_proc WHERE proname = 'own')"
                + " + (SELECT count(*) FROM pg_type WHERE typname = 'own')";
        for (String made : List.of("CREATE TABLE pg_temp.own (a int)", "CREATE TABLE pg_temp.own AS SELECT 1 AS a",
                "SELECT 1 AS a INTO pg_temp.own", "CREATE VIEW pg_temp.own AS SELECT 1 AS a",
                "CREATE SEQUENCE pg_temp.own", "CREATE FUNCTION pg_temp.own() RETURNS int LANGUAGE sql RETURN 1",
                "CREATE TYPE pg_temp.own AS (a int)", "CREATE DOMAIN pg_temp.own AS int",
                "SET search_path = nowhere, pg_temp; CREATE TABLE own (a int)",
                "SET search_path = pg_temp; SELECT 1 AS a INTO own",
                "SET search_path = pg_temp; PREPARE p AS SELECT 1; CREATE TABLE own AS EXECUTE p")) {
            try (PgClient client = client(Map.of())) {
                for (String sql : made.split("; ")) {
                    assertFalse(ask(client, sql).contains("error"), sql);
                }
                assertEquals("a", pinned(), made);
                assertFalse(ask(client, left).contains("row(0)"), made);
                assertEquals("a", pinned(), made);
                // A table that goes with its transaction does not take the others' pin with it.
                ask(client, "BEGIN; CREATE TEMP TABLE passing (a int) ON COMMIT DROP; COMMIT");
                assertEquals("a", pinned(), made);
            }
            fixture.awaitAllReturned();
            try (PgClient stranger = client(Map.of())) {
                assertEquals("T row(0) [SELECT 1] Z:I", ask(stranger, left), made);
            }
        }
    }

    @Test
    void theLastTempObjectTakesThePinWithIt() throws Exception {
        try (PgClient client = client(Map.of())) {
            ask(client, "CREATE FUNCTION pg_temp.own() RETURNS int LANGUAGE sql RETURN 1");
            ask(client, "CREATE TEMP TABLE mine (a int)");
            ask(client, "DROP TABLE mine");
            assertEquals("T row(1) [SELECT 1] Z:I", ask(client, "SELECT pg_temp.own()"));
            assertEquals("a", pinned());
            ask(client, "DROP FUNCTION pg_temp.own()");
            ask(client, "SELECT 1");
            assertNull(pinned());
            // The path names it, but the table is made in the schema before it.
            ask(client, "SET search_path = public, pg_temp");
            ask(client, "CREATE TABLE everybodys (a int)");
            ask(client, "DROP TABLE everybodys");
            assertNull(pinned());
        }
    }

    /** In a transaction that had taken no number they told another client's; in a string and a pipeline they were refused. */
    @Test
    void currvalAndLastvalTellNumbersOfTheirOwnTransaction() throws Exception {
        try (PgClient client = client(Map.of()); PgClient other = client(Map.of("application_name", "other"))) {
            ask(other, "SELECT nextval('counted')");
            // The connection forgets the other's number before, and it is asked for first.
            assertEquals("T error 55000 Z:I", ask(client, "SELECT currval('counted') < nextval('counted')"));
            for (String sql : List.of("SELECT lastval()", "SELECT currval('counted')")) {
                assertEquals("error TL002 Z:I", ask(client, sql), sql);
                ask(client, "BEGIN");
                ask(client, "SELECT count(*) FROM notes");
                assertEquals("error TL002 Z:E", ask(client, sql), sql);
                ask(client, "ROLLBACK");
                // The number was taken in a transaction before, as many applications do: here it would be somebody else's.
                for (String before : List.of("SELECT body FROM notes FOR UPDATE", "UPDATE notes SET body = 'x'",
                        "DELETE FROM notes WHERE id = 7", "SELECT pg_advisory_xact_lock(1)")) {
                    ask(client, "BEGIN");
                    ask(client, before);
                    assertEquals("error TL002 Z:E", ask(client, sql), before + "; " + sql);
                    ask(client, "ROLLBACK");
                }
            }
            ask(client, "BEGIN");
            ask(client, "UPDATE notes SET id = nextval('counted') + 100 WHERE id = 1");
            assertEquals("T row(t) [SELECT 1] Z:T", ask(client, "SELECT lastval() = currval('counted')"));
            ask(client, "ROLLBACK");
            String told = "SELECT lastval() = currval('counted')";
            ask(client, "BEGIN");
            ask(client, "SELECT nextval('counted')");
            assertEquals("T row(t) [SELECT 1] Z:T", ask(client, told));
            ask(client, "COMMIT");
            assertEquals("T row(t) [SELECT 1] T row(t) [SELECT 1] Z:I",
                    ask(client, "SELECT nextval('counted') > 0; " + told));
            assertEquals("1 2 row(t) [SELECT 1] 1 2 row(t) [SELECT 1] Z:I",
                    exchange(client, run("SELECT nextval('counted') > 0"), run(told), new Sync()));
        }
    }

    /** What is loaded can't be unloaded: the connection is nobody's after the session. */
    @Test
    void aLoadedLibraryReachesNobodyElse() throws Exception {
        String loaded = "SELECT count(*) > 0 FROM pg_settings WHERE name LIKE 'auto_explain.%'";
        try (PgClient client = client(Map.of())) {
            ask(client, "LOAD 'auto_explain'");
            ask(client, "DISCARD ALL");
            assertEquals("a", pinned());
            assertEquals("T row(t) [SELECT 1] Z:I", ask(client, loaded));
        }
        try (PgClient stranger = client(Map.of())) {
            assertEquals("T row(f) [SELECT 1] Z:I", ask(stranger, loaded));
        }
    }

    @TestFactory
    Stream<DynamicTest> thePageSaysWhatHappens() throws IOException {
        Map<String, String> page = new LinkedHashMap<>();
        for (String line : Files.readAllLines(PAGE)) {
            Matcher row = ROW.matcher(line);
            if (row.find() && !row.group(1).equals("feature")) {
                page.put(row.group(1), row.group(2));
            }
        }
        assertEquals(List.copyOf(TRIALS.keySet()), List.copyOf(page.keySet()), "the rows of the page's table");
        return TRIALS.entrySet().stream().map(trial -> DynamicTest.dynamicTest(trial.getKey(), () -> {
            assertEquals(page.get(trial.getKey()), verdict(trial.getValue()));
            fixture.awaitAllReturned();
        }));
    }
}
