package dev.trunkline.bench;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.plan.PlanKey;
import dev.trunkline.plan.Planner;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.sql.SqlParser;
import dev.trunkline.sql.Statement;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What a statement costs that no plan is cached for: its parse, its whole plan, and its refusal. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 4, time = 2)
@Measurement(iterations = 5, time = 2)
public class ColdStatement {

    private static final String JOIN = """
            SELECT c.name, o.id, o.total FROM customers c JOIN orders o ON o.customer_id = c.id
            WHERE c.id = 4711 AND o.status IN ('open', 'paid') AND o.created_at > '2026-01-01'
            ORDER BY o.created_at DESC LIMIT 20""";
    private static final String WRONG = "SELECT name, email, country FROM customers WHERE id = 4711 ORDER status";

    private final SqlParser parser = new SqlParser();
    private final Planner planner = new Planner(parser);
    private final Catalog catalog = Workload.catalog();
    private final String pointSelect = Workload.pointSelect("4711", 0);

    @Benchmark
    public Statement parsePointSelect() {
        return parser.parse(pointSelect);
    }

    @Benchmark
    public Statement parseJoin() {
        return parser.parse(JOIN);
    }

    /** A text with a syntax error, to the message with its position. */
    @Benchmark
    public StatementPlan syntaxError() {
        return planner.plan(WRONG, PlanKey.DEFAULT, catalog);
    }

    @Benchmark
    public StatementPlan planPointSelect() {
        return planner.plan(pointSelect, PlanKey.DEFAULT, catalog);
    }

    @Benchmark
    public StatementPlan planJoin() {
        return planner.plan(JOIN, PlanKey.DEFAULT, catalog);
    }
}
