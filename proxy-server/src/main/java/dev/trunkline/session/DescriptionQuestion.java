package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.FrontendEncoder;

/** Asks a node of what types the parameters of a prepared statement are, where nobody has asked before. */
final class DescriptionQuestion extends NodeQuestion {

    private DescriptionQuestion(Session session, BackendConnection backend) {
        super(session, backend);
    }

    /** Asks; the session waits. Then {@code next} goes on, or (null) the message is offered again. */
    static void ask(Session session, ClientStatement prepared, Runnable next) {
        // What goes wrong before it has a position of its own.
        BackendConnection backend = session.replies().mustDrain(next)
                ? null
                : session.preparing().describingAt(prepared, next);
        if (backend == null) {
            return;
        }
        new DescriptionQuestion(session, backend).await(next);
        session.preparing().at(backend, prepared);
        session.preparing().describe(backend, prepared, false);
        FrontendEncoder.flush(backend.stage());
    }

    @Override
    public ErrorFields asWritten(BackendConnection from, ErrorFields fields) {
        return RewrittenText.withoutPosition(fields);
    }

    @Override
    void answered() {
        // What the node has told of the statement stands with it.
    }
}
