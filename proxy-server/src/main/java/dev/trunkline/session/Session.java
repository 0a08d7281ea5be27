package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.ReplySink;
import dev.trunkline.backend.Undo;
import dev.trunkline.config.PoolConfig;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.plan.PlanKey;
import dev.trunkline.plan.SessionEffect;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.route.Destination;
import dev.trunkline.route.NodeRule;
import dev.trunkline.route.Routing;
import dev.trunkline.sql.Fingerprint;
import dev.trunkline.wire.BackendEncoder;
import dev.trunkline.wire.ClientEncoding;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.FrontendEncoder;
import dev.trunkline.wire.MessageTypes;
import dev.trunkline.wire.ProtocolViolation;
import dev.trunkline.wire.TransactionStatus;
import io.netty.buffer.ByteBuf;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's session after log-in: takes its messages in order, lets each go where its plan says, and ends every cycle (a
 * simple query, or a pipeline up to Sync) with one ReadyForQuery.
 *
 * <pre>
 *   IDLE --Query--> ACTIVE --ReadyForQuery of the node--> IDLE
 *   IDLE --Parse, Bind, ...--> PIPELINE --Sync--> ACTIVE --ReadyForQuery--> IDLE
 *   any  --no plan yet--> PLANNING, no connection free--> WAITING, replies outstanding--> DRAINING; then the same message again
 *   PIPELINE --ErrorResponse--> SKIPPING --Sync--> ...
 * </pre>
 *
 * <p><b>Waiting.</b> A message that can't go on is not consumed: it stays in the input, and is offered again from its
 * beginning when what it waits for is there. Handlers change nothing before the last thing that may wait, so a statement
 * that waited while the map changed is bound again (semantics.md 15).
 *
 * <p><b>Order.</b> At most one backend owes replies to the client at a time; before another one is used, the first one's
 * replies are flushed and awaited. Replies of our own take their turn in the queue of that backend.
 *
 * <p><b>Thread.</b> Confined to the event loop of the client's channel.
 */
public final class Session implements ClientSession {

    private static final Logger LOG = LoggerFactory.getLogger(Session.class);

    private static final String IN_TRANSACTION = "idle in transaction";
    private static final String ABORTED = "idle in transaction (aborted)";

    /** Marks replies to BEGIN and other statements of our own that a client's statement follows directly. */
    static final ReplySink INJECTED = new DroppingSink();
    /** Marks replies to the end of a part of a transaction, whose errors change nothing. */
    static final ReplySink ENDING = new DroppingSink();
    /** Marks replies to settings that are applied before a connection is used. */
    static final ReplySink APPLYING = new DroppingSink();

    private final Worker worker;
    private final SessionIdentity identity;
    private final ServedDatabase database;
    private final ClientInput input;
    private final ClientOutput out;
    private final Transaction transaction = new Transaction();
    private final Leases leases;
    private final ClientStatements statements = new ClientStatements();
    private final Portals portals = new Portals(transaction);
    private final Preparing preparing = new Preparing(this);
    private final SimpleProtocol simple;
    private final ExtendedProtocol extended;
    private final SessionActions actions;
    private final ReportedParameters reported;
    private final SessionSettings settings;
    private final FanOutWarnings fanOutWarnings;
    private final OwnSettings own;
    private final Cycle cycle = new Cycle(this);
    private final MessagePlans plans = new MessagePlans(this);
    private final TempTables tempTables;
    private final CopyIn copyIn;
    private final NodeEvents nodeEvents;
    private final Requests requests;
    private final Timeouts timeouts;
    private final Instant connected = Instant.now();

    private SessionState state = SessionState.IDLE;
    private Runnable then;
    /** What the session listens to; null as long as it never has. */
    private Listening listening;
    private BackendConnection current;
    private StatementRun run;
    private long waitingSinceNanos;
    private long idleSinceNanos;

    public Session(Worker worker, SessionIdentity identity, ClientInput input, ClientOutput out,
            SessionSettings settings, ReportedParameters reported) {
        this.worker = worker;
        this.identity = identity;
        this.database = identity.database();
        this.input = input;
        this.out = out;
        this.settings = settings;
        this.reported = reported;
        this.requests = new Requests(identity);
        this.timeouts = new Timeouts(settings, transaction);
        this.leases = new Leases(this, worker, identity);
        this.simple = new SimpleProtocol(this);
        this.extended = new ExtendedProtocol(this);
        this.actions = new SessionActions(this);
        this.own = new OwnSettings(database, settings, transaction);
        this.fanOutWarnings = new FanOutWarnings(identity.database());
        this.tempTables = new TempTables(this, leases);
        this.copyIn = new CopyIn(this, input);
        this.nodeEvents = new NodeEvents(this, cycle, leases, copyIn, input);
        worker.add(this);
    }

