package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.ReplySink;
import io.netty.buffer.ByteBuf;

/** A sink that takes its replies one by one: what the session itself has asked a node for. */
interface MessageSink extends ReplySink {

    @Override
    default Delivery delivery() {
        return Delivery.EACH;
    }

    @Override
    default void frames(BackendConnection from, ByteBuf frames) {
        frames.release();
    }
}
