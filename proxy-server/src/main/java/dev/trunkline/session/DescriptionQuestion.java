package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.FrontendEncoder;

/** Asks a node of what types the parameters of a prepared statement are, where nobody has asked before. */
final class DescriptionQuestion implements StatementRun {

    private final Session session;
    private final BackendConnection backend;
    private boolean wrong;
    private boolean over;

    private DescriptionQuestion(Session session, BackendConnection backend) {
        this.session = session;
        this.backend = backend;
    }

    /** Asks; the session waits. Then {@code next} goes on, or (null) the message is offered again. */
    static void ask(Session session, ClientStatement prepared, Runnable next) {
        BackendConnection backend = session.preparing().describingAt(prepared, next);
        if (backend == null) {
            return;
        }
        session.run(new DescriptionQuestion(session, backend));
        session.waiting().begin(SessionState.DRAINING, next);
        session.preparing().at(backend, prepared);
        session.preparing().describe(backend, prepared, false);
        FrontendEncoder.flush(backend.stage());
    }

    @Override
    public ErrorFields asWritten(BackendConnection from, ErrorFields fields) {
        return RewrittenText.withoutPosition(fields);
    }

    @Override
    public void failed(BackendConnection from) {
        wrong = true;
    }

    @Override
    public void drained(BackendConnection from) {
        if (from == backend) {
            answered();
        }
    }

    @Override
    public void ready(BackendConnection from) {
        // Only the end of the cycle syncs.
    }

    @Override
    public void lost(BackendConnection from) {
        wrong = true;
        answered();
    }

    private void answered() {
        if (over) {
            return;
        }
        over = true;
        session.run(null);
        if (wrong) {
            session.refusals().failCycle();
        } else {
            session.waiting().over();
        }
    }

    @Override
    public void abandon() {
        over = true;
    }
}
