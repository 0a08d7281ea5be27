package dev.trunkline.admin;

import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.testing.RunningProxy;
import dev.trunkline.value.PgHash;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/**
 * A proxy over two nodes with a table {@code kv} of ten rows divided between them, and a configuration file that a test may
 * change. Users: postgres (full), reader (read, password r), plain (none, password p).
 */
public final class AdminFixture implements AutoCloseable {

    public final List<RunningNode> nodes;
    public final String database;
    public final Path file;
    public final RunningProxy proxy;

    public AdminFixture() throws SQLException {
        nodes = TestNodes.nodes(2);
        database = TestNodes.createDatabase("admin", nodes);
        for (RunningNode node : nodes) {
            TestNodes.execute(node, database, "CREATE TABLE kv (k int PRIMARY KEY, v text)");
        }
        for (int k = 1; k <= 10; k++) {
            int shard = PgHash.virtualShard(PgHash.int8(k), 256);
            TestNodes.execute(nodes.get(shard / 128), database, "INSERT INTO kv VALUES (" + k + ", 'v" + k + "')");
        }
        try {
            file = Files.createTempFile("trunkline-admin", ".yaml");
            Files.writeString(file, """
                    listen: { host: 127.0.0.1, port: 0 }
                    monitoring: { host: 127.0.0.1, port: 0 }
                    log: { slowStatement: 20ms }
                    databases:
                      %s:
                        fanOut: warn
                        pool: { size: 1, waitTimeout: 20s }
                        nodes:
                          a: { primary: 127.0.0.1:%d, user: postgres }
                          b: { primary: localhost:%d, user: postgres }
                        shardMap: { a: 0-127, b: 128-255 }
                        tables: { kv: { shardKey: k } }
                    users:
                      postgres: { admin: full }
                      reader: { password: r, admin: read }
                      plain: { password: p }
                    """.formatted(database, nodes.get(0).port(), nodes.get(1).port()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        proxy = RunningProxy.start(file);
    }

    /** Changes the configuration file. */
    public void edit(UnaryOperator<String> change) throws IOException {
        String before = Files.readString(file);
        String after = change.apply(before);
        if (after.equals(before)) {
            throw new AssertionError("the edit changes nothing of\n" + before);
        }
        Files.writeString(file, after);
    }

    /** A connection through the proxy; {@code options} are pgjdbc's, as name and value in turn. */
    public Connection connect(String name, String user, String password, String... options) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", user);
        if (password != null) {
            properties.setProperty("password", password);
        }
        for (int i = 0; i < options.length; i += 2) {
            properties.setProperty(options[i], options[i + 1]);
        }
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + proxy.port() + "/" + name, properties);
    }

    /** A connection to the database with the table. */
    public Connection client() throws SQLException {
        return connect(database, "postgres", null);
    }

    /** A connection to the admin database with the full right. */
    public Connection admin(String... options) throws SQLException {
        return connect("trunkline", "postgres", null, options);
    }

    /** The rows of a statement as texts, columns separated by a bar. */
    public static List<String> rows(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
            List<String> texts = new ArrayList<>();
            while (rows.next()) {
                StringBuilder text = new StringBuilder();
                for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                    text.append(i == 1 ? "" : "|").append(rows.getString(i));
                }
                texts.add(text.toString());
            }
            return texts;
        }
    }

    static List<String> columns(ResultSetMetaData columns) throws SQLException {
        List<String> names = new ArrayList<>();
        for (int i = 1; i <= columns.getColumnCount(); i++) {
            names.add(columns.getColumnName(i));
        }
        return names;
    }

    public static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Waits until a row of a statement contains a text. */
    static void await(Connection connection, String sql, String text) throws SQLException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (rows(connection, sql).stream().noneMatch(row -> row.contains(text))) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("no \"" + text + "\" in " + rows(connection, sql));
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    @Override
    public void close() throws SQLException {
        proxy.close();
        TestNodes.dropDatabase(database, nodes);
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
