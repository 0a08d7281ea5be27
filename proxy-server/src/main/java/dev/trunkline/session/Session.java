package dev.trunkline.session;

import dev.trunkline.catalog.SequenceUse;
import dev.trunkline.error.ProxyException;
import dev.trunkline.plan.PlanKey;
import dev.trunkline.plan.SessionEffect;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.route.Destination;
import dev.trunkline.route.Routing;
import io.netty.buffer.ByteBuf;
import java.time.Instant;
import java.util.List;
import java.util.Set;

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
 * beginning when what it waits for is there ({@link Waiting}). Handlers change nothing before the last thing that may wait, so a statement
 * that waited while the map changed is bound again (semantics.md 15).
 *
 * <p><b>Thread.</b> Confined to the event loop of the client's channel.
 */
public final class Session implements ClientSession {

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
    private final DeferredReplies deferred = new DeferredReplies(this);
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
    private final Replies replies;
    private final Refusals refusals;
    private final NodeChoice nodes;
    private final Intake intake;
    private final Interruptions interruptions;
    private final Settlement settlement;
    private final Waiting waiting;
    private final SequenceNumbers numbers = new SequenceNumbers(this);
    private final Instant connected = Instant.now();

    private SessionState state = SessionState.IDLE;
    /** What the session listens to; null as long as it never has. */
    private Listening listening;
    private StatementRun run;
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
        this.waiting = new Waiting(this, input);
        this.requests = new Requests(identity);
        this.replies = new Replies(this);
        this.refusals = new Refusals(this, requests, input);
        this.leases = new Leases(this, worker, identity);
        this.nodes = new NodeChoice(this, leases);
        this.actions = new SessionActions(this);
        this.own = new OwnSettings(database, settings, transaction);
        this.fanOutWarnings = new FanOutWarnings(identity.database());
        this.tempTables = new TempTables(this, leases);
        this.copyIn = new CopyIn(this, input);
        this.nodeEvents = new NodeEvents(this, cycle, leases, copyIn, input);
        this.intake = new Intake(this, input, requests, copyIn);
        this.interruptions = new Interruptions(this, intake, leases, requests, input);
        this.settlement = new Settlement(this, leases, requests);
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

    DeferredReplies deferred() {
        return deferred;
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

    /** Which of several nodes a statement goes to. */
    NodeChoice nodes() {
        return nodes;
    }

    /** Which numbers of sequences are its own. */
    SequenceNumbers numbers() {
        return numbers;
    }

    /** What the session waits for. */
    Waiting waiting() {
        return waiting;
    }

    /** Whose turn it is to reply to the client. */
    Replies replies() {
        return replies;
    }

    Refusals refusals() {
        return refusals;
    }

    Settlement settlement() {
        return settlement;
    }

    Interruptions interruptions() {
        return interruptions;
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
        return SessionState.words();
    }

    /** The word of SHOW CLIENTS. */
    public String stateWord() {
        return state.word(transaction);
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
        return intake.accept(type, in, start, length);
    }

    @Override
    public void copyBytes(ByteBuf piece) {
        copyIn.bytes(piece);
    }

    // ---- nodes

    Leases leases() {
        return leases;
    }

    /** The participant at a node, ready to be used; null when the session has to wait, and {@code next} goes on then. */
    Participant participant(int node, Runnable next) {
        return leases.participant(node, next);
    }

    /** Notes what a statement does at a node, and refuses a second writer. */
    void use(Participant participant, StatementPlan plan, Destination destination) {
        use(participant, plan, plan.sequences(), destination);
    }

    /** As above, where the values say more of what it does with sequences. */
    void use(Participant participant, StatementPlan plan, SequenceUse sequences, Destination destination) {
        transaction.use(participant, plan.access(),
                destination instanceof Destination.One one ? one.virtualShard() : -1, database);
        Set<SessionEffect> effects = plan.effects();
        if (!effects.isEmpty()) {
            leases.note(participant, effects);
        }
        if (sequences != SequenceUse.NONE) {
            numbers.before(participant, sequences, destination);
        }
        requests.routed(plan.routing(destination), plan);
    }

    void routed(Routing routing, StatementPlan plan) {
        requests.routed(routing, plan);
    }

    // ---- steps

    /** Runs a step outside of {@link #accept}; a refusal ends the statement. */
    void guarded(Runnable step) {
        try {
            step.run();
        } catch (ProxyException e) {
            refusals.refuse(e);
        } catch (RuntimeException e) {
            refusals.refuseUnexpected(e);
        } catch (Error e) {
            broken(e);
        }
    }

    /** Something has failed at a point where nobody knows what was done: the session ends, with all that it holds. */
    void broken(Throwable cause) {
        input.broken(cause);
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

    /** The cycle is over and the client has been told: its next request may come. */
    void rest() {
        idleSinceNanos = transaction.isExplicit() ? System.nanoTime() : 0;
        become(SessionState.IDLE);
        if (listening != null) {
            listening.settled();
        }
        input.resume();
    }

    @Override
    public void flushReplies() {
        leases.flush();
        out.flushSoon();
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

    @Override
    public void cancel(Runnable passedOn) {
        interruptions.cancel(passedOn);
    }

    @Override
    public ProxyException interrupted(ProxyException why) {
        return nodeEvents.interrupted(why);
    }

    @Override
    public void distrust() {
        leases.distrust();
    }

    @Override
    public void closed() {
        if (state == SessionState.CLOSED) {
            return;
        }
        become(SessionState.CLOSED);
        waiting.giveUp();
        cycle.forgetReady();
        try {
            if (run != null) {
                run.abandon();
                run = null;
            }
            portals.close();
            if (listening != null) {
                listening.close();
            }
        } finally {
            leases.abandonAll();
            out.release();
            worker.remove(this);
        }
    }

    /** Looks after the timeouts that no node can keep; about ten times a second. */
    void tick(long now) {
        interruptions.tick(now);
    }

    /** When the last statement of the open transaction ended; 0 outside of transactions. */
    long idleSinceNanos() {
        return idleSinceNanos;
    }

    @Override
    public boolean isAtRest() {
        return state == SessionState.IDLE && !transaction.isExplicit();
    }

    @Override
    public ClientStatus status(long nowNanos) {
        List<String> nodes = transaction.participants().stream().map(p -> database.nodeName(p.node())).toList();
        return new ClientStatus(identity.processId(), identity.user(), database.name(), identity.address(),
                stateWord(), waiting.sinceNanos() == 0 ? 0 : (nowNanos - waiting.sinceNanos()) / 1000,
                leases.hasPinned() ? database.nodeName(leases.pinnedNode()) : null, nodes, settings.applicationName(),
                connected, requests.id(), requests.count(), listening == null ? 0 : listening.heard().size(),
                leases.pinnedFor(), statements.count(), requests.begun(nowNanos));
    }
}
