package dev.trunkline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.catalog.NodeSchema;
import dev.trunkline.config.Configuration;
import dev.trunkline.config.DatabaseConfig;
import dev.trunkline.config.NodeConfig;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A node whose schema has changed while another transaction has locked what the reading needs: the table under a view. */
@Timeout(300)
class NodeWatchTest {

    /** No test waits for the clock to look: it asks. */
    private static final Duration LONG = Duration.ofMinutes(10);

    /** By the last look. */
    private final AtomicReference<NodeWatch.Found> found = new AtomicReference<>();

    /** A lock that lasted for longer than five seconds made a healthy node count as down. */
    @Test
    void aNodeThatStaysLockedKeepsTheSchemaThatWasRead() throws Exception {
        try (NodeFixture nodes = lockable("20ms"); NodeWatch watch = watch(nodes, Duration.ZERO)) {
            watch.start();
            assertEquals(Set.of("onlooker", "seen"), look(watch));
            try (Connection holder = lock(nodes)) {
                nodes.onAll("CREATE TABLE later (a int)");
                assertEquals(Set.of("onlooker", "seen"), look(watch));
                holder.rollback();
            }
            assertEquals(Set.of("onlooker", "seen", "later"), look(watch));
        }
    }

    @Test
    void theReadingGivesWayAndBeginsAgain() throws Exception {
        try (NodeFixture nodes = lockable("400ms"); NodeWatch watch = watch(nodes, LONG)) {
            watch.start();
            assertEquals(Set.of("onlooker", "seen"), look(watch));
            try (Connection holder = lock(nodes)) {
                nodes.onAll("CREATE TABLE later (a int)");
                CompletableFuture<Void> looked = watch.look();
                Set<String> waited = new HashSet<>();
                try (Connection other = nodes.nodes.getFirst().connect(nodes.database);
                        Statement statement = other.createStatement()) {
                    for (long start = System.nanoTime(); waited.size() < 2;) {
                        try (ResultSet row = statement.executeQuery("SELECT virtualtransaction FROM pg_locks"
                                + " WHERE NOT granted AND relation = 'seen'::regclass")) {
                            while (row.next()) {
                                waited.add(row.getString(1));
                            }
                        }
                        assertTrue(System.nanoTime() - start < TimeUnit.MINUTES.toNanos(2), "never waited twice");
                        assertTrue(!looked.isDone(), "did not wait");
                    }
                }
                holder.rollback();
                looked.get(2, TimeUnit.MINUTES);
            }
            assertEquals(Set.of("onlooker", "seen", "later"), names());
        }
    }

    private static NodeFixture lockable(String deadlockTimeout) throws SQLException {
        NodeFixture nodes = new NodeFixture(1);
        return nodes.onAll("CREATE TABLE seen (a int PRIMARY KEY); CREATE VIEW onlooker AS SELECT a FROM seen;"
                + "ALTER DATABASE " + nodes.database + " SET deadlock_timeout = '" + deadlockTimeout + "'");
    }

    private static Connection lock(NodeFixture nodes) throws SQLException {
        Connection holder = nodes.nodes.getFirst().connect(nodes.database);
        holder.setAutoCommit(false);
        try (Statement statement = holder.createStatement()) {
            statement.execute("LOCK TABLE seen IN ACCESS EXCLUSIVE MODE");
        }
        return holder;
    }

    private NodeWatch watch(NodeFixture nodes, Duration lockPatience) throws Exception {
        Configuration configuration = nodes.configuration("seen: { shardKey: a }");
        DatabaseConfig database = configuration.databases().get(nodes.database);
        NodeConfig node = database.nodes().getFirst();
        return new NodeWatch(nodes.database, node, configuration.controlLogin(database, node), LONG, lockPatience,
                (of, what) -> {
                    found.set(what);
                    return what instanceof NodeWatch.Found.Reachable;
                });
    }

    private Set<String> look(NodeWatch watch) throws Exception {
        watch.look().get(2, TimeUnit.MINUTES);
        return names();
    }

    /** The relations that the last look has found; a node that it took for down has none. */
    private Set<String> names() {
        NodeSchema schema = assertInstanceOf(NodeWatch.Found.Reachable.class, found.get()).schema();
        Set<String> names = new HashSet<>();
        schema.relations().forEach(relation -> names.add(relation.name().name()));
        return names;
    }
}