    // ---- what the other parts of a session see

    Worker worker() {
        return worker;
    }

    public SessionIdentity identity() {
        return identity;
    }

    ServedDatabase database() {
        return database;
    }

    ClientOutput out() {
        return out;
    }

    Transaction transaction() {
        return transaction;
    }

    SessionSettings settings() {
        return settings;
    }

    SessionActions actions() {
        return actions;
    }

    ExtendedProtocol extended() {
        return extended;
    }

    ClientStatements statements() {
        return statements;
    }

    Portals portals() {
        return portals;
    }

    Preparing preparing() {
        return preparing;
    }

    MessagePlans plans() {
        return plans;
    }

    FanOutWarnings fanOutWarnings() {
        return fanOutWarnings;
    }

    OwnSettings own() {
        return own;
    }

    ReportedParameters reported() {
        return reported;
    }

    Cycle cycle() {
        return cycle;
    }

    TempTables tempTables() {
        return tempTables;
    }

    /** What the nodes talk to. */
    NodeEvents nodeEvents() {
        return nodeEvents;
    }

    /** What the session listens to, or null if it never has. */
    Listening listening() {
        return listening;
    }

    Listening startListening() {
        if (listening == null) {
            listening = new Listening(this, input);
        }
        return listening;
    }

    /** Whether notifications may be for the session, so that a node's word is not the last before ReadyForQuery. */
    boolean isListening() {
        return listening != null && listening.isActive();
    }

    public SessionState state() {
        return state;
    }

    /** All words that {@link #stateWord} may have while the client is there. */
    public static List<String> stateWords() {
        List<String> words = new ArrayList<>(Arrays.stream(SessionState.values())
                .filter(s -> s != SessionState.CLOSED).map(SessionState::word).distinct().toList());
        words.addAll(List.of(IN_TRANSACTION, ABORTED));
        return words;
    }

    /** The word of SHOW CLIENTS. */
    public String stateWord() {
        if (state == SessionState.IDLE && transaction.isExplicit()) {
            return transaction.isFailed() ? ABORTED : IN_TRANSACTION;
        }
        return state.word();
    }

    PlanKey planKey() {
        return own.planKey(settings.planKey());
    }

    // ---- input

    @Override
    public boolean takesInput() {
        return state.takesInput() && !leases.isNodeFull();
    }

    @Override
    public boolean takesCopyData() {
        return state == SessionState.COPY_IN;
    }

    @Override
    public boolean accept(byte type, ByteBuf in, int start, int length) {
        boolean consumed;
        try {
            consumed = dispatch(type, in, start, length);
        } catch (ProtocolViolation e) {
            if (e.fatal()) {
                throw e;
            }
            consumed = refuseInTurn(e.error());
        } catch (ProxyException e) {
            consumed = refuseInTurn(e);
        } catch (RuntimeException e) {
            LOG.error("session {}: unexpected error", identity.processId(), e);
            refuse(ProxyError.INTERNAL.with(e.getClass().getSimpleName()));
            consumed = true;
        }
        if (consumed && type == MessageTypes.SYNC && state == SessionState.SKIPPING) {
            // What it was to settle was refused; it ends the pipeline all the same.
            consumed = dispatch(type, in, start, length);
        }
        if (consumed) {
            plans.messageTaken();
        }
        return consumed;
    }

    /**
     * Refuses a message when all earlier ones of its pipeline have been answered: one of them may still fail, and then this
     * one would have been skipped. False when it has to wait; it is offered, and refused, again.
     */
    private boolean refuseInTurn(ProxyException error) {
        if (cycle.inPipeline()) {
            try {
                if (!extended.settlePending()) {
                    return false;
                }
            } catch (ProxyException earlier) {
                refuse(earlier);
                return true;
            }
            if (mustDrain(null)) {
                return false;
            }
        }
        refuse(error);
        return true;
    }

