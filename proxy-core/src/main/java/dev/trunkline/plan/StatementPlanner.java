package dev.trunkline.plan;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.SequenceUse;
import dev.trunkline.config.FunctionRoute;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.route.NodeRule;
import dev.trunkline.route.Routing;
import dev.trunkline.route.RowSource;
import dev.trunkline.route.StatementFacts;
import dev.trunkline.route.StatementReader;
import dev.trunkline.route.StatementText;
import dev.trunkline.sql.Expr;
import dev.trunkline.sql.Name;
import dev.trunkline.sql.Query;
import dev.trunkline.sql.Span;
import dev.trunkline.sql.Statement;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Plans one statement of any kind: queries and writes by {@link QueryPlanner}, the others by what they are. */
final class StatementPlanner {

    private static final Set<String> ROUTE_OPTIONS = Set.of("route", "analyze", "analyse", "format");
    /** The kinds of statement that EXPLAIN (ROUTE, ANALYZE) runs. */
    private static final Set<String> ANALYZED = Set.of("SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt",
            "MergeStmt");

    private final Catalog catalog;
    private final PlanKey key;
    private final Hints hints;
    private final StatementText text;
    private Footprint footprint = new Footprint(Access.read("it touches no data"));

    StatementPlanner(Catalog catalog, PlanKey key, Hints hints, StatementText text) {
        this.catalog = catalog;
        this.key = key;
        this.hints = hints;
        this.text = text;
    }

    /** What the statement leaves behind; complete after {@link #decide}. */
    Footprint footprint() {
        return footprint;
    }

    String text() {
        return text.text();
    }

    String text(Span span) {
        return text.of(span);
    }

    boolean oneNode() {
        return catalog.nodes().size() == 1;
    }

    boolean hasHintComment() {
        return hints.comment() != null;
    }

    boolean hasHints() {
        return !hints.none();
    }

    Catalog catalog() {
        return catalog;
    }

    PlanKey key() {
        return key;
    }

    /** Decides on what is not part of another statement. */
    Decision decideWhole(Statement statement) {
        if (statement instanceof Statement.Select select) {
            String channels = ChannelsQuery.columnOf(select);
            if (channels != null) {
                return local(new SessionAction.ListChannels(channels));
            }
            SessionAction.Signal signal = signal(select);
            if (signal != null) {
                footprint.with(List.of(), signal.parameterTypes());
                return local(signal);
            }
            Decision listing = PreparedStatementsQuery.decide(select, this);
            if (listing != null) {
                return listing;
            }
        }
        return decide(statement);
    }

    /** What the statement asks of another client, or null. A routing hint that names a node means that node's processes. */
    SessionAction.Signal signal(Statement.Select select) {
        return hints.kind().byNode() ? null : SignalQuery.of(select, text);
    }

