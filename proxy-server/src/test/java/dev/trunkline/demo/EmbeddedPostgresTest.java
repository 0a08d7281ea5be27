package dev.trunkline.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.security.auth.module.UnixSystem;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class EmbeddedPostgresTest {

    @Test
    void startsWithTheSettingsOfADemoNode() throws Exception {
        Path data;
        long server;
        try (RunningNode node = EmbeddedPostgres.start(NodeOptions.forTests().withSetting("work_mem", "5MB"))) {
            data = node.dataDirectory();
            server = Postmaster.of(data).orElseThrow().process().pid();
            try (Connection connection = node.connect("postgres")) {
                assertEquals("logical", show(connection, "wal_level"));
                assertEquals("200", show(connection, "max_prepared_transactions"));
                assertEquals("127.0.0.1", show(connection, "listen_addresses"));
                assertEquals("", show(connection, "unix_socket_directories"));
                assertEquals("UTF8", show(connection, "server_encoding"));
                // The driver sets its own zone for the session.
                assertEquals("UTC", one(connection, "SELECT reset_val FROM pg_settings WHERE name = 'log_timezone'"));
                assertEquals("off", show(connection, "fsync"));
                assertEquals("5MB", show(connection, "work_mem"));
                assertTrue(show(connection, "server_version").startsWith(node.version()));
                assertTrue(one(connection, "SELECT 'Zebra' < 'apfel'").equals("t"), "text sorts by code point");
            }
        }
        assertFalse(Files.exists(data.getParent()), "the scratch directory is gone");
        assertFalse(ProcessHandle.of(server).map(ProcessHandle::isAlive).orElse(false), "the server is gone");
    }

    @Test
    void neverRunsAsRoot() throws Exception {
        assumeTrue(new UnixSystem().getUid() == 0, "only root has to change its user");
        long server = Postmaster.of(TestNodes.node(0).dataDirectory()).orElseThrow().process().pid();
        assertNotEquals(0, Files.getAttribute(Path.of("/proc/" + server), "unix:uid"));
    }

    /** Every way of giving up root that this machine has brings a node up. */
    @Test
    void runsByEachMeansOfChangingTheUser() throws Exception {
        assumeTrue(new UnixSystem().getUid() == 0, "only root has to change its user");
        PostgresInstallation found = PostgresInstallation.find();
        List<ServerAccount> ways = ServerAccount.waysOfRoot();
        List<String> worked = new ArrayList<>();
        for (ServerAccount way : ways) {
            if (way.canRun(Path.of(found.program("postgres")))) {
                PostgresInstallation postgres = new PostgresInstallation(found.binaries(), found.version(), way);
                try (RunningNode node = EmbeddedPostgres.start(NodeOptions.forTests().withInstallation(postgres))) {
                    assertTrue(node.isRunning());
                    worked.add(way.prefix().getFirst());
                }
            }
        }
        assertFalse(worked.isEmpty());
    }

    @Test
    void keepsItsDataOverRestartAndKill() throws Exception {
        try (RunningNode node = EmbeddedPostgres.start(NodeOptions.forTests().withDurable(true))) {
            int port = node.port();
            TestNodes.execute(node, "postgres", "CREATE TABLE t AS SELECT 1 AS a");
            node.restart();
            assertEquals(port, node.port());
            TestNodes.execute(node, "postgres", "INSERT INTO t VALUES (2)");
            node.kill();
            assertFalse(node.isRunning());
            assertThrows(SQLException.class, () -> node.connect("postgres").close());
            node.restart();
            try (Connection connection = node.connect("postgres")) {
                assertEquals("3", one(connection, "SELECT sum(a) FROM t"));
            }
        }
    }

    /** Nodes are copies of one cluster, and yet nobody takes one for the other. */
    @Test
    void everyNodeHasItsOwnSystemIdentifier() throws Exception {
        String sql = "SELECT system_identifier FROM pg_control_system()";
        try (RunningNode first = EmbeddedPostgres.start(NodeOptions.forTests());
                RunningNode second = EmbeddedPostgres.start(NodeOptions.forTests());
                Connection one = first.connect("postgres");
                Connection other = second.connect("postgres")) {
            assertNotEquals(one(one, sql), one(other, sql));
        }
    }

    @Test
    void asksForThePasswordWhenToldSo() throws Exception {
        NodeOptions options = NodeOptions.forTests().withAuthentication(NodeOptions.Authentication.SCRAM);
        try (RunningNode node = EmbeddedPostgres.start(options)) {
            try (Connection connection = node.connect("postgres")) {
                assertEquals("scram-sha-256", show(connection, "password_encryption"));
            }
            String wrong = "jdbc:postgresql://127.0.0.1:" + node.port() + "/postgres?user=postgres&password=wrong";
            SQLException refused = assertThrows(SQLException.class, () -> DriverManager.getConnection(wrong).close());
            assertEquals("28P01", refused.getSQLState());
        }
    }

    @Test
    void usesADirectoryAgainAndStopsWhatRunsInIt() throws Exception {
        try (ScratchDirectory scratch = ScratchDirectory.create()) {
            NodeOptions options = NodeOptions.forTests().withDataDirectory(scratch.path().resolve("n1"));
            RunningNode first = EmbeddedPostgres.start(options);
            TestNodes.execute(first, "postgres", "CREATE TABLE t AS SELECT 7 AS a");
            // The first one was forgotten by whoever started it.
            try (RunningNode second = EmbeddedPostgres.start(options);
                    Connection connection = second.connect("postgres")) {
                assertFalse(first.isRunning());
                assertEquals("7", one(connection, "SELECT a FROM t"));
            }
            assertTrue(Files.exists(options.dataDirectory()), "a directory that was given stays");
        }
    }

    @Test
    void saysThatThePortIsTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            IOException refused = assertThrows(IOException.class,
                    () -> EmbeddedPostgres.start(NodeOptions.forTests().withPort(taken.getLocalPort())));
            assertTrue(refused.getMessage().contains("port " + taken.getLocalPort() + " of 127.0.0.1 is in use"),
                    refused.getMessage());
        }
    }

    /** A JVM killed by SIGKILL takes its nodes with it (setpriv), or the next run clears away. */
    @Test
    void aKilledJvmLeavesNothing() throws Exception {
        Process owner = anotherJvm(List.of());
        String[] words;
        try (BufferedReader output = owner.inputReader(StandardCharsets.UTF_8)) {
            String line = output.readLine();
            assertTrue(line != null && line.startsWith("started "), line);
            words = line.split(" ");
            owner.destroyForcibly();
            assertTrue(owner.waitFor(60, TimeUnit.SECONDS));
        }
        // A file beside the data, as the demo's configuration, once stopped the clearing with "Not a directory".
        Files.writeString(Path.of(words[2]).resolveSibling("trunkline.yaml"), "");
        ProcessHandle server = ProcessHandle.of(Long.parseLong(words[1])).orElse(null);
        Path data = Path.of(words[2]);
        assertTrue(Files.exists(data));
        ScratchDirectory.create().close();
        if (server != null) {
            // It may have begun to end by itself before, and be in its last steps still.
            server.onExit().get(60, TimeUnit.SECONDS);
        }
        assertFalse(Files.exists(data.getParent()), "its files are deleted");
    }

    @Test
    void twoProcessesUnpackAndInitialiseAtOnce() throws Exception {
        try (ScratchDirectory scratch = ScratchDirectory.create()) {
            Path cache = scratch.path().resolve("cache");
            List<Process> owners = List.of(anotherJvm(List.of("-Dtrunkline.cache=" + cache)),
                    anotherJvm(List.of("-Dtrunkline.cache=" + cache)));
            for (Process owner : owners) {
                try (BufferedReader output = owner.inputReader(StandardCharsets.UTF_8)) {
                    String line = output.readLine();
                    assertTrue(line != null && line.startsWith("started "), line);
                    // The end of its input tells it to stop.
                    owner.getOutputStream().close();
                    assertTrue(owner.waitFor(60, TimeUnit.SECONDS));
                    assertEquals(0, owner.exitValue());
                }
            }
            try (Stream<Path> kept = Files.list(cache)) {
                assertFalse(kept.anyMatch(p -> p.toString().endsWith(".unfinished")));
            }
            try (Stream<Path> notes = Files.list(cache.resolve("scratch"))) {
                assertEquals(0, notes.count());
            }
        }
    }

    private static Process anotherJvm(List<String> properties) throws IOException {
        List<String> words = new ArrayList<>();
        words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        words.addAll(List.of("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
                System.getProperty("java.class.path")));
        words.add("-Dtrunkline.postgres.jar=" + System.getProperty("trunkline.postgres.jar"));
        words.addAll(properties);
        words.add(NodeOwner.class.getName());
        return new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    /** Starts a node in a JVM of its own and keeps it until its input ends. */
    static final class NodeOwner {

        private NodeOwner() {}

        public static void main(String[] arguments) throws Exception {
            try (RunningNode node = EmbeddedPostgres.start(NodeOptions.forTests())) {
                System.out.println("started " + Postmaster.of(node.dataDirectory()).orElseThrow().process().pid() + " "
                        + node.dataDirectory());
                while (System.in.read() >= 0) {
                    // Only the end matters.
                }
            }
        }
    }

    private static String show(Connection connection, String setting) throws SQLException {
        return one(connection, "SHOW " + setting);
    }

    private static String one(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
            assertTrue(rows.next());
            return rows.getString(1);
        }
    }
}