    private boolean dispatch(byte type, ByteBuf in, int start, int length) {
        switch (type) {
            case MessageTypes.COPY_DATA, MessageTypes.COPY_DONE, MessageTypes.COPY_FAIL -> {
                if (state == SessionState.COPY_IN) {
                    copyIn.frame(type, in.retainedSlice(start, length));
                }
                return true;
            }
            case MessageTypes.TERMINATE -> {
                input.close();
                return true;
            }
            default -> {
                if (state == SessionState.COPY_IN) {
                    return copyIn.interrupted(type);
                }
            }
        }
        if (state == SessionState.SKIPPING && type != MessageTypes.SYNC) {
            return true;
        }
        if (state == SessionState.IDLE) {
            requests.begin();
            cycle.begin();
        }
        if (nodeEvents.hasUntoldLoss() && !transaction.isExplicit()) {
            refuse(nodeEvents.takeLoss());
            if (type != MessageTypes.SYNC) {
                return true;
            }
        }
        if (!tempTables.knownFor(type)) {
            return false;
        }
        return switch (type) {
            case MessageTypes.QUERY -> simple.query(in, start, length);
            case MessageTypes.FUNCTION_CALL -> simple.functionCall(in, start, length);
            default -> extended.accept(type, in, start, length);
        };
    }

    @Override
    public void copyBytes(ByteBuf piece) {
        copyIn.bytes(piece);
    }

    // ---- plans

    /**
     * The plan of a statement of the message at hand, or null when it is being made: then the session waits.
     *
     * @param index the statement's place in the message
     */
    StatementPlan plan(Fingerprint fingerprint, byte[] sql, int start, int end, int index) {
        return plan(fingerprint, planKey(), sql, start, end, index);
    }

    /** As above, for a statement of a string whose names have another meaning than before it. */
    StatementPlan plan(Fingerprint fingerprint, PlanKey key, byte[] sql, int start, int end, int index) {
        return plans.plan(fingerprint, key, sql, start, end, index);
    }

    // ---- nodes

    /** The node of a destination that is one node. */
    int nodeOf(Destination destination) {
        return switch (destination) {
            case Destination.One one -> one.node();
            case Destination.Transaction transactionNode -> preferredNode(database.catalog().homeNode());
            case Destination.Any any -> preferredNode(-1);
            case Destination.None none -> preferredNode(-1);
            case Destination.Pinned pinned -> leases.pinnedNode();
            case Destination.Cursor cursor -> actions.nodeOfCursor(cursor.name());
            case Destination.Many many -> throw new IllegalStateException("several nodes");
        };
    }

    /** The transaction's node, otherwise the given one, otherwise (-1) one that is likely to answer. */
    int preferredNode(int otherwise) {
        Participant participant = transaction.preferred();
        if (participant != null) {
            return participant.node();
        }
        return otherwise >= 0 ? otherwise : leases.anyNode();
    }

    boolean isPinned() {
        return leases.hasPinned();
    }

    /** Where a statement is described whose tables every node has. */
    int describingNode() {
        Participant participant = transaction.preferred();
        return participant != null ? participant.node() : leases.homeOrAnyNode();
    }

    int pinnedNode() {
        return leases.hasPinned() ? leases.pinnedNode() : NodeRule.NO_NODE;
    }

    /** The participant at a node, ready to be used; null when the session has to wait, and {@code next} goes on then. */
    Participant participant(int node, Runnable next) {
        return leases.participant(node, next);
    }

    /** Notes what a statement does at a node, and refuses a second writer. */
    void use(Participant participant, StatementPlan plan, Destination destination) {
        Participant.Use use = participant.use().and(plan.access().mode(), transaction.isExplicit());
        if (use == Participant.Use.WRITE) {
            Participant writer = transaction.writer();
            if (writer != null && writer != participant) {
                throw ProxyError.NOT_OVER_NODES.with("a transaction that writes on more than one node",
                        "Keep the writes of a transaction to one shard key, or split it: it has written on node "
                                + database.nodeName(writer.node()) + ", this statement would write on node "
                                + database.nodeName(participant.node()) + ".");
            }
        }
        participant.use(use, destination instanceof Destination.One one ? one.virtualShard() : -1);
        Set<SessionEffect> effects = plan.effects();
        if (!effects.isEmpty()) {
            leases.note(participant, effects);
        }
        requests.routed(plan.routing(destination), plan);
    }

    void routed(Routing routing, StatementPlan plan) {
        requests.routed(routing, plan);
    }

    // ---- waiting

