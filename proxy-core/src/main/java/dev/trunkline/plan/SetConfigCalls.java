package dev.trunkline.plan;

import dev.trunkline.plan.SessionAction.Configure;
import dev.trunkline.route.FunctionUse;
import dev.trunkline.route.StatementText;
import dev.trunkline.sql.Expr;
import dev.trunkline.sql.LiteralKind;
import dev.trunkline.sql.Query;
import dev.trunkline.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The calls of {@code set_config} in a statement. They can be seen where each is sure to be run once, in an order that is
 * sure, with arguments that stand in the text or come with Bind: as items of a SELECT that has nothing else.
 *
 * @param seen
 *            what they set, or null where that can't be seen
 * @param local
 *            whether all of them are sure to end with the transaction
 */
record SetConfigCalls(Configure seen, boolean local) {

    private static final String NAME = "set_config";
    private static final Set<String> TEXTS = Set.of("text", "varchar");
    private static final Set<String> TRUTHS = Set.of("bool", "boolean");

    static SetConfigCalls of(Statement statement, List<FunctionUse> functions, StatementText text) {
        List<Expr.Function> all = functions.stream().filter(SetConfigCalls::isCall).map(FunctionUse::call).toList();
        List<Configure.Call> seen = new ArrayList<>();
        boolean visible = true;
        boolean local = true;
        List<Expr> items = items(statement);
        for (Expr.Function call : all) {
            List<Expr> arguments = call.arguments();
            Configure.Argument isLocal = arguments.size() == 3 ? argument(arguments.get(2), TRUTHS, text) : null;
            local &= isLocal instanceof Configure.Constant constant
                    && Boolean.TRUE.equals(Configure.truth(constant.value()));
            visible &= isLocal != null && items.contains(call);
            if (visible) {
                Configure.Argument name = argument(arguments.get(0), TEXTS, text);
                Configure.Argument value = argument(arguments.get(1), TEXTS, text);
                visible = name != null && value != null;
                seen.add(new Configure.Call(name, value, isLocal));
            }
        }
        return new SetConfigCalls(visible ? new Configure(seen) : null, local);
    }

    private static boolean isCall(FunctionUse use) {
        return use.name().equals(NAME) && use.facts() != null && use.facts().builtIn();
    }

    /** The items of a SELECT that gives one row of them, whatever they are; otherwise none. */
    private static List<Expr> items(Statement statement) {
        if (!(statement instanceof Statement.Select select) || !(select.query().body() instanceof Query.Select body)) {
            return List.of();
        }
        Query query = select.query();
        boolean plain = query.with().isEmpty() && query.orderBy().isEmpty() && query.limit() == null
                && query.offset() == null && body.into() == null && body.from().isEmpty() && body.where() == null
                && body.groupBy().isEmpty() && body.having() == null && !body.distinct()
                && body.distinctOn() == null;
        List<Expr> items = new ArrayList<>();
        if (plain) {
            body.items().forEach(item -> items.add(withoutCasts(item.expr())));
        }
        return items;
    }

    private static Expr withoutCasts(Expr expr) {
        return expr instanceof Expr.Cast cast ? withoutCasts(cast.operand()) : expr;
    }

    /** An argument whose value can be known, or null. */
    private static Configure.Argument argument(Expr expr, Set<String> types, StatementText text) {
        return switch (expr) {
            case Expr.Parameter parameter -> new Configure.Parameter(parameter.number());
            case Expr.Literal literal -> constant(literal, types, text);
            case Expr.Cast cast when types.contains(cast.type().name().last()) && cast.type().arrayDimensions() == 0
                    && cast.type().modifiers().isEmpty() ->
                argument(cast.operand(), types, text);
            case null, default -> null;
        };
    }

    private static Configure.Argument constant(Expr.Literal literal, Set<String> types, StatementText text) {
        return switch (literal.kind()) {
            case NULL -> new Configure.Constant(null);
            case TRUE, FALSE -> types == TRUTHS
                    ? new Configure.Constant(literal.kind() == LiteralKind.TRUE ? "t" : "f")
                    : null;
            case STRING -> {
                String value = text.read(literal);
                yield value == null ? null : new Configure.Constant(value);
            }
            case INTEGER, NUMERIC, BIT -> null;
        };
    }
}
