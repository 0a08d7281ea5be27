package dev.trunkline.session;

import dev.trunkline.execute.MergeMemory;
import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.testing.NodeLink;
import dev.trunkline.testing.PgClient;
import dev.trunkline.testing.RunningProxy;
import dev.trunkline.value.PgHash;
import dev.trunkline.wire.BackendMessage;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * A proxy over some nodes (a, b, c) with {@code items(k, v)} sharded by k, {@code countries} as reference table and
 * {@code notes} on the home node.
 */
final class SessionFixture implements AutoCloseable {

    static final String USER = "postgres";
    private static final int VIRTUAL_SHARDS = 256;
    private static final long PATIENCE_NANOS = 60_000_000_000L;

    private static final String LEFT_BEHIND = """
            SELECT (SELECT count(*) FROM pg_stat_activity
                     WHERE datname = current_database() AND pid <> pg_backend_pid()
                       AND backend_type = 'client backend' AND state <> 'idle')
                 + (SELECT count(*) FROM pg_locks
                     WHERE pid <> pg_backend_pid()
                       AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
                 + (SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database())
            """;

    final List<RunningNode> nodes;
    final String database;
    final RunningProxy proxy;
    private final String yaml;

    private SessionFixture(List<RunningNode> nodes, String database, String yaml) {
        this.nodes = nodes;
        this.database = database;
        this.yaml = yaml;
        this.proxy = RunningProxy.start(yaml);
    }

    static SessionFixture start(int count, String... databaseLines) throws SQLException {
        return start(TestNodes.nodes(count), "", databaseLines);
    }

    /**
     * @param topLines lines at the top level of the file
     * @param databaseLines lines of the database's section
     */
    static SessionFixture start(List<RunningNode> nodes, String topLines, String... databaseLines)
            throws SQLException {
        return through(List.of(), nodes, topLines, databaseLines);
    }

    /** As above; the proxy reaches each node by its link, if there are any. */
    static SessionFixture through(List<NodeLink> links, List<RunningNode> nodes, String topLines,
            String... databaseLines) throws SQLException {
        return through(links, nodes, "", "", topLines, databaseLines);
    }

    /** With more of a schema, which the proxy finds at its start. */
    static SessionFixture withSchema(List<RunningNode> nodes, String onEveryNode, String onFirstNode,
            String... databaseLines) throws SQLException {
        return through(List.of(), nodes, onEveryNode, onFirstNode, "", databaseLines);
    }

    private static SessionFixture through(List<NodeLink> links, List<RunningNode> nodes, String onEveryNode,
            String onFirstNode, String topLines, String... databaseLines) throws SQLException {
        String database = TestNodes.createDatabase("session", nodes);
        for (RunningNode node : nodes) {
            TestNodes.execute(node, database, "CREATE TABLE items (k int8 PRIMARY KEY, v text NOT NULL);"
                    + "CREATE TABLE countries (code text PRIMARY KEY, name text);"
                    + "CREATE TABLE words (w text PRIMARY KEY, n int);"
                    + "INSERT INTO countries VALUES ('at', 'Austria');" + onEveryNode);
        }
        TestNodes.execute(nodes.getFirst(), database, "CREATE TABLE notes (id int PRIMARY KEY, body text);"
                + onFirstNode);
        String yaml = yaml(nodes, database, topLines, databaseLines);
        for (int i = 0; i < links.size(); i++) {
            yaml = yaml.replace("127.0.0.1:" + nodes.get(i).port() + " ", "127.0.0.1:" + links.get(i).port() + " ");
        }
        return new SessionFixture(nodes, database, yaml);
    }

    private static String yaml(List<RunningNode> nodes, String database, String topLines, String... databaseLines) {
        StringBuilder text = new StringBuilder(topLines.contains("listen:")
                ? ""
                : "listen: { host: 127.0.0.1, port: 0 }\n").append("monitoring: { host: 127.0.0.1, port: 0 }\n")
                .append(topLines).append("databases:\n  ")
                .append(database).append(":\n    fanOut: allow\n");
        for (String line : databaseLines) {
            text.append("    ").append(line).append('\n');
        }
        text.append("    nodes:\n");
        for (int i = 0; i < nodes.size(); i++) {
            text.append("      ").append(name(i)).append(": { primary: 127.0.0.1:").append(nodes.get(i).port())
                    .append(" }\n");
        }
        text.append("    shardMap:\n");
        for (int i = 0; i < nodes.size(); i++) {
            text.append("      ").append(name(i)).append(": ").append(VIRTUAL_SHARDS * i / nodes.size()).append('-')
                    .append(VIRTUAL_SHARDS * (i + 1) / nodes.size() - 1).append('\n');
        }
        text.append("    tables:\n      items: { shardKey: k }\n      countries: { reference: true }\n"
                + "      notes: { node: a }\n      words: { shardKey: w }\n");
        if (!topLines.contains("users:")) {
            text.append("users:\n  " + USER + ": { admin: full }\n");
        }
        return text.toString();
    }

    static String name(int node) {
        return String.valueOf((char) ('a' + node));
    }

    /** The n-th key (from 0) whose rows lie on a node. */
    long key(int node, int n) {
        int left = n;
        for (long k = 1;; k++) {
            int shard = PgHash.virtualShard(PgHash.int8(k), VIRTUAL_SHARDS);
            if (shard * nodes.size() / VIRTUAL_SHARDS == node && left-- == 0) {
                return k;
            }
        }
    }