    /** Stops taking input until {@link #proceed}; then {@code next} runs, or the message is offered again. */
    void await(SessionState waiting, Runnable next) {
        then = next;
        waitingSinceNanos = waiting == SessionState.WAITING ? System.nanoTime() : 0;
        become(waiting);
    }

    /** Whether the session waits in order to go on with exactly this. */
    boolean isAwaiting(Runnable next) {
        return then == next;
    }

    /** What was awaited is there. */
    void proceed() {
        Runnable next = then;
        then = null;
        waitingSinceNanos = 0;
        if (state == SessionState.CLOSED) {
            return;
        }
        if (next != null) {
            become(SessionState.ACTIVE);
            guarded(next);
        } else {
            offerAgain();
        }
        flushReplies();
    }

    /** Takes the message at hand from its beginning, or the next one. */
    void offerAgain() {
        become(cycle.stateForInput());
        input.resume();
    }

    /** Runs a step outside of {@link #accept}; a refusal ends the statement. */
    void guarded(Runnable step) {
        try {
            step.run();
        } catch (ProxyException e) {
            refuse(e);
        } catch (RuntimeException e) {
            LOG.error("session {}: unexpected error", identity.processId(), e);
            refuse(ProxyError.INTERNAL.with(e.getClass().getSimpleName()));
        }
    }

    /** Whether replies to earlier messages are outstanding; if so, the session waits for them. */
    boolean mustDrain(Runnable next) {
        if (current == null || !current.isBusy()) {
            return false;
        }
        FrontendEncoder.flush(current.stage());
        await(SessionState.DRAINING, next);
        return true;
    }

    /** Makes a backend the one that replies; false when another one's replies have to come in first. */
    boolean switchTo(BackendConnection backend, Runnable next) {
        if (current != backend && mustDrain(next)) {
            return false;
        }
        current = backend;
        return true;
    }

    void become(SessionState next) {
        state = next;
    }

    void run(StatementRun next) {
        run = next;
    }

    /** The run that is under way, or null. */
    StatementRun run() {
        return run;
    }

    void unpin() {
        leases.unpin();
    }

    /** In statement pooling a connection is anybody's after each statement. */
    void checkTransactionsAllowed() {
        if (identity.poolMode() == PoolConfig.Mode.STATEMENT) {
            throw ProxyError.TRANSACTIONS_NOT_ALLOWED.with();
        }
    }

    /** Offers the input again once the current call is over. */
    void resumeLater() {
        worker.loop().execute(this::resumeInput);
    }

    private void resumeInput() {
        if (state.takesInput()) {
            input.resume();
            flushReplies();
        }
    }

    /** A backend is gone: it replies no more. */
    void forget(BackendConnection backend) {
        if (backend == current) {
            current = null;
        }
    }

    /** Has the current backend send what it has. */
    void flushCurrent() {
        if (current != null && current.isBusy()) {
            FrontendEncoder.flush(current.stage());
        }
    }

    /** COMMIT or ROLLBACK in an implicit transaction. */
    void implicitEnded(boolean committed) {
        if (listening != null) {
            listening.transactionEnded(committed);
        }
        if (!committed) {
            cycle.restoreSettings();
        }
        settings.transactionEnded();
        cycle.transactionEnded();
        transaction.end();
        portals.close();
        leases.releaseAll();
        current = null;
    }

    // ---- replies

    /** Replies with bytes of our own, in their turn. */
    void reply(Consumer<ByteBuf> writer) {
        reply(writer, null);
    }

    void reply(Consumer<ByteBuf> writer, Undo ifSkipped) {
        ClientEncoding encoding = settings.clientEncoding();
        if (current != null && current.isBusy()) {
            ByteBuf bytes = out.allocate();
            writer.accept(bytes);
            if (encoding != null) {
                encoding.encodeMessages(bytes, bytes.readerIndex());
            }
            current.expectFake(out, bytes, ifSkipped);
        } else {
            ByteBuf stage = out.stage();
            int from = stage.writerIndex();
            writer.accept(stage);
            if (encoding != null) {
                encoding.encodeMessages(stage, from);
            }
        }
    }

    /** The settings have changed: what is said to nodes from now on is spoken as they have it. */
    void speakAsSet() {
        ClientEncoding encoding = settings.clientEncoding();
        for (Participant participant : transaction.participants()) {
            participant.backend().encoding(encoding);
        }
    }

    /** An error that is told at once. */
    void say(ErrorFields error) {
        ByteBuf stage = out.stage();
        int from = stage.writerIndex();
        BackendEncoder.error(stage, error);
        if (settings.clientEncoding() != null) {
            settings.clientEncoding().encodeMessages(stage, from);
        }
    }

