package dev.trunkline.testing;

import dev.trunkline.demo.RunningNode;
import dev.trunkline.value.PgHash;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** The table that the conversations with a server speak of. Through the proxy it is sharded by {@code k}. */
final class KeyValueTable {

    static final String CREATE = "CREATE TABLE kv (k int PRIMARY KEY, v text)";
    static final String FILL = "TRUNCATE kv; INSERT INTO kv VALUES (1, 'one'), (2, 'two'), (3, 'three')";

    private KeyValueTable() {}

    /** Connections to the database on each node, to fill the table by again and again: a log-in takes longer than that. */
    static List<Connection> connect(List<RunningNode> nodes, String database) throws SQLException {
        List<Connection> connections = new ArrayList<>();
        for (RunningNode node : nodes) {
            connections.add(node.connect(database));
        }
        return connections;
    }

    /** Fills the first node alone, or lays the rows over two that have half of 256 virtual shards each. */
    static void fill(List<RunningNode> nodes, String database, boolean divided) throws SQLException {
        List<Connection> connections = connect(nodes, database);
        fill(connections, divided);
        for (Connection connection : connections) {
            connection.close();
        }
    }

    /** As above, by connections to the nodes. */
    static void fill(List<Connection> connections, boolean divided) throws SQLException {
        String[] values = {"one", "two", "three"};
        for (int node = 0; node < connections.size(); node++) {
            StringBuilder sql = new StringBuilder("TRUNCATE kv");
            for (int k = 1; k <= values.length; k++) {
                int virtualShard = PgHash.virtualShard(PgHash.int8(k), 256);
                if (node == (divided && virtualShard >= 128 ? 1 : 0)) {
                    sql.append("; INSERT INTO kv VALUES (").append(k).append(", '").append(values[k - 1]).append("')");
                }
            }
            try (Statement statement = connections.get(node).createStatement()) {
                statement.execute(sql.toString());
            }
        }
    }
}
