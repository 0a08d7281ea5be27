package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.BackendOwner;
import dev.trunkline.backend.FlushTarget;
import dev.trunkline.backend.ReplySink;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.FrontendEncoder;
import io.netty.buffer.ByteBuf;
import java.util.EnumSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the nodes of a session tell it besides plain replies: errors, the end of a cycle's part, parameters, their own end.
 * Decides what of it the client hears, and how the session goes on.
 */
final class NodeEvents implements BackendOwner, FlushTarget {

    /** A node's reasons to end a session that are meant for the client's. */
    private static final Set<ProxyError> ENDS_SESSION = EnumSet.of(ProxyError.IDLE_IN_TRANSACTION,
            ProxyError.TRANSACTION_TIMEOUT);

    private static final Logger LOG = LoggerFactory.getLogger(NodeEvents.class);

    private final Session session;
    private final Transaction transaction;
    private final Cycle cycle;
    private final Leases leases;
    private final CopyIn copyIn;
    private final ClientInput input;
    /** What was lost while nothing was owed, to be told in answer to the next message. */
    private ProxyException untold;

    NodeEvents(Session session, Cycle cycle, Leases leases, CopyIn copyIn, ClientInput input) {
        this.session = session;
        this.transaction = session.transaction();
        this.cycle = cycle;
        this.leases = leases;
        this.copyIn = copyIn;
        this.input = input;
    }

    @Override
    public Integer client() {
        return session.identity().processId();
    }

    // ---- errors

    @Override
    public void failed(BackendConnection backend, ReplySink sink, ErrorFields fields, ByteBuf frame) {
        if (sink == DroppingSink.ENDING) {
            return;
        }
        if (sink == DroppingSink.CHANGING) {
            // What was there may be to blame. From a fresh connection's settings, an error is the client's.
            backend.settings(Settings.UNKNOWN);
            cycle.thenGoOn(() -> session.waiting().forSettingsFromScratch(backend));
            return;
        }
        StatementRun run = session.run();
        if (run != null && run.forgives(backend)) {
            return;
        }
        Participant participant = transaction.at(backend.node());
        if (participant != null) {
            participant.aborted();
            if (sink == DroppingSink.BEGINNING) {
                participant.begun(false);
                cycle.keepStatus();
            }
        }
        noteState(fields.sqlState());
        if (sink == DroppingSink.APPLYING) {
            backend.taint();
            cycle.thenGoOn(session.refusals()::failCycle);
        }
        tell(run, backend, sink, fields, frame);
        if (run != null) {
            run.failed(backend);
            return;
        }
        transaction.failed(true);
        leases.stopWaiting();
        copyIn.stop(backend);
        if (cycle.inPipeline()) {
            session.deferred().forget();
            if (!cycle.awaitsReady()) {
                session.refusals().skipToSync();
                if (!backend.isBusy()) {
                    session.waiting().offerLater();
                }
            }
        } else if (session.state() == SessionState.COPY_IN) {
            session.become(SessionState.ACTIVE);
        }
    }

    private void tell(StatementRun run, BackendConnection backend, ReplySink sink, ErrorFields fields,
            ByteBuf frame) {
        if (cycle.hasErred()) {
            return;
        }
        cycle.erred(true);
        ErrorFields told = run == null ? sink.asWritten(fields) : run.asWritten(backend, fields);
        if (told == fields) {
            session.out().copy(frame);
        } else {
            session.replies().sayNow(told);
        }
    }

    /** A node says that it does not know what we think it has: our picture of the catalog is stale (semantics.md 12). */
    private void noteState(String sqlState) {
        if (sqlState == null) {
            return;
        }
        switch (sqlState) {
            case "42P01", "42703", "42704", "42883", "08P01", "0A000" -> session.database().catalogMayBeStale();
            default -> {
                // The client's own affair.
            }
        }
    }

    @Override
    public void preparedAgain(BackendConnection backend) {
        session.database().statementPreparedAgain();
        session.database().catalogMayBeStale();
    }

    // ---- replies' ends

    @Override
    public boolean relaysReady(BackendConnection backend, byte nodeStatus) {
        return cycle.relaysReady(backend, nodeStatus);
    }

    @Override
    public void ready(BackendConnection backend, ReplySink sink, byte nodeStatus, boolean relayed) {
        StatementRun run = session.run();
        if (sink == DroppingSink.INJECTED) {
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
        } else {
            cycle.ready(backend, participant, nodeStatus, relayed);
        }
    }

    @Override
    public void drained(BackendConnection backend) {
        StatementRun run = session.run();
        if (run != null) {
            run.drained(backend);
        } else if (session.state() == SessionState.DRAINING && !cycle.awaitsReady()) {
            session.waiting().over();
        } else if (session.state() == SessionState.SKIPPING) {
            session.waiting().offerLater();
        }
    }

    @Override
    public void copyIn(BackendConnection backend) {
        if (session.run() != null) {
            FrontendEncoder.copyFail(backend.stage(), "COPY FROM STDIN is not supported here");
            return;
        }
        copyIn.start(backend);
    }

    @Override
    public void parameterChanged(BackendConnection backend, String name, String value) {
        session.reported().changed(name, value);
    }

    @Override
    public void notice(BackendConnection backend, ByteBuf frame) {
        if (session.run() != null) {
            session.out().copy(frame);
        }
    }

