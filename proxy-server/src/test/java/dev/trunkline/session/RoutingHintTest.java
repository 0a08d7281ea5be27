package dev.trunkline.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.testing.RunningProxy;
import dev.trunkline.value.PgHash;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Routing hints over two nodes: whose word counts (comment, SET LOCAL, SET, startup, user, database), that a hint never
 * overrules what a statement proves, and that no write goes to a place that was only guessed.
 */
@Timeout(300)
class RoutingHintTest {

    private static final String USER = "hinted";
    private static final String PORT = "SELECT current_setting('port')";
    /** Unproven: the node that answers tells its port, once for each row that it has. */
    private static final String WHERE = "SELECT DISTINCT current_setting('port') FROM things";

    private static List<RunningNode> nodes;
    private static String database;
    private static RunningProxy proxy;

    @BeforeAll
    static void start() throws SQLException {
        nodes = TestNodes.nodes(2);
        database = TestNodes.createDatabase("hints", nodes);
        for (RunningNode node : nodes) {
            TestNodes.execute(node, database, "CREATE TABLE things (k int8 PRIMARY KEY, v text NOT NULL);"
                    + "CREATE TABLE parts (a int4, b text, v text, PRIMARY KEY (a, b));"
                    + "CREATE TABLE codes (c text PRIMARY KEY); CREATE TABLE notes (id int PRIMARY KEY);"
                    + "CREATE FUNCTION put(int8, text) RETURNS text LANGUAGE sql AS 'INSERT INTO things VALUES ($1, $2) "
                    + "RETURNING current_setting(''port'')';"
                    + "CREATE PROCEDURE drop_thing(text, int8) LANGUAGE sql AS 'DELETE FROM things WHERE k = $2';"
                    + "DO $$ BEGIN CREATE ROLE " + USER + " LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
                    + "GRANT ALL ON ALL TABLES IN SCHEMA public TO " + USER + ";"
                    + "ALTER DATABASE " + database + " SET trunkline.node = 'b';"
                    + "ALTER ROLE " + USER + " IN DATABASE " + database + " SET trunkline.node = 'a';"
                    + "ALTER ROLE " + USER + " IN DATABASE " + database + " SET trunkline.fan_out = 'reject'");
        }
        for (long k = 1; k <= 40; k++) {
            TestNodes.execute(nodes.get(nodeOf(k)), database, "INSERT INTO things VALUES (" + k + ", 'v')");
        }
        proxy = RunningProxy.start("""
                listen: { host: 127.0.0.1, port: 0 }
                monitoring: { host: 127.0.0.1, port: 0 }
                databases:
                  %s:
                    control: { user: postgres }
                    fanOut: allow
                    nodes:
                      a: { primary: "127.0.0.1:%d" }
                      b: { primary: "127.0.0.1:%d" }
                    shardMap: { a: 0-127, b: 128-255 }
                    tables:
                      things: { shardKey: k }
                      parts: { shardKey: [a, b] }
                      codes: { shardKey: c }
                    functions: { put: key(1), drop_thing: key(2) }
                users:
                  postgres: { admin: full }
                  %s: { }
                """.formatted(database, nodes.get(0).port(), nodes.get(1).port(), USER));
    }

    @AfterAll
    static void stop() throws SQLException {
        proxy.close();
        TestNodes.dropDatabase(database, nodes);
        for (RunningNode node : nodes) {
            TestNodes.execute(node, "postgres", "DROP ROLE IF EXISTS " + USER);
        }
    }

    private static int nodeOf(long k) {
        return PgHash.virtualShard(PgHash.int8(k), 256) / 128;
    }

    /** The n-th key, from 0, whose row is on a node. */
    private static long key(int node, int n) {
        int left = n;
        for (long k = 1;; k++) {
            if (nodeOf(k) == node && left-- == 0) {
                return k;
            }
        }
    }

    private static String port(int node) {
        return Integer.toString(nodes.get(node).port());
    }

    /** A connection of the superuser, for whom ALTER DATABASE says b; {@code RESET} of that is a hint of no node. */
    private static Connection client(String... options) throws SQLException {
        Connection client = connect("postgres", options);
        execute(client, "SET trunkline.node = ''");
        return client;
    }

