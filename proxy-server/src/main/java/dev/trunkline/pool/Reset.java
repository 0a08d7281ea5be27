package dev.trunkline.pool;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.BackendOwner;
import dev.trunkline.backend.ReplySink;
import dev.trunkline.wire.ErrorFields;
import io.netty.buffer.ByteBuf;

/** Clears a connection of what a session left on it, before anyone else gets it: DISCARD ALL. */
final class Reset implements BackendOwner {

    private final Pool pool;
    private final String[] first;
    private int owed;
    private boolean failed;

    /** @param first what has to be said before, such as ROLLBACK */
    Reset(Pool pool, String... first) {
        this.pool = pool;
        this.first = first;
    }

    void start(BackendConnection connection) {
        connection.lend(this);
        for (String statement : first) {
            connection.query(statement, ReplySink.DROP);
        }
        connection.query("DISCARD ALL", ReplySink.DROP);
        owed = first.length + 1;
        connection.flush();
    }

    @Override
    public void failed(BackendConnection backend, ReplySink sink, ErrorFields fields, ByteBuf frame) {
        failed = true;
    }

    @Override
    public boolean relaysReady(BackendConnection backend, byte status) {
        return false;
    }

    @Override
    public void ready(BackendConnection backend, ReplySink sink, byte status, boolean relayed) {
        owed--;
        if (failed) {
            backend.close();
        } else if (owed == 0) {
            pool.resetEnded(backend);
        }
    }

    @Override
    public void lost(BackendConnection backend, boolean owing, boolean midMessage, ErrorFields lastError) {
        pool.resetEnded(backend);
    }

    @Override
    public void drained(BackendConnection backend) {
        // ReadyForQuery ends it.
    }

    @Override
    public void copyIn(BackendConnection backend) {
        // DISCARD ALL asks for no data.
    }

    @Override
    public void parameterChanged(BackendConnection backend, String name, String value) {
        // The connection keeps track itself.
    }

    @Override
    public void notice(BackendConnection backend, ByteBuf frame) {
        // Nobody to tell.
    }

    @Override
    public void writable(BackendConnection backend) {
        // Little is sent.
    }
}
