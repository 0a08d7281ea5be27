package dev.trunkline.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.catalog.RelationName;
import dev.trunkline.catalog.SequenceUse;
import dev.trunkline.plan.Access;
import dev.trunkline.plan.FanOutReason;
import dev.trunkline.plan.Merge;
import dev.trunkline.plan.Plan;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.route.Routing;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The list is bounded, and what is heavy stays in it. */
class FanOutStatementsTest {

    private static final long MILLI = 1_000_000;

    private final FanOutStatements statements = new FanOutStatements();

    private static StatementPlan plan(String fingerprint) {
        FanOutReason reason = new FanOutReason("missing_key", new RelationName("public", "orders"),
                List.of("customer_id"), "orders.customer_id = ...");
        Plan root = new Plan.FanOut(null, new Merge.Concat(), null, reason);
        return new StatementPlan(fingerprint, "SelectStmt", root, null, Routing.FAN_OUT, Access.read("a test"),
                Set.of(), SequenceUse.NONE, null, List.of(), new int[0], new int[0], List.of(), 1);
    }

    @Test
    void theHeavyOnesStayHoweverManyOthersPass() {
        Random random = new Random(42);
        for (int i = 0; i < 20_000; i++) {
            statements.ran(plan("light " + random.nextInt(10_000)), false, 1, MILLI);
            if (i % 100 == 0) {
                statements.ran(plan("heavy " + i / 100 % 5), i % 1000 == 0, 10, 500 * MILLI);
            }
        }
        List<FanOutStatements.Line> top = statements.top(100);
        assertEquals(100, top.size());
        assertTrue(top.subList(0, 5).stream().allMatch(line -> line.fingerprint().startsWith("heavy")));
        FanOutStatements.Line heavy = statements.line("heavy 1");
        assertEquals(40, heavy.count());
        assertEquals(400, heavy.rows());
        assertEquals(40 * 500_000L, heavy.totalMicros());
        assertTrue(heavy.p50Micros() >= 500_000 && heavy.p50Micros() < 650_000, heavy.toString());
        assertEquals(
                "Add orders.customer_id = ... to the statement, or set fanOut: allow for this table if it is meant.",
                heavy.fix());
    }

    @Test
    void rejectionsAreCountedAndLongTextsCut() {
        statements.rejected(plan("x".repeat(10_000)));
        statements.rejected(plan("x".repeat(10_000)));
        FanOutStatements.Line line = statements.top(1).getFirst();
        assertEquals(2, line.rejected());
        assertEquals(0, line.count());
        assertTrue(line.fingerprint().length() < 5000);
        assertNotNull(statements.line("x".repeat(10_000)));
    }
}
