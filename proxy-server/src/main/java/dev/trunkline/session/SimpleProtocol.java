package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.catalog.SequenceUse;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.plan.Plan;
import dev.trunkline.plan.PlanKey;
import dev.trunkline.plan.SessionAction;
import dev.trunkline.plan.SessionEffect;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.route.BoundValues;
import dev.trunkline.route.Destination;
import dev.trunkline.route.Routing;
import dev.trunkline.route.RoutingHint;
import dev.trunkline.sql.LexedText;
import dev.trunkline.wire.BackendEncoder;
import dev.trunkline.wire.ClientEncoding;
import dev.trunkline.wire.CString;
import dev.trunkline.wire.FrontendEncoder;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The simple protocol: a Query message with no, one or several statements. One statement for one node, and a string whose
 * statements all go to one node, are forwarded as they came; everything else is run statement by statement.
 */
final class SimpleProtocol {

    private static final int HEADER = 5;

    private final Session session;

    SimpleProtocol(Session session) {
        this.session = session;
    }

    /** Takes a Query; false when it has to wait. */
    boolean query(ByteBuf in, int start, int length) {
        if (session.cycle().inPipeline() && !session.deferred().settle() || session.replies().mustDrain(null)) {
            return false;
        }
        if (session.cycle().inPipeline()) {
            session.cycle().syncUnexecuted();
        }
        session.cycle().leavePipeline();
        MessagePlans.Placed placed = session.plans().placed();
        if (placed != null && !session.cycle().hasUnsynced()) {
            session.actions().checkNotFailed(placed.plan());
            return forward(placed.plan(), placed.destination(), in, start, length);
        }
        int end = in.indexOf(start + HEADER, start + length, (byte) 0);
        if (end < 0) {
            throw ProxyError.PROTOCOL_VIOLATION.with("invalid string in message");
        }
        if (end != start + length - 1) {
            throw ProxyError.PROTOCOL_VIOLATION.with("invalid message format");
        }
        session.statements().dropUnnamed();
        int size = length - HEADER - 1;
        byte[] sql = session.worker().scratch(size);
        in.getBytes(start + HEADER, sql, 0, size);
        ClientEncoding encoding = session.settings().clientEncoding();
        if (encoding != null && !ClientEncoding.isAscii(sql, 0, size)) {
            sql = encoding.toUtf8(sql, 0, size);
            size = sql.length;
        }
        LexedText lexed = session.worker().lexed();
        boolean standardStrings = session.planKey().standardConformingStrings();
        lexed.lex(sql, 0, size, standardStrings);
        if (lexed.failed()) {
            throw lexicalError(lexed, sql);
        }
        if (lexed.statementCount() > 0 && !session.transaction().isFailed()) {
            // Its own portal is the unnamed one.
            session.portals().dropUnnamed();
        }
        return switch (lexed.statementCount()) {
            case 0 -> {
                checkText(in, start, length);
                session.become(SessionState.ACTIVE);
                BackendEncoder.emptyQueryResponse(session.out().stage());
                session.cycle().end();
                yield true;
            }
            case 1 -> single(lexed, sql, size, standardStrings, in, start, length);
            default -> several(lexed, sql, size, standardStrings, in, start, length);
        };
    }

    /** A query that no node sees as a whole has to be text all the same. */
    private void checkText(ByteBuf in, int start, int length) {
        if (session.settings().clientEncoding() == null) {
            CString.text(in, start + HEADER, length - HEADER - 1);
        }
    }

    static ProxyException lexicalError(LexedText lexed, byte[] sql) {
        return ProxyError.SYNTAX_ERROR.with(lexed.errorMessage())
                .withPosition(character(sql, lexed.errorPosition()));
    }

    /** A simple query has no parameters, even if the nodes are to be asked in the extended protocol. */
    static void checkNoParameters(StatementPlan plan, byte[] sql, int start, int end, boolean standardStrings) {
        if (plan.parameterCount() == 0) {
            return;
        }
        int at = LexedText.firstParameter(sql, start, end, standardStrings);
        if (at >= 0) {
            int to = at + 1;
            while (to < end && Character.isDigit(sql[to])) {
                to++;
            }
            throw ProxyError.UNDEFINED_PARAMETER.with(new String(sql, at, to - at, StandardCharsets.US_ASCII))
                    .withPosition(character(sql, at));
        }
    }

    /** Where a byte of a text stands, in characters from 1. */
    private static int character(byte[] sql, int at) {
        String before = new String(sql, 0, Math.max(0, at), StandardCharsets.UTF_8);
        return before.codePointCount(0, before.length()) + 1;
    }

