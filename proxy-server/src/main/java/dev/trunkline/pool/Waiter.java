package dev.trunkline.pool;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.error.ProxyException;

/** A session that has asked for a connection. Called once, on its event loop, unless it was withdrawn before. */
public interface Waiter {

    void granted(BackendConnection connection);

    void refused(ProxyException why);
}
