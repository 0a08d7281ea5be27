package dev.trunkline.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.error.ProxyException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.util.PSQLException;

/** The admin database as real clients use it: pgjdbc in all its protocols, and psql. */
@Timeout(300)
class AdminSessionTest {

    /** What users, dashboards and outside checks rely on: these columns come first, in this order. */
    private static final Map<View, String> PINNED = Map.of(View.CLIENTS,
            "user, database, state, addr, port, wait_us, pinned, node", View.NODES,
            "database, node, endpoint, role, state, capacity, virtual_shards", View.SHARDS,
            "database, domain, virtual_shard, node, state, epoch", View.POOLS,
            "database, user, node, cl_active, cl_waiting, sv_active, sv_idle, maxwait_us, pool_mode");

    private static AdminFixture fixture;

    @BeforeAll
    static void start() throws SQLException {
        fixture = new AdminFixture();
        try (Connection client = fixture.client()) {
            AdminFixture.rows(client, "SELECT count(*) FROM kv");
        }
    }

    @AfterAll
    static void stop() throws SQLException {
        fixture.close();
    }

    @ParameterizedTest
    @EnumSource(View.class)
    void everyViewReadsTheSameInEveryProtocol(View view) throws SQLException {
        String[][] protocols = {{"preferQueryMode", "simple"}, {"preferQueryMode", "extended"},
                {"prepareThreshold", "-1"}, {"binaryTransfer", "true", "prepareThreshold", "1"}};
        try (Connection client = fixture.client()) {
            AdminFixture.rows(client, "SELECT count(*) FROM kv");
        }
        for (String[] protocol : protocols) {
            try (Connection admin = fixture.admin(protocol);
                    Statement statement = admin.createStatement();
                    ResultSet rows = statement.executeQuery("SHOW " + view)) {
                List<String> names = AdminFixture.columns(rows.getMetaData());
                assertEquals(view.columns().stream().map(Column::name).toList(), names);
                assertTrue(String.join(", ", names).startsWith(PINNED.getOrDefault(view, "")));
                assertTrue(rows.next(), "no rows");
                for (int i = 1; i <= names.size(); i++) {
                    Object value = rows.getObject(i);
                    assertTrue(value == null || value.getClass() == switch (view.columns().get(i - 1).type()) {
                        case TEXT -> String.class;
                        case INT4 -> Integer.class;
                        case INT8 -> Long.class;
                        case FLOAT8 -> Double.class;
                        case BOOL -> Boolean.class;
                        case TIMESTAMPTZ -> java.sql.Timestamp.class;
                    }, names.get(i - 1) + " is " + value);
                }
            }
        }
    }

    @Test
    void thePageListsEveryViewWithItsColumns() throws IOException {
        String page = Files.readString(Path.of("..", "docs", "admin.md"));
        for (View view : View.values()) {
            Matcher section = Pattern.compile("### SHOW " + view + "\n(.*?)(?=\n##|\\z)", Pattern.DOTALL).matcher(page);
            assertTrue(section.find(), "docs/admin.md has no section SHOW " + view);
            String listed = section.group(1).lines().filter(line -> line.startsWith("| `"))
                    .flatMap(line -> Pattern.compile("`([^`]+)`").matcher(line.split("\\|")[1]).results())
                    .map(m -> m.group(1)).collect(Collectors.joining(", "));
            assertEquals(view.columns().stream().map(Column::name).collect(Collectors.joining(", ")), listed,
                    "SHOW " + view + " in docs/admin.md");
        }
    }

    @Test
    void showsWhatIsThere() throws SQLException {
        try (Connection admin = fixture.admin("ApplicationName", "looker")) {
            String name = fixture.database;
            assertEquals(List.of("a|primary|up|128", "b|primary|up|128"),
                    AdminFixture.rows(admin, "SHOW NODES").stream().map(row -> row.split("\\|"))
                            .map(f -> f[1] + "|" + f[3] + "|" + f[4] + "|" + f[6]).toList());
            assertEquals(256, AdminFixture.rows(admin, "SHOW SHARDS " + name).size());
            assertTrue(AdminFixture.rows(admin, "SHOW SHARDS").contains(name + "|default|128|b|active|1"));
            assertTrue(AdminFixture.rows(admin, "SHOW TABLES").getFirst()
                    .startsWith(name + "|public|kv|table|sharded|k|kv|null|warn|null"));
            assertTrue(AdminFixture.rows(admin, "SHOW POOLS").stream()
                    .anyMatch(row -> row.startsWith(name + "|postgres|a|0|0|0|")));
            assertTrue(AdminFixture.rows(admin, "SHOW CLIENTS trunkline").stream()
                    .anyMatch(row -> row.startsWith("postgres|trunkline|active|127.0.0.1|") && row.contains("looker")));
            assertTrue(AdminFixture.rows(admin, "SHOW CONFIG").contains("users.reader.password|***||reload"));
            assertFalse(String.join("\n", AdminFixture.rows(admin, "SHOW CONFIG")).contains("password|r"));
            assertEquals("3D000", assertThrows(SQLException.class, () -> AdminFixture.rows(admin, "SHOW NODES nobody"))
                    .getSQLState());
        }
    }