    Decision decide(Statement statement) {
        return switch (statement) {
            case Statement.Select select -> query(select);
            case Statement.Insert insert -> query(insert);
            case Statement.Update update -> update.currentOf() == null
                    ? query(update)
                    : currentOf(update, update.currentOf());
            case Statement.Delete delete -> delete.currentOf() == null
                    ? query(delete)
                    : currentOf(delete, delete.currentOf());
            case Statement.Merge merge -> query(merge);
            case Statement.Transaction transaction -> SessionStatements.transaction(transaction, this);
            case Statement.Setting setting -> local(SessionStatements.setting(setting));
            case Statement.Show show -> show.name() != null && show.name().startsWith("trunkline.")
                    ? local(new SessionAction.ShowTrunkline(show.name()))
                    : onTransactionNode();
            case Statement.Deallocate deallocate -> local(new SessionAction.Deallocate(deallocate.name()));
            case Statement.Discard discard -> local(new SessionAction.Discard(discard.what()));
            case Statement.Empty empty -> local(new SessionAction.Nothing());
            case Statement.DeclareCursor declare -> declare(declare);
            case Statement.Fetch fetch -> {
                footprint.with(SequenceUse.ASIDE);
                yield cursor(fetch.cursor(), new SessionAction.UseCursor(fetch.cursor()));
            }
            case Statement.ClosePortal close -> close.cursor() == null
                    ? local(new SessionAction.CloseCursor(null))
                    : cursor(close.cursor(), new SessionAction.CloseCursor(close.cursor()));
            case Statement.Explain explain -> explain(explain);
            case Statement.Copy copy -> new TableStatements(this).copy(copy);
            case Statement.LockTable lock -> new TableStatements(this).lock(lock);
            case Statement.Truncate truncate -> new TableStatements(this).truncate(truncate);
            case Statement.Ddl ddl -> new TableStatements(this).ddl(ddl);
            case Statement.Notification notification -> notification(notification);
            case Statement.Prepare prepare -> PreparedPlans.prepare(prepare, this);
            case Statement.Execute execute -> PreparedPlans.execute(execute, SessionAction.Execute.Form.PLAIN,
                    List.of(), this);
            case Statement.Do block -> onNamedNode("DO", Access.write("DO"),
                    "Send the block's statements one by one.", SessionEffect.TAINT);
            case Statement.Call call -> call(call);
            case Statement.Unknown unknown -> unknown(unknown);
        };
    }

    Decision local(SessionAction action) {
        footprint.with(action);
        return Decision.local(action);
    }

    Decision onTransactionNode() {
        return hints.over(oneNode()
                ? Decision.oneNode(new NodeRule.OnNode(0), Routing.ONE_NODE)
                : Decision.oneNode(new NodeRule.TransactionNode(), Routing.HOME));
    }

    /** A procedure is of unknown extent, unless {@code functions:} says where it runs. */
    private Decision call(Statement.Call call) {
        Name name = call.function().name();
        FunctionRoute route = oneNode() ? null : catalog.functionRoute(name.schema(), name.last());
        if (route != null) {
            footprint.and(Access.write("CALL")).with(SessionEffect.TAINT);
        }
        return switch (route) {
            case null -> onNamedNode("CALL", Access.write("CALL"),
                    "Say under functions: in the configuration where the "
                            + "procedure runs, name its node in a routing hint, or send its statements one by one.",
                    SessionEffect.TAINT);
            case FunctionRoute.Any any -> onTransactionNode();
            case FunctionRoute.Home home -> hints.over(Decision.oneNode(new NodeRule.OnNode(catalog.homeNode()),
                    Routing.HOME));
            case FunctionRoute.Key key -> hints.over(Decision.oneNode(new NodeRule.ByKey(
                    List.of(FunctionKeys.of(call.function(), key, List.of(), catalog)), NodeRule.NO_NODE, null,
                    ProxyError.SHARD_KEY_NOT_KNOWN.with("of " + name.last() + "() can't be read",
                            "Give the key as a plain literal or parameter.")),
                    Routing.ONE_NODE));
            case FunctionRoute.Refuse refuse -> Decision.refuse(ProxyError.NOT_OVER_NODES.with(
                    "the procedure " + name.last(), "The configuration refuses it under functions:."));
        };
    }

    /** A statement of unknown extent: it goes where a routing hint says by the node's name. */
    private Decision onNamedNode(String what, Access access, String hint, SessionEffect... effects) {
        Decision decision = onlyOneNode(what, access, hint, effects);
        return decision.refused() && hints.kind().byNode() ? hints.toNamedNode() : decision;
    }

    /** A statement that only a database with one node takes. */
    Decision onlyOneNode(String what, Access access, String hint, SessionEffect... effects) {
        footprint.and(access).with(effects);
        return oneNode()
                ? Decision.oneNode(new NodeRule.OnNode(0), Routing.ONE_NODE)
                : Decision.refuse(ProxyError.NOT_OVER_NODES.with(what, hint));
    }

    StatementFacts read(Statement statement) {
        return new StatementReader(catalog, key.searchPath(), key.tempTables(), text).read(statement);
    }

