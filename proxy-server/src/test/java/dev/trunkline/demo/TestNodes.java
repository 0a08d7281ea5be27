package dev.trunkline.demo;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * PostgreSQL nodes that all test classes of the JVM share: a node starts when somebody asks for it first, and lives to the
 * end. A test class makes databases of its own on them; a test that stops or breaks a node starts one for itself.
 */
public final class TestNodes {

    private static final List<RunningNode> NODES = new ArrayList<>();
    private static final AtomicInteger DATABASES = new AtomicInteger();

    private TestNodes() {}

    /** The shared node of an index from 0: superuser {@code postgres}, trust, no fsync. */
    public static RunningNode node(int index) {
        synchronized (NODES) {
            if (NODES.isEmpty()) {
                Runtime.getRuntime().addShutdownHook(new Thread(TestNodes::closeAll, "stop-test-nodes"));
            }
            while (NODES.size() <= index) {
                try {
                    NODES.add(EmbeddedPostgres.start(NodeOptions.forTests()));
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IllegalStateException(e);
                }
            }
            return NODES.get(index);
        }
    }

    /** The first so many shared nodes. */
    public static List<RunningNode> nodes(int count) {
        List<RunningNode> nodes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            nodes.add(node(i));
        }
        return nodes;
    }

    /**
     * Makes an empty database with the same name, never used before, on each of the nodes.
     *
     * @return its name
     */
    public static String createDatabase(String prefix, List<RunningNode> nodes) throws SQLException {
        String name = uniqueName(prefix);
        for (RunningNode node : nodes) {
            execute(node, "postgres", "CREATE DATABASE " + name);
        }
        return name;
    }

    /** A name for a database that no other test has. */
    public static String uniqueName(String prefix) {
        return prefix + "_" + DATABASES.incrementAndGet();
    }

    /** Drops a database everywhere, whoever is connected to it. */
    public static void dropDatabase(String name, List<RunningNode> nodes) throws SQLException {
        for (RunningNode node : nodes) {
            if (node.isRunning()) {
                execute(node, "postgres", "DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
            }
        }
    }

    /** Runs statements as the superuser in one implicit transaction (apart from a single CREATE DATABASE or the like). */
    public static void execute(RunningNode node, String database, String sql) throws SQLException {
        try (Connection connection = node.connect(database); Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** The process ids of the shared nodes. */
    static List<Long> running() throws IOException {
        synchronized (NODES) {
            List<Long> pids = new ArrayList<>();
            for (RunningNode node : NODES) {
                Postmaster.of(node.dataDirectory()).ifPresent(p -> pids.add(p.process().pid()));
            }
            return pids;
        }
    }

    private static void closeAll() {
        synchronized (NODES) {
            NODES.parallelStream().forEach(node -> {
                try {
                    node.close();
                } catch (IOException e) {
                    System.err.println("cannot remove a test node: " + e);
                }
            });
        }
    }
}