    @Test
    void driversAndPoolsFindWhatTheyLookFor() throws SQLException {
        try (Connection admin = fixture.admin()) {
            assertEquals("trunkline", admin.getCatalog());
            assertTrue(admin.isValid(5));
            admin.setAutoCommit(false);
            assertEquals(List.of("1"), AdminFixture.rows(admin, "SELECT 1"));
            assertEquals(List.of("trunkline|postgres|x|f"), AdminFixture.rows(admin,
                    "SELECT current_database(), current_user, 'x' AS letter, pg_is_in_recovery()"));
            admin.setSavepoint("here");
            admin.commit();
            admin.setReadOnly(true);
            assertEquals(Connection.TRANSACTION_READ_COMMITTED, admin.getTransactionIsolation());
            AdminFixture.execute(admin, "SET search_path TO a, b; SET extra_float_digits = 3; DISCARD ALL");
            assertEquals(List.of("a , b"), List.of(String.join("", AdminFixture.rows(admin, "SHOW search_path"))
                    .replace("a, b", "a , b")));
        }
    }

    @Test
    void anErrorAbortsATransactionAsItDoesEverywhere() throws SQLException {
        try (Connection admin = fixture.admin()) {
            admin.setAutoCommit(false);
            assertEquals("42601", assertThrows(SQLException.class, () -> AdminFixture.rows(admin, "GIMME 7"))
                    .getSQLState());
            assertEquals("25P02", assertThrows(SQLException.class, () -> AdminFixture.rows(admin, "SHOW VERSION"))
                    .getSQLState());
            admin.rollback();
            assertEquals(1, AdminFixture.rows(admin, "SHOW VERSION").size());
        }
    }

    @Test
    void rowsComeAFewAtATimeWhenAsked() throws SQLException {
        try (Connection admin = fixture.admin()) {
            admin.setAutoCommit(false);
            try (Statement statement = admin.createStatement()) {
                statement.setFetchSize(10);
                ResultSet rows = statement.executeQuery("SHOW SHARDS");
                int count = 0;
                while (rows.next()) {
                    assertEquals(count++, rows.getInt("virtual_shard"));
                }
                assertEquals(256, count);
            }
        }
    }

    @Test
    void rightsAreKept() throws SQLException {
        try (Connection reader = fixture.connect("trunkline", "reader", "r")) {
            assertEquals(1, AdminFixture.rows(reader, "SHOW VERSION").size());
            for (String command : List.of("PAUSE", "RESUME", "RECONNECT", "WAIT_CLOSE", "KILL 1", "RELOAD",
                    "SET log_level = debug")) {
                assertEquals("42501", assertThrows(SQLException.class, () -> AdminFixture.execute(reader, command),
                        command).getSQLState());
            }
        }
        assertEquals("42501", assertThrows(SQLException.class, () -> fixture.connect("trunkline", "plain", "p"))
                .getSQLState());
    }

    @Test
    void aPauseWaitsForTransactionsAndHoldsNewOnes() throws Exception {
        try (Connection admin = fixture.admin();
                Connection busy = fixture.client();
                Connection late = fixture.client()) {
            busy.setAutoCommit(false);
            assertEquals(List.of("v1"), AdminFixture.rows(busy, "SELECT v FROM kv WHERE k = 1"));
            CompletableFuture<Void> pause = run(() -> {
                try (Connection other = fixture.admin()) {
                    AdminFixture.execute(other, "PAUSE " + fixture.database);
                }
            });
            AdminFixture.await(admin, "SHOW DATABASES", "|t|warn");
            assertFalse(pause.isDone());
            assertEquals(10, AdminFixture.rows(busy, "SELECT v FROM kv").size(),
                    "a transaction under way still gets connections to further nodes");
            busy.commit();
            pause.get(60, TimeUnit.SECONDS);
            assertTrue(AdminFixture.rows(admin, "SHOW POOLS").stream()
                    .allMatch(row -> row.matches(".*\\|[ab]\\|0\\|\\d+\\|0\\|0\\|.*")), "every connection is closed");

            CompletableFuture<Void> waits = run(() -> AdminFixture.rows(late, "SELECT v FROM kv WHERE k = 1"));
            AdminFixture.await(admin, "SHOW CLIENTS " + fixture.database, "|waiting|");
            AdminFixture.execute(admin, "RESUME");
            waits.get(60, TimeUnit.SECONDS);
        }
    }