    /** What the functions demand that expressions call which belong to no query. */
    FunctionRules functionsIn(List<Expr> expressions, Span span) {
        return FunctionRules.of(factsOf(expressions, span).functions(), catalog.taintingCode());
    }

    /** What such expressions do with sequences. */
    SequenceUse sequencesIn(List<Expr> expressions, Span span) {
        return new SequenceReader(catalog, key, text, factsOf(expressions, span)).of(expressions);
    }

    private StatementFacts factsOf(List<Expr> expressions, Span span) {
        Query values = new Query(List.of(), false, new Query.Values(List.of(new Expr.Row(expressions, span)), span),
                List.of(), null, null, false, List.of(), Span.NONE, Span.NONE, Span.NONE, span);
        return read(new Statement.Select(values, span));
    }

    Decision query(Statement statement) {
        return query(statement, false);
    }

    /** @param listed whether the session's prepared statements take the place of the connection's */
    Decision query(Statement statement, boolean listed) {
        StatementFacts facts = read(statement);
        if (!hints.kind().byNode()) {
            SignalQuery.requireNodeIds(facts.functions(), text);
        }
        FunctionRules functions = FunctionRules.of(facts.functions(), catalog.taintingCode());
        footprint = new Footprint(access(statement, facts).and(functions.access())).with(functions.effects())
                .with(facts.tables(), facts.parameterTypes());
        footprint.with(new SequenceReader(catalog, key, text, facts).of(statement));
        if (statement instanceof Statement.Select select) {
            Query.Select into = into(select.query());
            if (into != null && into.intoTemp()) {
                footprint.with(SessionEffect.TEMP_TABLE)
                        .with(new SessionAction.CreateTemp(List.of(into.into().last()), false));
            } else if (into != null) {
                footprint.with(SessionEffect.CATALOG_CHANGE);
                if (key.mayBeTemp(into.into())) {
                    footprint.with(SessionEffect.TEMP_TABLE).with(SessionAction.CreateTemp.UNNAMED);
                }
            }
        }
        Decision decision = new QueryPlanner(catalog, statement, facts, functions, hints, text.text())
                .decide(listed);
        if (functions.effects().contains(SessionEffect.SETTING) && !decision.refused()) {
            return setConfig(statement, facts, decision);
        }
        return decision;
    }

    private static Query.Select into(Query query) {
        return switch (query.body()) {
            case Query.Select select -> select.into() == null ? null : select;
            case Query.Nested nested -> into(nested.query());
            case Query.SetOp operation -> into(operation.left());
            case Query.Values values -> null;
        };
    }

    private static Access access(Statement statement, StatementFacts facts) {
        for (RowSource table : facts.tables()) {
            if (table.written()) {
                return Access.write("writes " + table.name());
            }
        }
        if (statement instanceof Statement.Select select && into(select.query()) != null) {
            return Access.write("makes a table");
        }
        for (RowSource table : facts.tables()) {
            if (table.locked()) {
                return Access.lock("locks rows of " + table.name());
            }
        }
        return Access.read("a query, and no function in it changes anything");
    }

    /** A setting that is changed by a function must be seen, or stay with the backend that knows it. */
    private Decision setConfig(Statement statement, StatementFacts facts, Decision decision) {
        SetConfigCalls calls = SetConfigCalls.of(statement, facts.functions(), text);
        if (calls.seen() != null) {
            footprint.with(calls.seen());
            return decision;
        }
        if (!calls.local()) {
            footprint.with(SessionEffect.HIDDEN_SETTING);
        }
        return oneNode() ? decision : Decision.refuse(hiddenSetting());
    }

    private static ProxyException hiddenSetting() {
        return ProxyError.NOT_OVER_NODES.with("set_config inside a larger statement",
                "Use SET or SET LOCAL, or SELECT set_config(...) alone with literals or parameters.");
    }

