package dev.trunkline.plan;

import dev.trunkline.catalog.SequenceUse;
import dev.trunkline.error.ProxyError;
import dev.trunkline.plan.SessionAction.Execute.ArgumentCalls;
import dev.trunkline.plan.SessionAction.Execute.ArgumentCalls.Place;
import dev.trunkline.plan.SessionAction.Execute.Form;
import dev.trunkline.route.ExecuteArguments;
import dev.trunkline.route.ExecuteArguments.Written;
import dev.trunkline.sql.Name;
import dev.trunkline.sql.Statement;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What SQL's PREPARE and EXECUTE mean to a session. Neither names a node: a statement that is prepared goes where the arguments
 * of each EXECUTE say.
 */
public final class PreparedPlans {

    private PreparedPlans() {}

    static Decision prepare(Statement.Prepare prepare, StatementPlanner planner) {
        Statement inner = prepare.inner();
        boolean preparable = inner instanceof Statement.Select || inner instanceof Statement.Insert
                || inner instanceof Statement.Update || inner instanceof Statement.Delete
                || inner instanceof Statement.Merge || inner instanceof Statement.Unknown;
        if (!preparable) {
            String word = planner.text(inner.span()).strip().split("[\\s(;]", 2)[0];
            return Decision.refuse(ProxyError.SYNTAX_ERROR.with("syntax error at or near \"" + word + "\"")
                    .withPosition(inner.span().start() + 1));
        }
        if (inner instanceof Statement.Select select && ChannelsQuery.columnOf(select) != null) {
            return Decision.refuse(ProxyError.CHANNELS_ELSEWHERE.with());
        }
        SessionAction.Signal signal = inner instanceof Statement.Select select ? planner.signal(select) : null;
        if (signal != null) {
            return Decision.refuse(ProxyError.SIGNALS_ALONE.with(signal.function()));
        }
        planner.footprint().and(Access.read("PREPARE runs nothing"));
        return planner.local(new SessionAction.Prepare(prepare.name(),
                prepare.types().stream().map(ExecuteArguments::typeOf).toList()));
    }

    static Decision execute(Statement.Execute execute, Form form, List<Name> made, StatementPlanner planner) {
        planner.footprint().and(Access.write("EXECUTE"));
        if (planner.hasHintComment()) {
            return Decision.refuse(ProxyError.NOT_OVER_NODES.with("a routing hint before EXECUTE",
                    "Write it before PREPARE, or SET trunkline.shard_key or trunkline.node."));
        }
        boolean table = form == Form.TABLE || form == Form.TEMP_TABLE;
        if (table && !planner.oneNode()) {
            return Decision.refuse(ProxyError.NOT_OVER_NODES.with("CREATE TABLE AS EXECUTE",
                    "Write the statement itself in place of EXECUTE."));
        }
        List<Written> arguments = ExecuteArguments.constants(execute.arguments());
        ArgumentCalls calls = ArgumentCalls.NONE;
        if (arguments.stream().anyMatch(Written.Other.class::isInstance)) {
            FunctionRules functions = planner.functionsIn(execute.arguments(), execute.span());
            if (functions.refusalAnywhere() != null) {
                return Decision.refuse(functions.refusalAnywhere());
            }
            if (!planner.oneNode() && functions.refusal() != null) {
                return Decision.refuse(functions.refusal());
            }
            boolean elsewhere = functions.effects().contains(SessionEffect.SETTING) || !functions.keyed().isEmpty();
            if (!planner.oneNode() && elsewhere) {
                return Decision.refuse(ProxyError.NOT_OVER_NODES.with(
                        "EXECUTE with an argument that calls " + functions.obstacle(),
                        "Ask for the value first, and give it as a literal."));
            }
            calls = calls(functions, planner.sequencesIn(execute.arguments(), execute.span()));
        }
        return planner.local(new SessionAction.Execute(execute.name(), arguments, calls, form,
                made.stream().map(Name::last).toList()));
    }