    /** Each in a session of its own: what it makes there, and the word for it. */
    @Test
    void aPinnedClientIsShownWithItsReasons() throws Exception {
        Map<String, String> made = Map.of("CREATE TEMP TABLE mine (a int)", "temp table",
                "SELECT pg_advisory_lock(42)", "session lock",
                "DECLARE c CURSOR WITH HOLD FOR SELECT v FROM kv WHERE k = 1", "hold cursor");
        try (Connection admin = fixture.admin()) {
            for (Map.Entry<String, String> each : made.entrySet()) {
                try (Connection client = fixture.client(); Statement statement = client.createStatement()) {
                    assertEquals(List.of("null"), pinnedFor(admin));
                    statement.execute(each.getKey());
                    assertEquals(List.of(each.getValue()), pinnedFor(admin), each.getKey());
                    statement.execute("DISCARD ALL");
                    assertEquals(List.of("null"), pinnedFor(admin), "after DISCARD ALL");
                }
            }
        }
    }

    private static List<String> pinnedFor(Connection admin) throws SQLException {
        int column = View.CLIENTS.columns().stream().map(Column::name).toList().indexOf("pinned_for");
        return AdminFixture.rows(admin, "SHOW CLIENTS " + fixture.database).stream()
                .map(row -> row.split("\\|")[column]).distinct().sorted().toList();
    }

    @Test
    void waitingForAPauseCanBeCancelled() throws Exception {
        try (Connection admin = fixture.admin(); Connection busy = fixture.client()) {
            busy.setAutoCommit(false);
            AdminFixture.rows(busy, "SELECT v FROM kv WHERE k = 1");
            try (Connection other = fixture.admin(); Statement pause = other.createStatement()) {
                CompletableFuture<Void> waiting = run(() -> {
                    SQLException e = assertThrows(SQLException.class, () -> pause.execute("PAUSE"));
                    assertEquals("57014", e.getSQLState());
                });
                AdminFixture.await(admin, "SHOW CLIENTS", "|trunkline|active|");
                AdminFixture.await(admin, "SHOW DATABASES", "|t|warn");
                pause.cancel();
                waiting.get(60, TimeUnit.SECONDS);
                AdminFixture.execute(other, "RESUME");
            }
            busy.rollback();
        }
    }

    @Test
    void reconnectingMakesNewConnections() throws SQLException {
        try (Connection admin = fixture.admin(); Connection client = fixture.client()) {
            String query = "SELECT pg_backend_pid(), v FROM kv WHERE k = 1";
            String before = AdminFixture.rows(client, query).getFirst();
            assertEquals(before, AdminFixture.rows(client, query).getFirst());
            AdminFixture.execute(admin, "RECONNECT");
            assertNotEquals(before, AdminFixture.rows(client, query).getFirst());
        }
    }

    @Test
    void waitCloseWaitsForWhatReconnectCloses() throws Exception {
        String pid = "SELECT pg_backend_pid() FROM kv WHERE k = 1";
        try (Connection admin = fixture.admin();
                Connection other = fixture.admin();
                Connection client = fixture.client();
                Statement wait = admin.createStatement()) {
            AdminFixture.execute(admin, "WAIT_CLOSE");
            client.setAutoCommit(false);
            String before = AdminFixture.rows(client, pid).getFirst();
            AdminFixture.execute(admin, "WAIT_CLOSE " + fixture.database);
            AdminFixture.execute(admin, "RECONNECT");

            CompletableFuture<Void> cancelled = run(() -> assertEquals("57014",
                    assertThrows(SQLException.class, () -> wait.execute("WAIT_CLOSE")).getSQLState()));
            awaitActive(other, admin);
            wait.cancel();
            cancelled.get(60, TimeUnit.SECONDS);

            CompletableFuture<Void> waiting = run(() -> wait.execute("WAIT_CLOSE " + fixture.database));
            awaitActive(other, admin);
            assertFalse(waiting.isDone());
            assertEquals(before, AdminFixture.rows(client, pid).getFirst());
            client.commit();
            waiting.get(60, TimeUnit.SECONDS);
            assertNotEquals(before, AdminFixture.rows(client, pid).getFirst());
            assertEquals("3D000", assertThrows(SQLException.class,
                    () -> AdminFixture.execute(other, "WAIT_CLOSE nosuch")).getSQLState());
        }
    }

