package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;

/** A question of the session's own to one node, whose answer the session awaits before it goes on. */
abstract class NodeQuestion implements StatementRun {

    protected final Session session;
    protected final BackendConnection backend;
    private boolean wrong;
    private boolean over;

    NodeQuestion(Session session, BackendConnection backend) {
        this.session = session;
        this.backend = backend;
    }

    /** From now on the session waits. Then {@code next} goes on, or (null) the message is offered again. */
    final void await(Runnable next) {
        session.run(this);
        session.waiting().begin(SessionState.DRAINING, next);
    }

    /** The node has answered; the session goes on after this. */
    abstract void answered();

    /** There is no answer, which the client has been told; nothing goes on. */
    void unanswered() {
        // Nobody waits for it but the session.
    }

    @Override
    public void failed(BackendConnection from) {
        wrong = true;
    }

    @Override
    public void drained(BackendConnection from) {
        // Another one may have owed the answer to a Close of an earlier message.
        if (from == backend) {
            end();
        }
    }

    @Override
    public void ready(BackendConnection from) {
        // Only the end of the cycle syncs.
    }

    @Override
    public void lost(BackendConnection from) {
        wrong = true;
        end();
    }

    /** The answer is as whole as it will be. */
    final void end() {
        if (over) {
            return;
        }
        over = true;
        session.run(null);
        if (wrong) {
            unanswered();
            session.refusals().failCycle();
        } else {
            answered();
            session.waiting().over();
        }
    }

    @Override
    public final void abandon() {
        over = true;
    }
}