    void commandComplete(String tag) {
        reply(b -> BackendEncoder.commandComplete(b, tag));
    }

    void notice(ErrorFields fields) {
        reply(b -> BackendEncoder.notice(b, fields));
    }

    /** An error of ours in answer to the statement at hand. */
    void refuse(ProxyException error) {
        StatementRun running = run;
        run = null;
        if (running != null) {
            running.abandon();
        }
        answerError(error);
        failCycle();
    }

    /** Tells the client of an error once; what follows from it is the caller's. */
    void answerError(ProxyException error) {
        if (!cycle.hasErred()) {
            cycle.erred(true);
            ErrorFields fields = requests.fields(error);
            // An error of the node that comes before it sweeps it away, and is the one to be told then.
            reply(b -> BackendEncoder.error(b, fields), refused -> cycle.erred(false));
        }
    }

    /** After an error has been answered: nothing later of the cycle runs. */
    void failCycle() {
        cycle.erred(true);
        transaction.failed(true);
        extended.forgetPending();
        if (cycle.inPipeline()) {
            become(SessionState.SKIPPING);
            if (then == null) {
                input.resume();
            }
        } else {
            cycle.end();
        }
    }

    /** After an error in a pipeline: nothing is awaited, and nothing taken but Sync. */
    void skipToSync() {
        awaitNothing();
        become(SessionState.SKIPPING);
    }

    /** What the session was about to go on with is given up. */
    void awaitNothing() {
        then = null;
    }

    /**
     * The cycle is over: releases what is no longer needed and says ReadyForQuery.
     *
     * @param settingsBefore those at the cycle's beginning
     * @param relayed whether the client has ReadyForQuery from the node
     */
    void settle(Settings settingsBefore, boolean relayed) {
        current = null;
        leases.stopWaiting();
        if (!transaction.isExplicit()) {
            if (listening != null && !listening.isCaughtUp(() -> settle(settingsBefore, relayed))) {
                return;
            }
            if (transaction.isFailed() && settings.current() != settingsBefore) {
                // The nodes have undone some of them, and kept those that were told outside of the transaction.
                settings.restore(settingsBefore);
                transaction.participants().forEach(p -> p.backend().settings(Settings.UNKNOWN));
            }
            settings.transactionEnded();
            leases.releaseAll();
            if (listening != null) {
                listening.transactionEnded(!transaction.isFailed());
                listening.tell();
            }
            transaction.end();
            portals.close();
            if (settings.takeCatalogChange()) {
                database.schemaChanged();
            }
        }
        if (!relayed) {
            reported.tell(out);
            BackendEncoder.readyForQuery(out.stage(), status());
        }
        requests.end(cycle.hasErred());
        if (!transaction.isExplicit()) {
            nodeEvents.takeLoss();
        }
        idleSinceNanos = transaction.isExplicit() ? System.nanoTime() : 0;
        become(SessionState.IDLE);
        if (listening != null) {
            listening.settled();
        }
        input.resume();
    }

    private TransactionStatus status() {
        return !transaction.isExplicit()
                ? TransactionStatus.IDLE
                : transaction.isFailed() ? TransactionStatus.FAILED : TransactionStatus.IN_TRANSACTION;
    }

    /** Leases of the transaction that has just ended on the nodes; {@code committed} decides which settings hold. */
    void transactionEnded(boolean committed) {
        if (!committed) {
            settings.restore(transaction.settingsBefore());
        }
        settings.transactionEnded();
        speakAsSet();
        for (Participant p : transaction.participants()) {
            if (p.isBegun()) {
                p.backend().settings(committed ? settings.current() : p.settingsBefore());
            }
        }
        if (listening != null) {
            listening.transactionEnded(committed);
        }
        cycle.transactionEnded();
        tempTables.mayHaveChanged();
        nodeEvents.takeLoss();
        transaction.end();
        portals.close();
        leases.releaseAll();
        current = null;
    }

    @Override
    public void flushReplies() {
        leases.flush();
        out.flush();
    }

    /** Applies the session's settings to a connection; what comes next is run when they are in force. */
    void apply(BackendConnection backend, List<String> strings, Runnable next) {
        for (String sql : strings) {
            backend.query(sql, APPLYING);
            backend.encoding(null);
        }
        Runnable resume = then;
        cycle.awaitReady(strings.size(), () -> {
            then = next != null ? next : resume;
            proceed();
        });
        become(SessionState.WAITING);
        waitingSinceNanos = System.nanoTime();
        backend.flush();
    }

