package dev.trunkline.session;

/** The way from one client to another, by the process ids that clients were told. Thread-safe. */
public interface Signals {

    /** Whether an id is of the kind that this process gives out; others are told by other proxies. */
    boolean isOurs(int processId);

    /** Whether there is a client of this id. */
    boolean isThere(int processId);

    /** Who has the id; null for nobody, and for a client of the admin database. */
    SessionIdentity whoHas(int processId);

    /**
     * Has what a client runs cancelled, or ends its session.
     *
     * @param passedOn run, on whatever thread, when its nodes know of the cancel or the session is over
     */
    void send(int processId, boolean terminate, Runnable passedOn);
}