    /** WHERE CURRENT OF: the row is on the cursor's node, whatever its key. */
    private Decision currentOf(Statement statement, String cursor) {
        Decision decision = query(statement);
        footprint.with(new SessionAction.UseCursor(cursor));
        // What is refused for other reasons than the missing key stays refused; these need the facts, not the key.
        StatementFacts facts = read(statement);
        boolean plain = facts.tables().size() == 1 && facts.functions().isEmpty()
                && facts.tables().getFirst().sharded() != null && facts.keys().problem() == null
                && facts.keys().keys().isEmpty();
        return plain && !oneNode() ? Decision.oneNode(new NodeRule.CursorNode(cursor), Routing.ONE_NODE) : decision;
    }

    private Decision cursor(String name, SessionAction action) {
        footprint.with(action);
        return Decision.oneNode(new NodeRule.CursorNode(name), Routing.ONE_NODE);
    }

    private Decision declare(Statement.DeclareCursor declare) {
        Decision decision = query(new Statement.Select(declare.query(), declare.span()));
        if (footprint.action() instanceof SessionAction.Configure) {
            // It takes place when it is fetched, if at all.
            footprint.with(SessionEffect.HIDDEN_SETTING);
            decision = oneNode() ? decision : Decision.refuse(hiddenSetting());
        }
        footprint.perhaps().with(new SessionAction.DeclareCursor(declare.name(), declare.hold()));
        if (declare.hold()) {
            footprint.with(SessionEffect.HOLD_CURSOR);
        }
        return onOneNode(decision, "DECLARE CURSOR of a fan-out");
    }

    /** The decision without its fan-outs. */
    Decision onOneNode(Decision decision, String what) {
        return switch (decision.root()) {
            case Plan.FanOut fanOut -> switch (fanOut.rule()) {
                case NodeRule.ByKey byKey -> byKeyOnly(byKey, decision, what);
                default -> Decision.refuse(refusal(what, fanOut.reason()));
            };
            case Plan.OneNode one when one.otherwise() != null && one.rule() instanceof NodeRule.ByKey byKey ->
                byKeyOnly(byKey, decision, what);
            case Plan.OneNode one -> decision;
            case Plan.LocalReply local -> decision;
            case Plan.Refuse refuse -> decision;
        };
    }

    private static Decision byKeyOnly(NodeRule.ByKey byKey, Decision decision, String what) {
        FanOutReason reason = decision.root() instanceof Plan.FanOut fanOut
                ? fanOut.reason()
                : ((Plan.OneNode) decision.root()).otherwise().reason();
        boolean oneKey = byKey.keys().size() == 1 && byKey.keys().getFirst().single()
                && byKey.required() == NodeRule.NO_NODE;
        return Decision.oneNode(new NodeRule.ByKey(byKey.keys(), byKey.required(),
                oneKey ? null : refusal(what, reason), refusal(what, reason)), decision.routing());
    }

    private static ProxyException refusal(String what, FanOutReason reason) {
        return ProxyError.NOT_OVER_NODES.with(what, "Add a predicate on one shard key: " + reason.nearest() + ".");
    }

    private Decision explain(Statement.Explain explain) {
        if (explain.route()) {
            return explainRoute(explain);
        }
        if (explain.inner() instanceof Statement.Execute execute) {
            return PreparedPlans.explain(explain, execute, this);
        }
        Decision decision = decide(explain.inner());
        if (!explain.analyze()) {
            Footprint inner = footprint;
            footprint = new Footprint(Access.read("EXPLAIN runs nothing"));
            inner.tables().forEach(footprint::with);
            if (inner.hasUnknownTables()) {
                footprint.withUnknownTables();
            }
            footprint.with(List.of(), inner.parameterTypes());
        }
        return switch (explain.format()) {
            case "text", "json" -> explained(decision, explain);
            default -> onOneNode(decision,
                    "EXPLAIN (FORMAT " + explain.format().toUpperCase(Locale.ROOT) + ") of a fan-out");
        };
    }

