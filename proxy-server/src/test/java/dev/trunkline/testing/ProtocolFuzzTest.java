package dev.trunkline.testing;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.catalog.CatalogBuilder;
import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Dialogs by chance, said to PostgreSQL and to the proxy over one node: the answers must be the same, message by message, and so must
 * the rows that are left. {@code -Dtrunkline.protocol.seconds} sets how long, {@code -Dtrunkline.protocol.seed} where to begin.
 */
@Timeout(7200)
class ProtocolFuzzTest {

    private static final int SECONDS = Integer.getInteger("trunkline.protocol.seconds", 4);
    private static final long SEED = Long.getLong("trunkline.protocol.seed", 1);
    private static final int MOST_FAULTS = Integer.getInteger("trunkline.protocol.faults", 5);

    private static RunningNode node;
    private static String plain;
    private static String served;
    private static RunningProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        node = TestNodes.node(0);
        plain = TestNodes.createDatabase("fuzz_plain", List.of(node));
        served = TestNodes.createDatabase("fuzz_served", List.of(node));
        for (String database : List.of(plain, served)) {
            TestNodes.execute(node, database, KeyValueTable.CREATE);
        }
        proxy = RunningProxy.start("""
                listen: { host: 127.0.0.1, port: 0 }
                monitoring: { host: 127.0.0.1, port: 0 }
                databases:
                  %s:
                    nodes: { a: { primary: 127.0.0.1:%d } }
                    tables: { kv: { shardKey: k } }
                users: { postgres: { admin: full } }
                """.formatted(served, node.port()),
                Map.of(served, new CatalogBuilder(served).nodes("a").table("kv", "k int4 not null", "v text")
                        .sharded("kv", "k").build()));
    }

    @AfterAll
    static void stop() throws Exception {
        proxy.close();
        for (String database : List.of(plain, served)) {
            TestNodes.dropDatabase(database, List.of(node));
        }
    }

    @Test
    void whatTheProxySaysIsWhatPostgresqlSays() throws Exception {
        long end = System.nanoTime() + SECONDS * 1_000_000_000L;
        var wrong = new ArrayList<String>();
        long seed = SEED;
        try (Connection one = node.connect(plain); Connection other = node.connect(served)) {
            for (; System.nanoTime() - end < 0 && wrong.size() < MOST_FAULTS; seed++) {
                RandomDialog dialog = RandomDialog.of(seed);
                reset(one);
                reset(other);
                List<String> expected = play(node.port(), plain, dialog, null);
                List<String> actual = play(proxy.port(), served, dialog, new SplittableRandom(seed));
                if (dialog.isHurt()) {
                    expected.replaceAll(ProtocolFuzzTest::errorsByState);
                    actual.replaceAll(ProtocolFuzzTest::errorsByState);
                }
                expected.add("left: " + rows(one));
                actual.add("left: " + rows(other));
                if (!expected.equals(actual) && !isMeant(expected, actual, dialog.isHurt())) {
                    wrong.add(difference(seed, dialog, expected, actual));
                }
            }
        }
        System.out.println(seed - SEED + " dialogs, from seed " + SEED);
        assertTrue(wrong.isEmpty(), () -> String.join("\n\n", wrong));
    }

    /** Differences that docs/protocol.md tells of. */
    private static boolean isMeant(List<String> expected, List<String> actual, boolean hurt) {
        int at = firstDifference(expected, actual);
        String wanted = expected.get(at);
        String got = actual.get(at);
        if (!got.startsWith("ErrorResponse")) {
            return false;
        }
        if (hurt && wanted.startsWith("ErrorResponse")) {
            // Of two things wrong with a body the proxy may see the other one first.
            return true;
        }
        String state = got.replaceAll(".* ?C=\"(.{5})\".*", "$1");
        return switch (state) {
            // In a failed transaction: what the proxy can't parse, and the description of what has no rows.
            case "25P02" -> wanted.startsWith("ParameterDescription") || wanted.equals("NoData")
                // A portal whose Bind has failed: what it would run is not there.
                    || wanted.equals("EmptyQueryResponse") || wanted.contains("C=\"42601\"");
            // Of two things wrong with a Parse the proxy may see the name first.
            case "42P05" -> wanted.startsWith("ErrorResponse");
            // An error leaves no portal of a simple query behind.
            case "34000" ->
                (hurt || got.contains("\\\"\\\"")) && (wanted.equals("NoData") || wanted.contains("C=\"25P02\""));
            // What the proxy answers itself makes no transaction block of a pipeline at the node.
            case "25P01" -> wanted.contains("\"DECLARE CURSOR\"") || wanted.contains("\"LOCK TABLE\"");
            // Formats that there are not, which PostgreSQL misses when it comes to them.
            default -> hurt && state.equals("22023");
        };
    }

    private static int firstDifference(List<String> expected, List<String> actual) {
        int at = 0;
        while (at < Math.min(expected.size(), actual.size()) - 1 && expected.get(at).equals(actual.get(at))) {
            at++;
        }
        return at;
    }

    private static String errorsByState(String line) {
        return line.replaceAll("(ErrorResponse C=\"[^\"]*\").*", "$1");
    }

    private static void reset(Connection connection) throws Exception {
        try (Statement statement = connection.createStatement()) {
            statement.execute("DROP TABLE IF EXISTS made; DELETE FROM kv;"
                    + "INSERT INTO kv VALUES (1, 'one'), (2, 'two'), (3, 'three')");
        }
    }

    private static String rows(Connection connection) throws Exception {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement
                        .executeQuery("SELECT string_agg(k || '=' || coalesce(v, '-'), ' ' ORDER BY k)"
                                + " || CASE WHEN to_regclass('made') IS NULL THEN '' ELSE ' made' END FROM kv")) {
            rows.next();
            return rows.getString(1);
        }
    }

    private static List<String> play(int port, String database, RandomDialog dialog, SplittableRandom cuts)
            throws Exception {
        try (PgClient client = PgClient.login("127.0.0.1", port, "postgres", database, null)) {
            return DialogPlayer.play(client, dialog.frames(), cuts);
        }
    }

    private static String difference(long seed, RandomDialog dialog, List<String> expected, List<String> actual) {
        int at = firstDifference(expected, actual);
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
}
