package dev.trunkline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The sum of the pools beside what a real node takes. */
class ConnectionSlotsTest {

    private static String yaml(int port, String database, String size, String node) {
        return """
                databases:
                  shop:
                    pool: { size: %s }
                    nodes: { a: { primary: "127.0.0.1:%d", database: %s%s } }
                  archive:
                    pool: { size: %s }
                    nodes: { x: { primary: "127.0.0.1:%d", database: postgres } }
                users:
                  postgres: { admin: full, databases: [shop] }
                  slots_app: { databases: [shop, archive] }
                  slots_big: { databases: [shop], maxConnections: 4, pool: { size: 30 } }
                """.formatted(size, port, database, node, size, port);
    }

    @Test
    void thePoolsMayNotOpenMoreThanTheServerTakes() throws Exception {
        List<RunningNode> nodes = TestNodes.nodes(1);
        RunningNode node = nodes.getFirst();
        String database = TestNodes.createDatabase("slots", nodes);
        try {
            TestNodes.execute(node, "postgres", "CREATE ROLE slots_app LOGIN CONNECTION LIMIT 10;"
                    + "CREATE ROLE slots_big LOGIN");
            int most;
            int reserved;
            try (var connection = node.connect(database)) {
                ConnectionSlots slots = ConnectionSlots.read(connection);
                most = slots.most();
                reserved = slots.reserved();
                assertEquals(10, slots.ofRoles().get("slots_app"));
                assertEquals(-1, slots.ofDatabase());
            }
            assertEquals(List.of(), CheckRun.problems(yaml(node.port(), database, "5", "")));
            String prefix = "FILE:4:28: databases.shop.nodes.a.primary: warning: node a: ";
            String ofRole = "the pools may open 16 connections as role slots_app, which may have 10: lower pool.size, or run"
                    + " ALTER ROLE slots_app CONNECTION LIMIT 16";
            assertEquals(
                    List.of(prefix + ofRole,
                            "FILE:7:28: databases.archive.nodes.x.primary: warning: node x: " + ofRole),
                    CheckRun.problems(yaml(node.port(), database, "8", "")));
            // Two pools of shop and one of archive with as many as the server takes, and the 4 of the bounded user.
            List<String> all = CheckRun.problems(yaml(node.port(), database, String.valueOf(most), ""));
            assertEquals(prefix + "the pools may open " + (3 * most + 4) + " connections to 127.0.0.1:" + node.port()
                    + ", beside 6 of the proxy's own, and the server takes " + (most - reserved) + " (max_connections "
                    + most + ", " + reserved + " of them reserved): set maxConnections to " + (most - reserved - 6)
                    + ", lower pool.size, or raise max_connections there; every other proxy needs as many",
                    all.stream().filter(line -> line.contains("beside 6")).findFirst().orElseThrow());
            List<String> bounded = CheckRun.problems(yaml(node.port(), database, String.valueOf(most),
                    ", maxConnections: " + (most - reserved - 6)));
            assertEquals(0, bounded.stream().filter(line -> line.contains("beside 6")).count(), bounded::toString);
            TestNodes.execute(node, "postgres", "ALTER DATABASE " + database + " CONNECTION LIMIT 10");
            assertEquals(List.of(prefix + "the pools may open 14 connections to database " + database
                    + ", beside 3 of the proxy's own, and it takes 10: lower pool.size, or run ALTER DATABASE "
                    + database + " CONNECTION LIMIT 17"), CheckRun.problems(yaml(node.port(), database, "5", "")));
        } finally {
            TestNodes.dropDatabase(database, nodes);
            TestNodes.execute(node, "postgres", "DROP ROLE IF EXISTS slots_app, slots_big");
        }
    }
}
