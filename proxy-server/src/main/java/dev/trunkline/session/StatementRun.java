package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.error.ProxyException;
import dev.trunkline.wire.ErrorFields;

/** The execution of a statement that takes more than one exchange with one node. While there is one, no input is taken. */
interface StatementRun {

    /** A node's error as the client is to see it, if the node was sent another text than the client's. */
    default ErrorFields asWritten(BackendConnection backend, ErrorFields fields) {
        return fields;
    }

    /** A backend answered with an error, which the client has been told. */
    void failed(BackendConnection backend);

    /** A backend owes nothing more after a Flush. */
    void drained(BackendConnection backend);

    /** A backend is at rest after a Sync or a Query. */
    void ready(BackendConnection backend);

    /** A backend is gone, which the client has been told. */
    void lost(BackendConnection backend);

    /** Whether an error of a backend is of no interest: what was left of its answer has been cancelled. */
    default boolean forgives(BackendConnection backend) {
        return false;
    }

    /** The client's socket is full, or has room again. Whether the run itself sees to it that its backends are read or not. */
    default boolean paces(boolean writable) {
        return false;
    }

    /** Since when its statement has run under a clock of the proxy's; 0 if a node's own is enough. */
    default long sinceNanos() {
        return 0;
    }

    /** The statement has run for too long; called only where there is a clock. */
    default void cancel(ProxyException why) {
        throw new IllegalStateException("nobody looks at the clock");
    }

    /** The run ends here: an error of ours, or the client is gone. */
    void abandon();
}
