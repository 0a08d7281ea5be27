package dev.trunkline.node;

import static dev.trunkline.node.NodeFixture.distribution;
import static dev.trunkline.node.NodeFixture.relation;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.Distribution;
import dev.trunkline.config.Configuration;
import dev.trunkline.config.ConfigurationException;
import dev.trunkline.demo.EmbeddedPostgres;
import dev.trunkline.demo.NodeOptions;
import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.error.ProxyException;
import java.io.EOFException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;

/** Watching real nodes. Rules are those of semantics.md. */
class NodeControlTest {

    private static final Duration SHORT = Duration.ofMillis(100);
    /** No test waits for the clock to look: it asks. */
    private static final Duration LONG = Duration.ofMinutes(10);
    private static final String CUSTOMERS = "CREATE TABLE customers (id bigint PRIMARY KEY, name text)";
    private static final String TABLE = "customers: { shardKey: id }";

    private static NodeControl start(NodeFixture nodes, Duration interval) throws ConfigurationException {
        return start(nodes.configuration(TABLE), nodes.database, interval);
    }

    private static NodeControl start(Configuration configuration, String database, Duration interval)
            throws ConfigurationException {
        return NodeControl.start(configuration, configuration.databases().get(database), interval);
    }

    private static void refresh(NodeControl control) throws Exception {
        control.refreshNow().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    /** Hears of changes; a test takes them one by one. */
    private static final class Heard implements NodeControl.Listener {

        private final BlockingQueue<Catalog> catalogs = new LinkedBlockingQueue<>();
        private final BlockingQueue<String> states = new LinkedBlockingQueue<>();

        @Override
        public void catalogChanged(Catalog catalog) {
            catalogs.add(catalog);
        }

        @Override
        public void settingsMayHaveChanged() {
            // Another test is about them.
        }

        @Override
        public void nodeChanged(int node, NodeState state) {
            states.add(NodeFixture.name(node) + " " + state.status());
        }

        private static <T> T next(BlockingQueue<T> queue) throws InterruptedException {
            T next = queue.poll(60, TimeUnit.SECONDS);
            assertNotNull(next, "nothing was heard");
            return next;
        }

        /** The next one that is another. */
        private static String nextAfter(String known, BlockingQueue<String> queue) throws InterruptedException {
            String next = next(queue);
            while (next.equals(known)) {
                next = next(queue);
            }
            return next;
        }
    }

    @Test
    void startsWithTheCatalogTheMapAndWhatNodesReport() throws Exception {
        try (NodeFixture nodes = new NodeFixture(2)) {
            nodes.onAll(CUSTOMERS);
            nodes.onAll("ALTER DATABASE " + nodes.database + " SET TimeZone TO 'Asia/Tokyo'");
            try (NodeControl control = start(nodes, LONG)) {
                assertEquals(1, control.catalog().version());
                assertInstanceOf(Distribution.Sharded.class, distribution(control.catalog(), "customers"));
                assertTrue(control.state(0).isUp() && control.state(1).isUp());
                assertEquals(1, control.shardMaps().mapOf("customers").epoch());
                assertEquals(1, control.shardMaps().mapOf("customers").nodeOf(200));
                assertEquals("Asia/Tokyo", control.startupParameters().get("TimeZone"),
                        "the node's, not the driver's");
                assertEquals("UTF8", control.startupParameters().get("server_encoding"));
                assertEquals("on", control.startupParameters().get("standard_conforming_strings"));
            }
        }
    }

    /**
     * What is dropped between being listed and being spelt out was taken for the node's fault, and the node for down, whenever a
     * migration ran. Here the index stays away for longer.
     */
    @Test
    void aNodeWhoseSchemaChangesWhileItIsReadStaysUp() throws Exception {
        try (NodeFixture nodes = new NodeFixture(1)) {
            nodes.onAll(CUSTOMERS + "; CREATE TABLE passing (a int PRIMARY KEY);"
                    + "CREATE TABLE kept AS SELECT * FROM pg_index WHERE indexrelid = 'passing_pkey'::regclass");
            try (NodeControl control = start(nodes, LONG)) {
                Heard heard = new Heard();
                control.addListener(heard);
                nodes.onAll("SET allow_system_table_mods = on; CREATE TABLE lasting (a int);"
                        + "DELETE FROM pg_index WHERE indexrelid = 'passing_pkey'::regclass");
                refresh(control);
                assertTrue(control.state(0).isUp());
                assertEquals(1, control.catalog().version());
                nodes.onAll("SET allow_system_table_mods = on; INSERT INTO pg_index SELECT * FROM kept");
                refresh(control);
                assertEquals(List.of(), List.copyOf(heard.states));
                assertNotNull(relation(control.catalog(), "lasting"));
            }
        }
    }

    /** The reading holds the locks of what it has spelt out: a client's DDL that wants one of them while it waits for another was ended. */
    @Test
    void readingTheSchemaEndsNobodyElsesDdlByADeadlock() throws Exception {
        try (NodeFixture nodes = new NodeFixture(1)) {
            nodes.onAll(CUSTOMERS + "; CREATE TABLE first (a int); CREATE TABLE second (a int);"
                    + "CREATE VIEW a AS SELECT * FROM first; CREATE VIEW b AS SELECT * FROM second;"
                    + "ALTER DATABASE " + nodes.database + " SET deadlock_timeout = '4s'");
            try (NodeControl control = start(nodes, LONG);
                    Connection client = nodes.nodes.get(0).connect(nodes.database);
                    Statement statement = client.createStatement()) {
                // The reading gives way after two seconds; the client looks for a deadlock before the reading would.
                statement.execute("SET deadlock_timeout = '3500ms'");
                client.setAutoCommit(false);
                statement.execute("LOCK TABLE second IN ACCESS EXCLUSIVE MODE");
                nodes.onAll("CREATE TABLE another (a int)");
                CompletionStage<?> read = control.refreshNow();
                try (Connection other = nodes.nodes.get(0).connect(nodes.database);
                        Statement watching = other.createStatement()) {
                    boolean waits = false;
                    for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60); !waits;) {
                        assertTrue(System.nanoTime() < end, "the reading waits");
                        try (ResultSet row = watching.executeQuery("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted"
                                + " AND relation = 'second'::regclass")) {
                            waits = row.next() && row.getBoolean(1);
                        }
                    }
                }
                statement.execute("LOCK TABLE first IN ACCESS EXCLUSIVE MODE");
                client.rollback();
                read.toCompletableFuture().get(60, TimeUnit.SECONDS);
                // It may have had no more patience with the lock.
                refresh(control);
                assertNotNull(relation(control.catalog(), "another"));
            }
        }
    }

    /** Rule 12: a new catalog comes exactly when something changed. */
    @Test
    void rule12DdlOnANodeMakesANewCatalog() throws Exception {
        try (NodeFixture nodes = new NodeFixture(2)) {
            nodes.onAll(CUSTOMERS);
            try (NodeControl control = start(nodes, LONG)) {
                Heard heard = new Heard();
                control.addListener(heard);
                nodes.on(0, "CREATE TABLE notes (id int)");
                refresh(control);
                assertEquals(2, control.catalog().version());
                assertEquals(control.catalog(), Heard.next(heard.catalogs));
                assertEquals(new Distribution.Unsharded(0), distribution(control.catalog(), "notes"));

                nodes.on(0,
                        "INSERT INTO notes VALUES (1); UPDATE notes SET id = 2; CREATE TEMP TABLE x (id int); ANALYZE notes");
                nodes.on(0, "VACUUM FULL notes");
                refresh(control);
                assertEquals(2, control.catalog().version(), "nothing that planning knows has changed");

                for (String ddl : List.of("ALTER TABLE notes ADD COLUMN note text",
                        "ALTER TABLE notes ALTER id TYPE bigint",
                        "ALTER TABLE notes RENAME note TO text", "ALTER TABLE notes ALTER text SET DEFAULT 'x'",
                        "CREATE TYPE mood AS ENUM ('sad')", "ALTER TYPE mood ADD VALUE 'ok'",
                        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                        "ALTER FUNCTION f() IMMUTABLE", "CREATE VIEW v AS SELECT * FROM notes",
                        "CREATE OR REPLACE VIEW v AS SELECT * FROM notes WHERE id > 0",
                        "CREATE UNIQUE INDEX u ON notes (id)", "ALTER TABLE notes ADD CHECK (id > 0)",
                        "CREATE SCHEMA s", "ALTER TABLE notes SET SCHEMA s", "DROP VIEW v")) {
                    long before = control.catalog().version();
                    nodes.on(0, ddl);
                    refresh(control);
                    boolean seen = !ddl.equals("CREATE SCHEMA s");
                    assertEquals(seen ? before + 1 : before, control.catalog().version(), ddl);
                }
            }
        }
    }

    /** Applications make temp tables all the time. */
    @Test
    void rule12TempTablesDoNotChangeTheFingerprint() throws Exception {
        try (NodeFixture nodes = new NodeFixture(1);
                Connection connection = nodes.nodes.getFirst().connect(nodes.database);
                Statement statement = connection.createStatement()) {
            nodes.onAll(CUSTOMERS);
            String before = fingerprint(statement);
            statement.execute("CREATE TEMP TABLE t (id serial PRIMARY KEY, x text DEFAULT 'x' CHECK (x <> ''), "
                    + "y int GENERATED ALWAYS AS IDENTITY)");
            statement.execute("CREATE INDEX ON t (x)");
            assertEquals(before, fingerprint(statement));
            statement.execute("CREATE TABLE real (id int)");
            assertNotEquals(before, fingerprint(statement));
        }
    }

    private static String fingerprint(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery(SchemaQueries.FINGERPRINT)) {
            row.next();
            return row.getString(1);
        }
    }

    @Test
    void rule12TheClockLooksToo() throws Exception {
        try (NodeFixture nodes = new NodeFixture(1)) {
            nodes.onAll(CUSTOMERS);
            try (NodeControl control = start(nodes, SHORT)) {
                Heard heard = new Heard();
                control.addListener(heard);
                nodes.on(0, "CREATE TABLE notes (id int)");
                assertNotNull(relation(Heard.next(heard.catalogs), "notes"));
            }
        }
    }

    /** Rules 12 and 13: while nodes disagree about a table, it is refused; nothing else is. */
    @Test
    void rule13ATableOnWhichNodesDisagreeIsRefusedUntilTheyAgree() throws Exception {
        try (NodeFixture nodes = new NodeFixture(2)) {
            nodes.onAll(CUSTOMERS + "; CREATE TABLE orders (customer_id bigint PRIMARY KEY)");
            try (NodeControl control = start(nodes.configuration(TABLE, "orders: { shardKey: customer_id }"),
                    nodes.database, LONG)) {
                nodes.on(1, "ALTER TABLE customers ADD COLUMN age int");
                refresh(control);
                assertEquals(
                        new Distribution.Refused("differs on nodes a and b: only the second has a column age"),
                        distribution(control.catalog(), "customers"));
                assertInstanceOf(Distribution.Sharded.class, distribution(control.catalog(), "orders"));
                assertTrue(control.state(1).isUp());
                assertEquals(1, control.problems().size());
                nodes.on(0, "ALTER TABLE customers ADD COLUMN age int");
                refresh(control);
                assertInstanceOf(Distribution.Sharded.class, distribution(control.catalog(), "customers"));
                assertEquals(List.of(), control.problems());
            }
        }
    }

    @Test
    void whatDoesNotFitStopsTheStart() throws Exception {
        try (NodeFixture nodes = new NodeFixture(2)) {
            nodes.on(0, CUSTOMERS);
            ConfigurationException e = assertThrows(ConfigurationException.class, () -> start(nodes, LONG));
            assertTrue(e.getMessage().endsWith("table customers is missing on node b"), e.getMessage());
        }
    }

    /**
     * A server that says a few times that it is starting, and is then there. It was left out after the first time, and the start failed
     * because no node had the table that is there alone.
     */
    @Test
    void aNodeThatIsStartingIsWaitedFor() throws Exception {
        try (NodeFixture nodes = new NodeFixture(2); StartingNode starting = StartingNode.of(nodes.nodes.get(1), 2)) {
            nodes.onAll(CUSTOMERS).on(1, "CREATE TABLE notes (id int)");
            Configuration configuration = Configuration.parse("test.yaml", nodes.yaml(TABLE, "notes: { node: b }")
                    .replace("127.0.0.1:" + nodes.nodes.get(1).port() + " ", "127.0.0.1:" + starting.port() + " "),
                    name -> null);
            try (NodeControl control = start(configuration, nodes.database, LONG)) {
                assertTrue(control.state(1).isUp());
                assertEquals(List.of(), control.problems());
            }
        }
    }

    /** A certificate of another name had the start wait for 20 seconds before it failed. */
    @Test
    void aNodeOfAnotherNameIsNotWaitedFor() {
        String state = PSQLState.CONNECTION_FAILURE.getState();
        assertFalse(NodeWatch.isPassing(new SQLTransientConnectionException("not available", state,
                new PSQLException("The hostname a could not be verified", PSQLState.CONNECTION_FAILURE))));
        assertTrue(NodeWatch.isPassing(new SQLTransientConnectionException("not available", state,
                new PSQLException("An I/O error occurred", PSQLState.CONNECTION_FAILURE, new EOFException()))));
    }

    /** A node that is not there is not waited for, and the message says what is missing with it. */
    @Test
    void aTableOnAMissingNodeStopsTheStart() throws Exception {
        try (NodeFixture nodes = new NodeFixture(2)) {
            nodes.onAll(CUSTOMERS).on(1, "CREATE TABLE notes (id int)");
            Configuration configuration = Configuration.parse("test.yaml", nodes.yaml(TABLE, "notes: { node: b }")
                    .replace("127.0.0.1:" + nodes.nodes.get(1).port() + " ", "127.0.0.1:1 "), name -> null);
            ConfigurationException e = assertThrows(ConfigurationException.class,
                    () -> start(configuration, nodes.database, LONG));
            List<String> texts = NodeFixture.texts(e.problems());
            assertEquals(2, texts.size(), texts::toString);
            assertTrue(texts.get(1).startsWith("WARNING nodes.b: what node b has is not known: "), texts::toString);
            assertTrue(texts.get(1).contains("refused"), texts::toString);
        }
    }

    @Test
    void withoutAnyNodeThereIsNoStart() throws Exception {
        Configuration configuration = Configuration.parse("test.yaml", """
                databases: { shop: { nodes: { a: { primary: "127.0.0.1:1" } } } }
                users: { app: { admin: full } }
                """, name -> null);
        ProxyException e = assertThrows(ProxyException.class, () -> start(configuration, "shop", LONG));
        assertEquals("58000", e.sqlState());
        assertTrue(e.detail().startsWith("Node a: "), e.detail());
    }

    /** Rule 13: serve starts without a node; it is verified before its first use, and recovers by itself. */
    @Test
    void rule13AMissingNodeIsDownUntilItWasVerified() throws Exception {
        try (RunningNode own = EmbeddedPostgres.start(NodeOptions.forTests());
                NodeFixture nodes = new NodeFixture(List.of(TestNodes.node(0), own))) {
            nodes.on(0, CUSTOMERS);
            nodes.on(1, "CREATE TABLE customers (id text PRIMARY KEY)");
            own.stop();
            try (NodeControl control = start(nodes, SHORT)) {
                assertTrue(control.state(0).isUp());
                assertFalse(control.state(1).isUp());
                assertInstanceOf(Distribution.Sharded.class, distribution(control.catalog(), "customers"));
                long version = control.catalog().version();

                own.restart();
                awaitReason(control, 1, "its schema does not fit: table customers differs on nodes a and b: ");
                assertEquals(version, control.catalog().version(), "a node that does not fit changes nothing");
                Heard heard = new Heard();
                control.addListener(heard);
                nodes.on(1, "DROP TABLE customers; " + CUSTOMERS);
                assertEquals("b UP", Heard.nextAfter("b DOWN", heard.states), "it may be looked at once more before");
                assertNull(control.state(1).reason());

                version = control.catalog().version();
                own.kill();
                control.refreshNow(1);
                assertEquals("b DOWN", Heard.next(heard.states));
                assertInstanceOf(Distribution.Sharded.class, distribution(control.catalog(), "customers"));
                own.restart();
                assertEquals("b UP", Heard.nextAfter("b DOWN", heard.states), "its reason may change while it starts");
                assertEquals(version, control.catalog().version(), "coming back is no change of the schema");
            }
            try (NodeControl control = start(nodes, LONG)) {
                Heard heard = new Heard();
                control.addListener(heard);
                own.kill();
                control.suspect(1);
                assertEquals("b DOWN", Heard.next(heard.states), "nobody waits for the next look");
            }
        }
    }

    private static void awaitReason(NodeControl control, int node, String start) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!String.valueOf(control.state(node).reason()).startsWith(start)) {
            assertTrue(System.nanoTime() < deadline, () -> "still: " + control.state(node));
            control.refreshNow(node).toCompletableFuture().get(60, TimeUnit.SECONDS);
        }
    }

    @Test
    void closingEndsTheThreads() throws Exception {
        try (NodeFixture nodes = new NodeFixture(1)) {
            nodes.onAll(CUSTOMERS);
            NodeControl control = start(nodes, SHORT);
            control.close();
            assertTrue(control.refreshNow().toCompletableFuture().isDone());
            for (Thread thread : Thread.getAllStackTraces().keySet()) {
                if (thread.getName().equals("control-" + nodes.database + "-a")) {
                    // It may be about to end.
                    assertTrue(thread.join(Duration.ofSeconds(60)), "it goes on");
                }
            }
        }
    }
}