    @Override
    public void writable(BackendConnection backend) {
        copyIn.writable(backend);
        session.waiting().offerLater();
    }

    @Override
    public void flushReplies() {
        session.flushReplies();
    }

    @Override
    public void broken(BackendConnection backend, Throwable cause) {
        session.broken(cause);
    }

    // ---- losses

    @Override
    public void lost(BackendConnection backend, boolean owing, boolean midMessage, ErrorFields lastError) {
        LOG.info("session {}: connection to node {} was lost", session.identity().processId(), backend.endpoint());
        session.database().suspect(backend.node());
        Participant participant = transaction.at(backend.node());
        if (participant == null || participant.backend() != backend) {
            return;
        }
        leases.lost(participant);
        session.portals().lost(participant);
        copyIn.stop(backend);
        session.replies().forget(backend);
        if (session.state() == SessionState.CLOSED) {
            return;
        }
        ProxyException why = lossOf(backend, participant.isCommitting(), lastError);
        if (midMessage) {
            input.close();
        } else if (ENDS_SESSION.contains(why.error()) || participant.isPinned()
                || leases.keepsAll() && backend.isTainted()) {
            // What the session had there can't be had again, and going on without it could mean something else.
            input.fatal(why.error() == ProxyError.NODE_LOST
                    ? ProxyError.SESSION_LOST.with(session.database().nodeName(backend.node()))
                            .withDetail(why.detail())
                    : why);
        } else {
            goOnWithout(participant, owing, why);
            session.flushReplies();
            // A node that took nothing, or was closed already, has kept the client's next message waiting.
            session.waiting().offerLater();
        }
    }

    private void goOnWithout(Participant lost, boolean owing, ProxyException why) {
        if (lost.isEnding()) {
            if (cycle.isEnding() && transaction.isExplicit() && lost.isUsed()) {
                // Only the cycle was to end, not what the transaction has done there.
                transaction.broken();
                session.refusals().answer(why);
            }
            // Otherwise its part was over, or is rolled back by its loss.
            cycle.readyByLoss();
            return;
        }
        if (lost.isUsed() && (transaction.isExplicit() || cycle.isPartOfMore())) {
            transaction.broken();
        }
        if (cycle.isEnding()) {
            // What the other nodes still say is not for the client, and its answer must not wait for its turn behind that.
            session.replies().complete();
        }
        StatementRun run = session.run();
        if (session.actions().ends(lost.backend())) {
            session.actions().end().lost(lost.backend(), why);
        } else if (lost.isCommitting() && cycle.goesOn()) {
            session.refusals().answer(why);
            cycle.goOnWithoutReady();
        } else if (run != null) {
            session.refusals().answer(why);
            run.lost(lost.backend());
        } else if (session.state() != SessionState.IDLE && (owing || cycle.isEnding() && lost.writes())) {
            // Between two messages a node owes nothing but what it was told on our own account.
            afterLoss(why);
        } else if (lost.isUsed() && !(transaction.isBroken() && session.state() == SessionState.WAITING
                && session.interruptions().giveUpWaiting(why))) {
            // A statement that waited for another node's connection would have gone on without what was done here. What waits for its
            // plan may be ROLLBACK.
            untold = why;
        }
    }

    private void afterLoss(ProxyException why) {
        cycle.forgetReady();
        leases.stopWaiting();
        session.refusals().answer(why);
        transaction.failed(true);
        session.deferred().forget();
        if (cycle.inPipeline() && !cycle.isEnding()) {
            session.refusals().skipToSync();
            session.waiting().offerLater();
        } else {
            session.refusals().giveUpMessage();
            cycle.end();
        }
    }

    private ProxyException lossOf(BackendConnection backend, boolean outcomeUnknown, ErrorFields lastError) {
        for (ProxyError ends : ENDS_SESSION) {
            if (lastError != null && ends.sqlState().equals(lastError.sqlState())) {
                return ends.with();
            }
        }
        String node = session.database().nodeName(backend.node());
        ProxyException why = outcomeUnknown
                ? ProxyError.OUTCOME_UNKNOWN.with(node)
                : ProxyError.NODE_LOST.with(node, "It is safe to repeat the transaction.");
        String detail = "Node " + node + " (" + backend.endpoint() + ")";
        return why.withDetail(lastError == null
                ? detail + "."
                : detail + " said: " + lastError.sqlState() + " " + lastError.message() + ".");
    }

    /** What the client is told when its session ends with something under way. */
    ProxyException interrupted(ProxyException why) {
        for (Participant participant : transaction.participants()) {
            if (participant.isCommitting() && participant.backend().isBusy()) {
                return ProxyError.OUTCOME_UNKNOWN.with(session.database().nodeName(participant.node()))
                        .withDetail(why.getMessage());
            }
        }
        return why;
    }

    // ---- losses that nobody was waiting to hear of

    boolean hasUntoldLoss() {
        return untold != null;
    }

    /** What comes after a loss does not run. */
    void refuseAfterLoss() {
        if (untold != null) {
            throw takeLoss();
        }
    }

    /** A loss that was noticed while nothing was owed; asked once. Null if there was none. */
    ProxyException takeLoss() {
        ProxyException loss = untold;
        untold = null;
        return loss;
    }
}
