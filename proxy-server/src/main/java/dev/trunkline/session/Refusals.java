package dev.trunkline.session;

import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.wire.BackendEncoder;
import dev.trunkline.wire.ErrorFields;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Errors of our own in answer to the client. It is told of one in a cycle, and what comes later in the cycle does not run. Owned
 * by the session's event loop.
 */
final class Refusals {

    private static final Logger LOG = LoggerFactory.getLogger(Session.class);

    private final Session session;
    private final Cycle cycle;
    private final Requests requests;
    private final ClientInput input;
    private boolean answered;

    Refusals(Session session, Requests requests, ClientInput input) {
        this.session = session;
        this.cycle = session.cycle();
        this.requests = requests;
        this.input = input;
    }

    /** An error in answer to the statement at hand. */
    void refuse(ProxyException error) {
        StatementRun running = session.run();
        session.run(null);
        if (running != null) {
            running.abandon();
        }
        answer(error);
        failCycle();
    }

    /** As above, for what should not have happened. */
    void refuseUnexpected(RuntimeException unexpected) {
        LOG.error("session {}: unexpected error", session.identity().processId(), unexpected);
        refuse(ProxyError.INTERNAL.with(unexpected.getClass().getSimpleName()));
    }

    /** Tells the client of an error once; what follows from it is the caller's. */
    void answer(ProxyException error) {
        if (!cycle.hasErred()) {
            cycle.erred(true);
            ErrorFields fields = requests.fields(error);
            // An error of the node that comes before it sweeps it away, and is the one to be told then.
            session.replies().add(b -> BackendEncoder.error(b, fields), refused -> cycle.erred(false));
        }
    }

    /** The statement at hand is over. If its message is still to be taken, it will be taken without a look. */
    void giveUpMessage() {
        answered |= session.waiting().holdsMessage();
        session.waiting().giveUp();
    }

    /** Whether the message that is offered has been answered while it waited; asked once. */
    boolean wasAnswered() {
        boolean was = answered;
        answered = false;
        return was;
    }

    /** After an error has been answered: nothing later of the cycle runs. */
    void failCycle() {
        cycle.erred(true);
        session.transaction().failed(true);
        session.deferred().forget();
        if (cycle.inPipeline()) {
            session.become(SessionState.SKIPPING);
            if (session.waiting().isFor(null)) {
                input.resume();
            }
        } else {
            giveUpMessage();
            cycle.end();
        }
    }

    /** After an error in a pipeline: nothing is awaited, and nothing taken but Sync. */
    void skipToSync() {
        session.waiting().giveUp();
        session.become(SessionState.SKIPPING);
    }
}
