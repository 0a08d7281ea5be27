package dev.trunkline.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.parity.Comparison.Protocol;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What several nodes answer together is what one PostgreSQL with all the rows answers. {@code -Dtrunkline.merge.all=true}
 * compares every statement over every number of nodes in every form, {@code -Dtrunkline.merge.random} sets how many random
 * ones follow, {@code -Dtrunkline.merge.seed} where they begin; a failure names the seed and a statement made as small as
 * it still fails.
 */
@Timeout(3600)
class MergeParityTest {

    private static final boolean ALL = Boolean.getBoolean("trunkline.merge.all");
    private static final long SEED = Long.getLong("trunkline.merge.seed", 20_261_121L);
    private static final int RANDOM = Integer.getInteger("trunkline.merge.random", 240);
    private static final int MOST_SHOWN = 10;

    private static MergeDatabases databases;

    private final List<PlainClient> proxied = new ArrayList<>();
    private final List<String> differences = new ArrayList<>();
    private PlainClient plain;
    private MergeComparison comparison;
    private int compared;

    @BeforeAll
    static void start() throws Exception {
        databases = new MergeDatabases();
    }

    @AfterAll
    static void stop() throws Exception {
        databases.close();
    }

    @BeforeEach
    void connect() throws Exception {
        plain = databases.plain();
        comparison = new MergeComparison(plain);
        for (int nodes = 1; nodes <= MergeDatabases.MOST_NODES; nodes++) {
            proxied.add(databases.proxied(nodes));
        }
    }

    @AfterEach
    void disconnect() throws Exception {
        plain.close();
        for (PlainClient client : proxied) {
            client.close();
        }
    }

    @Test
    void everyTypeAndClause() throws Exception {
        List<MergeStatement> statements = MergeStatements.all();
        assertTrue(statements.size() >= 500, statements.size() + " statements");
        List<Protocol> protocols = List.of(Protocol.values());
        for (int i = 0; i < statements.size(); i++) {
            for (int nodes = 1; nodes <= MergeDatabases.MOST_NODES; nodes++) {
                for (Protocol protocol : protocols) {
                    // All numbers of several nodes and all forms have their turn; one node passes everything through.
                    boolean turn = nodes == 2 + i % 3 && protocol.ordinal() == i / 3 % 3
                            || nodes == 1 && i % 20 == protocol.ordinal();
                    if (ALL || turn) {
                        compare(statements.get(i), nodes, protocol, "");
                    }
                }
            }
        }
        assertNoDifferences();
    }

    @Test
    void randomStatements() throws Exception {
        for (int i = 0; i < RANDOM; i++) {
            SplittableRandom random = new SplittableRandom(SEED + i);
            MergeStatement statement = MergeStatements.random(random);
            Protocol protocol = Protocol.values()[random.nextInt(3)];
            compare(statement, Math.min(1 + random.nextInt(6), MergeDatabases.MOST_NODES), protocol,
                    "seed " + (SEED + i) + ": ");
        }
        assertNoDifferences();
    }

    private void compare(MergeStatement statement, int nodes, Protocol protocol, String seed) throws Exception {
        compared++;
        PlainClient client = proxied.get(nodes - 1);
        String difference = comparison.difference(statement, client, protocol);
        if (difference != null && differences.size() < MOST_SHOWN) {
            MergeStatement least = least(statement, client, protocol);
            differences.add(seed + statement + " (" + protocol + ", " + nodes + " nodes): " + difference
                    + (least.equals(statement)
                            ? ""
                            : "\n    and at its least " + least + ": "
                                    + comparison.difference(least, client, protocol)));
        }
    }

    /** The statement made simpler, step by step, as long as the answers differ. */
    private MergeStatement least(MergeStatement statement, PlainClient client, Protocol protocol) throws Exception {
        for (MergeStatement simpler : statement.simpler()) {
            boolean refused = "TL002".equals(MergeComparison.run(simpler, client, protocol).error());
            if (!refused && comparison.difference(simpler, client, protocol) != null) {
                return least(simpler, client, protocol);
            }
        }
        return statement;
    }

    private void assertNoDifferences() {
        System.out.println("merge parity: " + compared + " comparisons, " + differences.size() + " differences");
        assertTrue(differences.isEmpty(), () -> String.join("\n", differences));
    }

