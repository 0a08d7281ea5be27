package dev.trunkline.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class DemoNodesTest {

    /** The rows lie where PostgreSQL's own hash says, and over three nodes they are those of one. */
    @Test
    void everyRowLiesOnItsNodeAndNoneIsLost() throws Exception {
        Shop shop = new Shop(500, 256);
        String whole;
        try (ScratchDirectory scratch = ScratchDirectory.create();
                DemoNodes one = new DemoNodes(scratch.path(), false, 1, shop)) {
            one.start();
            one.load(n -> {
            });
            whole = sums(one, 0);
        }
        try (ScratchDirectory scratch = ScratchDirectory.create();
                DemoNodes three = new DemoNodes(scratch.path(), false, 3, shop)) {
            assertEquals("0-85", three.virtualShardsOf(0));
            assertEquals("86-170", three.virtualShardsOf(1));
            assertEquals("171-255", three.virtualShardsOf(2));
            three.start();
            assertFalse(three.areLoaded());
            AtomicLong told = new AtomicLong();
            three.load(told::addAndGet);
            assertTrue(three.areLoaded());
            assertEquals(500, told.get());
            long[] total = new long[4];
            for (int node = 0; node < 3; node++) {
                String[] part = sums(three, node).split(" ");
                for (int i = 0; i < total.length; i++) {
                    total[i] += Long.parseLong(part[i]);
                }
                assertEquals("0", one(three, node, """
                        SELECT count(*) FROM (SELECT id AS key FROM customers UNION ALL SELECT customer_id FROM orders
                            UNION ALL SELECT customer_id FROM order_items) t
                        WHERE (hashint8extended(key, 8816678312871386365) & 255) * 3 / 256 <> %d""".formatted(node)));
                assertEquals("20", one(three, node, "SELECT count(*) FROM countries"));
                assertEquals(node == 0 ? "t" : "f", one(three, node, "SELECT to_regclass('audit_log') IS NOT NULL"));
            }
            assertEquals(whole, total[0] + " " + total[1] + " " + total[2] + " " + total[3]);
        }
    }

    /** Ids come from each node's own sequence and never collide (semantics.md 10). */
    @Test
    void newIdsDifferOverTheNodes() throws Exception {
        Shop shop = new Shop(100, 256);
        try (ScratchDirectory scratch = ScratchDirectory.create();
                DemoNodes nodes = new DemoNodes(scratch.path(), false, 2, shop)) {
            nodes.start();
            nodes.load(n -> {
            });
            Set<Long> ids = new HashSet<>();
            for (int node = 0; node < 2; node++) {
                long customer = Long.parseLong(one(nodes, node, "SELECT min(id) FROM customers"));
                long greatest = Long.parseLong(one(nodes, node, "SELECT max(id) FROM orders"));
                try (Connection connection = nodes.node(node).connect(DemoNodes.DATABASE);
                        Statement statement = connection.createStatement()) {
                    for (int i = 0; i < 200; i++) {
                        long id = Long.parseLong(one(statement,
                                "INSERT INTO orders (customer_id) VALUES (" + customer + ") RETURNING id"));
                        assertTrue(id > greatest);
                        assertEquals(node + 1, id % 64);
                        assertTrue(ids.add(id));
                    }
                }
            }
        }
    }

    private static String sums(DemoNodes nodes, int node) throws SQLException {
        return one(nodes, node, """
                SELECT concat_ws(' ',
                    (SELECT sum(hashtextextended(c::text, 0) % 1000000007)::bigint FROM customers c),
                    (SELECT sum(hashtextextended(o::text, 0) % 1000000007)::bigint FROM orders o),
                    (SELECT sum(hashtextextended(i::text, 0) % 1000000007)::bigint FROM order_items i),
                    (SELECT count(*) FROM orders JOIN order_items i ON i.order_id = orders.id))""");
    }

    private static String one(DemoNodes nodes, int node, String sql) throws SQLException {
        try (Connection connection = nodes.node(node).connect(DemoNodes.DATABASE);
                Statement statement = connection.createStatement()) {
            return one(statement, sql);
        }
    }

    private static String one(Statement statement, String sql) throws SQLException {
        try (ResultSet rows = statement.executeQuery(sql)) {
            assertTrue(rows.next());
            return rows.getString(1);
        }
    }
}
