package dev.trunkline.session;

/** The client's side of a session: where its messages come from. */
public interface ClientInput {

    /** The session takes messages again: offer what has arrived. */
    void resume();

    /** Stops or resumes reading from the client, for back-pressure. */
    void reading(boolean wanted);

    /** Writes what is owed and closes. */
    void close();
}