    @Test
    void refusesWhatIsNotExact() throws Exception {
        List<String> inexact = List.of("SELECT id FROM m ORDER BY loc", "SELECT sum(f8) FROM m",
                "SELECT avg(f4) FROM m",
                "SELECT max(loc) FROM m", "SELECT id FROM m ORDER BY ci", "SELECT min(ci) FROM m",
                "SELECT DISTINCT ci FROM m", "SELECT ci, count(*) FROM m GROUP BY ci",
                "SELECT DISTINCT lower(ci) FROM m", "SELECT DISTINCT c COLLATE ci FROM m",
                "SELECT g, min(loc) FROM m GROUP BY g",
                "SELECT id FROM m ORDER BY lower(c)", "SELECT id FROM m ORDER BY random()",
                "SELECT DISTINCT random() FROM m", "SELECT id FROM m ORDER BY ARRAY[g]",
                "SELECT count(DISTINCT g) FROM m", "SELECT count(*) FROM m HAVING count(*) > 3",
                "SELECT g FROM m GROUP BY g HAVING count(*) > 3.5", "SELECT g FROM m GROUP BY g HAVING min(loc) > 'a'",
                "SELECT g FROM m GROUP BY g HAVING min(ci) = 'a'", "SELECT g FROM m GROUP BY g HAVING sum(i4) * 2 > 3",
                "SELECT g FROM m GROUP BY g HAVING avg(f8) > 1", "SELECT g FROM m GROUP BY g HAVING random() > 2",
                "SELECT id % 3 FROM m GROUP BY id % 3 HAVING max(id) > (SELECT 3)",
                "SELECT DISTINCT ON (g) id FROM m ORDER BY g",
                "SELECT id FROM m ORDER BY g FETCH FIRST 3 ROWS WITH TIES", "SELECT id FROM m ORDER BY id FOR UPDATE",
                "SELECT count(*) + 1 FROM m", "SELECT id FROM m UNION ALL SELECT id FROM m ORDER BY 1",
                "SELECT * FROM (SELECT id FROM m ORDER BY id LIMIT 3) x", "SELECT id FROM m LIMIT 1 + 1",
                "SELECT rank() OVER (ORDER BY id) FROM m",
                "SELECT g, c FROM m GROUP BY GROUPING SETS ((g), (c))", "SELECT stddev(i4) FROM m",
                "SELECT DISTINCT ARRAY[g] FROM m", "SELECT id FROM m ORDER BY id FETCH FIRST ROW WITH TIES",
                "SELECT id FROM m ORDER BY id FETCH FIRST (1 + 1) ROWS ONLY");
        PlainClient client = proxied.get(3);
        for (String sql : inexact) {
            assertEquals(null, plain.query(sql, List.of()).error(), sql);
            for (Protocol protocol : Protocol.values()) {
                PlainClient.Answer answer = protocol == Protocol.SIMPLE
                        ? client.query(sql, List.of())
                        : client.execute(sql, List.of(), PlainClient.Format.TEXT, 0, List.of());
                assertEquals("TL002", answer.error(), sql + answer.lines());
                assertTrue(answer.lines().stream().noneMatch(line -> line.startsWith("DataRow")), sql);
                assertEquals('I', answer.status());
            }
        }
    }

    /** The nodes get another text than the client wrote, and complain about a place in it. */
    @Test
    void errorsPointAtTheClientsText() throws Exception {
        PlainClient client = proxied.get(3);
        for (String sql : List.of("SELECT id FROM m WHERE nosuch = 1 ORDER BY i4",
                "SELECT id, '😀' FROM m WHERE g = 'x' ORDER BY i4 LIMIT 5")) {
            assertEquals(plain.query(sql, List.of()).lines(), client.query(sql, List.of()).lines(), sql);
        }
    }

    @Test
    void errorsInTheMiddleOfAMergeAreTheNodes() throws Exception {
        PlainClient client = proxied.get(3);
        for (String sql : List.of("SELECT id, 1 / (id - 77) FROM m ORDER BY id",
                "SELECT g, sum(1 / (id - 77)) FROM m GROUP BY g")) {
            assertEquals("22012", client.query(sql, List.of()).error());
            assertEquals("22012", client.execute(sql, List.of(), PlainClient.Format.BINARY, 0, List.of()).error());
            assertEquals(null, client.query("SELECT count(*) FROM m", List.of()).error());
        }
        for (String limit : List.of("LIMIT $1", "OFFSET $1")) {
            PlainClient.Answer answer = client.execute("SELECT id FROM m ORDER BY id " + limit,
                    List.of(new StatementFile.Parameter("-1", null)), PlainClient.Format.TEXT, 0, List.of());
            assertEquals(limit.startsWith("L") ? "2201W" : "2201X", answer.error(), answer.lines().toString());
        }
    }

    @Test
    void limitsThatAreNull() throws Exception {
        StatementFile.Parameter none = new StatementFile.Parameter(null, null);
        StatementFile.Parameter two = new StatementFile.Parameter("2", null);
        for (String sql : List.of("SELECT id FROM m ORDER BY id LIMIT $1 OFFSET $2",
                "SELECT g, count(*) FROM m GROUP BY g ORDER BY count(*), g LIMIT $1 OFFSET $2",
                "SELECT DISTINCT g FROM m ORDER BY g LIMIT $1 OFFSET $2")) {
            for (List<StatementFile.Parameter> values : List.of(List.of(none, none), List.of(two, none),
                    List.of(none, two))) {
                for (String cast : List.of("", "::INTEGER", "::pg_catalog.int8")) {
                    String typed = sql.replaceAll("[$]\\d", "$0" + cast);
                    assertEquals(plain.execute(typed, values, PlainClient.Format.TEXT, 0, List.of()).lines(),
                            proxied.get(3).execute(typed, values, PlainClient.Format.TEXT, 0, List.of()).lines(),
                            typed + " " + values);
                }
            }
        }
        assertEquals(plain.query("SELECT id FROM m ORDER BY id LIMIT NULL OFFSET NULL", List.of()).lines(),
                proxied.get(3).query("SELECT id FROM m ORDER BY id LIMIT NULL OFFSET NULL", List.of()).lines());
    }
}
