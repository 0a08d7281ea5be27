package dev.trunkline.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.parity.Comparison.Protocol;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What several nodes answer together is what one PostgreSQL with all the rows answers. */
@Timeout(600)
class MergeParityTest {

    private static final long SEED = Long.getLong("trunkline.test.seed", 20_261_121L);
    private static final int RANDOM = Integer.getInteger("trunkline.test.rounds", 120);

    private static MergeDatabases databases;

    @BeforeAll
    static void start() throws Exception {
        databases = new MergeDatabases();
    }

    @AfterAll
    static void stop() throws Exception {
        databases.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void everyTypeAndClause(int nodes) throws Exception {
        List<MergeStatement> statements = MergeStatements.all();
        assertTrue(statements.size() >= 300, statements.size() + " statements");
        try (PlainClient plain = databases.plain(); PlainClient proxied = databases.proxied(nodes)) {
            MergeComparison comparison = new MergeComparison(plain);
            List<String> differences = new ArrayList<>();
            for (int i = 0; i < statements.size(); i++) {
                for (Protocol protocol : Protocol.values()) {
                    // Each statement in another form over each number of nodes, so in all of them over several.
                    if ((i + nodes) % 3 == protocol.ordinal()) {
                        compare(comparison, statements.get(i), proxied, protocol, differences, "");
                    }
                }
            }
            assertEquals(List.of(), differences, () -> differences.size() + " differences over " + nodes + " nodes\n"
                    + String.join("\n", differences.subList(0, Math.min(30, differences.size()))));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4})
    void randomStatements(int nodes) throws Exception {
        try (PlainClient plain = databases.plain(); PlainClient proxied = databases.proxied(nodes)) {
            MergeComparison comparison = new MergeComparison(plain);
            List<String> differences = new ArrayList<>();
            for (int i = 0; i < RANDOM; i++) {
                SplittableRandom random = new SplittableRandom(SEED + i);
                MergeStatement statement = MergeStatements.random(random);
                Protocol protocol = Protocol.values()[random.nextInt(3)];
                compare(comparison, statement, proxied, protocol, differences, "seed " + (SEED + i) + ": ");
            }
            assertEquals(List.of(), differences, () -> String.join("\n", differences));
        }
    }

    private static void compare(MergeComparison comparison, MergeStatement statement, PlainClient proxied,
            Protocol protocol, List<String> differences, String seed) throws Exception {
        String difference = comparison.difference(statement, proxied, protocol);
        if (difference != null) {
            differences.add(seed + statement + " (" + protocol + "): " + difference);
        }
    }

    @Test
    void refusesWhatIsNotExact() throws Exception {
        List<String> inexact = List.of("SELECT id FROM m ORDER BY loc", "SELECT sum(f8) FROM m",
                "SELECT avg(f4) FROM m",
                "SELECT max(loc) FROM m", "SELECT id FROM m ORDER BY lower(c)", "SELECT id FROM m ORDER BY random()",
                "SELECT DISTINCT random() FROM m", "SELECT id FROM m ORDER BY ARRAY[g]",
                "SELECT count(DISTINCT g) FROM m", "SELECT g, count(*) FROM m GROUP BY g HAVING count(*) > 3",
                "SELECT DISTINCT ON (g) id FROM m ORDER BY g",
                "SELECT id FROM m ORDER BY g FETCH FIRST 3 ROWS WITH TIES", "SELECT id FROM m ORDER BY id FOR UPDATE",
                "SELECT count(*) + 1 FROM m", "SELECT id FROM m UNION ALL SELECT id FROM m ORDER BY 1",
                "SELECT * FROM (SELECT id FROM m ORDER BY id LIMIT 3) x", "SELECT id FROM m LIMIT 1 + 1",
                "SELECT rank() OVER (ORDER BY id) FROM m", "SELECT n.m_id, count(*) FROM m LEFT JOIN n ON n.m_id = m.id"
                        + " GROUP BY n.m_id HAVING count(*) > 1",
                "SELECT g, c FROM m GROUP BY GROUPING SETS ((g), (c))", "SELECT stddev(i4) FROM m",
                "SELECT DISTINCT ARRAY[g] FROM m", "SELECT id FROM m ORDER BY id FETCH FIRST ROW ONLY");
        try (PlainClient plain = databases.plain(); PlainClient proxied = databases.proxied(4)) {
            for (String sql : inexact) {
                assertEquals(null, plain.query(sql, List.of()).error(), sql);
                for (Protocol protocol : Protocol.values()) {
                    PlainClient.Answer answer = protocol == Protocol.SIMPLE
                            ? proxied.query(sql, List.of())
                            : proxied.execute(sql, List.of(), PlainClient.Format.TEXT, 0, List.of());
                    assertEquals("TL002", answer.error(), sql + answer.lines());
                    assertTrue(answer.lines().stream().noneMatch(line -> line.startsWith("DataRow")), sql);
                    assertEquals('I', answer.status());
                }
            }
        }
    }

    @Test
    void errorsInTheMiddleOfAMergeAreTheNodes() throws Exception {
        try (PlainClient proxied = databases.proxied(4)) {
            for (String sql : List.of("SELECT id, 1 / (id - 77) FROM m ORDER BY id",
                    "SELECT g, sum(1 / (id - 77)) FROM m GROUP BY g")) {
                assertEquals("22012", proxied.query(sql, List.of()).error());
                assertEquals("22012", proxied.execute(sql, List.of(), PlainClient.Format.BINARY, 0, List.of()).error());
                assertEquals(null, proxied.query("SELECT count(*) FROM m", List.of()).error());
            }
            for (String limit : List.of("LIMIT $1", "OFFSET $1")) {
                PlainClient.Answer answer = proxied.execute("SELECT id FROM m ORDER BY id " + limit,
                        List.of(new StatementFile.Parameter("-1", null)), PlainClient.Format.TEXT, 0, List.of());
                assertEquals(limit.startsWith("L") ? "2201W" : "2201X", answer.error(), answer.lines().toString());
            }
        }
    }
}
