package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.ReplySink;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.ErrorFields.Field;
import io.netty.buffer.ByteBuf;

/**
 * The client, for the replies to an EXECUTE that a node got under another name: errors get back the client's positions and
 * the client's name of the statement.
 */
record RewritingSink(ClientOutput out, byte[] written, byte[] sent, String nodeName,
        String clientName) implements ReplySink {

    @Override
    public Delivery delivery() {
        return out.delivery();
    }

    @Override
    public void frames(BackendConnection from, ByteBuf frames) {
        out.frames(from, frames);
    }

    @Override
    public void message(BackendConnection from, byte type, ByteBuf frame) {
        out.message(from, type, frame);
    }

    @Override
    public ErrorFields asWritten(ErrorFields fields) {
        ErrorFields named = fields;
        String quoted = '"' + nodeName + '"';
        if (fields.message() != null && fields.message().contains(quoted)) {
            named = new ErrorFields(fields.fields().stream().map(field -> field.code() == ErrorFields.MESSAGE
                    ? new Field(field.code(), field.value().replace(quoted, '"' + clientName + '"'))
                    : field).toList());
        }
        return RewrittenText.asWritten(named, written, sent);
    }
}
