package dev.trunkline.testing;

import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.value.PgHash;
import java.sql.SQLException;
import java.util.List;

/** The table that the conversations with a server speak of. Through the proxy it is sharded by {@code k}. */
final class KeyValueTable {

    static final String CREATE = "CREATE TABLE kv (k int PRIMARY KEY, v text)";
    static final String FILL = "TRUNCATE kv; INSERT INTO kv VALUES (1, 'one'), (2, 'two'), (3, 'three')";

    private KeyValueTable() {}

    /** Fills the first node alone, or lays the rows over two that have half of 256 virtual shards each. */
    static void fill(List<RunningNode> nodes, String database, boolean divided) throws SQLException {
        String[] values = {"one", "two", "three"};
        for (RunningNode node : nodes) {
            TestNodes.execute(node, database, "TRUNCATE kv");
        }
        for (int k = 1; k <= values.length; k++) {
            int virtualShard = PgHash.virtualShard(PgHash.int8(k), 256);
            RunningNode owner = nodes.get(divided && virtualShard >= 128 ? 1 : 0);
            TestNodes.execute(owner, database, "INSERT INTO kv VALUES (" + k + ", '" + values[k - 1] + "')");
        }
    }
}
