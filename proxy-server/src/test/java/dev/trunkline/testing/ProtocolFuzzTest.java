package dev.trunkline.testing;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.catalog.CatalogBuilder;
import dev.trunkline.config.FanOutPolicy;
import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Dialogs by chance, said to PostgreSQL and to the proxy, over one node and over two: the answers must be the same, message by message, and
 * so must the rows that are left. Over two nodes a dialog is compared up to what the proxy refuses to do there.
 * {@code -Dtrunkline.protocol.seconds} sets how long each, and for any number of dialogs, {@code -Dtrunkline.protocol.seed} where to begin.
 */
@Timeout(7200)
class ProtocolFuzzTest {

    private static final int SECONDS = Integer.getInteger("trunkline.protocol.seconds", 2);
    private static final long SEED = Long.getLong("trunkline.protocol.seed", 1);
    /** In the suite the same dialogs everywhere: a machine that is faster than all others finds nothing there that they don't. */
    private static final int MOST = System.getProperty("trunkline.protocol.seconds") == null ? 120 : Integer.MAX_VALUE;
    private static final int MOST_FAULTS = Integer.getInteger("trunkline.protocol.faults", 5);

    @Test
    void whatTheProxySaysIsWhatPostgresqlSays() throws Exception {
        compare(1, Repertoire.ONE_NODE, 3);
    }

    @Test
    void overTwoNodesItSaysTheSame() throws Exception {
        compare(2, Repertoire.TWO_NODES, 9);
    }

    private static void compare(int count, Repertoire repertoire, int rows) throws Exception {
        List<RunningNode> nodes = TestNodes.nodes(count);
        String plain = TestNodes.createDatabase("fuzz_plain", nodes.subList(0, 1));
        String served = TestNodes.createDatabase("fuzz_served", nodes);
        try (var postgresql = new Side(nodes.subList(0, 1), plain, rows);
                var divided = new Side(nodes, served, rows);
                var proxy = RunningProxy.start(yaml(nodes, served), Map.of(served, catalog(nodes, served)))) {
            compare(repertoire, postgresql, divided, proxy);
        } finally {
            TestNodes.dropDatabase(plain, nodes.subList(0, 1));
            TestNodes.dropDatabase(served, nodes);
        }
    }

    private static void compare(Repertoire repertoire, Side postgresql, Side divided, RunningProxy proxy)
            throws Exception {
        long end = System.nanoTime() + SECONDS * 1_000_000_000L;
        var wrong = new ArrayList<String>();
        int refused = 0;
        long seed = SEED;
        for (; System.nanoTime() - end < 0 && seed - SEED < MOST && wrong.size() < MOST_FAULTS; seed++) {
            RandomDialog dialog = RandomDialog.of(repertoire, seed);
            postgresql.reset();
            divided.reset();
            List<String> expected = play(postgresql.port(), postgresql.database, dialog, null);
            List<String> actual = play(proxy.port(), divided.database, dialog, new SplittableRandom(seed));
            if (MeantDifference.isRefused(actual)) {
                refused++;
                cutAtRefusal(expected, actual);
            } else {
                expected.add("left: " + postgresql.rows());
                actual.add("left: " + divided.rows());
            }
            if (dialog.isHurt()) {
                expected.replaceAll(ProtocolFuzzTest::errorsByState);
                actual.replaceAll(ProtocolFuzzTest::errorsByState);
            }
            if (!expected.equals(actual) && !MeantDifference.isMeant(expected, actual, dialog.isHurt())) {
                wrong.add(difference(seed, dialog, expected, actual));
            }
        }
        System.out.println(seed - SEED + " dialogs, from seed " + SEED + " over " + divided.nodes.size() + " nodes, "
                + refused + " of them refused in part");
        assertTrue(wrong.isEmpty(), () -> String.join("\n\n", wrong));
        assertTrue(seed - SEED < 50 || refused <= (seed - SEED) / 3, "too much is refused for this to say anything");
    }

    /** What comes before the first refusal is to be the same, and there PostgreSQL has to have said something as well. */
    private static void cutAtRefusal(List<String> expected, List<String> actual) {
        int at = 0;
        while (!MeantDifference.isRefused(actual.subList(at, at + 1))) {
            at++;
        }
        actual.subList(at, actual.size()).clear();
        expected.subList(Math.min(at, expected.size()), expected.size()).clear();
        actual.add("refused");
        expected.add("refused");
    }

