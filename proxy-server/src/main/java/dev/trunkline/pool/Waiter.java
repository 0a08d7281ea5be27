package dev.trunkline.pool;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.error.ProxyException;

/** A session that has asked for a connection. Answered once, on its event loop, unless it was withdrawn before. */
public interface Waiter {

    void granted(BackendConnection connection);

    void refused(ProxyException why);

    /** It has waited for long, and waits on. {@code why} says what for, to be told to the client. */
    void waitsLong(ProxyException why);
}
