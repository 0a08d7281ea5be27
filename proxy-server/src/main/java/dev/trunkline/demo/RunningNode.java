package dev.trunkline.demo;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;

/** A PostgreSQL server that {@link EmbeddedPostgres} started. It can be stopped, killed and started again on its port. */
public final class RunningNode implements AutoCloseable {

    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(20);
    /** SQLSTATE of a server that is starting up or shutting down. */
    private static final String CANNOT_CONNECT_NOW = "57P03";

    private final NodeOptions options;
    private final PostgresInstallation postgres;
    private final Path dataDirectory;
    private final int port;
    private final ScratchDirectory scratch;
    private Process process;

    RunningNode(NodeOptions options, PostgresInstallation postgres, Path dataDirectory, int port,
            ScratchDirectory scratch) {
        this.options = options;
        this.postgres = postgres;
        this.dataDirectory = dataDirectory;
        this.port = port;
        this.scratch = scratch;
    }

    public int port() {
        return port;
    }

    public Path dataDirectory() {
        return dataDirectory;
    }

    /** As the server says it, e.g. {@code 18.6}. */
    public String version() {
        return postgres.version();
    }

    /** The password of the superuser {@code postgres}; where {@link NodeOptions.Authentication#TRUST} is set nobody asks. */
    public String password() {
        try {
            return Files.readString(dataDirectory.resolve(ClusterTemplate.PASSWORD_FILE)).strip();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** For the superuser {@code postgres}. */
    public String jdbcUrl(String database) {
        String url = "jdbc:postgresql://127.0.0.1:" + port + "/" + database + "?user=postgres";
        return switch (options.authentication()) {
            case TRUST -> url;
            case SCRAM -> url + "&password=" + password();
        };
    }

    /** A connection of the superuser {@code postgres}. */
    public Connection connect(String database) throws SQLException {
        return DriverManager.getConnection(jdbcUrl(database));
    }

    public synchronized boolean isRunning() {
        return process != null && process.isAlive();
    }

    synchronized void launch() throws IOException, InterruptedException {
        if (isTaken(port)) {
            throw new EmbeddedPostgres.PortTakenException(port);
        }
        List<String> words = new ArrayList<>(
                List.of(postgres.program("postgres"), "-D", dataDirectory.toString(), "-p", Integer.toString(port)));
        options.serverSettings().forEach((name, value) -> {
            words.add("-c");
            words.add(name + "=" + value);
        });
        Path log = dataDirectory.resolve("server.log");
        Files.deleteIfExists(log);
        ProcessBuilder builder = new ProcessBuilder(postgres.account().serverCommand(words)).redirectErrorStream(true)
                .redirectInput(new java.io.File("/dev/null")).redirectOutput(log.toFile())
                .directory(dataDirectory.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("PG") || name.startsWith("LC_"));
        process = ChildProcesses.start(builder);
        try {
            awaitReady(log);
        } catch (IOException | InterruptedException | RuntimeException e) {
            stop();
            throw e;
        }
    }

    private static boolean isTaken(int port) {
        try {
            new ServerSocket(port, 1, InetAddress.getLoopbackAddress()).close();
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    /** Ready is what a client can log in to. */
    private void awaitReady(Path log) throws IOException, InterruptedException {
        Properties login = new Properties();
        login.setProperty("loginTimeout", "10");
        long deadline = System.nanoTime() + START.toNanos();
        while (true) {
            try (Connection connection = DriverManager.getConnection(jdbcUrl("postgres"), login)) {
                if (connection.isValid(10) && isOurs()) {
                    return;
                }
            } catch (SQLException e) {
                boolean starting = CANNOT_CONNECT_NOW.equals(e.getSQLState()) || !isOurs()
                        || e.getSQLState() != null && e.getSQLState().startsWith("08");
                if (!starting || System.nanoTime() > deadline) {
                    throw new IOException("node on port " + port + " did not get ready: " + e.getMessage() + "\n"
                            + tail(log), e);
                }
            }
            if (process.waitFor(POLL.toMillis(), TimeUnit.MILLISECONDS)) {
                String text = tail(log);
                if (text.contains("Address already in use") || text.contains("could not bind")) {
                    throw new EmbeddedPostgres.PortTakenException(port);
                }
                throw new IOException("PostgreSQL ended with status " + process.exitValue() + ":\n" + text);
            }
        }
    }

    /** Whether it is our server that answers on the port, and not one that had taken it before. */
    private boolean isOurs() throws IOException {
        return Postmaster.of(dataDirectory).isPresent();
    }

    private static String tail(Path log) throws IOException {
        List<String> lines = Files.exists(log) ? Files.readAllLines(log) : List.of();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size()));
    }

    /** Fast shutdown. The data stay for {@link #restart}. */
    public void stop() throws IOException, InterruptedException {
        stop(true);
    }

    private synchronized void stop(boolean dataAreKept) throws IOException, InterruptedException {
        if (process == null) {
            return;
        }
        Postmaster server = Postmaster.of(dataDirectory).orElse(null);
        if (server == null && process.isAlive()) {
            server = new Postmaster(process.toHandle());
        }
        if (server != null && dataAreKept) {
            server.stop();
        } else if (server != null) {
            server.stopWithoutWriting();
        }
        process.waitFor();
        process = null;
    }

    /** Stops a server whose data will be deleted: it need not write anything any more. */
    void abandon() throws IOException, InterruptedException {
        stop(false);
    }

    /** Ends the server by SIGKILL, as a crash would, and waits until all its processes are gone. */
    public synchronized void kill() throws IOException, InterruptedException {
        Optional<Postmaster> server = Postmaster.of(dataDirectory);
        if (server.isPresent()) {
            server.get().kill();
        }
        if (process != null) {
            process.waitFor();
            process = null;
        }
    }

    /** Starts the server again on the same port and data, after stopping it when it runs. */
    public synchronized void restart() throws IOException, InterruptedException {
        stop();
        launch();
    }

    /** Stops the server, and deletes the data unless they were given a directory to stay in. */
    @Override
    public synchronized void close() throws IOException {
        try {
            stop(scratch == null);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (scratch != null) {
            scratch.close();
        }
    }
}