    private boolean single(LexedText lexed, byte[] sql, int size, boolean standardStrings, ByteBuf in, int start,
            int length) {
        StatementPlan plan = session.plans().plan(lexed.fingerprint(0), sql, lexed.statementStart(0),
                lexed.statementEnd(0), 0);
        if (plan == null) {
            return false;
        }
        session.actions().checkNotFailed(plan);
        if (session.cycle().hasUnsynced()) {
            StringRun.start(session, java.util.Arrays.copyOf(sql, size), List.of(plan),
                    List.of(session.planKey()), standardStrings);
            return true;
        }
        if (plan.action() instanceof SessionAction.Execute execute) {
            return execute(execute, plan, lexed, sql, standardStrings);
        }
        if (plan.root() instanceof Plan.LocalReply) {
            checkText(in, start, length);
            session.routed(Routing.LOCAL, plan);
            session.actions().perform(plan,
                    StatementSource.simple(sql, size, lexed.statementStart(0), lexed.statementEnd(0)),
                    session.cycle()::end);
            return true;
        }
        BoundValues values = session.worker().values().statement(sql, lexed.fingerprint(0), standardStrings)
                .pinnedNode(session.nodes().pinned()).hint(session.own().hint());
        Destination destination = plan.bind(values, session.database().destinations());
        if (destination instanceof Destination.Many many) {
            checkNoParameters(plan, sql, lexed.statementStart(0), lexed.statementEnd(0), standardStrings);
            FanOutRun.start(session, plan, many,
                    StatementSource.simple(sql, size, lexed.statementStart(0), lexed.statementEnd(0)), 0,
                    session.cycle()::end);
            return true;
        }
        if (forward(plan, destination, in, start, length)) {
            return true;
        }
        session.plans().place(plan, destination);
        return false;
    }

    /** Sends a statement of one node there; false when that has to wait. */
    private boolean forward(StatementPlan plan, Destination destination, ByteBuf in, int start, int length) {
        Participant participant = session.participant(session.nodes().of(destination, plan.sequences()), null);
        if (participant == null) {
            return false;
        }
        session.use(participant, plan, destination);
        session.actions().sent(plan, participant);
        forward(participant, session.transaction().isExplicit(), in, start, length);
        return true;
    }

    private boolean execute(SessionAction.Execute execute, StatementPlan plan, LexedText lexed, byte[] sql,
            boolean standardStrings) {
        byte[] text = java.util.Arrays.copyOf(sql, lexed.statementEnd(0));
        ExecutedStatement executed = ExecutedStatement.of(session, execute, sql, lexed.statementStart(0),
                lexed.statementEnd(0), lexed.fingerprint(0), standardStrings, null, null);
        if (executed == null) {
            return false;
        }
        if (executed.isOpen()) {
            StringRun.start(session, text, List.of(plan), List.of(session.planKey()), standardStrings);
            return true;
        }
        if (executed.destination() instanceof Destination.Many many) {
            FanOutRun.start(session, executed.plan(), many, executed.source(), 0, session.cycle()::end);
            return true;
        }
        Participant participant = session
                .participant(session.nodes().of(executed.destination(), executed.plan().sequences()), null);
        if (participant == null) {
            return false;
        }
        if (!participant.backend().has(executed.prepared().server())) {
            StringRun.start(session, text, List.of(plan), List.of(session.planKey()), standardStrings);
            return true;
        }
        session.use(participant, executed.plan(), executed.destination());
        session.actions().sent(executed.plan(), participant, executed.configured());
        BackendConnection backend = participant.backend();
        session.replies().switchTo(backend, null);
        participant.committing(participant.writes() && !session.transaction().isExplicit());
        backend.usesKnown(executed.prepared().server(), true);
        byte[] nodeSql = backend.spoken(executed.nodeSql(), 0, executed.nodeSql().length);
        FrontendEncoder.query(backend.stage(), nodeSql, 0, nodeSql.length);
        session.cycle().awaitReady(1, null);
        backend.expectQuery(executed.sink(session.out()));
        return true;
    }

    /**
     * Sends the message as it came; everything up to ReadyForQuery goes back as it comes.
     *
     * @param inTransaction whether nothing of it can commit by itself
     */
    private void forward(Participant participant, boolean inTransaction, ByteBuf in, int start, int length) {
        BackendConnection backend = participant.backend();
        session.replies().switchTo(backend, null);
        participant.committing(participant.writes() && !inTransaction);
        backend.send(in, start, length);
        session.cycle().awaitReady(1, null);
        backend.expectQuery(session.out());
    }

