package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.BackendOwner;
import dev.trunkline.backend.FlushTarget;
import dev.trunkline.backend.ReplySink;
import dev.trunkline.backend.ServerStatement;
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
public final class Session implements ClientSession, BackendOwner, FlushTarget {

    private static final Logger LOG = LoggerFactory.getLogger(Session.class);

    private static final String IN_TRANSACTION = "idle in transaction";
    private static final String ABORTED = "idle in transaction (aborted)";

    /** Marks replies to BEGIN and other statements of our own that a client's statement follows directly. */
    static final ReplySink INJECTED = new DroppingSink();
    /** Marks replies to the end of a part of a transaction, whose errors change nothing. */
    static final ReplySink ENDING = new DroppingSink();
    /** Marks replies to settings that are applied before a connection is used. */
    private static final ReplySink APPLYING = new DroppingSink();

    /** The kinds of statement that neither make nor drop a temp table, but for SELECT INTO, which says so. */
    private static final Set<String> QUERIES = Set.of("SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt",
            "MergeStmt", "CopyStmt", "ExplainStmt", "VariableShowStmt");

    private final Worker worker;
    private final SessionIdentity identity;
    private final ServedDatabase database;
    private final ClientInput input;
    private final ClientOutput out;
    private final Transaction transaction = new Transaction();
    private final Leases leases;
    private final SimpleProtocol simple;
    private final ExtendedProtocol extended;
    private final SessionActions actions;
    private final ReportedParameters reported;
    private final SessionSettings settings;
    private final FanOutWarnings fanOutWarnings;
    private final OwnSettings own;
    private final Requests requests;
    private final Instant connected = Instant.now();

    private SessionState state = SessionState.IDLE;
    private Runnable then;
    private BackendConnection current;
    private BackendConnection copying;
    private StatementRun run;
    private int pendingReady;
    private Runnable afterReady;
    private boolean erred;
    private boolean inPipeline;
    private boolean inString;
    private boolean adoptsStatus;
    private StatementPlan[] loaded = new StatementPlan[1];
    private boolean hasLoaded;
    /** Counts the plans asked for: one that comes when nobody waits for it any more is not for the message at hand. */
    private int planning;
    private boolean planningCancelled;
    /** Whether the cycle's end has been asked for: by the client's Sync, or by the end of a simple query. */
    private boolean ending;
    /** What was lost while nothing was owed, to be told in answer to the next message. */
    private ProxyException untold;
    private Settings settingsBefore;
    private boolean tempTablesInDoubt;
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
        this.leases = new Leases(this, worker, identity);
        this.simple = new SimpleProtocol(this);
        this.extended = new ExtendedProtocol(this);
        this.actions = new SessionActions(this);
        this.own = new OwnSettings(database, settings, transaction);
        this.fanOutWarnings = new FanOutWarnings(identity.database());
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

    FanOutWarnings fanOutWarnings() {
        return fanOutWarnings;
    }

    OwnSettings own() {
        return own;
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
        return state.takesInput();
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
        if (consumed && hasLoaded) {
            hasLoaded = false;
            loaded = new StatementPlan[1];
        }
        return consumed;
    }

