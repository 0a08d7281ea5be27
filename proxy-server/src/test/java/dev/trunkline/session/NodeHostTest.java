package dev.trunkline.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.testing.Relay;
import dev.trunkline.testing.RunningProxy;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Nodes and clients at other addresses than those of IPv4: the control plane's connections and the clients' own. */
@Timeout(300)
class NodeHostTest {

    private static String yaml(String listen, String primary, String database) {
        return "listen: { host: \"" + listen + "\", port: 0 }\ndatabases:\n  shop:\n    control: { user: postgres }\n"
                + "    nodes:\n      a: { primary: \"" + primary + "\", database: " + database + ", user: postgres }\n"
                + "users:\n  u: { admin: full }\n";
    }

    private static String ask(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }

    private static Relay relay(RunningNode node) throws IOException {
        try {
            return new Relay(InetAddress.getByName("::1"), node.port());
        } catch (BindException none) {
            return abort("this machine has no IPv6");
        }
    }

    @Test
    void ipv6OnBothSides() throws Exception {
        List<RunningNode> nodes = TestNodes.nodes(1);
        String name = TestNodes.createDatabase("ipv6", nodes);
        try (Relay relay = relay(nodes.getFirst());
                RunningProxy proxy = RunningProxy.start(yaml("::1", "[::1]:" + relay.port(), name))) {
            String url = "jdbc:postgresql://[::1]:" + proxy.port() + "/";
            try (Connection client = DriverManager.getConnection(url + "shop", "u", "")) {
                assertEquals("42", ask(client, "SELECT 42"));
                try (Statement statement = client.createStatement()) {
                    statement.setQueryTimeout(1);
                    SQLException cancelled = assertThrows(SQLException.class,
                            () -> statement.execute("SELECT pg_sleep(60)"));
                    assertEquals("57014", cancelled.getSQLState());
                }
            }
            try (Connection admin = DriverManager.getConnection(url + "trunkline", "u", "");
                    Statement statement = admin.createStatement();
                    ResultSet rows = statement.executeQuery("SHOW NODES")) {
                rows.next();
                assertEquals("[::1]:" + relay.port() + " up", rows.getString("endpoint") + " "
                        + rows.getString("state"));
            }
        } finally {
            TestNodes.dropDatabase(name, nodes);
        }
    }

    /** It is ::1 as well on most machines, where the node does not listen. */
    @Test
    void aName() throws Exception {
        List<RunningNode> nodes = TestNodes.nodes(1);
        String name = TestNodes.createDatabase("named", nodes);
        try (RunningProxy proxy = RunningProxy
                .start(yaml("localhost", "localhost:" + nodes.getFirst().port(), name));
                Connection client = DriverManager.getConnection("jdbc:postgresql://localhost:" + proxy.port() + "/shop",
                        "u", "")) {
            assertEquals("42", ask(client, "SELECT 42"));
        } finally {
            TestNodes.dropDatabase(name, nodes);
        }
    }
}
