package dev.trunkline.demo;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The PostgreSQL nodes of the demo with the shop on them, started and loaded side by side. Any thread may close them, also
 * while they start: nothing is left behind.
 */
final class DemoNodes implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(DemoNodes.class);

    static final String DATABASE = "shop";
    /** Owns the shop; no superuser, because anybody on the machine can know its password. */
    static final String USER = "app";
    static final String PASSWORD = "app";

    private final Path directory;
    private final boolean kept;
    private final int count;
    private final Shop shop;
    private final ExecutorService workers = Executors
            .newCachedThreadPool(Thread.ofPlatform().name("demo-node-", 1).daemon().factory());
    private final RunningNode[] nodes;

    /**
     * @param directory
     *            gets a directory {@code n1}, {@code n2}, ... for each node; what is there already is used
     * @param kept
     *            whether the directory outlives the nodes
     */
    DemoNodes(Path directory, boolean kept, int count, Shop shop) {
        this.directory = directory;
        this.kept = kept;
        this.count = count;
        this.shop = shop;
        this.nodes = new RunningNode[count];
    }

    static String name(int node) {
        return "n" + (node + 1);
    }

    int count() {
        return count;
    }

    Shop shop() {
        return shop;
    }

    RunningNode node(int index) {
        return nodes[index];
    }

    /** The node that holds a virtual shard: each has an equal run of them. */
    int nodeOf(int virtualShard) {
        return (int) ((long) virtualShard * count / shop.virtualShards());
    }

    /** The virtual shards of a node, as the configuration writes them: {@code 64-127}. */
    String virtualShardsOf(int node) {
        int first = -1;
        int last = -1;
        for (int virtualShard = 0; virtualShard < shop.virtualShards(); virtualShard++) {
            if (nodeOf(virtualShard) == node) {
                first = first < 0 ? virtualShard : first;
                last = virtualShard;
            }
        }
        return first + "-" + last;
    }

    /** Returns when all nodes accept connections. */
    void start() throws IOException, InterruptedException {
        PostgresInstallation postgres = PostgresInstallation.find();
        sideBySide(node -> {
            RunningNode started = EmbeddedPostgres.start(NodeOptions.forTests().withDurable(true)
                    .withAuthentication(NodeOptions.Authentication.SCRAM).withInstallation(postgres)
                    .withDataDirectory(directory.resolve(name(node))));
            synchronized (nodes) {
                nodes[node] = started;
            }
        });
    }

    /** Whether an earlier run has loaded the shop onto all nodes. */
    boolean areLoaded() throws IOException, InterruptedException {
        boolean[] loaded = new boolean[count];
        sideBySide(node -> {
            try (Connection connection = nodes[node].connect("postgres");
                    Statement statement = connection.createStatement();
                    ResultSet row = statement
                            .executeQuery("SELECT 1 FROM pg_database WHERE datname = '" + DATABASE + "'")) {
                loaded[node] = row.next();
            }
            if (loaded[node]) {
                try (Connection connection = nodes[node].connect(DATABASE)) {
                    loaded[node] = Shop.existsOn(connection);
                }
            }
        });
        for (boolean one : loaded) {
            if (!one) {
                return false;
            }
        }
        return true;
    }

    /**
     * Creates the shop on every node.
     *
     * @param loaded told now and then how many customers more have been loaded, by several threads
     */
    void load(LongConsumer loaded) throws IOException, InterruptedException {
        sideBySide(node -> {
            try (Connection connection = nodes[node].connect("postgres");
                    Statement statement = connection.createStatement()) {
                statement.execute("DROP DATABASE IF EXISTS " + DATABASE);
                statement.execute("DROP ROLE IF EXISTS " + USER);
                statement.execute("CREATE ROLE " + USER + " LOGIN PASSWORD '" + PASSWORD + "'");
                statement.execute("CREATE DATABASE " + DATABASE + " OWNER " + USER);
            }
            String url = "jdbc:postgresql://127.0.0.1:" + nodes[node].port() + "/" + DATABASE;
            try (Connection connection = java.sql.DriverManager.getConnection(url, USER, PASSWORD)) {
                shop.createOn(connection, node, customer -> nodeOf(shop.virtualShardOf(customer)) == node, loaded);
            }
        });
    }

    /** What is done for each node. */
    private interface NodeTask {
        void run(int node) throws IOException, InterruptedException, SQLException;
    }

    /** Waits for all, then throws the first failure if there was one. */
    private void sideBySide(NodeTask task) throws IOException, InterruptedException {
        List<Callable<Void>> calls = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int node = i;
            calls.add(() -> {
                task.run(node);
                return null;
            });
        }
        List<Future<Void>> ended = workers.invokeAll(calls);
        for (int node = 0; node < count; node++) {
            try {
                ended.get(node).get();
            } catch (ExecutionException e) {
                throw new IOException("node " + name(node) + ": " + e.getCause().getMessage(), e.getCause());
            }
        }
    }

    /** Stops the nodes, and so whatever is being done on them. Their files stay. */
    @Override
    public void close() {
        workers.shutdownNow();
        stopNodes();
        try {
            workers.awaitTermination(1, TimeUnit.MINUTES);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        // Those that came up meanwhile.
        stopNodes();
    }

    private void stopNodes() {
        try (ExecutorService stoppers = Executors.newCachedThreadPool()) {
            synchronized (nodes) {
                for (int i = 0; i < count; i++) {
                    RunningNode node = nodes[i];
                    if (node != null) {
                        stoppers.execute(() -> {
                            try {
                                if (kept) {
                                    node.stop();
                                } else {
                                    node.abandon();
                                }
                            } catch (IOException | InterruptedException e) {
                                LOG.error("cannot stop the node on port {}", node.port(), e);
                            }
                        });
                    }
                }
            }
        }
    }
}
