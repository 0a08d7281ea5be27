package dev.trunkline.plan;

/** What a statement leaves behind on its backend or changes for everybody, beyond its rows. */
public enum SessionEffect {
    /** Creates a temp table: the session is pinned to the backend. */
    TEMP_TABLE,
    /** May take or release session advisory locks: the session is pinned to the backend. */
    SESSION_LOCK,
    /** Declares a cursor WITH HOLD: the session is pinned to the backend until it is closed. */
    HOLD_CURSOR,
    /** Runs code that may leave any state behind: the backend is reset before anybody else gets it. */
    TAINT,
    /** LOAD: the session is pinned to the backend, which nobody has after it. */
    LIBRARY,
    /** Changes a setting by a function: {@code set_config}. The action of the plan says which, if that can be seen. */
    SETTING,
    /** Changes a setting by a function for the session, and only the backend knows which: the session is pinned to it. */
    HIDDEN_SETTING,
    /** DDL: the catalog is looked at again after it. */
    CATALOG_CHANGE,
    /** Must not run inside a transaction block: VACUUM, CREATE DATABASE, CONCURRENTLY. */
    NO_TRANSACTION_BLOCK,
    COPY_IN,
    COPY_OUT
}