    // ---- the client

    /** The client's nodes are stopped and resumed with it. */
    @Override
    public void clientWritable(boolean is) {
        if (run != null && run.paces(is)) {
            return;
        }
        for (Participant p : transaction.participants()) {
            p.backend().reading(is);
        }
        if (is && listening != null) {
            listening.deliver();
        }
    }

    /**
     * Whether a node's answer may be cut short by a cancel request: the error that it gives must end nothing but the implicit
     * transaction of a statement that is its last and has only read.
     */
    boolean mayCancelReads() {
        return !transaction.isExplicit() && transaction.writer() == null && cycle.isAlone()
                && (!cycle.inPipeline() || input.syncFollows());
    }

    @Override
    public void cancel(Runnable passedOn) {
        giveUpWaiting(ProxyError.QUERY_CANCELED.with());
        List<BackendConnection> busy = new ArrayList<>();
        for (Participant p : transaction.participants()) {
            if (p.backend().isBusy()) {
                busy.add(p.backend());
            }
        }
        busy.forEach(worker.connector()::cancel);
        afterCancels(busy, 0, passedOn);
    }

    @Override
    public ProxyException interrupted(ProxyException why) {
        return nodeEvents.interrupted(why);
    }

    /** Runs a step when no cancel is on its way to any of these. */
    static void afterCancels(List<BackendConnection> backends, int from, Runnable next) {
        if (from == backends.size()) {
            next.run();
        } else {
            backends.get(from).afterCancels(() -> afterCancels(backends, from + 1, next));
        }
    }

    @Override
    public void closed() {
        if (state == SessionState.CLOSED) {
            return;
        }
        become(SessionState.CLOSED);
        awaitNothing();
        cycle.forgetReady();
        if (run != null) {
            run.abandon();
            run = null;
        }
        portals.close();
        if (listening != null) {
            listening.close();
        }
        leases.abandonAll();
        out.release();
        worker.remove(this);
    }

    /** Looks after the timeouts that no node can keep; about ten times a second. */
    void tick(long now) {
        boolean idle = state == SessionState.IDLE;
        ProxyException end = idle && !transaction.isExplicit()
                ? timeouts.ofIdleSession(requests.count(), now)
                : timeouts.ofTransaction(idle ? idleSinceNanos : 0, now);
        if (end != null) {
            input.fatal(end);
        } else if (!idle) {
            checkStatement(now);
        }
    }

    private void checkStatement(long now) {
        long since = run != null && run.sinceNanos() != 0
                ? run.sinceNanos()
                : state == SessionState.PLANNING ? requests.startedNanos() : waitingSinceNanos;
        ProxyException timeout = since == 0 ? null : timeouts.ofStatement(since, now);
        if (timeout == null) {
            return;
        }
        if (run != null) {
            run.cancel(timeout);
            flushReplies();
        } else {
            giveUpWaiting(timeout);
        }
    }

    /** What is waited for, a plan or a connection, is wanted no more. */
    private void giveUpWaiting(ProxyException why) {
        if (state == SessionState.WAITING && cycle.awaitsReady()) {
            // The connection that is being prepared for the session does not answer.
            answerError(why);
            transaction.participants().stream().map(Participant::backend).filter(BackendConnection::isBusy).toList()
                    .forEach(BackendConnection::close);
        } else if (state == SessionState.WAITING) {
            leases.cancelWait(why);
        } else if (state == SessionState.PLANNING) {
            plans.cancel(why);
        }
    }

    @Override
    public boolean isAtRest() {
        return state == SessionState.IDLE && !transaction.isExplicit();
    }

    @Override
    public ClientStatus status(long nowNanos) {
        List<String> nodes = transaction.participants().stream().map(p -> database.nodeName(p.node())).toList();
        return new ClientStatus(identity.processId(), identity.user(), database.name(), identity.address(),
                stateWord(), waitingSinceNanos == 0 ? 0 : (nowNanos - waitingSinceNanos) / 1000,
                leases.hasPinned() ? database.nodeName(leases.pinnedNode()) : null, nodes, settings.applicationName(),
                connected, requests.id(), requests.count(),
                listening == null ? 0 : listening.heard().size(), leases.pinnedFor(), statements.count());
    }
}
