package dev.trunkline.session;

import static dev.trunkline.session.Talk.bind;
import static dev.trunkline.session.Talk.describePortal;
import static dev.trunkline.session.Talk.execute;
import static dev.trunkline.session.Talk.parse;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.testing.PgClient;
import dev.trunkline.value.PgOid;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.CommandComplete;
import dev.trunkline.wire.BackendMessage.DataRow;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.BackendMessage.NoticeResponse;
import dev.trunkline.wire.BackendMessage.RowDescription;
import dev.trunkline.wire.FrontendMessage.Sync;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** EXPLAIN over several nodes: each node's plan beneath the merge's. */
@Timeout(90)
class ExplainTest {

    private static final String SORTED = "SELECT k, v FROM items WHERE k < 100000 ORDER BY k DESC LIMIT 3";

    private static SessionFixture fixture;
    private PgClient client;

    @BeforeAll
    static void start() throws Exception {
        fixture = SessionFixture.start(2);
        for (int node = 0; node < 2; node++) {
            for (int n = 0; n < 5; n++) {
                fixture.onNode(node, "INSERT INTO items VALUES (" + fixture.key(node, n) + ", 'v')");
            }
        }
    }

    @AfterAll
    static void stop() throws Exception {
        fixture.close();
    }

    @BeforeEach
    void connect() throws Exception {
        client = fixture.client();
    }

    @AfterEach
    void allIsReturned() throws Exception {
        client.close();
        fixture.awaitAllReturned();
    }

    private static String error(List<BackendMessage> answer) {
        return answer.stream().filter(ErrorResponse.class::isInstance)
                .map(m -> ((ErrorResponse) m).fields().sqlState()).findFirst().orElse(null);
    }

    private static List<String> rows(List<BackendMessage> answer) {
        assertEquals(null, error(answer), answer.toString());
        return answer.stream().filter(DataRow.class::isInstance)
                .map(m -> ((DataRow) m).values().getFirst().text()).toList();
    }

    private static String tag(List<BackendMessage> answer) {
        return answer.stream().filter(CommandComplete.class::isInstance).map(m -> ((CommandComplete) m).tag())
                .findFirst().orElse(null);
    }

    private List<BackendMessage> extended(String sql, Object... values) throws IOException {
        return client.exchange(parse("", sql), bind("", "", values), describePortal(""), execute(""), new Sync());
    }

    /** Costs and times are the nodes' affair. */
    private static List<String> shape(List<String> lines) {
        return lines.stream().map(line -> line.replaceFirst(" +\\(cost=.*", "").replaceFirst("(Time): .*", "$1"))
                .filter(line -> !line.contains("Buffers") && !line.contains("Planning:")).toList();
    }

    // ---- plain EXPLAIN

    @Test
    void eachNodesPlanStandsBeneathTheMerge() throws Exception {
        for (List<BackendMessage> answer : List.of(client.query("EXPLAIN " + SORTED), extended("EXPLAIN " + SORTED))) {
            List<String> lines = shape(rows(answer));
            assertEquals(List.of("FanOut every node",
                    "  merge: OrderedMerge by column 3 desc -> Limit 3 -> Project 2 of 3",
                    "  node SQL: SELECT k, v, k AS \"trunkline 1\" FROM items WHERE k < 100000 ORDER BY k DESC LIMIT 3",
                    "  missing: items.k = ..."), lines.subList(0, 4));
            int a = lines.indexOf("  Node a");
            int b = lines.indexOf("  Node b");
            assertTrue(a == 4 && b > a, lines.toString());
            for (List<String> node : List.of(lines.subList(a + 1, b), lines.subList(b + 1, lines.size()))) {
                assertEquals("    Limit", node.getFirst());
                assertTrue(node.size() > 1 && node.get(1).startsWith("      ->  "), node.toString());
            }
            assertEquals("EXPLAIN", tag(answer));
        }
    }

    @Test
    void parametersAndListsOfKeys() throws Exception {
        List<BackendMessage> answer = extended("EXPLAIN SELECT v FROM items WHERE k IN ($1, $2)", fixture.key(0, 0),
                fixture.key(1, 0));
        assertTrue(rows(answer).containsAll(List.of("  Node a", "  Node b")), answer.toString());
        // On one node it is that node's own answer.
        assertFalse(rows(extended("EXPLAIN SELECT v FROM items WHERE k IN ($1, $2)", fixture.key(1, 0),
                fixture.key(1, 1))).contains("  Node b"));
    }

    @Test
    void analyzeRuns() throws Exception {
        List<String> lines = rows(client.query("EXPLAIN (ANALYZE, COSTS off) SELECT count(*) FROM items"));
        assertEquals(2, lines.stream().filter(line -> line.matches("    Aggregate .*actual.*rows=1.*")).count(),
                lines.toString());
        assertEquals(2, lines.stream().filter(line -> line.contains("Execution Time")).count());
    }

    @Test
    void jsonIsOneDocument() throws Exception {
        for (List<BackendMessage> answer : List.of(client.query("EXPLAIN (FORMAT JSON) " + SORTED),
                extended("EXPLAIN (FORMAT JSON, ANALYZE) " + SORTED))) {
            RowDescription columns = (RowDescription) answer.stream().filter(RowDescription.class::isInstance)
                    .findFirst().orElseThrow();
            assertEquals(PgOid.JSON, columns.fields().getFirst().typeOid());
            List<String> rows = rows(answer);
            assertEquals(1, rows.size());
            String plan = "('" + rows.getFirst().replace("'", "''") + "'::json->0->'Plan')";
            assertEquals("FanOut", fixture.ask(0, "SELECT " + plan + "->>'Node Type'"));
            assertEquals("a,b", fixture.ask(0, "SELECT string_agg(n->>'Node', ',' ORDER BY n->>'Node') FROM"
                    + " json_array_elements(" + plan + "->'Nodes') n WHERE n->'Plan'->>'Node Type' = 'Limit'"));
        }
    }

    @Test
    void otherFormatsAreRefusedByName() throws Exception {
        List<BackendMessage> answer = client.query("EXPLAIN (FORMAT XML) SELECT v FROM items");
        assertEquals("TL002", error(answer));
        assertTrue(answer.toString().contains("EXPLAIN (FORMAT XML) of a fan-out"), answer.toString());
        assertEquals(null, error(client.query("EXPLAIN (FORMAT XML) SELECT v FROM items WHERE k = 1")));
    }

    @Test
    void thePolicyIsForWhatRuns() throws Exception {
        client.query("SET trunkline.fan_out = 'reject'");
        assertEquals(null, error(client.query("EXPLAIN SELECT v FROM items")));
        assertEquals("TL001", error(client.query("EXPLAIN ANALYZE SELECT v FROM items")));
        client.query("SET trunkline.fan_out = 'warn'");
        assertTrue(client.query("EXPLAIN SELECT v FROM items").stream().noneMatch(NoticeResponse.class::isInstance));
        assertTrue(client.query("EXPLAIN ANALYZE SELECT v FROM items").stream()
                .anyMatch(NoticeResponse.class::isInstance));
    }

    @Test
    void anErrorOfANodeEndsIt() throws Exception {
        assertEquals("22012", error(client.query("EXPLAIN ANALYZE SELECT 1 / (k - k) FROM items")));
        assertEquals(2, rows(client.query("EXPLAIN SELECT v FROM items")).stream().filter(l -> l.startsWith("  Node"))
                .count());
    }
}
