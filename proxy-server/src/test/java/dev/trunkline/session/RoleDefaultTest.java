package dev.trunkline.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.testing.PgClient;
import dev.trunkline.testing.RunningProxy;
import dev.trunkline.wire.BackendMessage;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Rule 22: what ALTER ROLE and ALTER DATABASE give a session is its baseline, for planning too. */
class RoleDefaultTest {

    /**
     * The login's search path came from ALTER DATABASE, and planning looked names up in public: a sharded table elsewhere
     * looked like an unknown one, which goes to the home node, and its rows on the other node were missing.
     */
    @Test
    void planningLooksNamesUpWhereTheNodesDo() throws SQLException {
        List<RunningNode> nodes = TestNodes.nodes(2);
        String name = TestNodes.createDatabase("roledefault", nodes);
        StringBuilder yaml = new StringBuilder("listen: { host: 127.0.0.1, port: 0 }\n"
                + "monitoring: { host: 127.0.0.1, port: 0 }\ndatabases:\n  shop:\n    control: { user: postgres }\n"
                + "    fanOut: allow\n    nodes:\n");
        for (int i = 0; i < 2; i++) {
            TestNodes.execute(nodes.get(i), name, "CREATE SCHEMA app; CREATE TABLE app.things (id bigint PRIMARY KEY);"
                    + "ALTER DATABASE " + name + " SET search_path = app, public");
            yaml.append("      n").append(i).append(": { primary: \"127.0.0.1:").append(nodes.get(i).port())
                    .append("\", database: ").append(name).append(", user: postgres }\n");
        }
        yaml.append("    shardMap: { n0: 0-127, n1: 128-255 }\n    tables:\n      app.things: { shardKey: id }\n"
                + "users:\n  u: { }\n");
        try (RunningProxy proxy = RunningProxy.start(yaml.toString());
                Connection connection = DriverManager
                        .getConnection("jdbc:postgresql://127.0.0.1:" + proxy.port() + "/shop", "u", "");
                Statement statement = connection.createStatement()) {
            for (int id = 1; id <= 20; id++) {
                statement.execute("INSERT INTO things VALUES (" + id + ")");
            }
            assertEquals(20, one(statement, "SELECT count(*) FROM things"));
            int onHome;
            try (Connection home = DriverManager.getConnection(nodes.getFirst().jdbcUrl(name), "postgres", "");
                    Statement there = home.createStatement()) {
                onHome = one(there, "SELECT count(*) FROM app.things");
            }
            org.junit.jupiter.api.Assertions.assertTrue(onHome > 0 && onHome < 20, "rows on one node only: " + onHome);
        } finally {
            TestNodes.dropDatabase(name, nodes);
        }
    }

    private static final String[] DIALOG = {"show client_encoding", "show timezone", "show datestyle",
            "show search_path",
            "show statement_timeout", "show default_transaction_isolation",
            "select timestamptz '2020-01-02 00:00:00+00', current_schemas(false)", "set timezone = 'UTC'",
            "set datestyle = iso", "set client_encoding = 'UTF8'", "set search_path = public",
            "set application_name = 'mine'", "reset timezone", "reset datestyle", "reset client_encoding",
            "reset search_path", "reset application_name", "show client_encoding", "show search_path",
            "begin", "set local timezone to default", "show timezone", "rollback", "set timezone = 'Asia/Tokyo'",
            "discard all", "show timezone", "show client_encoding", "set client_encoding = 'UTF8'",
            "set statement_timeout = 0", "reset all", "show statement_timeout", "show client_encoding",
            "begin", "show transaction_isolation", "commit", "select set_config('timezone', 'UTC', false)",
            "set timezone to default", "show timezone", "set session authorization default", "select current_user"};