    /**
     * Refuses a message when all earlier ones of its pipeline have been answered: one of them may still fail, and then this
     * one would have been skipped. False when it has to wait; it is offered, and refused, again.
     */
    private boolean refuseInTurn(ProxyException error) {
        if (inPipeline) {
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
                    copyFrame(type, in.retainedSlice(start, length));
                }
                return true;
            }
            case MessageTypes.TERMINATE -> {
                input.close();
                return true;
            }
            default -> {
                if (state == SessionState.COPY_IN) {
                    return copyInterrupted(type);
                }
            }
        }
        if (state == SessionState.SKIPPING && type != MessageTypes.SYNC) {
            return true;
        }
        if (state == SessionState.IDLE) {
            requests.begin();
            erred = false;
            settingsBefore = settings.current();
        }
        if (untold != null && !transaction.isExplicit()) {
            refuse(takeLoss());
            if (type != MessageTypes.SYNC) {
                return true;
            }
        }
        if (tempTablesInDoubt && readsNames(type) && !tempTablesKnown()) {
            return false;
        }
        return switch (type) {
            case MessageTypes.QUERY -> simple.query(in, start, length);
            case MessageTypes.FUNCTION_CALL -> simple.functionCall(in, start, length);
            default -> extended.accept(type, in, start, length);
        };
    }

    // ---- COPY from the client

    private void copyFrame(byte type, ByteBuf frame) {
        copying.send(frame);
        if (type != MessageTypes.COPY_DATA) {
            copying = null;
            become(inPipeline ? SessionState.PIPELINE : SessionState.ACTIVE);
        } else if (!copying.isWritable()) {
            input.reading(false);
        }
    }

    @Override
    public void copyBytes(ByteBuf piece) {
        if (copying == null) {
            piece.release();
            return;
        }
        copying.send(piece);
        if (!copying.isWritable()) {
            input.reading(false);
        }
    }

    /** PostgreSQL ignores Flush and Sync while it takes COPY data, and closes the connection at anything else. */
    private boolean copyInterrupted(byte type) {
        if (type == MessageTypes.FLUSH || type == MessageTypes.SYNC) {
            return true;
        }
        ProxyException error = ProxyError.PROTOCOL_VIOLATION
                .with(String.format("unexpected message type 0x%02X during COPY from stdin", type));
        BackendEncoder.error(out.stage(), ErrorFields.of(error));
        throw ProtocolViolation.lostSynchronization();
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
        if (planningCancelled) {
            planningCancelled = false;
            throw ProxyError.QUERY_CANCELED.with();
        }
        if (index < loaded.length && loaded[index] != null) {
            return loaded[index];
        }
        StatementPlan plan = worker.plans(database).find(fingerprint, key, sql, database.catalog());
        if (plan != null) {
            return plan;
        }
        await(SessionState.PLANNING, null);
        int ticket = ++planning;
        database.plans().load(fingerprint, key, sql, start, end, database.catalog())
                .whenComplete((made, failure) -> worker.loop().execute(() -> planned(ticket, index, made, failure)));
        return null;
    }

    private void planned(int ticket, int index, StatementPlan plan, Throwable failure) {
        if (state != SessionState.PLANNING || ticket != planning) {
            return;
        }
        if (failure != null) {
            LOG.error("planning failed", failure);
        }
        if (index >= loaded.length) {
            loaded = java.util.Arrays.copyOf(loaded, Math.max(index + 1, loaded.length * 2));
        }
        hasLoaded = true;
        loaded[index] = plan != null
                ? plan
                : StatementPlans.refusing(ProxyError.INTERNAL.with("planning failed"), database.catalog().version());
        proceed();
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

    /** A statement is sent to be executed: what it does to temp tables is asked for later. */
    void executes(StatementPlan plan) {
        if (!QUERIES.contains(plan.kind())) {
            tempTablesMayHaveGone();
        }
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
            become(erred && inPipeline
                    ? SessionState.SKIPPING
                    : inPipeline ? SessionState.PIPELINE : SessionState.IDLE);
            input.resume();
        }
        flushReplies();
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

    void enterPipeline() {
        inPipeline = true;
        become(SessionState.PIPELINE);
    }

    boolean inPipeline() {
        return inPipeline;
    }

    void become(SessionState next) {
        state = next;
    }

    void run(StatementRun next) {
        run = next;
    }

    /** Whether a string is run statement by statement, so that no statement of it ends the cycle. */
    void inString(boolean is) {
        inString = is;
    }

    /** Whether the statement at hand is the whole of its simple query. */
    boolean isAlone() {
        return !inString;
    }

    /** Whether the client has had an error in this cycle. */
    boolean hasErred() {
        return erred;
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

    /** The settings that a ROLLBACK of a transaction that begins now goes back to. */
    Settings settingsToReturnTo() {
        for (Participant participant : transaction.participants()) {
            if (participant.backend().isUnsynced()) {
                // BEGIN absorbs what came before it.
                return settingsBefore;
            }
        }
        return settings.current();
    }

    /** A simple query in the middle of a pipeline: what came before it is not over, and ends with it. */
    boolean hasUnsynced() {
        for (Participant participant : transaction.participants()) {
            if (participant.backend().isUnsynced()) {
                return true;
            }
        }
        return false;
    }

    /** From here on an error ends the cycle, whatever came before. */
    void leavePipeline() {
        inPipeline = false;
    }

    /** Offers the input again once the current call is over. */
    void resumeLater() {
        worker.loop().execute(this::resumeInput);
    }

    /** Has the current backend send what it has. */
    void flushCurrent() {
        if (current != null && current.isBusy()) {
            FrontendEncoder.flush(current.stage());
        }
    }

    /** COMMIT or ROLLBACK in an implicit transaction. */
    void implicitEnded() {
        transaction.end();
        leases.releaseAll();
        current = null;
    }

    // ---- replies

    /** Replies with bytes of our own, in their turn. */
    void reply(Consumer<ByteBuf> writer) {
        reply(writer, null);
    }

    void reply(Consumer<ByteBuf> writer, Runnable ifSkipped) {
        if (current != null && current.isBusy()) {
            ByteBuf bytes = out.allocate();
            writer.accept(bytes);
            current.expectFake(out, bytes, ifSkipped);
        } else {
            writer.accept(out.stage());
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
        if (!erred) {
            erred = true;
            ErrorFields fields = requests.fields(error);
            // An error of the node that comes before it sweeps it away, and is the one to be told then.
            reply(b -> BackendEncoder.error(b, fields), () -> erred = false);
        }
    }

    /** After an error has been answered: nothing later of the cycle runs. */
    void failCycle() {
        erred = true;
        transaction.failed(true);
        extended.forgetPending();
        if (inPipeline) {
            become(SessionState.SKIPPING);
            if (then == null) {
                input.resume();
            }
        } else {
            endCycle();
        }
    }

    // ---- the end of a cycle

    /**
     * Ends a cycle: brings every participant to rest, the only writer last, so that nothing is committed before all earlier
     * replies are in (semantics.md 20). Needs the replies to be in.
     */
    void endCycle() {
        ending = true;
        boolean implicit = !transaction.isExplicit();
        boolean rollback = implicit && transaction.isFailed();
        Participant writer = implicit && !rollback ? transaction.writer() : null;
        int synced = 0;
        for (Participant p : transaction.participants()) {
            if (p.backend().isUnsynced() && p != writer) {
                if (rollback && p.writes() && !p.isAborted()) {
                    injectRollback(p.backend());
                }
                sync(p, ENDING);
                p.ending(true);
                synced++;
            } else if (p.isEnding() && p.backend().isBusy()) {
                synced++;
            }
        }
        boolean writerLeft = writer != null && writer.backend().isUnsynced();
        if (synced == 0 && !writerLeft) {
            settle(false);
            return;
        }
        become(SessionState.ACTIVE);
        pendingReady = synced;
        afterReady = writerLeft ? () -> syncWriter(writer) : () -> settle(false);
        if (synced == 0) {
            Runnable next = afterReady;
            afterReady = null;
            next.run();
        }
    }

    private void syncWriter(Participant writer) {
        writer.committing(true);
        pendingReady = 1;
        afterReady = () -> settle(false);
        sync(writer, out);
    }

    /** The common end: one participant, nothing refused. Its ReadyForQuery may go to the client as it comes. */
    void syncOnly(Participant participant) {
        ending = true;
        participant.committing(!transaction.isExplicit() && participant.writes());
        pendingReady = 1;
        afterReady = null;
        become(SessionState.ACTIVE);
        sync(participant, out);
    }

    private static void sync(Participant participant, ReplySink sink) {
        FrontendEncoder.sync(participant.backend().stage());
        participant.backend().expectSync(sink);
    }

    /** ROLLBACK in an implicit transaction rolls back all of it, with a warning that nobody sees. */
    private static void injectRollback(BackendConnection backend) {
        FrontendEncoder.parse(backend.stage(), "", "ROLLBACK");
        backend.expectParse(ServerStatement.unnamed(new byte[0], new int[0]), ENDING, null);
        NodeMessages.bind(backend.stage(), "", "");
        backend.expectBind(ENDING);
        FrontendEncoder.execute(backend.stage(), "", 0);
        backend.expectExecute(ENDING);
    }

    /** Awaits ReadyForQuery of {@code count} backends; then {@code next} runs, or (null) the cycle is settled. */
    void awaitReady(int count, Runnable next) {
        become(SessionState.ACTIVE);
        pendingReady = count;
        afterReady = next;
    }

    /** The next ReadyForQuery tells whether a transaction is open: the client's own transaction control is in the text. */
    void adoptStatus() {
        adoptsStatus = true;
    }

    /** Everything is at rest: releases what is no longer needed and says ReadyForQuery. */
    void settle(boolean relayed) {
        inPipeline = false;
        inString = false;
        ending = false;
        current = null;
        afterReady = null;
        pendingReady = 0;
        leases.stopWaiting();
        if (!transaction.isExplicit()) {
            if (transaction.isFailed() && settings.current() != settingsBefore) {
                // The nodes have undone some of them, and kept those that were told outside of the transaction.
                settings.restore(settingsBefore);
                transaction.participants().forEach(p -> p.backend().settings(Settings.UNKNOWN));
            }
            leases.releaseAll();
            transaction.end();
            extended.closePortals();
            if (settings.takeCatalogChange()) {
                database.catalogMayBeStale();
            }
        }
        if (!relayed) {
            reported.tell(out);
            BackendEncoder.readyForQuery(out.stage(), status());
        }
        requests.end(erred);
        untold = transaction.isExplicit() ? untold : null;
        idleSinceNanos = transaction.isExplicit() ? System.nanoTime() : 0;
        become(SessionState.IDLE);
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
        for (Participant p : transaction.participants()) {
            if (p.isBegun()) {
                p.backend().settings(committed ? settings.current() : p.settingsBefore());
            }
        }
        tempTablesMayHaveGone();
        untold = null;
        transaction.end();
        extended.closePortals();
        leases.releaseAll();
        current = null;
    }

    // ---- what backends tell

    @Override
    public void failed(BackendConnection backend, ReplySink sink, ErrorFields fields, ByteBuf frame) {
        if (sink == ENDING) {
            return;
        }
        Participant participant = transaction.at(backend.node());
        if (run != null && run.forgives(backend)) {
            return;
        }
        if (participant != null) {
            participant.aborted();
        }
        noteState(fields.sqlState());
        if (sink == APPLYING) {
            backend.taint();
            afterReady = this::failCycle;
        }
        if (!erred) {
            erred = true;
            ErrorFields told = run == null ? fields : run.asWritten(backend, fields);
            if (told == fields) {
                out.copy(frame);
            } else {
                BackendEncoder.error(out.stage(), told);
            }
        }
        if (run != null) {
            run.failed(backend);
            return;
        }
        transaction.failed(true);
        leases.stopWaiting();
        if (copying == backend) {
            copying = null;
            input.reading(true);
        }
        if (inPipeline) {
            extended.forgetPending();
            if (pendingReady == 0) {
                then = null;
                become(SessionState.SKIPPING);
                if (!backend.isBusy()) {
                    worker.loop().execute(this::resumeInput);
                }
            }
        } else if (state == SessionState.COPY_IN) {
            become(SessionState.ACTIVE);
        }
    }

    private void resumeInput() {
        if (state.takesInput()) {
            input.resume();
            flushReplies();
        }
    }

    /** A node says that it does not know what we think it has: our picture of the catalog is stale (semantics.md 12). */
    private void noteState(String sqlState) {
        if (sqlState == null) {
            return;
        }
        switch (sqlState) {
            case "42P01", "42703", "42704", "42883", "08P01", "0A000" -> database.catalogMayBeStale();
            default -> {
                // The client's own affair.
            }
        }
    }

    @Override
    public boolean relaysReady(BackendConnection backend, byte nodeStatus) {
        if (pendingReady != 1 || afterReady != null || run != null || reported.hasNews()
                || transaction.participants().size() != 1) {
            return false;
        }
        if (adoptsStatus || actions.ends(backend)) {
            return true;
        }
        return transaction.isExplicit() ? nodeStatus == (transaction.isFailed() ? 'E' : 'T') : nodeStatus == 'I';
    }

    @Override
    public void ready(BackendConnection backend, ReplySink sink, byte nodeStatus, boolean relayed) {
        if (sink == INJECTED) {
            if (run == null && !backend.isBusy()) {
                drained(backend);
            }
            return;
        }
        Participant participant = transaction.at(backend.node());
        if (participant != null) {
            participant.committing(false);
            participant.ending(false);
        }
        if (run != null) {
            run.ready(backend);
            return;
        }
        pendingReady--;
        if (adoptsStatus) {
            adoptsStatus = false;
            actions.adopt(participant, nodeStatus);
        } else if (nodeStatus == 'E') {
            transaction.failed(true);
        }
        if (pendingReady > 0) {
            return;
        }
        actions.end().readyFrom(backend);
        atRest(relayed);
    }

    /** Every ReadyForQuery that was awaited is there. */
    private void atRest(boolean relayed) {
        Runnable next = afterReady;
        afterReady = null;
        if (next != null) {
            guarded(next);
        } else {
            settle(relayed);
        }
    }

    @Override
    public void drained(BackendConnection backend) {
        if (run != null) {
            run.drained(backend);
        } else if (state == SessionState.DRAINING && pendingReady == 0) {
            proceed();
        }
    }

    @Override
    public void copyIn(BackendConnection backend) {
        if (run != null) {
            FrontendEncoder.copyFail(backend.stage(), "COPY FROM STDIN is not supported here");
            return;
        }
        copying = backend;
        become(SessionState.COPY_IN);
        worker.loop().execute(this::resumeInput);
    }

    @Override
    public void parameterChanged(BackendConnection backend, String name, String value) {
        // Our own name at the nodes is no client's: one that has set none has been told that it is empty.
        boolean ours = name.equals("application_name") && value.equals(worker.connector().applicationName());
        reported.changed(name, ours ? "" : value);
    }

    @Override
    public void notice(BackendConnection backend, ByteBuf frame) {
        if (run != null) {
            out.copy(frame);
        }
    }

    @Override
    public void lost(BackendConnection backend, boolean owing, boolean midMessage, ErrorFields lastError) {
        LOG.info("session {}: connection to node {} was lost", identity.processId(), backend.endpoint());
        Participant participant = transaction.at(backend.node());
        if (participant == null || participant.backend() != backend) {
            return;
        }
        leases.lost(participant);
        extended.lost(participant);
        if (copying == backend) {
            copying = null;
            input.reading(true);
        }
        if (backend == current) {
            current = null;
        }
        if (state == SessionState.CLOSED) {
            return;
        }
        ProxyException why = lossOf(backend, participant.isCommitting(), lastError);
        if (midMessage) {
            input.close();
        } else if (why.error() == ProxyError.IDLE_IN_TRANSACTION || participant.isPinned()
                || leases.keepsAll() && backend.isTainted()) {
            // What the session had there can't be had again, and going on without it could mean something else.
            input.fatal(why.error() == ProxyError.NODE_LOST
                    ? ProxyError.SESSION_LOST.with(database.nodeName(backend.node())).withDetail(why.detail())
                    : why);
        } else {
            goOnWithout(participant, owing, why);
            flushReplies();
        }
    }

    private void goOnWithout(Participant lost, boolean owing, ProxyException why) {
        if (lost.isEnding()) {
            // Its part was over, or is rolled back by its loss.
            if (--pendingReady == 0) {
                atRest(false);
            }
            return;
        }
        if (lost.isUsed() && (transaction.isExplicit() || inPipeline)) {
            transaction.broken();
        }
        if (actions.ends(lost.backend())) {
            actions.end().lost(lost.backend(), why);
        } else if (lost.isCommitting() && afterReady != null) {
            answerError(why);
            pendingReady = 0;
            atRest(false);
        } else if (run != null) {
            answerError(why);
            run.lost(lost.backend());
        } else if (owing || ending && lost.writes()) {
            afterLoss(why);
        } else if (lost.isUsed()) {
            untold = why;
        }
    }

    private void afterLoss(ProxyException why) {
        then = null;
        pendingReady = 0;
        afterReady = null;
        adoptsStatus = false;
        leases.stopWaiting();
        answerError(why);
        transaction.failed(true);
        extended.forgetPending();
        if (inPipeline && !ending) {
            become(SessionState.SKIPPING);
            resumeLater();
        } else {
            endCycle();
        }
    }

    /** A loss that was noticed while nothing was owed; asked once. */
    ProxyException takeLoss() {
        ProxyException loss = untold;
        untold = null;
        return loss;
    }

    private ProxyException lossOf(BackendConnection backend, boolean outcomeUnknown, ErrorFields lastError) {
        if (lastError != null && ProxyError.IDLE_IN_TRANSACTION.sqlState().equals(lastError.sqlState())) {
            return ProxyError.IDLE_IN_TRANSACTION.with();
        }
        ProxyException why = outcomeUnknown
                ? ProxyError.OUTCOME_UNKNOWN.with(database.nodeName(backend.node()))
                : ProxyError.NODE_LOST.with(database.nodeName(backend.node()), "It is safe to repeat the transaction.");
        String detail = "Node " + database.nodeName(backend.node()) + " (" + backend.endpoint() + ")";
        return why.withDetail(lastError == null
                ? detail + "."
                : detail + " said: " + lastError.sqlState() + " " + lastError.message() + ".");
    }

    @Override
    public void writable(BackendConnection backend) {
        if (backend == copying) {
            input.reading(true);
        }
    }

    @Override
    public void flushReplies() {
        leases.flush();
        out.flush();
    }

    /** Applies the session's settings to a connection; what comes next is run when they are in force. */
    void apply(BackendConnection backend, String sql, Runnable next) {
        backend.query(sql, APPLYING);
        Runnable resume = then;
        awaitReady(1, () -> {
            then = next != null ? next : resume;
            proceed();
        });
        become(SessionState.WAITING);
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
    }

    /**
     * Whether a node's answer may be cut short by a cancel request: the error that it gives must end nothing but the implicit
     * transaction of a statement that is its last and has only read.
     */
    boolean mayCancelReads() {
        return !transaction.isExplicit() && transaction.writer() == null && !inString
                && (!inPipeline || input.syncFollows());
    }

    @Override
    public void cancel(Runnable passedOn) {
        if (state == SessionState.WAITING) {
            leases.cancelWait(ProxyError.QUERY_CANCELED.with());
        } else if (state == SessionState.PLANNING) {
            // The message is offered again, and refused then; the plan that is being made is for others.
            planning++;
            planningCancelled = true;
            proceed();
        }
        List<BackendConnection> busy = new ArrayList<>();
        for (Participant p : transaction.participants()) {
            if (p.backend().isBusy()) {
                busy.add(p.backend());
            }
        }
        busy.forEach(worker.connector()::cancel);
        afterCancels(busy, 0, passedOn);
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
        then = null;
        afterReady = null;
        if (run != null) {
            run.abandon();
            run = null;
        }
        extended.closePortals();
        leases.abandonAll();
        out.release();
        worker.remove(this);
    }

    void tick(long now) {
        if (state == SessionState.IDLE && transaction.isExplicit()) {
            long limit = settings.idleInTransactionNanos();
            if (limit > 0 && now - idleSinceNanos > limit) {
                input.fatal(ProxyError.IDLE_IN_TRANSACTION.with());
            }
        }
    }

    // ---- temp tables

    private static boolean readsNames(byte type) {
        return switch (type) {
            case MessageTypes.QUERY, MessageTypes.PARSE, MessageTypes.BIND, MessageTypes.DESCRIBE -> true;
            default -> false;
        };
    }

    /** Something may have made or dropped temp tables: which there are is asked before a name is read again. */
    void tempTablesMayHaveGone() {
        tempTablesInDoubt |= settings.hasTempTables();
    }

    /** Whether the names of temp tables are those of the pinned connection; if not, they are being asked for. */
    private boolean tempTablesKnown() {
        Participant holder = leases.pinned();
        if (holder == null) {
            tempTablesInDoubt = false;
            settings.tempTables(Set.of());
            return true;
        }
        if (transaction.isFailed()) {
            // Nothing but its end can come, and a node answers no question before.
            return true;
        }
        if (mustDrain(null)) {
            return false;
        }
        tempTablesInDoubt = false;
        TempTableQuestion.ask(this, holder);
        return false;
    }

    void tempTablesAre(Participant holder, Set<String> names) {
        settings.tempTables(names);
        if (names.isEmpty()) {
            holder.unpin(SessionEffect.TEMP_TABLE);
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
                connected, requests.id(), requests.count());
    }
}
