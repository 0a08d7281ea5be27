package dev.trunkline.plan;

import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.plan.SessionAction.Signal;
import dev.trunkline.plan.SessionAction.Signal.Given;
import dev.trunkline.plan.SessionAction.Signal.Number;
import dev.trunkline.plan.SessionAction.Signal.Parameter;
import dev.trunkline.route.FunctionUse;
import dev.trunkline.route.StatementText;
import dev.trunkline.sql.Expr;
import dev.trunkline.sql.LiteralKind;
import dev.trunkline.sql.Query;
import dev.trunkline.sql.Statement;
import java.util.List;
import java.util.Set;

/**
 * {@code SELECT pg_cancel_backend(...)} and {@code SELECT pg_terminate_backend(...)} of one process id, which may be one that a client
 * was told: the proxy alone knows whose it is.
 */
final class SignalQuery {

    private static final Set<String> INTEGERS = Set.of("int4", "integer", "int");
    private static final Set<String> BIG_INTEGERS = Set.of("int8", "bigint");

    private SignalQuery() {}

    /** What is asked of the proxy, or null for any other query: among them those of an id that can only be a node's. */
    static Signal of(Statement.Select statement, StatementText text) {
        Query query = statement.query();
        boolean plain = query.with().isEmpty() && query.orderBy().isEmpty() && query.limit() == null
                && query.offset() == null && query.locking().isEmpty();
        if (!plain || !(query.body() instanceof Query.Select body) || body.items().size() != 1 || body.into() != null
                || !body.from().isEmpty() || body.where() != null || !body.groupBy().isEmpty() || body.groupingSets()
                || body.having() != null || body.distinct() || body.distinctOn() != null) {
            return null;
        }
        Query.Item item = body.items().getFirst();
        if (!(item.expr() instanceof Expr.Function call) || !isCall(call) || text.mayNameArguments(call.span())) {
            return null;
        }
        String name = call.name().last();
        List<Expr> arguments = call.arguments();
        boolean terminate = name.equals(Signal.TERMINATE);
        if (arguments.isEmpty() || arguments.size() > (terminate ? 2 : 1)) {
            return null;
        }
        Number process = isOwn(arguments.getFirst())
                ? new Signal.Own()
                : number(arguments.getFirst(), INTEGERS, text);
        Number timeout = arguments.size() == 1
                ? new Given(0L)
                : number(arguments.get(1), BIG_INTEGERS, text);
        boolean mayBeTold = process instanceof Parameter || process instanceof Signal.Own
                || process instanceof Given given && Signal.isTold(given.value());
        return mayBeTold && timeout != null
                ? new Signal(terminate, process, timeout, item.alias() == null ? name : item.alias())
                : null;
    }

    private static boolean isCall(Expr.Function call) {
        return Signal.isFunction(call.name().last())
                && (call.name().schema() == null || call.name().schema().equals("pg_catalog")) && !call.star()
                && call.filter() == null && call.over() == null && !call.distinct() && call.orderBy().isEmpty();
    }

    /** The connection at hand is one of many to the session, and somebody else's next: whoever ends that means its own session. */
    private static boolean isOwn(Expr expr) {
        return expr instanceof Expr.Function call && call.name().last().equals("pg_backend_pid")
                && call.arguments().isEmpty()
                && (call.name().schema() == null || call.name().schema().equals("pg_catalog")) && !call.star()
                && call.filter() == null && call.over() == null && !call.distinct() && call.orderBy().isEmpty();
    }

    /** An argument that is a number in the text or comes with Bind; null for any other. */
    private static Number number(Expr expr, Set<String> types, StatementText text) {
        return switch (expr) {
            case Expr.Parameter parameter -> new Parameter(parameter.number());
            case Expr.Literal literal -> constant(literal, text);
            case Expr.Cast cast when types.contains(cast.type().name().last()) && cast.type().arrayDimensions() == 0
                    && cast.type().modifiers().isEmpty() ->
                number(cast.operand(), types, text);
            case null, default -> null;
        };
    }

    private static Number constant(Expr.Literal literal, StatementText text) {
        if (literal.kind() != LiteralKind.INTEGER && literal.kind() != LiteralKind.STRING) {
            return null;
        }
        Long value = Signal.read(text.read(literal));
        return value == null ? null : new Given(value);
    }

    /**
     * Refuses what a node would answer with false because it doesn't know the process id: one that stands in the statement, or may, in
     * another form than those that are served. What a query finds in a node's own views is a node's id.
     */
    static void requireNodeIds(List<FunctionUse> functions, StatementText text) {
        for (FunctionUse use : functions) {
            boolean signals = use.facts() != null && use.facts().builtIn() && Signal.isFunction(use.name());
            List<Expr> arguments = use.call().arguments();
            // A named argument stands anywhere.
            long processes = text.mayNameArguments(use.call().span()) ? arguments.size() : 1;
            if (signals && arguments.stream().limit(processes).anyMatch(argument -> mayBeTold(argument, text))) {
                throw refusal(use);
            }
        }
    }

    private static boolean mayBeTold(Expr expr, StatementText text) {
        return switch (expr) {
            case Expr.Parameter parameter -> true;
            case Expr.Cast cast -> mayBeTold(cast.operand(), text);
            case Expr.Literal literal -> constant(literal, text) instanceof Given given
                    && Signal.isTold(given.value());
            case null, default -> false;
        };
    }

    private static ProxyException refusal(FunctionUse use) {
        return ProxyError.SIGNALS_ALONE.with(use.name()).withPosition(use.call().span().start() + 1);
    }
}
