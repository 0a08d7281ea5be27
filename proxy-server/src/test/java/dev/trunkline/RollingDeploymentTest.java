package dev.trunkline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.testing.RunningProxy;
import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One proxy after the other takes over the port, in this process and in one of its own, while clients write: no transaction
 * is lost and none is done twice, nobody is refused, and nobody hears of it but by 57P01 between two transactions.
 */
class RollingDeploymentTest {

    private static final String TOLD_TO_GO = "57P01";
    /** What each client does in a while. */
    private static final int ROUND = 4;

    @TempDir
    Path directory;

    private final List<RunningNode> nodes = TestNodes.nodes(2);
    private final AtomicLong ids = new AtomicLong();
    private final Set<Long> acknowledged = new ConcurrentSkipListSet<>();
    private final AtomicInteger sentAway = new AtomicInteger();
    private final List<AtomicInteger> rounds = new ArrayList<>();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile boolean stopping;
    private String database;
    private int port;

    @BeforeEach
    void create() throws SQLException {
        assumeTrue(Epoll.isAvailable());
        database = TestNodes.createDatabase("rolling", nodes);
        for (RunningNode node : nodes) {
            TestNodes.execute(node, database, "CREATE TABLE items (k int8 PRIMARY KEY, v text NOT NULL)");
        }
    }

    @AfterEach
    void drop() throws SQLException {
        TestNodes.dropDatabase(database, nodes);
    }

    @Test
    void noTransactionIsLost() throws Exception {
        RunningProxy first = RunningProxy.start(yaml(0));
        port = first.port();
        List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            clients.add(client("autocommit", this::autocommit));
            clients.add(client("transactions", this::transaction));
        }
        clients.add(client("connects", this::connectAndGo));
        clients.add(client("connects", this::connectAndGo));
        try {
            load();
            Path file = directory.resolve("trunkline.yaml");
            Files.writeString(file, yaml(port));
            Path errors = directory.resolve("errors");
            try (CommandProcess second = CommandProcess.start(List.of(), null, errors, null, null,
                    List.of("serve", "-c", file.toString()))) {
                second.awaitLine(line -> line.equals("ready 127.0.0.1:" + port));
                load();
                first.close();
                load();
                try (RunningProxy third = RunningProxy.start(yaml(port))) {
                    assertEquals(port, third.port());
                    load();
                    assertEquals(0, second.signal("TERM"), () -> read(errors));
                    load();
                    stop(clients);
                }
            }
        } finally {
            stop(clients);
            first.close();
        }
        if (failure.get() != null) {
            throw new AssertionError("a client heard of it: " + failure.get(), failure.get());
        }
        assertEquals(acknowledged, stored());
        assertTrue(sentAway.get() >= 16, "each of the eight was sent away twice, not " + sentAway);
    }

    /** Waits until the load has gone on for a while: for each client, which is connected then to whoever takes new ones. */
    private void load() throws InterruptedException {
        for (AtomicInteger done : rounds) {
            int until = done.get() + ROUND;
            while (done.get() < until && failure.get() == null) {
                Thread.sleep(1);
            }
        }
    }

    private void stop(List<Thread> clients) throws InterruptedException {
        stopping = true;
        for (Thread client : clients) {
            client.join();
        }
    }

    // ---- clients

    private interface Work {

        /** Works on a connection, new and closed by the caller, until it is told to stop; counts what it has done. */
        void on(Connection connection, AtomicInteger done) throws SQLException;
    }

    private Thread client(String name, Work work) {
        AtomicInteger done = new AtomicInteger();
        rounds.add(done);
        return Thread.ofPlatform().name(name).start(() -> {
            while (!stopping && failure.get() == null) {
                try (Connection connection = DriverManager
                        .getConnection("jdbc:postgresql://127.0.0.1:" + port + "/" + database + "?user=postgres")) {
                    work.on(connection, done);
                } catch (SQLException e) {
                    // The driver sends queries of its own after the log-in: on a slow machine one may come too late.
                    if (!TOLD_TO_GO.equals(e.getSQLState())) {
                        failure.compareAndSet(null, e);
                    }
                } catch (RuntimeException | AssertionError e) {
                    failure.compareAndSet(null, e);
                }
            }
        });
    }

    /** Writes a row with each statement. A statement that was answered by 57P01 has not been run: it is repeated. */
    private void autocommit(Connection connection, AtomicInteger done) throws SQLException {
        try (var insert = connection.prepareStatement("INSERT INTO items VALUES (?, 'autocommit')")) {
            while (!stopping) {
                long id = ids.incrementAndGet();
                insert.setLong(1, id);
                insert.executeUpdate();
                acknowledged.add(id);
                done.incrementAndGet();
            }
        } catch (SQLException e) {
            leave(e);
        }
    }

    /** Writes and changes a row in each transaction. Once begun, none is interrupted. */
    private void transaction(Connection connection, AtomicInteger done) throws SQLException {
        connection.setAutoCommit(false);
        boolean begun = false;
        try (var insert = connection.prepareStatement("INSERT INTO items VALUES (?, 'begun')");
                var update = connection.prepareStatement("UPDATE items SET v = 'done' WHERE k = ?")) {
            while (!stopping) {
                long id = ids.incrementAndGet();
                insert.setLong(1, id);
                insert.executeUpdate();
                begun = true;
                update.setLong(1, id);
                assertEquals(1, update.executeUpdate());
                connection.commit();
                begun = false;
                acknowledged.add(id);
                done.incrementAndGet();
            }
        } catch (SQLException e) {
            if (begun) {
                throw new IllegalStateException("interrupted within a transaction", e);
            }
            leave(e);
        }
    }

    private void connectAndGo(Connection connection, AtomicInteger done) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT count(*) FROM items")) {
            rows.next();
            done.incrementAndGet();
        } catch (SQLException e) {
            leave(e);
        }
    }

    private void leave(SQLException e) throws SQLException {
        if (!TOLD_TO_GO.equals(e.getSQLState())) {
            throw e;
        }
        sentAway.incrementAndGet();
    }

    // ---- nodes

    private Set<Long> stored() throws SQLException {
        Set<Long> all = new TreeSet<>();
        for (RunningNode node : nodes) {
            try (Connection connection = node.connect(database);
                    Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("SELECT k FROM items")) {
                while (rows.next()) {
                    all.add(rows.getLong(1));
                }
            }
        }
        return all;
    }

    private String yaml(int listensOn) {
        return "listen: { host: 127.0.0.1, port: " + listensOn + ", reusePort: true, runtimeDirectory: "
                + directory.resolve("run") + " }\n"
                + "monitoring: { host: 127.0.0.1, port: 0 }\n"
                + "databases:\n  " + database + ":\n    fanOut: allow\n    nodes:\n"
                + "      a: { primary: 127.0.0.1:" + nodes.get(0).port() + " }\n"
                + "      b: { primary: 127.0.0.1:" + nodes.get(1).port() + " }\n"
                + "    shardMap: { a: 0-127, b: 128-255 }\n"
                + "    tables:\n      items: { shardKey: k }\n"
                + "users:\n  postgres: { admin: full }\n";
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
