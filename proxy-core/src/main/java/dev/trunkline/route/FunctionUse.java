package dev.trunkline.route;

import dev.trunkline.catalog.FunctionFacts;
import dev.trunkline.config.FunctionRoute;
import dev.trunkline.sql.Expr;
import java.util.Set;

/** A function that a statement calls; {@code facts} is null when the catalog knows no such function, {@code route} when the configuration says nothing. */
public record FunctionUse(Expr.Function call, FunctionFacts facts, FunctionRoute route) {

    /** Volatile, yet they neither change nor see anything that lies on a node. */
    private static final Set<String> HARMLESS = Set.of("random", "random_normal", "gen_random_uuid", "uuidv4", "uuidv7",
            "clock_timestamp", "timeofday", "pg_sleep", "pg_sleep_for", "pg_sleep_until", "array_shuffle",
            "array_sample", "current_query");

    /** Whether it matters how often it is called and where: volatile, and not one of those that only make up a value. */
    public boolean hasEffects() {
        return facts == null || facts.worst() == FunctionFacts.Volatility.VOLATILE
                && !(facts.builtIn() && HARMLESS.contains(name()));
    }

    public String name() {
        return call.name().last();
    }
}