    private static ArgumentCalls calls(FunctionRules functions, SequenceUse sequences) {
        Set<SessionEffect> effects = EnumSet.noneOf(SessionEffect.class);
        effects.addAll(functions.effects());
        if (effects.contains(SessionEffect.SETTING)) {
            // What it sets is not looked for there.
            effects.add(SessionEffect.HIDDEN_SETTING);
        }
        Place place = functions.home() ? Place.HOME : functions.transaction() ? Place.TRANSACTION : Place.ANY;
        boolean plain = functions.access().readOnly() && effects.isEmpty() && place == Place.ANY
                && !functions.callsUsers();
        return new ArgumentCalls(functions.access(), effects,
                effects.contains(SessionEffect.TAINT) ? sequences.and(SequenceUse.PERHAPS) : sequences, place, plain);
    }

    /** EXPLAIN of an EXECUTE. */
    static Decision explain(Statement.Explain explain, Statement.Execute execute, StatementPlanner planner) {
        if (explain.format().equals("text") || explain.format().equals("json") || planner.oneNode()) {
            return execute(execute, explain.analyze() ? Form.ANALYZED : Form.EXPLAINED, List.of(), planner);
        }
        return Decision.refuse(ProxyError.NOT_OVER_NODES.with(
                "EXPLAIN (FORMAT " + explain.format().toUpperCase(Locale.ROOT) + ") EXECUTE",
                "The formats are TEXT and JSON."));
    }

    /**
     * What is run when a prepared statement is executed: its own plan, but for what EXPLAIN and CREATE TABLE make of it.
     *
     * @param prepared
     *            the plan of the statement that was prepared
     */
    public static StatementPlan executed(SessionAction.Execute execute, StatementPlan prepared) {
        ArgumentCalls calls = execute.calls();
        Set<SessionEffect> effects = EnumSet.noneOf(SessionEffect.class);
        effects.addAll(calls.effects());
        return switch (execute.form()) {
            case PLAIN, ANALYZED -> {
                effects.addAll(prepared.effects());
                yield effects.equals(prepared.effects()) && calls.access().readOnly()
                        && calls.sequences() == SequenceUse.NONE
                                ? prepared
                                : with(prepared, prepared.kind(), prepared.access().and(calls.access()), effects,
                                        prepared.sequences().and(calls.sequences()), prepared.action());
            }
            case EXPLAINED -> {
                // Planning calls functions that are not volatile, if all their arguments are known.
                if (prepared.effects().contains(SessionEffect.TAINT)) {
                    effects.add(SessionEffect.TAINT);
                }
                yield with(prepared, "ExplainStmt", Access.read("EXPLAIN runs nothing").and(calls.access()), effects,
                        calls.sequences(), null);
            }
            case TABLE -> {
                effects.addAll(prepared.effects());
                effects.add(SessionEffect.CATALOG_CHANGE);
                yield with(prepared, "CreateTableAsStmt", Access.write("CREATE TABLE AS"), effects,
                        prepared.sequences().and(calls.sequences()), null);
            }
            case TEMP_TABLE -> {
                effects.addAll(prepared.effects());
                effects.add(SessionEffect.TEMP_TABLE);
                yield with(prepared, "CreateTableAsStmt", Access.write("CREATE TEMP TABLE AS"), effects,
                        prepared.sequences().and(calls.sequences()),
                        new SessionAction.CreateTemp(execute.made(), false));
            }
        };
    }

    private static StatementPlan with(StatementPlan plan, String kind, Access access, Set<SessionEffect> effects,
            SequenceUse sequences, SessionAction action) {
        return new StatementPlan(plan.fingerprint(), kind, plan.root(), plan.rule(), plan.routing(), access, effects,
                sequences, action, plan.tables(), plan.parameterTypes(), plan.keyParameters(), plan.guards(),
                plan.catalogVersion());
    }
}
