package dev.trunkline.route;

import dev.trunkline.catalog.FunctionFacts;
import dev.trunkline.config.FunctionRoute;
import dev.trunkline.sql.Expr;

/** A function that a statement calls; {@code facts} is null when the catalog knows no such function, {@code route} when the configuration says nothing. */
public record FunctionUse(Expr.Function call, FunctionFacts facts, FunctionRoute route) {

    public String name() {
        return call.name().last();
    }
}
