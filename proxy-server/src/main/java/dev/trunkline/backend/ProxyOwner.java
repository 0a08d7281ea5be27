package dev.trunkline.backend;

import io.netty.buffer.ByteBuf;

/** Who holds a connection for the proxy's own work: queries that ask for no data, and whose every reply ends with ReadyForQuery. */
public interface ProxyOwner extends BackendOwner {

    @Override
    default boolean relaysReady(BackendConnection backend, byte status) {
        return false;
    }

    @Override
    default void drained(BackendConnection backend) {
        // ReadyForQuery ends it.
    }

    @Override
    default void copyIn(BackendConnection backend) {
        // Nothing that it says asks for data.
    }

    @Override
    default void parameterChanged(BackendConnection backend, String name, String value) {
        // The connection keeps track itself.
    }

    @Override
    default void notice(BackendConnection backend, ByteBuf frame) {
        // Nobody to tell.
    }

    @Override
    default void writable(BackendConnection backend) {
        // Little is sent.
    }
}
