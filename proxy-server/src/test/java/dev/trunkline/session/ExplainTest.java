package dev.trunkline.session;

import static dev.trunkline.session.Talk.bind;
import static dev.trunkline.session.Talk.describePortal;
import static dev.trunkline.session.Talk.execute;
import static dev.trunkline.session.Talk.parse;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.testing.PgClient;
import dev.trunkline.value.PgHash;
import dev.trunkline.value.PgOid;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.CommandComplete;
import dev.trunkline.wire.BackendMessage.DataRow;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.BackendMessage.NoticeResponse;
import dev.trunkline.wire.BackendMessage.RowDescription;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.FrontendMessage.Sync;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** EXPLAIN (ROUTE), and EXPLAIN over several nodes: each node's plan beneath the merge's. */
@Timeout(300)
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

    // ---- EXPLAIN (ROUTE)

    @Test
    void theRouteOfAKeyNamesItsNode() throws Exception {
        long key = fixture.key(1, 0);
        int shard = PgHash.virtualShard(PgHash.int8(key), 256);
        for (List<BackendMessage> answer : List.of(
                client.query("EXPLAIN (ROUTE) SELECT v FROM items WHERE k = " + key),
                extended("EXPLAIN (ROUTE) SELECT v FROM items WHERE k = $1", key))) {
            List<String> lines = rows(answer);
            assertEquals("routing: one-node (b)", lines.getFirst());
            assertTrue(lines.contains("reason: items.k is restricted"), lines.toString());
            assertEquals("EXPLAIN", tag(answer));
        }
        for (List<BackendMessage> answer : List.of(
                client.query("EXPLAIN (ROUTE, FORMAT JSON) SELECT v FROM items WHERE k = " + key),
                extended("EXPLAIN (ROUTE, FORMAT JSON) SELECT v FROM items WHERE k = $1", key))) {
            String json = rows(answer).getFirst();
            assertEquals("SelectStmt one-node [\"b\"] [" + shard + "]", ask(json,
                    "concat_ws(' ', j->>'kind', j->>'routing', j->>'nodes', j->>'virtualShards')"));
            assertTrue(ask(json, "j->'keys'->0->>'column'").equals("k"), json);
            assertEquals("f", ask(json, "j::jsonb ? 'analysis'"));
        }
        String byParameter = rows(extended("EXPLAIN (ROUTE, FORMAT JSON) SELECT v FROM items WHERE k = $1", key))
                .getFirst();
        assertEquals("1", ask(byParameter, "j->'keys'->0->>'parameter'"));
    }

    private static String ask(String json, String expression) throws Exception {
        return fixture.ask(0,
                "SELECT (" + expression + ") FROM (SELECT '" + json.replace("'", "''") + "'::json AS j) x");
    }

    @Test
    void aRouteWithoutValuesIsTheRule() throws Exception {
        List<String> lines = rows(client.query("EXPLAIN (ROUTE) SELECT v FROM items WHERE k = $1"));
        assertEquals("routing: one-node", lines.getFirst());
        assertTrue(lines.contains("parameters: $1 bigint"), lines.toString());
    }

    @Test
    void hintsAndRefusalsAreExplained() throws Exception {
        long key = fixture.key(0, 0);
        String hint = "/* trunkline: key=" + key + " */";
        assertEquals("routing: one-node (a)",
                rows(client.query(hint + " EXPLAIN (ROUTE) SELECT v FROM items")).getFirst());
        assertEquals("routing: one-node (a)",
                rows(client.query("EXPLAIN (ROUTE) " + hint + " SELECT v FROM items")).getFirst());
        client.query("SET trunkline.shard_key = '" + key + "'");
        assertEquals("routing: one-node (a)", rows(client.query("EXPLAIN (ROUTE) SELECT v FROM items")).getFirst());
        client.query("RESET trunkline.shard_key");
        List<String> refused = rows(client.query("EXPLAIN (ROUTE) DELETE FROM items"));
        assertEquals("routing: refused", refused.getFirst());
        assertTrue(refused.toString().contains("Refuse TL002"), refused.toString());
        assertEquals("TL002", ask(rows(client.query("EXPLAIN (ROUTE, FORMAT JSON) DELETE FROM items")).getFirst(),
                "j->'error'->>'sqlstate'"));
        assertEquals("TL002", error(client.query("EXPLAIN (ROUTE, ANALYZE) DELETE FROM items")));
        assertEquals("routing: home (a)", rows(client.query("EXPLAIN (ROUTE) SELECT 1")).getFirst());
        assertEquals("routing: local",
                rows(client.query("EXPLAIN (ROUTE) SELECT v FROM items; EXPLAIN (ROUTE) ROLLBACK"))
                        .stream().filter(line -> line.startsWith("routing")).toList().getLast());
    }

    @Test
    void positionsAreThoseOfTheClientsText() throws Exception {
        String sql = "EXPLAIN (ROUTE, ANALYZE) SELECT * FROM items WHERE k = 1 AND v IN (SELECT name FROM nowhere.x y)";
        List<BackendMessage> answer = client.query(sql);
        ErrorResponse error = (ErrorResponse) answer.stream().filter(ErrorResponse.class::isInstance).findFirst()
                .orElseThrow();
        String position = error.fields().get(ErrorFields.POSITION);
        assertTrue(position == null || sql.startsWith("nowhere.x", Integer.parseInt(position) - 1),
                error + " at " + position);
    }

    @Test
    void analyzeMeasuresEachNode() throws Exception {
        for (List<BackendMessage> answer : List.of(
                client.query("EXPLAIN (ROUTE, ANALYZE) SELECT k, v FROM items ORDER BY v, k LIMIT 3"),
                extended("EXPLAIN (ROUTE, ANALYZE) SELECT k, v FROM items ORDER BY v, k LIMIT $1", 3))) {
            List<String> lines = rows(answer);
            assertEquals("routing: fan-out (a, b)", lines.getFirst());
            for (String node : List.of("a", "b")) {
                assertEquals(1, lines.stream().filter(line -> line.matches("Node " + node
                        + ": connect [0-9.]+ ms, first row [0-9.]+ ms, total [0-9.]+ ms, 3 rows, [1-9][0-9]* bytes"))
                        .count(), lines.toString());
            }
            assertTrue(lines.stream().anyMatch(line -> line.matches("Merge: [0-9.]+ ms, 3 rows")), lines.toString());
            assertTrue(lines.getLast().matches("Execution Time: [0-9.]+ ms"), lines.toString());
        }
        String json = rows(client.query("EXPLAIN (FORMAT JSON, ROUTE, ANALYZE) SELECT count(*) FROM items")).getFirst();
        assertEquals("2 1 a 1 t", ask(json, "concat_ws(' ', json_array_length(j->'analysis'->'nodes'),"
                + " j->'analysis'->>'rows', j->'analysis'->'nodes'->0->>'node', j->'analysis'->'nodes'->0->>'rows',"
                + " (j->'analysis'->>'totalMillis')::float >= (j->'analysis'->>'mergeMillis')::float)"));
        client.query("SET trunkline.fan_out = 'reject'");
        assertEquals("TL001", error(client.query("EXPLAIN (ROUTE, ANALYZE) SELECT v FROM items")));
        assertEquals("routing: fan-out (a, b)", rows(client.query("EXPLAIN (ROUTE) SELECT v FROM items")).getFirst());
    }

    @Test
    void analyzeAmongOtherStatements() throws Exception {
        List<BackendMessage> string = client.query("SELECT count(*) FROM items; EXPLAIN (ROUTE, ANALYZE) SELECT v FROM"
                + " items ORDER BY k; SELECT v FROM items WHERE k = " + fixture.key(0, 0));
        assertEquals(List.of("SELECT 1", "EXPLAIN", "SELECT 1"), string.stream()
                .filter(CommandComplete.class::isInstance).map(m -> ((CommandComplete) m).tag()).toList());
        List<BackendMessage> pipeline = client.exchange(parse("", "EXPLAIN (ROUTE, ANALYZE) SELECT v FROM items"),
                bind("", ""), execute(""), parse("", "SELECT v FROM items WHERE k = $1"),
                bind("", "", fixture.key(1, 0)), execute(""), new Sync());
        assertEquals(null, error(pipeline));
        assertEquals("v", rows(pipeline).getLast());
        client.query("BEGIN");
        rows(client.query("EXPLAIN (ROUTE, ANALYZE) SELECT v FROM items ORDER BY k LIMIT 2"));
        assertEquals("22012", error(client.query("EXPLAIN (ROUTE, ANALYZE) SELECT 1 / (k - k) FROM items ORDER BY k")));
        assertEquals("25P02", error(client.query("EXPLAIN (ROUTE) SELECT v FROM items")));
        client.query("ROLLBACK");
        assertEquals("routing: fan-out (a, b)", rows(client.query("EXPLAIN (ROUTE) SELECT v FROM items")).getFirst());
    }

    @Test
    void analyzeOfAWriteWrites() throws Exception {
        long key = fixture.key(1, 40);
        List<String> lines = rows(extended("EXPLAIN (ROUTE, ANALYZE) INSERT INTO items VALUES ($1, 'new')", key));
        assertEquals("routing: one-node (b)", lines.getFirst());
        assertEquals("new", fixture.ask(1, "SELECT v FROM items WHERE k = " + key));
        assertTrue(lines.stream().anyMatch(line -> line.matches(
                "Node b: connect [0-9.]+ ms, total [0-9.]+ ms, 1 row, 0 bytes")), lines.toString());
        client.query("BEGIN");
        rows(client.query("EXPLAIN (ROUTE, ANALYZE) UPDATE items SET v = 'newer' WHERE k = " + key + " RETURNING v"));
        // The transaction has written there: another node is refused.
        assertEquals("TL002", error(client.query("EXPLAIN (ROUTE, ANALYZE) DELETE FROM items WHERE k = "
                + fixture.key(0, 0))));
        client.query("ROLLBACK");
        assertEquals("new", fixture.ask(1, "SELECT v FROM items WHERE k = " + key));
        rows(client.query("EXPLAIN (ROUTE, ANALYZE) DELETE FROM items WHERE k = " + key));
        assertEquals("0", fixture.ask(1, "SELECT count(*) FROM items WHERE k = " + key));
        assertEquals("23505", error(client.query("EXPLAIN (ROUTE, ANALYZE) INSERT INTO items VALUES ("
                + fixture.key(0, 0) + ", 'twice')")));
        assertEquals(null, error(client.query("SELECT 1")));
    }

    @Test
    void anyClientCanAsk() throws Exception {
        long key = fixture.key(0, 0);
        try (Connection connection = DriverManager.getConnection(fixture.jdbcUrl() + "&prepareThreshold=1");
                PreparedStatement statement = connection
                        .prepareStatement("EXPLAIN (ROUTE) SELECT v FROM items WHERE k = ?")) {
            assertEquals("int8", statement.getParameterMetaData().getParameterTypeName(1));
            for (int i = 0; i < 3; i++) {
                statement.setLong(1, key);
                try (ResultSet rows = statement.executeQuery()) {
                    assertEquals("QUERY PLAN", rows.getMetaData().getColumnName(1));
                    assertTrue(rows.next());
                    assertEquals("routing: one-node (a)", rows.getString(1));
                }
            }
        }
    }
}
