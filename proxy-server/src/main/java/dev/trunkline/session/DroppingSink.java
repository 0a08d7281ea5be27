package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.ReplySink;
import io.netty.buffer.ByteBuf;

/** A sink that drops everything, told apart from others of its kind by identity. */
final class DroppingSink implements ReplySink {

    private final boolean noticesToo;

    DroppingSink() {
        this(false);
    }

    /** @param noticesToo whether nobody hears either what the node remarks */
    DroppingSink(boolean noticesToo) {
        this.noticesToo = noticesToo;
    }

    @Override
    public boolean passesNotices() {
        return !noticesToo;
    }

    @Override
    public Delivery delivery() {
        return Delivery.DROP;
    }

    @Override
    public void frames(BackendConnection from, ByteBuf frames) {
        frames.release();
    }

    @Override
    public void message(BackendConnection from, byte type, ByteBuf frame) {
        // Dropped.
    }
}