    /**
     * A client was told the defaults of the proxy's own login, and spoke UTF-8 whatever its role had; a connection that was
     * opened after ALTER ROLE gave a running session other defaults than it had begun with.
     */
    @Test
    void sessionsBeginAsOnOneServer() throws Exception {
        List<RunningNode> nodes = TestNodes.nodes(2);
        String name = TestNodes.createDatabase("defaults", nodes);
        String role = name + "_role";
        try {
            for (RunningNode node : nodes) {
                TestNodes.execute(node, name, "CREATE SCHEMA app; CREATE ROLE " + role + " LOGIN;"
                        + "ALTER DATABASE " + name + " SET timezone = 'europe/vienna';"
                        + "ALTER DATABASE " + name + " SET datestyle = 'german';"
                        + "ALTER ROLE " + role + " SET client_encoding = 'latin1';"
                        + "ALTER ROLE " + role + " SET timezone = 'asia/kolkata';"
                        + "ALTER ROLE " + role + " SET application_name = 'by role';"
                        + "ALTER ROLE " + role + " SET statement_timeout = '61s';"
                        + "ALTER ROLE " + role + " SET default_transaction_isolation = 'repeatable read';"
                        + "ALTER ROLE " + role + " IN DATABASE " + name + " SET search_path = app, public;"
                        + "GRANT USAGE ON SCHEMA app TO " + role);
            }
            for (int count = 1; count <= 2; count++) {
                compare(nodes.subList(0, count), name, role);
            }
        } finally {
            TestNodes.dropDatabase(name, nodes);
            for (RunningNode node : nodes) {
                TestNodes.execute(node, "postgres", "DROP ROLE " + role);
            }
        }
    }

    private static void compare(List<RunningNode> nodes, String name, String role) throws Exception {
        StringBuilder yaml = new StringBuilder("listen: { host: 127.0.0.1, port: 0 }\n"
                + "monitoring: { host: 127.0.0.1, port: 0 }\ndatabases:\n  " + name
                + ":\n    control: { user: postgres }\n    pool: { size: 1 }\n    nodes:\n");
        for (int i = 0; i < nodes.size(); i++) {
            yaml.append("      n").append(i).append(": { primary: \"127.0.0.1:").append(nodes.get(i).port())
                    .append("\" }\n");
        }
        yaml.append("    shardMap: ").append(nodes.size() == 1 ? "{ n0: 0-255 }" : "{ n0: 0-127, n1: 128-255 }")
                .append("\nusers:\n  ").append(role).append(": { }\n  postgres: { }\n");
        List<Map<String, String>> startups = List.of(Map.of("user", role), Map.of("user", "postgres"),
                Map.of("user", role, "client_encoding", "UTF8"),
                Map.of("user", role, "TimeZone", "America/Lima", "application_name", "by client"));
        try (RunningProxy proxy = RunningProxy.start(yaml.toString())) {
            for (Map<String, String> startup : startups) {
                assertEquals(dialog(nodes.getFirst().port(), name, startup), dialog(proxy.port(), name, startup),
                        startup + " over " + nodes.size());
            }
            try (PgClient running = client(proxy.port(), name, startups.getFirst())) {
                assertEquals("T row(Asia/Kolkata) [SHOW] Z:I", Talk.ask(running, "show timezone"));
                for (RunningNode node : nodes) {
                    TestNodes.execute(node, name, "ALTER ROLE " + role + " SET timezone = 'Asia/Tokyo';"
                            + "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '" + role + "'");
                }
                SessionFixture.await("the proxy knows the new default", () -> {
                    // A wrong name has the nodes looked at.
                    try (PgClient newer = client(proxy.port(), name, startups.getFirst())) {
                        Talk.ask(newer, "select * from nosuch");
                        return Talk.ask(newer, "show timezone").contains("Asia/Tokyo")
                                && newer.settings().get("TimeZone").equals("Asia/Tokyo");
                    }
                });
                assertEquals("T row(Asia/Kolkata) [SHOW] Z:I", Talk.ask(running, "show timezone"));
                for (RunningNode node : nodes) {
                    TestNodes.execute(node, name, "ALTER ROLE " + role + " SET timezone = 'asia/kolkata'");
                }
            }
        }
    }

    private static PgClient client(int port, String database, Map<String, String> startup) throws IOException {
        PgClient client = PgClient.connect("127.0.0.1", port);
        Map<String, String> all = new HashMap<>(startup);
        all.put("database", database);
        client.login(all, null);
        return client;
    }

    private static String dialog(int port, String database, Map<String, String> startup) throws IOException {
        try (PgClient client = client(port, database, startup)) {
            StringBuilder all = new StringBuilder(new TreeMap<>(client.settings()).toString()).append('\n');
            for (String sql : DIALOG) {
                TreeSet<String> parameters = new TreeSet<>();
                List<BackendMessage> told = client.query(sql);
                told.forEach(message -> {
                    if (message instanceof BackendMessage.ParameterStatus p) {
                        parameters.add(p.name() + "=" + p.value());
                    }
                });
                all.append(sql).append(": ").append(Talk.told(told)).append(parameters).append('\n');
            }
            return all.toString();
        }
    }

    private static int one(Statement statement, String sql) throws SQLException {
        try (ResultSet result = statement.executeQuery(sql)) {
            result.next();
            return result.getInt(1);
        }
    }
}
