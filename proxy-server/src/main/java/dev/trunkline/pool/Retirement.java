package dev.trunkline.pool;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.HostAddresses;

/**
 * Which connections of a pool are not lent any more: those from before a RECONNECT, and those that lead to an address that
 * the node's host has no longer. Confined to the pool's event loop.
 */
final class Retirement {

    private final PoolGate gate;
    private final HostAddresses host;
    private int generation;
    private boolean hostHasMoved;

    Retirement(PoolGate gate, HostAddresses host) {
        this.gate = gate;
        this.host = host;
        this.generation = host.generation();
    }

    boolean isRetired(BackendConnection connection) {
        return !gate.accepts(connection.createdNanos())
                || hostHasMoved && connection.address() != null && !host.has(connection.address().getAddress());
    }

    /** Has the host looked up again for the next connection. */
    void doubtHost() {
        host.expire();
    }

    /**
     * Keeps an eye on where the host is; says whether it has moved since the last call.
     *
     * @param inUse whether there are connections that could lead astray
     */
    boolean hostMoves(boolean inUse) {
        if (inUse) {
            host.refreshIfDue();
        }
        if (generation == host.generation()) {
            return false;
        }
        generation = host.generation();
        hostHasMoved = true;
        return true;
    }
}
