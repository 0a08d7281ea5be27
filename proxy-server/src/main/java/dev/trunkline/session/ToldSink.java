package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.ReplySink;
import dev.trunkline.wire.MessageTypes;
import io.netty.buffer.ByteBuf;

/** The client, for the description of a portal: what it is told of the statement's columns is remembered. */
record ToldSink(ClientOutput out, ClientStatement statement) implements ReplySink {

    @Override
    public Delivery delivery() {
        return Delivery.EACH;
    }

    @Override
    public void frames(BackendConnection from, ByteBuf frames) {
        out.frames(from, frames);
    }

    @Override
    public void message(BackendConnection from, byte type, ByteBuf frame) {
        out.copy(frame);
        if (type == MessageTypes.ROW_DESCRIPTION || type == MessageTypes.NO_DATA) {
            statement.told(ResultShape.of(frame));
        }
    }
}
