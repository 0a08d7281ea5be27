package dev.trunkline.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.testing.RunningProxy;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
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

    private static int one(Statement statement, String sql) throws SQLException {
        try (ResultSet result = statement.executeQuery(sql)) {
            result.next();
            return result.getInt(1);
        }
    }
}