    private static String yaml(List<RunningNode> nodes, String database) {
        StringBuilder text = new StringBuilder("""
                listen: { host: 127.0.0.1, port: 0 }
                monitoring: { host: 127.0.0.1, port: 0 }
                databases:
                  %s:
                    fanOut: allow
                    nodes:
                """.formatted(database));
        for (int i = 0; i < nodes.size(); i++) {
            text.append("      ").append(name(i)).append(": { primary: 127.0.0.1:").append(nodes.get(i).port())
                    .append(" }\n");
        }
        if (nodes.size() == 2) {
            text.append("    shardMap: { a: 0-127, b: 128-255 }\n");
        }
        return text + "    tables: { kv: { shardKey: k } }\nusers: { postgres: { admin: full } }\n";
    }

    private static dev.trunkline.catalog.Catalog catalog(List<RunningNode> nodes, String database) {
        var catalog = new CatalogBuilder(database).fanOut(FanOutPolicy.ALLOW);
        for (int i = 0; i < nodes.size(); i++) {
            catalog.nodes(name(i));
        }
        return catalog.table("kv", "k int4 not null", "v text").sharded("kv", "k").build();
    }

    private static String name(int node) {
        return node == 0 ? "a" : "b";
    }

    private static String errorsByState(String line) {
        return line.replaceAll("(ErrorResponse C=\"[^\"]*\").*", "$1");
    }

    private static List<String> play(int port, String database, RandomDialog dialog, SplittableRandom cuts)
            throws Exception {
        try (PgClient client = PgClient.login("127.0.0.1", port, "postgres", database, null)) {
            return DialogPlayer.play(client, dialog.frames(), cuts);
        }
    }

    private static String difference(long seed, RandomDialog dialog, List<String> expected, List<String> actual) {
        int at = MeantDifference.first(expected, actual);
        var text = new StringBuilder("seed " + seed + "\n  C> " + String.join("\n  C> ", dialog.lines()) + "\n");
        for (int i = 0; i < at; i++) {
            text.append("  both       ").append(expected.get(i)).append('\n');
        }
        for (int i = at; i < expected.size(); i++) {
            text.append("  PostgreSQL ").append(expected.get(i)).append('\n');
        }
        for (int i = at; i < actual.size(); i++) {
            text.append("  proxy      ").append(actual.get(i)).append('\n');
        }
        return text.toString();
    }

    /** The rows of {@code kv} on one node, or divided over two, past the proxy. */
    private static final class Side implements AutoCloseable {

        private static final List<String> WORDS = List.of("one", "two", "three", "four", "five", "six", "seven",
                "eight", "nine");

        private final List<RunningNode> nodes;
        private final String database;
        private final List<Connection> connections = new ArrayList<>();
        private final List<String> resets = new ArrayList<>();

        Side(List<RunningNode> nodes, String database, int rows) throws SQLException {
            this.nodes = nodes;
            this.database = database;
            for (RunningNode node : nodes) {
                TestNodes.execute(node, database, KeyValueTable.CREATE);
                connections.add(node.connect(database));
                resets.add("DROP TABLE IF EXISTS made; DELETE FROM kv");
            }
            for (int k = 1; k <= rows; k++) {
                int node = nodes.size() == 1 ? 0 : Repertoire.nodeOf(Integer.toString(k));
                resets.set(node, resets.get(node) + "; INSERT INTO kv VALUES (" + k + ", '" + WORDS.get(k - 1) + "')");
            }
        }

        int port() {
            return nodes.getFirst().port();
        }

        void reset() throws SQLException {
            for (int i = 0; i < connections.size(); i++) {
                try (Statement statement = connections.get(i).createStatement()) {
                    statement.execute(resets.get(i));
                }
            }
        }

        /** All rows, and whether there is a table that a dialog has made. */
        String rows() throws SQLException {
            Map<Integer, String> all = new TreeMap<>();
            for (Connection connection : connections) {
                try (Statement statement = connection.createStatement();
                        ResultSet rows = statement.executeQuery("SELECT k, v FROM kv UNION ALL"
                                + " SELECT 0, 'made' WHERE to_regclass('made') IS NOT NULL")) {
                    while (rows.next()) {
                        all.merge(rows.getInt(1), String.valueOf(rows.getString(2)), (a, b) -> a + " twice");
                    }
                }
            }
            return all.toString();
        }

        @Override
        public void close() throws SQLException {
            for (Connection connection : connections) {
                connection.close();
            }
        }
    }
}