    /** Another proxy with the same configuration, on the same port. */
    RunningProxy another(int monitoringPort) {
        return RunningProxy.start(yaml
                .replaceFirst("(listen: \\{[^}]*port: )0", "$1" + proxy.port())
                .replaceFirst("(monitoring: \\{[^}]*port: )0", "$1" + monitoringPort));
    }

    PgClient client() throws IOException {
        return PgClient.login(proxy.host(), proxy.port(), USER, database, null);
    }

    String jdbcUrl() {
        return "jdbc:postgresql://127.0.0.1:" + proxy.port() + "/" + database + "?user=" + USER;
    }

    /** Past the proxy. */
    void onNode(int node, String sql) throws SQLException {
        TestNodes.execute(nodes.get(node), database, sql);
    }

    /** Past the proxy: the first column of the first row, as text. */
    String ask(int node, String sql) throws SQLException {
        return ask(nodes.get(node), database, sql);
    }

    /** Whether nothing runs, waits in a transaction, is prepared or locked in a database of a node. */
    static boolean isNothingLeft(RunningNode node, String database) throws SQLException {
        return "0".equals(ask(node, database, LEFT_BEHIND));
    }

    private static String ask(RunningNode node, String database, String sql) throws SQLException {
        try (Connection connection = node.connect(database);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            return rows.next() ? rows.getString(1) : null;
        }
    }

    void empty() throws SQLException {
        for (int i = 0; i < nodes.size(); i++) {
            onNode(i, "TRUNCATE items");
        }
        onNode(0, "TRUNCATE notes");
    }

    /** The proxy's connections to a node that match a condition on pg_stat_activity. */
    int backends(int node, String condition) throws SQLException {
        return Integer.parseInt(ask(node, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                + " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
                + " AND application_name NOT LIKE '%control%' AND application_name <> 'PostgreSQL JDBC Driver'"
                + " AND (" + condition + ")"));
    }

    /** Connections in a state, or in states that match a pattern, over all nodes, as /metrics has it. */
    int connections(String state) throws IOException {
        return metric("trunkline_pool_connections\\{[^}]*state=\"" + state + "\"[^}]*\\} ([0-9.]+)");
    }

    /** The sum of all samples that match. */
    int metric(String pattern) throws IOException {
        return (int) value(pattern);
    }

    /** The sum of a pattern's samples. */
    double value(String pattern) throws IOException {
        return proxy.metric(pattern);
    }

    /** What the proxy says of its clients and pools. */
    String report() throws IOException {
        StringBuilder all = new StringBuilder();
        try (PgClient admin = PgClient.login("127.0.0.1", proxy.port(), USER, "trunkline",
                null)) {
            for (String sql : List.of("SHOW CLIENTS", "SHOW POOLS")) {
                admin.query(sql).stream().filter(BackendMessage.DataRow.class::isInstance)
                        .forEach(row -> all.append(Talk.word(row)).append('\n'));
            }
        }
        return all.toString();
    }

    /** Waits until something is so. */
    static void await(String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (!condition.call()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("not within " + PATIENCE_NANOS / 1_000_000_000 + " s: " + what);
            }
            Thread.sleep(5);
        }
    }

    /** Waits until no client holds a connection and none waits. */
    void awaitAllReturned() throws Exception {
        await("all connections are returned", () -> connections("(?:active|waiting|connecting)") == 0);
        await("no merge holds anything", () -> MergeMemory.bytes() == 0);
    }

    /**
     * As above, and nothing is left behind: every permit has its connection, and at the nodes nothing runs, waits in a
     * transaction, is prepared or locked.
     */
    void awaitNothingLeft() throws Exception {
        awaitAllReturned();
        for (int node = 0; node < nodes.size(); node++) {
            int at = node;
            await("nothing runs or is locked on node " + name(node), () -> isNothingLeft(nodes.get(at), database));
        }
        await("every permit has its connection", () -> permits() == connections("(?:idle|active|connecting|tested)"));
    }

    /** How many permits of the database's bound are out. */
    private int permits() throws IOException {
        try (PgClient admin = PgClient.login("127.0.0.1", proxy.port(), USER, "trunkline", null)) {
            List<BackendMessage> told = admin.query("SHOW DATABASES");
            BackendMessage.RowDescription columns = (BackendMessage.RowDescription) told.stream()
                    .filter(BackendMessage.RowDescription.class::isInstance).findFirst().orElseThrow();
            int column = columns.fields().stream().map(BackendMessage.Field::name).toList()
                    .indexOf("current_connections");
            return told.stream().filter(BackendMessage.DataRow.class::isInstance)
                    .map(row -> ((BackendMessage.DataRow) row).values())
                    .filter(values -> values.getFirst().text().equals(database))
                    .mapToInt(values -> Integer.parseInt(values.get(column).text())).sum();
        }
    }

    List<PgClient> clients(int count) throws IOException {
        List<PgClient> clients = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            clients.add(client());
        }
        return clients;
    }

    @Override
    public void close() throws SQLException {
        proxy.close();
        TestNodes.dropDatabase(database, nodes);
    }
}
