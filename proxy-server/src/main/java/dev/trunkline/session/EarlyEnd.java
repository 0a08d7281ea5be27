package dev.trunkline.session;

import java.util.concurrent.TimeUnit;

/**
 * The end of a fan-out before the end of its nodes (LIMIT): the client has all its rows, and what is left of the nodes' answers
 * is dropped. Most often that is about to come, and a cancel request costs each node a process: so it is given some time, and
 * cancelled then, where nothing else of the transaction could be lost by it. Owned by the session's event loop.
 */
final class EarlyEnd {

    /** How long a node may go on by itself with rows that nobody wants. */
    private static final long PATIENCE_MILLIS = 20;

    private final Session session;
    private final FanOutRun run;
    private final FanOutInputs inputs;
    private boolean come;
    /** What is left of the nodes' answers may end in an error. */
    private boolean forgiving;
    private boolean cancelled;

    EarlyEnd(Session session, FanOutRun run, FanOutInputs inputs) {
        this.session = session;
        this.run = run;
        this.inputs = inputs;
    }

    /** Nothing more is wanted of the nodes. */
    void comes() {
        come = true;
        inputs.readAll();
        forgiving = session.interruptions().mayCancelReads();
        if (forgiving) {
            session.worker().loop().schedule(this::cancelRest, PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void cancelRest() {
        if (run.isGoingWell()) {
            cancelled = true;
            inputs.cancelUnfinished();
        }
    }

    boolean hasCome() {
        return come;
    }

    boolean isForgiving() {
        return forgiving;
    }

    /** Whether cancel requests may be on their way. */
    boolean hasCancelled() {
        return cancelled;
    }
}
