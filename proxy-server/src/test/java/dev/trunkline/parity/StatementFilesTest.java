package dev.trunkline.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.parity.Comparison.Protocol;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The files hold what they say they hold: on two plain databases every statement answers the same, and as expected. */
class StatementFilesTest {

    @ParameterizedTest
    @EnumSource
    void plainPostgresAgreesWithItself(Protocol protocol) throws Exception {
        RunningNode node = TestNodes.node(0);
        String one = ParityDatabases.whole(node);
        String other = ParityDatabases.whole(node);
        List<String> differences = new ArrayList<>();
        for (StatementFile file : StatementFile.all()) {
            try (Comparison comparison = new Comparison(new PlainClient(node.port(), ParityDatabases.USER, one),
                    new PlainClient(node.port(), ParityDatabases.USER, other), protocol, 1)) {
                comparison.run(file);
                differences.addAll(comparison.differences());
            }
        }
        TestNodes.dropDatabase(one, List.of(node));
        TestNodes.dropDatabase(other, List.of(node));
        assertTrue(differences.isEmpty(),
                () -> differences.size() + " differences\n" + String.join("\n\n", differences));
    }

    @Test
    void thereAreHundredsOfStatementsAndManyRefusals() throws Exception {
        List<StatementFile.Case> cases = StatementFile.all().stream().flatMap(f -> f.cases().stream()).toList();
        assertTrue(cases.size() > 500, cases.size() + " statements");
        assertTrue(
                cases.stream().filter(c -> c.expectation() instanceof StatementFile.Expectation.Refused).count() > 80);
    }

    @Test
    void anUnknownDirectiveIsAFailure() {
        assertThrows(IllegalArgumentException.class,
                () -> StatementFile.parse("x", List.of("-- same", "-- sorted", "SELECT 1")));
        assertThrows(IllegalArgumentException.class, () -> StatementFile.parse("x", List.of("SELECT 1")));
        assertThrows(IllegalArgumentException.class, () -> StatementFile.parse("x", List.of("-- same")));
    }

    @Test
    void readsParametersAndPipelines() {
        StatementFile.Case one = StatementFile.parse("x", List.of("# no statement", "", "-- error 22012",
                "-- params: 7, 'it''s, so'::text, null, 'null', '{1,2}'::_int8", "-- pipeline", "SELECT 1", " + 1;",
                "SELECT 2")).cases().getFirst();
        assertEquals(List.of("SELECT 1\n + 1;", "SELECT 2"), one.statements());
        assertEquals(List.of(new StatementFile.Parameter("7", null), new StatementFile.Parameter("it's, so", "text"),
                new StatementFile.Parameter(null, null), new StatementFile.Parameter("null", null),
                new StatementFile.Parameter("{1,2}", "_int8")), one.parameters());
        assertEquals("x:3: SELECT 1\n + 1;\nSELECT 2", one.toString());
    }
}
