package dev.trunkline.session;

import dev.trunkline.error.ProxyException;

/** The client's side of a session: where its messages come from. */
public interface ClientInput {

    /** Tells the client why its session ends here, and closes. */
    void fatal(ProxyException why);

    /**
     * Something has failed in the midst of the session's work, so that nobody knows what it was doing: ends it, with every
     * connection that it holds.
     */
    void broken(Throwable cause);

    /** The session takes messages again: offer what has arrived. */
    void resume();

    /** Whether the next message has arrived and is Sync. */
    boolean syncFollows();

    /** Stops or resumes reading from the client, for back-pressure. */
    void reading(boolean wanted);

    /** Writes what is owed and closes. */
    void close();
}
