package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.ReplySink;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.MessageTypes;
import io.netty.buffer.ByteBuf;

/**
 * The client, for a description: what it is told of the columns is remembered with the statement.
 *
 * @param out where the replies go
 * @param executed what the statement executes: itself, but for an EXECUTE
 */
record ToldSink(ReplySink out, ClientStatement statement, ClientStatement executed) implements ReplySink {

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
        out.message(from, type, frame);
        if (type == MessageTypes.ROW_DESCRIPTION || type == MessageTypes.NO_DATA) {
            statement.told(ResultShape.of(frame), executed);
        }
    }

    @Override
    public ErrorFields asWritten(ErrorFields fields) {
        return out.asWritten(fields);
    }
}
