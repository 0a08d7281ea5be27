package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;

/** The execution of a statement that takes more than one exchange with one node. While there is one, no input is taken. */
interface StatementRun {

    /** A backend answered with an error, which the client has been told. */
    void failed(BackendConnection backend);

    /** A backend owes nothing more after a Flush. */
    void drained(BackendConnection backend);

    /** A backend is at rest after a Sync or a Query. */
    void ready(BackendConnection backend);

    /** A backend is gone, which the client has been told. */
    void lost(BackendConnection backend);

    /** The run ends here, because of an error of ours. */
    void abandon();
}
