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
final class RewritingSink implements ReplySink {

    private final ClientOutput out;
    private final byte[] before;
    private final byte[] written;
    private final byte[] sent;
    private final String nodeName;
    private final String clientName;
    private boolean told;

    /** @param before what stands in the client's text before the EXECUTE that it has written */
    RewritingSink(ClientOutput out, byte[] before, byte[] written, byte[] sent, String nodeName, String clientName) {
        this.out = out;
        this.before = before;
        this.written = written;
        this.sent = sent;
        this.nodeName = nodeName;
        this.clientName = clientName;
    }

    @Override
    public Delivery delivery() {
        return out.delivery();
    }

    @Override
    public void frames(BackendConnection from, ByteBuf frames) {
        told = true;
        out.frames(from, frames);
    }

    @Override
    public void stream(BackendConnection from, ByteBuf in, int start, int length) {
        told = true;
        out.stream(from, in, start, length);
    }

    @Override
    public void message(BackendConnection from, byte type, ByteBuf frame) {
        told = true;
        out.message(from, type, frame);
    }

    @Override
    public boolean hasTold() {
        return told;
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
        return RewrittenText.after(RewrittenText.asWritten(named, written, sent), before);
    }
}