    /** Waits until an admin's command is under way. */
    private static void awaitActive(Connection other, Connection admin) throws Exception {
        String id = Integer.toString(admin.unwrap(org.postgresql.PGConnection.class).getBackendPID());
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (AdminFixture.rows(other, "SHOW CLIENTS trunkline").stream().map(row -> row.split("\\|", -1))
                .noneMatch(row -> row[8].equals(id) && row[2].equals("active"))) {
            assertTrue(System.nanoTime() < deadline, "the command is not under way");
            Thread.sleep(5);
        }
    }

    /** Some views had no rows for it, which looks as if all were quiet. */
    @Test
    void aViewOfNoDatabaseIsAnError() throws SQLException {
        try (Connection admin = fixture.admin()) {
            for (View view : View.values()) {
                if (view.isByDatabase()) {
                    assertEquals("3D000", assertThrows(SQLException.class,
                            () -> AdminFixture.rows(admin, "SHOW " + view + " nosuch"), view.name()).getSQLState());
                }
            }
        }
    }

    @Test
    void theStateIsThatOfAllDatabases() throws SQLException {
        try (Connection admin = fixture.admin()) {
            assertEquals(List.of("active|yes", "paused|no", "suspended|no"), AdminFixture.rows(admin, "SHOW STATE"));
            AdminFixture.execute(admin, "PAUSE");
            assertEquals(List.of("active|no", "paused|yes", "suspended|no"), AdminFixture.rows(admin, "SHOW STATE"));
            AdminFixture.execute(admin, "RESUME");
            assertEquals(List.of("active|yes", "paused|no", "suspended|no"), AdminFixture.rows(admin, "SHOW STATE"));
        }
    }

    @Test
    void killEndsASession() throws SQLException {
        try (Connection admin = fixture.admin(); Connection victim = fixture.client()) {
            int id = victim.unwrap(org.postgresql.PGConnection.class).getBackendPID();
            AdminFixture.execute(admin, "KILL " + id);
            assertEquals("57P01", assertThrows(SQLException.class, () -> AdminFixture.rows(victim, "SELECT 1"))
                    .getSQLState());
            assertEquals("22023", assertThrows(SQLException.class, () -> AdminFixture.execute(admin, "KILL 1048575"))
                    .getSQLState());
        }
    }

    @Test
    void theLogLevelChanges() throws SQLException {
        try (Connection admin = fixture.admin()) {
            String before = AdminFixture.rows(admin, "SHOW log_level").getFirst();
            AdminFixture.execute(admin, "SET log_level = 'debug'");
            assertEquals(List.of("debug"), AdminFixture.rows(admin, "SHOW log_level"));
            AdminFixture.execute(admin, "SET log_level TO " + before);
            assertEquals("22023", assertThrows(SQLException.class,
                    () -> AdminFixture.execute(admin, "SET log_level = loud")).getSQLState());
        }
    }