    private Decision explainRoute(Statement.Explain explain) {
        for (Statement.Option option : explain.options()) {
            if (!ROUTE_OPTIONS.contains(option.name())) {
                throw ProxyError.NOT_OVER_NODES.with("EXPLAIN (ROUTE, " + option.name().toUpperCase(Locale.ROOT) + ")",
                        "The options beside ROUTE are ANALYZE and FORMAT TEXT or JSON.");
            }
        }
        boolean json = explain.format().equals("json");
        if (!json && !explain.format().equals("text")) {
            throw ProxyError.NOT_OVER_NODES.with(
                    "EXPLAIN (ROUTE, FORMAT " + explain.format().toUpperCase(Locale.ROOT) + ")",
                    "The formats are TEXT and JSON.");
        }
        if (explain.analyze() && !ANALYZED.contains(explain.inner().kind())) {
            throw ProxyError.NOT_OVER_NODES.with("EXPLAIN (ROUTE, ANALYZE) of " + explain.inner().kind(),
                    "ANALYZE runs SELECT, INSERT, UPDATE, DELETE and MERGE.");
        }
        StatementPlanner inner = new StatementPlanner(catalog, key, hints, text);
        try {
            inner.decide(explain.inner());
        } catch (ProxyException refusal) {
            // That is what there is to explain.
        }
        footprint.with(List.of(), inner.footprint().parameterTypes());
        return local(new SessionAction.ExplainRoute(explain.analyze(), json));
    }

    /** The decision, whose fan-outs ask each node for its plan. */
    private static Decision explained(Decision decision, Statement.Explain explain) {
        return switch (decision.root()) {
            case Plan.FanOut fanOut -> Decision.fanOut(explained(fanOut, explain), decision.routing());
            case Plan.OneNode one when one.otherwise() != null -> new Decision(
                    new Plan.OneNode(one.rule(), explained(one.otherwise(), explain)), decision.rule(),
                    decision.routing());
            case Plan.OneNode one -> decision;
            case Plan.LocalReply local -> decision;
            case Plan.Refuse refuse -> decision;
        };
    }

    private static Plan.FanOut explained(Plan.FanOut fanOut, Statement.Explain explain) {
        String inner = fanOut.nodeSql() == null ? null : fanOut.nodeSql().substring(explain.head().end()).strip();
        Plan.FanOut tree = new Plan.FanOut(fanOut.rule(), fanOut.merge(), inner, fanOut.reason());
        Merge merge = new Merge.Explained(tree, explain.format().equals("json"), explain.analyze());
        return new Plan.FanOut(fanOut.rule(), merge, fanOut.nodeSql(), fanOut.reason(), fanOut.literalShift(), false);
    }

    private Decision notification(Statement.Notification notification) {
        return switch (notification.verb()) {
            case NOTIFY -> {
                footprint.and(Access.write("NOTIFY"));
                yield onTransactionNode();
            }
            case LISTEN -> local(new SessionAction.Listen(notification.channel()));
            case UNLISTEN -> local(new SessionAction.Unlisten(notification.channel()));
        };
    }

    /** A statement that the parser can't read: only its names are known. */
    private Decision unknown(Statement.Unknown unknown) {
        footprint.and(Access.write("not understood")).with(SessionEffect.TAINT);
        if (unknown.sqlState().equals(ProxyError.TOO_COMPLEX.sqlState())) {
            return Decision.refuse(ProxyError.TOO_COMPLEX.with(unknown.message()));
        }
        if (oneNode()) {
            return Decision.oneNode(new NodeRule.OnNode(0), Routing.ONE_NODE);
        }
        if (hints.kind().byNode()) {
            return hints.toNamedNode();
        }
        for (String name : unknown.names()) {
            if (catalog.mayBeSharded(name)) {
                return Decision.refuse(ProxyError.NOT_UNDERSTOOD.with(unknown.message(),
                        "It names " + name
                                + ", which does not lie on one node only. Write the statement in another way, or name its node"
                                + " in a comment: /* trunkline: node=... */.")
                        .withPosition(unknown.position() + 1));
            }
        }
        return Decision.oneNode(new NodeRule.Home(), Routing.HOME);
    }
}