    private static Connection connect(String user, String... options) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", user);
        for (int i = 0; i < options.length; i += 2) {
            properties.setProperty(options[i], options[i + 1]);
        }
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + proxy.port() + "/" + database, properties);
    }

    private static void execute(Connection client, String sql) throws SQLException {
        try (Statement statement = client.createStatement()) {
            statement.execute(sql);
        }
    }

    private static List<String> rows(Connection client, String sql) throws SQLException {
        try (Statement statement = client.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
            List<String> all = new ArrayList<>();
            while (rows.next()) {
                all.add(rows.getString(1));
            }
            return all;
        }
    }

    private static String one(Connection client, String sql) throws SQLException {
        List<String> rows = rows(client, sql);
        assertEquals(1, rows.size(), sql);
        return rows.getFirst();
    }

    private static SQLException refused(Connection client, String state, String sql) {
        SQLException error = assertThrows(SQLException.class, () -> execute(client, sql), sql);
        assertEquals(state, error.getSQLState(), error.getMessage());
        return error;
    }

    @Test
    void theNearestWordCounts() throws SQLException {
        try (Connection client = connect("postgres")) {
            assertEquals(port(1), one(client, PORT), "database");
            assertEquals("b", one(client, "SHOW trunkline.node"));
        }
        try (Connection client = connect(USER)) {
            assertEquals(port(0), one(client, PORT), "user before database");
            assertEquals("reject", one(client, "SHOW trunkline.fan_out"));
        }
        try (Connection client = connect(USER, "options", "-c trunkline.node=b")) {
            assertEquals(port(1), one(client, PORT), "startup before user");
            execute(client, "SET trunkline.node = 'a'");
            assertEquals(port(0), one(client, PORT), "SET before startup");
            client.setAutoCommit(false);
            execute(client, "SET LOCAL trunkline.node TO b");
            assertEquals(port(1), one(client, PORT), "SET LOCAL before SET");
            client.commit();
            assertEquals(port(0), one(client, PORT), "SET LOCAL ends with its transaction");
            client.commit();
            execute(client, "SET LOCAL trunkline.node TO b");
            assertEquals(port(0), one(client, "/* trunkline: node=a */ " + PORT), "comment before SET LOCAL");
            client.rollback();
            client.setAutoCommit(true);
            execute(client, "RESET trunkline.node");
            assertEquals(port(1), one(client, PORT), "RESET goes back to the startup message");
            execute(client, "SET trunkline.node = 'a'");
            execute(client, "DISCARD ALL");
            assertEquals("b", one(client, "SHOW trunkline.node"));
        }
    }

    @Test
    void aKeySaysWhereUnprovenRowsAre() throws SQLException {
        try (Connection client = client()) {
            for (int node = 0; node < 2; node++) {
                long key = key(node, 0);
                assertEquals(port(node), one(client, "/* trunkline: key=" + key + " */ " + WHERE));
                execute(client, "SET trunkline.shard_key = " + key);
                assertEquals(Long.toString(key), one(client, "SHOW trunkline.shard_key"));
                assertEquals(port(node), one(client, WHERE));
                // ORDER BY, LIMIT and whatever else: it is one node's own.
                assertEquals(port(node), one(client,
                        "SELECT current_setting('port') FROM things ORDER BY random() LIMIT 1"));
                assertEquals("1", one(client, "SELECT 1"), "a key says nothing of a statement without sharded tables");
            }
            execute(client, "SET trunkline.shard_key = ''");
            assertEquals("40", one(client, "SELECT count(*) FROM things"), "no hint any more");
        }
    }

    @Test
    void aHintThatContradictsAProvenKeyIsAnError() throws SQLException {
        long here = key(0, 0);
        long alsoHere = key(0, 1);
        long there = key(1, 0);
        try (Connection client = client()) {
            String hint = "/* trunkline: key=" + here + " */ ";
            assertEquals(List.of("v"), rows(client, hint + "SELECT v FROM things WHERE k = " + here));
            refused(client, "TL003", hint + "SELECT v FROM things WHERE k = " + there);
            // Another key of the same node is another key: virtual shards move.
            refused(client, "TL003", hint + "SELECT v FROM things WHERE k = " + alsoHere);
            refused(client, "TL003", hint + "SELECT v FROM things WHERE k IN (" + here + ", " + alsoHere + ")");
            refused(client, "TL003", hint + "INSERT INTO things VALUES (" + there + ", 'x')");
            refused(client, "TL003", hint + "UPDATE things SET v = 'x' WHERE k = " + there);
            refused(client, "TL003", hint + "DELETE FROM things WHERE k = " + alsoHere);
            refused(client, "TL003", "/* trunkline: node=b */ SELECT v FROM things WHERE k = " + here);
            refused(client, "TL003",
                    "/* trunkline: node=a */ SELECT v FROM things WHERE k IN (" + here + ", " + there + ")");
            refused(client, "TL003", "/* trunkline: node=b, key=" + here + " */ SELECT count(*) FROM things");
            refused(client, "TL003", "/* trunkline: node=b */ SELECT * FROM notes");
            refused(client, "TL003", "/* trunkline: node=b */ INSERT INTO things VALUES (" + here + ", 'x')");
            assertEquals(List.of(), rows(client, hint + "SELECT v FROM things WHERE k = NULL"));
            assertEquals(List.of("v"), rows(client, hint + "SELECT v FROM things WHERE k IN (" + here + ", NULL)"));
            assertEquals("40", one(client, "SELECT count(*) FROM things"), "nothing was written");
            try (PreparedStatement prepared = client
                    .prepareStatement(hint + "SELECT v FROM things WHERE k = ANY (?)")) {
                prepared.setArray(1, client.createArrayOf("int8", new Object[]{here, here, null}));
                prepared.executeQuery().close();
                prepared.setArray(1, client.createArrayOf("int8", new Object[]{here, there}));
                assertEquals("TL003", assertThrows(SQLException.class, prepared::executeQuery).getSQLState());
            }
        }
    }

    @Test
    void noWriteGoesToAGuessedPlace() throws SQLException {
        long here = key(0, 0);
        try (Connection client = client()) {
            execute(client, "SET trunkline.shard_key = '" + here + "'");
            refused(client, "TL003", "UPDATE things SET v = 'x'");
            refused(client, "TL003", "DELETE FROM things WHERE v = 'v'");
            refused(client, "TL003", "INSERT INTO things VALUES (" + here + " + 0, 'x')");
            refused(client, "TL003", "INSERT INTO things (v) VALUES ('x')");
            refused(client, "TL003", "INSERT INTO things SELECT k + 1000, v FROM things");
            execute(client, "UPDATE things SET v = 'v' WHERE k = " + here);
            // The node's own rows, by its name.
            refused(client, "TL003", "/* trunkline: node=b */ INSERT INTO things SELECT k + 1000, v FROM things");
            try (Statement statement = client.createStatement()) {
                int onNode = statement.executeUpdate("/* trunkline: node=b */ UPDATE things SET v = 'v'");
                assertEquals(Integer.parseInt(onNode(nodes.get(1))), onNode);
            }
            execute(client, "SET trunkline.shard_key = ''");
            assertEquals("40", one(client, "SELECT count(*) FROM things"));
        }
    }

    /** Rows past the proxy. */
    private static String onNode(RunningNode node) throws SQLException {
        try (Connection direct = node.connect(database)) {
            return one(direct, "SELECT count(*) FROM things");
        }
    }

    @Test
    void aRollbackTakesTheHintBack() throws SQLException {
        try (Connection client = client()) {
            client.setAutoCommit(false);
            execute(client, "SET LOCAL trunkline.shard_key = 1");
            Savepoint before = client.setSavepoint();
            execute(client, "SET trunkline.shard_key = 2");
            assertEquals("2", one(client, "SHOW trunkline.shard_key"));
            client.rollback(before);
            assertEquals("1", one(client, "SHOW trunkline.shard_key"));
            client.rollback();
            assertEquals("", one(client, "SHOW trunkline.shard_key"));
            execute(client, "SELECT set_config('trunkline.shard_key', '3', true)");
            assertEquals("3", one(client, "SHOW trunkline.shard_key"));
            client.commit();
            assertEquals("", one(client, "SHOW trunkline.shard_key"));
        }
    }

    @Test
    void aPreparedStatementIsPlannedAgainUnderAHint() throws SQLException {
        try (Connection client = client("prepareThreshold", "1");
                PreparedStatement count = client.prepareStatement("SELECT count(*) FROM things WHERE v = ?")) {
            count.setString(1, "v");
            for (int round = 0; round < 3; round++) {
                execute(client, "SET trunkline.node = ''");
                assertEquals(40, count(count));
                execute(client, "SET trunkline.node = 'a'");
                int here = count(count);
                execute(client, "SET trunkline.node = 'b'");
                assertTrue(here > 0 && here < 40, "on one node: " + here);
                assertEquals(40 - here, count(count));
            }
        }
    }

    private static int count(PreparedStatement statement) throws SQLException {
        try (ResultSet rows = statement.executeQuery()) {
            rows.next();
            return rows.getInt(1);
        }
    }

    @Test
    void keysOfSeveralColumns() throws SQLException {
        try (Connection client = client()) {
            execute(client, "INSERT INTO parts VALUES (1, 'x,(y', 'v')");
            String read = "SELECT v FROM parts";
            assertEquals("v", one(client, "/* trunkline: key=(1, 'x,(y') */ " + read + " WHERE a = 1"));
            execute(client, "SET trunkline.shard_key = 1, 'x,(y'");
            assertEquals("('1', 'x,(y')", one(client, "SHOW trunkline.shard_key"));
            assertEquals("v", one(client, read + " WHERE a = 1 AND b = 'x,(y'"));
            assertEquals("v", one(client, read));
            // One column of the key is enough to contradict it.
            refused(client, "TL003", read + " WHERE a = 2");
            refused(client, "TL003", read + " WHERE b IN ('x', 'y')");
            refused(client, "22023", WHERE);
            execute(client, "SET trunkline.shard_key = '(1, \"x\")'");
            refused(client, "TL003", read + " WHERE a = 1 AND b = 'x,(y'");
            execute(client, "SET trunkline.shard_key = 'x,y'");
            execute(client, "INSERT INTO codes VALUES ('x,y')");
            assertEquals("x,y", one(client, "SELECT c FROM codes WHERE c LIKE 'x,y'"));
            refused(client, "22023", WHERE);
            refused(client, "22023", read);
        }
    }

    @Test
    void aStringOfStatements() throws SQLException {
        try (Connection client = client("preferQueryMode", "simple"); Statement statement = client.createStatement()) {
            for (int node = 0; node < 2; node++) {
                statement.execute("BEGIN; SET LOCAL trunkline.shard_key = " + key(node, 0) + "; " + WHERE + "; COMMIT");
                statement.getMoreResults();
                statement.getMoreResults();
                try (ResultSet rows = statement.getResultSet()) {
                    assertTrue(rows.next());
                    assertEquals(port(node), rows.getString(1));
                }
            }
            assertEquals("TL002", assertThrows(SQLException.class, () -> statement
                    .execute("BEGIN; SET LOCAL trunkline.node = a; ROLLBACK; " + WHERE)).getSQLState());
            statement.execute("ROLLBACK");
        }
    }

    @Test
    void whatIsNoHintIsRefused() throws SQLException {
        try (Connection client = client()) {
            SQLException unknown = refused(client, "22023", "SET trunkline.node = 'c'");
            assertTrue(unknown.getMessage().contains("The database's nodes are a, b."), unknown.getMessage());
            refused(client, "22023", "SET trunkline.shard_key = '(1'");
            refused(client, "42704", "SET trunkline.shardkey = 1");
            refused(client, "22023", "/* trunkline: nod=a */ SELECT 1");
            refused(client, "22023", "/* trunkline: key=abc */ " + WHERE);
            refused(client, "22023", "/* trunkline: key=99999999999999999999 */ " + WHERE);
            assertEquals("22023", assertThrows(SQLException.class,
                    () -> connect("postgres", "options", "-c trunkline.node=c")).getSQLState());
        }
    }

    @Test
    void codeOfUnknownExtentRunsOnANamedNode() throws SQLException {
        try (Connection client = client()) {
            refused(client, "TL002", "DO 'BEGIN END'");
            execute(client, "/* trunkline: node=b */ DO 'BEGIN PERFORM set_config(''my.port'', ''1'', false); END'");
            assertEquals("null", String.valueOf(one(client,
                    "/* trunkline: node=b */ SELECT nullif(current_setting('my.port', true), '')")),
                    "what it left behind is gone (semantics.md 22)");
        }
    }

    @Test
    void functionsRunWhereTheirArgumentsKeyIs() throws SQLException {
        try (Connection client = client()) {
            for (int node = 0; node < 2; node++) {
                long key = key(node, 60);
                assertEquals(port(node), one(client, "SELECT put(" + key + ", 'x')"));
                assertEquals("x", one(client, "SELECT v FROM things WHERE k = " + key));
                refused(client, "TL003",
                        "/* trunkline: node=" + (node == 0 ? "b" : "a") + " */ CALL drop_thing('', " + key
                                + ")");
                execute(client, "CALL drop_thing('', " + key + ")");
                try (PreparedStatement put = client.prepareStatement("SELECT put(?::int8, 'x')");
                        PreparedStatement drop = client.prepareStatement("CALL drop_thing('x', ?::int8)")) {
                    put.setLong(1, key);
                    put.executeQuery().close();
                    drop.setLong(1, key);
                    drop.execute();
                }
                assertEquals(List.of(), rows(client, "SELECT v FROM things WHERE k = " + key));
            }
            refused(client, "TL002", "SELECT put(" + key(0, 60) + ", 'x'), put(" + key(1, 60) + ", 'x')");
            refused(client, "TL003", "SELECT put(1 + 1, 'x')");
            refused(client, "TL003", "SELECT put(NULL, 'x')");
            assertEquals("40", one(client, "SELECT count(*) FROM things"));
        }
    }
}