    private boolean several(LexedText lexed, byte[] sql, int size, boolean standardStrings, ByteBuf in, int start,
            int length) {
        int n = lexed.statementCount();
        List<StatementPlan> plans = new ArrayList<>(n);
        PlanKey key = session.planKey();
        List<PlanKey> keys = new ArrayList<>(n);
        for (int i = 0; i < n; i++) {
            StatementPlan plan = session.plans().plan(lexed.fingerprint(i), key, sql, lexed.statementStart(i),
                    lexed.statementEnd(i), i);
            if (plan == null) {
                return false;
            }
            plans.add(plan);
            keys.add(key);
            if (plan.action() instanceof SessionAction.Begin) {
                session.identity().requireTransactions();
            }
            key = keyAfter(plan, key, i == n - 1);
        }
        int node = session.cycle().hasUnsynced() ? -1 : commonNode(plans, lexed, sql, standardStrings);
        if (node >= 0) {
            Participant participant = session.participant(node, null);
            if (participant == null) {
                return false;
            }
            for (StatementPlan plan : plans) {
                if (plan.rule() != null) {
                    session.use(participant, plan, session.database().destinations().ofNode(node));
                    session.actions().sent(plan, participant);
                }
            }
            session.actions().adoptFrom(plans, lexed, sql);
            session.cycle().adoptStatus();
            forward(participant, session.transaction().isExplicit(), in, start, length);
            return true;
        }
        checkText(in, start, length);
        byte[] text = java.util.Arrays.copyOf(sql, size);
        StringRun.start(session, text, plans, keys, standardStrings);
        return true;
    }

    /** What shapes plans after a statement of a string: a temp table that it makes hides another one, a hint is set. */
    private PlanKey keyAfter(StatementPlan plan, PlanKey key, boolean last) {
        if (plan.action() instanceof SessionAction.CreateTemp create) {
            Set<String> names = new HashSet<>(key.tempTables());
            names.addAll(create.names());
            return new PlanKey(key.searchPath(), names, key.standardConformingStrings());
        }
        if (plan.action() instanceof SessionAction.SetSetting set) {
            return keyAfter(set.name(), set.valueText(), key);
        }
        if (plan.action() instanceof SessionAction.Configure configure) {
            PlanKey after = key;
            List<ConfiguredSetting> settings = ConfiguredSetting.of(configure);
            for (int i = 0; settings != null && i < settings.size(); i++) {
                ConfiguredSetting set = settings.get(i);
                after = keyAfter(set.name(), set.value(), after);
            }
            return after;
        }
        if (!last && !key.tempTables().isEmpty() && session.database().nodes().size() > 1
                && (plan.kind().equals("DropStmt") || plan.action() instanceof SessionAction.Rollback
                        || plan.action() instanceof SessionAction.RollbackTo
                        || plan.action() instanceof SessionAction.Commit
                        || plan.action() instanceof SessionAction.Discard)) {
            throw ProxyError.NOT_OVER_NODES.with("a string of statements in which temp tables may go",
                    "Send the statements one by one.");
        }
        return key;
    }

    private PlanKey keyAfter(String setting, String valueText, PlanKey key) {
        boolean given = valueText != null && !valueText.isEmpty() && !valueText.equals("''");
        RoutingHint.Kind hints = key.hints();
        return switch (setting) {
            case OwnSettings.SHARD_KEY -> key.with(RoutingHint.Kind.of(given, hints.byNode()));
            case OwnSettings.NODE -> key.with(RoutingHint.Kind.of(hints.byKey(), given));
            case SessionSettings.SEARCH_PATH -> session.settings().withSearchPath(key, valueText);
            default -> key;
        };
    }

