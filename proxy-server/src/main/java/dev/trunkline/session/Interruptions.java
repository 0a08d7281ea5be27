package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import java.util.ArrayList;
import java.util.List;

/**
 * What breaks into the work of a session: cancel requests, and the timeouts that no node can keep. Owned by the session's event
 * loop.
 */
final class Interruptions {

    private final Session session;
    private final Transaction transaction;
    private final Cycle cycle;
    private final Intake intake;
    private final Leases leases;
    private final Requests requests;
    private final Timeouts timeouts;
    private final ClientInput input;
    /** Since when the client has paused in a pipeline; 0 when it doesn't. */
    private long pausedSinceNanos;
    /** The statement in which it does so. */
    private int pausedIn;

    Interruptions(Session session, Intake intake, Leases leases, Requests requests, ClientInput input) {
        this.session = session;
        this.intake = intake;
        this.transaction = session.transaction();
        this.cycle = session.cycle();
        this.leases = leases;
        this.requests = requests;
        this.timeouts = new Timeouts(session.settings(), session.transaction());
        this.input = input;
    }

    // ---- cancel requests

    /** Cancels whatever runs now; {@code passedOn} is run when the nodes that do it know. */
    void cancel(Runnable passedOn) {
        giveUpWaiting(ProxyError.QUERY_CANCELED.with());
        List<BackendConnection> busy = new ArrayList<>();
        for (Participant p : transaction.participants()) {
            if (p.backend().isBusy()) {
                busy.add(p.backend());
            }
        }
        busy.forEach(session.worker().connector()::cancel);
        afterCancels(busy, 0, passedOn);
    }

    /** Runs a step when no cancel is on its way to any of these. */
    static void afterCancels(List<BackendConnection> backends, int from, Runnable next) {
        if (from == backends.size()) {
            next.run();
        } else {
            backends.get(from).cancellation().afterwards(() -> afterCancels(backends, from + 1, next));
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

    // ---- timeouts

    /** Looks after the timeouts; about ten times a second. */
    void tick(long now) {
        boolean idle = session.state() == SessionState.IDLE;
        ProxyException end = idle && !transaction.isExplicit()
                ? timeouts.ofIdleSession(requests.count(), now)
                : timeouts.ofTransaction(idle ? session.idleSinceNanos() : 0, now);
        if (end != null) {
            input.fatal(end);
        } else if (!idle) {
            checkStatement(now);
        }
        checkPause(now);
    }

    /**
     * A client that takes its time between two messages of a pipeline, with a statement that is not executed yet: the node may not have
     * heard of it. As PostgreSQL does, the next message is refused.
     */
    private void checkPause(long now) {
        if (session.state() != SessionState.PIPELINE || !cycle.isPreparing() || isAnyBusy()) {
            pausedSinceNanos = 0;
            return;
        }
        if (pausedSinceNanos == 0 || pausedIn != cycle.prepared()) {
            pausedSinceNanos = now;
            pausedIn = cycle.prepared();
            return;
        }
        ProxyException timeout = timeouts.ofStatement(pausedSinceNanos, now);
        if (timeout != null) {
            intake.refuseNext(timeout);
        }
    }

    private boolean isAnyBusy() {
        return transaction.participants().stream().anyMatch(p -> p.backend().isBusy());
    }

    private void checkStatement(long now) {
        StatementRun run = session.run();
        long since = run != null && run.sinceNanos() != 0
                ? run.sinceNanos()
                : session.state() == SessionState.PLANNING ? requests.startedNanos() : session.waiting().sinceNanos();
        ProxyException timeout = since == 0 ? null : timeouts.ofStatement(since, now);
        if (timeout == null) {
            return;
        }
        if (run != null) {
            run.cancel(timeout);
            session.flushReplies();
        } else {
            giveUpWaiting(timeout);
        }
    }

    /** What is waited for, a plan or a connection, is wanted no more; false when nothing is. */
    boolean giveUpWaiting(ProxyException why) {
        if (session.state() == SessionState.WAITING && cycle.awaitsReady()) {
            // The connection that is being prepared for the session does not answer.
            session.refusals().answer(why);
            transaction.participants().stream().map(Participant::backend).filter(BackendConnection::isBusy).toList()
                    .forEach(BackendConnection::close);
        } else if (session.state() == SessionState.WAITING) {
            leases.cancelWait(why);
        } else if (session.state() == SessionState.PLANNING) {
            session.plans().cancel(why);
        } else {
            return false;
        }
        return true;
    }
}
