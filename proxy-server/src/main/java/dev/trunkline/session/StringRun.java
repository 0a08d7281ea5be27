package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.ServerStatement;
import dev.trunkline.error.ProxyError;
import dev.trunkline.plan.Plan;
import dev.trunkline.plan.PlanKey;
import dev.trunkline.plan.SessionAction;
import dev.trunkline.plan.SessionEffect;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.route.Destination;
import dev.trunkline.route.Routing;
import dev.trunkline.sql.LexedText;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.FrontendEncoder;
import dev.trunkline.wire.FrontendMessage.Target;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/**
 * A multi-statement string whose statements go to several nodes, run one after the other as one implicit transaction. The
 * nodes are spoken to in the extended protocol, so that none of them commits before the string's end (semantics.md 20).
 */
final class StringRun implements StatementRun {

    private final Session session;
    private final byte[] sql;
    private final List<StatementPlan> plans;
    /** What each statement was planned under, as far as that could be foreseen. */
    private final List<PlanKey> keys;
    private final boolean standardStrings;
    private final LexedText lexed = new LexedText();
    /** By place, the names that EXECUTE says in the string. */
    private final NavigableMap<Integer, String> executed = new TreeMap<>();
    private int next;
    private boolean over;
    private boolean stepping;
    private boolean again;
    /** The EXECUTE whose replies are awaited, or null. */
    private ExecutedStatement running;
    /** The arguments of the EXECUTE at hand, if a node had to evaluate them. */
    private ArgumentValues evaluated;
    /** Who answers the statement at hand. */
    private BackendConnection asked;

    private StringRun(Session session, byte[] sql, List<StatementPlan> plans, List<PlanKey> keys,
            boolean standardStrings) {
        this.session = session;
        this.sql = sql;
        this.plans = plans;
        this.keys = keys;
        this.standardStrings = standardStrings;
        lexed.lex(sql, 0, sql.length, standardStrings);
        for (int i = 0; i < plans.size(); i++) {
            if (plans.get(i).action() instanceof SessionAction.Execute execute) {
                executed.put(i, execute.name());
            }
        }
    }

    /** @param keys what each statement was planned under */
    static void start(Session session, byte[] sql, List<StatementPlan> plans, List<PlanKey> keys,
            boolean standardStrings) {
        StringRun run = new StringRun(session, sql, plans, keys, standardStrings);
        run.refuseTwoWriters();
        session.become(SessionState.ACTIVE);
        session.cycle().inString(true);
        run.step();
    }

    /** Two writers are refused before anything is sent, as long as the string has no transaction control of its own. */
    private void refuseTwoWriters() {
        int writer = session.transaction().writer() == null ? -1 : session.transaction().writer().node();
        for (int i = 0; i < plans.size(); i++) {
            StatementPlan plan = plans.get(i);
            if (plan.root() instanceof Plan.LocalReply) {
                return;
            }
            if (keys.get(i).hints() != session.planKey().hints()) {
                return;
            }
            if (plan.refusal() != null || plan.access().readOnly()) {
                continue;
            }
            Destination destination = plan.bind(session.worker().values()
                    .statement(sql, lexed.fingerprint(i), standardStrings).pinnedNode(session.nodes().pinned())
                    .hint(session.own().hint()),
                    session.database().destinations());
            if (destination instanceof Destination.One one) {
                if (writer >= 0 && writer != one.node()) {
                    throw ProxyError.NOT_OVER_NODES.with("a string of statements that writes on more than one node",
                            "Send the statements one by one, or keep them to one shard key.");
                }
                writer = one.node();
            }
        }
    }

    /** Runs the next statement. One that is over at once calls back from within, and is followed by a turn of the loop. */
    private void step() {
        if (stepping) {
            again = true;
            return;
        }
        stepping = true;
        try {
            do {
                again = false;
                one();
            } while (again && !over);
        } finally {
            stepping = false;
        }
    }

    private void one() {
        if (next == plans.size()) {
            finish();
            return;
        }
        session.run(null);
        running = null;
        if (!session.plans().canSpeak(session.settings().clientEncoding(), this::step)) {
            // A node's code has set it before in the string.
            return;
        }
        int i = next;
        StatementPlan plan = plans.get(i);
        session.actions().checkNotFailed(plan);
        if (!session.transaction().isExplicit()) {
            session.nodeEvents().refuseAfterLoss();
        }
        if (plan.action() instanceof SessionAction.Execute execute) {
            execute(execute, i);
            return;
        }
        if (plan.root() instanceof Plan.LocalReply) {
            next++;
            session.routed(Routing.LOCAL, plan);
            session.actions().perform(plan,
                    StatementSource.simple(sql, sql.length, lexed.statementStart(i), lexed.statementEnd(i)),
                    this::step);
            return;
        }
        SimpleProtocol.checkNoParameters(plan, sql, lexed.statementStart(i), lexed.statementEnd(i), standardStrings);
        checkPlannedUnder(keys.get(i), session.planKey());
        Destination destination = plan.bind(session.worker().values()
                .statement(sql, lexed.fingerprint(i), standardStrings)
                .pinnedNode(session.nodes().pinned()).hint(session.own().hint()), session.database().destinations());
        if (destination instanceof Destination.Many many) {
            next++;
            FanOutRun.start(session, plan, many,
                    StatementSource.simple(sql, sql.length, lexed.statementStart(i), lexed.statementEnd(i)), 0,
                    this::step);
            return;
        }
        if (plan.effects().contains(SessionEffect.COPY_IN)) {
            throw ProxyError.NOT_OVER_NODES.with("COPY FROM STDIN in a string of statements", "Send it by itself.");
        }
        Participant participant = session.participant(session.nodes().of(destination, plan.sequences()), this::step);
        if (participant == null) {
            return;
        }
        session.use(participant, plan, destination);
        session.actions().sent(plan, participant);
        next++;
        BackendConnection backend = participant.backend();
        session.replies().switchTo(backend, null);
        session.run(this);
        check(backend);
        ask(backend, sql, lexed.statementStart(i), lexed.statementEnd(i), plan);
    }