    /**
     * The node that a whole string may go to as it came, or -1: every statement goes there, and what controls the
     * transaction among them means to that node what it means to us.
     */
    private int commonNode(List<StatementPlan> plans, LexedText lexed, byte[] sql, boolean standardStrings) {
        Transaction transaction = session.transaction();
        if (transaction.isFailed() || transaction.participants().size() > 1
                || transaction.isExplicit() && transaction.participants().isEmpty()) {
            return -1;
        }
        int node = transaction.participants().isEmpty() ? -1 : transaction.participants().getFirst().node();
        boolean flexible = false;
        Set<String> declared = new HashSet<>();
        for (int i = 0; i < plans.size(); i++) {
            StatementPlan plan = plans.get(i);
            if (plan.action() instanceof SessionAction.DeclareCursor declare) {
                declared.add(declare.name());
            }
            if (plan.root() instanceof Plan.LocalReply local) {
                // The node's status at the end would not tell what has become of the settings of a transaction.
                if (transaction.isExplicit() || !isTransactionControl(local.action())) {
                    return -1;
                }
                continue;
            }
            if (plan.root() instanceof Plan.Refuse || plan.effects().contains(SessionEffect.SETTING)
                    || !travels(plan.action())) {
                return -1;
            }
            Destination destination = plan.bind(session.worker().values()
                    .statement(sql, lexed.fingerprint(i), standardStrings).pinnedNode(session.nodes().pinned())
                    .hint(session.own().hint()),
                    session.database().destinations());
            switch (destination) {
                case Destination.One one -> {
                    if (node >= 0 && node != one.node()) {
                        return -1;
                    }
                    node = one.node();
                }
                case Destination.Any any -> flexible = true;
                case Destination.None none -> flexible = true;
                case Destination.Transaction transactionNode -> flexible = true;
                case Destination.Pinned pinned -> {
                    if (session.nodes().pinned() < 0) {
                        flexible = true;
                        break;
                    }
                    if (node >= 0 && node != session.nodes().pinned()) {
                        return -1;
                    }
                    node = session.nodes().pinned();
                }
                case Destination.Cursor cursor -> {
                    if (declared.contains(cursor.name())) {
                        flexible = true;
                        break;
                    }
                    int its = session.actions().nodeOfCursor(cursor.name());
                    if (node >= 0 && node != its) {
                        return -1;
                    }
                    node = its;
                }
                case Destination.Many many -> {
                    return -1;
                }
            }
        }
        return node >= 0 || !flexible ? node : session.database().catalog().homeNode();
    }

    /** Whether a statement means the same to the session when it goes to its node inside of a string. */
    private static boolean travels(SessionAction action) {
        return action == null || action instanceof SessionAction.CreateTemp
                || action instanceof SessionAction.DeclareCursor || action instanceof SessionAction.UseCursor
                || action instanceof SessionAction.CloseCursor;
    }

    private static boolean isTransactionControl(SessionAction action) {
        return switch (action) {
            case SessionAction.Begin begin -> true;
            case SessionAction.Commit commit -> !commit.chain();
            case SessionAction.Rollback rollback -> !rollback.chain();
            default -> false;
        };
    }

    /** FunctionCall goes to the home node (semantics.md 27); large objects live there. */
    boolean functionCall(ByteBuf in, int start, int length) {
        if (session.cycle().inPipeline() && !session.deferred().settle() || session.replies().mustDrain(null)) {
            return false;
        }
        session.cycle().leavePipeline();
        session.actions().checkNotFailed(null);
        if (session.cycle().hasUnsynced()) {
            throw ProxyError.NOT_OVER_NODES.with("a function call in the middle of a pipeline", "Send Sync before it.");
        }
        int node = session.database().catalog().homeNode();
        Participant participant = session.participant(node, null);
        if (participant == null) {
            return false;
        }
        Participant writer = session.transaction().writer();
        if (writer != null && writer != participant) {
            throw ProxyError.NOT_OVER_NODES.with("a function call after a write on another node",
                    "Call it in a transaction of its own.");
        }
        participant.use(Participant.Use.WRITE, -1);
        if (length < HEADER + Integer.BYTES || !LargeObjects.FUNCTIONS.contains(in.getInt(start + HEADER))) {
            participant.runsCode();
            session.numbers().before(participant, length < HEADER + Integer.BYTES
                    ? SequenceUse.PERHAPS
                    : SequenceNumbers.ofFunction(in.getInt(start + HEADER)), null);
        }
        session.routed(Routing.HOME, null);
        forward(participant, session.transaction().isExplicit(), in, start, length);
        return true;
    }

    /** Runs one statement at a node in the extended protocol for a client that speaks the simple one. */
    static void send(BackendConnection backend, byte[] sql, int start, int end,
            dev.trunkline.backend.ReplySink describe,
            dev.trunkline.backend.ReplySink rows, dev.trunkline.backend.ReplySink silent) {
        byte[] text = backend.spoken(sql, start, end);
        FrontendEncoder.parse(backend.stage(), "", text, 0, text.length, new int[0]);
        backend.expectParse(dev.trunkline.backend.ServerStatement.unnamed(sql, new int[0]), silent, null);
        NodeMessages.bind(backend.stage(), "", "");
        backend.expectBind(silent, null);
        FrontendEncoder.describe(backend.stage(), dev.trunkline.wire.FrontendMessage.Target.PORTAL, "");
        backend.expectDescribe(describe);
        FrontendEncoder.execute(backend.stage(), "", 0);
        backend.expectExecute(rows);
    }
}