    @Test
    void psqlIsServed() throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/psql")), "no psql here");
        Process psql = new ProcessBuilder("/usr/bin/psql", "-X", "-A", "-t", "-h", "127.0.0.1", "-p",
                Integer.toString(fixture.proxy.port()), "-U", "postgres", "-d", "trunkline", "-c", "SHOW VERSION", "-c",
                "BEGIN; SHOW NODES; COMMIT").redirectErrorStream(true).start();
        String text = new String(psql.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, psql.waitFor(), text);
        assertTrue(text.startsWith("Trunkline "), text);
        assertTrue(text.contains(fixture.database + "|b|"), text);
    }

    /** PgBouncer's: all clients and connections at once, and whoever comes waits for RESUME. */
    @Test
    void killOfADatabaseEndsItsSessionsAndPausesIt() throws Exception {
        try (Connection admin = fixture.admin();
                Connection idle = fixture.client();
                Connection busy = fixture.client()) {
            busy.setAutoCommit(false);
            AdminFixture.rows(busy, "SELECT v FROM kv WHERE k = 1");
            AdminFixture.execute(admin, "KILL " + fixture.database);
            for (Connection victim : List.of(idle, busy)) {
                assertEquals("57P01", assertThrows(SQLException.class, () -> AdminFixture.rows(victim, "SELECT 1"))
                        .getSQLState());
            }
            assertEquals(List.of("active|no", "paused|yes", "suspended|no"), AdminFixture.rows(admin, "SHOW STATE"));
            assertTrue(AdminFixture.rows(admin, "SHOW POOLS").stream()
                    .allMatch(row -> row.matches(".*\\|[ab]\\|0\\|\\d+\\|0\\|0\\|.*")), "every connection is closed");
            CompletableFuture<Void> waits = run(() -> {
                try (Connection later = fixture.client()) {
                    assertEquals(List.of("v1"), AdminFixture.rows(later, "SELECT v FROM kv WHERE k = 1"));
                }
            });
            AdminFixture.await(admin, "SHOW CLIENTS " + fixture.database, "|waiting|");
            AdminFixture.execute(admin, "RESUME " + fixture.database);
            waits.get(60, TimeUnit.SECONDS);
            assertEquals("3D000", assertThrows(SQLException.class, () -> AdminFixture.execute(admin, "KILL nosuch"))
                    .getSQLState());
            assertEquals("42601", assertThrows(SQLException.class, () -> AdminFixture.execute(admin, "KILL"))
                    .getSQLState());
        }
    }

    @Test
    void theErrorsPositionCountsCharacters() {
        ProxyException e = assertThrows(ProxyException.class, () -> AdminParser.parse("SELECT 'ä😀', foo"));
        assertEquals(14, e.position());
        assertTrue(e.hint().contains("SHOW HELP"));
        assertEquals(List.of(new AdminStatement.Empty()), AdminParser.parse(" -- nothing\n /* at all */ ;;"));
        assertEquals(List.of(new AdminStatement.Kill(7), new AdminStatement.Pause("My DB"),
                new AdminStatement.KillDatabase("7")), AdminParser.parse("kill '7'; PAUSE \"My DB\"; KILL \"7\""));
    }

    /** What PgBouncer's operators try first. */
    @Test
    void whatThereIsNotLeadsToWhatThereIs() throws SQLException {
        Map<String, String> hints = Map.of("SHUTDOWN", "SIGTERM", "DISABLE shop", "PAUSE", "ENABLE shop", "RESUME",
                "SUSPEND", "reusePort", "SHOW SOCKETS", "SHOW CLIENTS", "SHOW PEERS", "reusePort", "SHOW FDS",
                "reusePort",
                "KILL 'shop'", "SHOW CLIENTS");
        hints.forEach((command, hint) -> {
            ProxyException e = assertThrows(ProxyException.class, () -> AdminParser.parse(command), command);
            assertTrue(e.hint().contains(hint), command + ": " + e.hint());
            assertTrue(command.startsWith("KILL") || ("the admin database has no " + command)
                    .startsWith(e.getMessage()), e.getMessage());
        });
        try (Connection admin = fixture.admin(); Statement statement = admin.createStatement()) {
            statement.execute("SET default_pool_size = 40");
            assertEquals("SET default_pool_size changes nothing", statement.getWarnings().getMessage());
            statement.clearWarnings();
            statement
                    .execute("SET application_name = 'x'; SET extra_float_digits TO 2; SET client_min_messages = error;"
                            + " SET trunkline.fan_out = allow; SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY");
            assertNull(statement.getWarnings());
        }
    }

    /** A long string overflowed the stack of the event loop. */
    @Test
    void aLongStringNeedsNoStack() {
        String text = "it''s".repeat(300_000);
        assertEquals(1, AdminParser.parse("SET application_name = '" + text + "'").size());
        assertEquals(List.of(new AdminStatement.Pause("\"".repeat(300_000))),
                AdminParser.parse("PAUSE \"" + "\"\"".repeat(300_000) + "\""));
        assertThrows(ProxyException.class, () -> AdminParser.parse("PAUSE '" + "''".repeat(3_000)));
    }

    @Test
    void ourErrorsNameTheirRequest() throws SQLException {
        try (Connection client = fixture.client()) {
            PSQLException e = assertThrows(PSQLException.class, () -> AdminFixture.rows(client,
                    "SELECT k FROM kv FOR UPDATE"));
            String routine = e.getServerErrorMessage().getRoutine();
            int id = client.unwrap(org.postgresql.PGConnection.class).getBackendPID();
            assertTrue(routine.matches("request " + id + "\\.\\d+"), routine);
            PSQLException ofNode = assertThrows(PSQLException.class, () -> AdminFixture.rows(client,
                    "SELECT 1 / 0 FROM kv WHERE k = 1"));
            assertEquals("int4div", ofNode.getServerErrorMessage().getRoutine(), "a node's error is untouched");
        }
    }

    private interface Task {
        void run() throws Exception;
    }

    private static CompletableFuture<Void> run(Task task) {
        return CompletableFuture.runAsync(() -> {
            try {
                task.run();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
    }
}