    /** Has a node run the statement at hand. */
    private void ask(BackendConnection backend, byte[] text, int start, int end, StatementPlan plan) {
        var columns = new HeldColumns(session.out(), plan);
        SimpleProtocol.send(backend, text, start, end, columns, columns.rows(), DroppingSink.INJECTED);
        asked(backend);
    }

    private void asked(BackendConnection backend) {
        asked = backend;
        FrontendEncoder.flush(backend.stage());
        session.become(SessionState.ACTIVE);
    }

    private void execute(SessionAction.Execute execute, int i) {
        ExecutedStatement executed = ExecutedStatement.of(session, execute, sql, lexed.statementStart(i),
                lexed.statementEnd(i), lexed.fingerprint(i), session.planKey().standardConformingStrings(), evaluated,
                this::step);
        if (executed == null) {
            return;
        }
        if (executed.isOpen()) {
            executed.evaluate(session, values -> evaluated = values, this::step);
            return;
        }
        if (executed.destination() instanceof Destination.Many many) {
            next++;
            evaluated = null;
            FanOutRun.start(session, executed.plan(), many, executed.source(), 0, this::step);
            return;
        }
        Participant participant = session
                .participant(session.nodes().of(executed.destination(), executed.plan().sequences()), this::step);
        if (participant == null) {
            return;
        }
        session.use(participant, executed.plan(), executed.destination());
        session.actions().sent(executed.plan(), participant, executed.configured());
        next++;
        evaluated = null;
        BackendConnection backend = participant.backend();
        session.replies().switchTo(backend, null);
        session.run(this);
        running = executed;
        check(backend);
        session.preparing().at(backend, executed.prepared());
        if (executed.bound()) {
            bind(backend, executed);
            return;
        }
        byte[] nodeSql = executed.nodeSql();
        ask(backend, nodeSql, 0, nodeSql.length, executed.plan());
    }

    /**
     * Before a node runs anything of the string it is made to look at all that may be executed there, in the same round trip: what has
     * been overtaken by a change of the schema can still be prepared again. Afterwards the error would stand, since the implicit
     * transaction is lost with it.
     */
    private void check(BackendConnection backend) {
        Set<ServerStatement> looked = new HashSet<>();
        for (String name : executed.tailMap(next - 1).values()) {
            ClientStatement prepared = session.statements().find(name);
            if (prepared == null || !backend.has(prepared.server()) || !looked.add(prepared.server())) {
                continue;
            }
            if (looked.size() > 1) {
                backend.usesAlso(prepared.server());
            } else if (!backend.usesKnown(prepared.server(), true)) {
                return;
            }
            FrontendEncoder.describe(backend.stage(), Target.STATEMENT, prepared.server().name());
            backend.expectDescribe(DroppingSink.INJECTED);
        }
    }

    /** Has a node run what an EXECUTE executes, with the values that its arguments have had. */
    private void bind(BackendConnection backend, ExecutedStatement executed) {
        var columns = new HeldColumns(session.out(), executed.plan());
        NodeMessages.bind(backend.stage(), "", executed.prepared().server().name(),
                executed.bindValues(session.settings().clientEncoding()));
        backend.expectBind(DroppingSink.INJECTED, null);
        FrontendEncoder.describe(backend.stage(), Target.PORTAL, "");
        backend.expectDescribe(columns);
        FrontendEncoder.execute(backend.stage(), "", 0);
        backend.expectExecute(columns.rows());
        asked(backend);
    }

    /** Positions count from the beginning of the string. */
    @Override
    public ErrorFields asWritten(BackendConnection backend, ErrorFields fields) {
        if (running != null) {
            return running.bound()
                    ? running.prepared().asWritten(fields)
                    : running.sink(session.out()).asWritten(fields);
        }
        return RewrittenText.after(fields, Arrays.copyOf(sql, lexed.statementStart(next - 1)));
    }

    private void checkPlannedUnder(PlanKey foreseen, PlanKey key) {
        if (foreseen.hints() != key.hints()) {
            throw ProxyError.NOT_OVER_NODES.with("a string of statements in which a routing hint ends",
                    "Send the statements one by one.");
        }
        if (session.database().nodes().size() > 1 && !foreseen.searchPath().equals(key.searchPath())) {
            throw ProxyError.NOT_OVER_NODES.with("a string of statements in which the search path is set back",
                    "Send the statements one by one.");
        }
    }

    private void finish() {
        session.run(null);
        session.cycle().end();
    }

    @Override
    public void failed(BackendConnection backend) {
        end();
    }

    @Override
    public void drained(BackendConnection backend) {
        // Another one may have owed the answer to a Close of an earlier message.
        if (!over && backend == asked) {
            session.guarded(this::step);
        }
    }

    @Override
    public void ready(BackendConnection backend) {
        // Only the end of the cycle syncs.
    }

    @Override
    public void lost(BackendConnection backend) {
        end();
    }

    private void end() {
        if (!over) {
            over = true;
            session.run(null);
            session.refusals().failCycle();
        }
    }

    @Override
    public void abandon() {
        over = true;
    }
}
