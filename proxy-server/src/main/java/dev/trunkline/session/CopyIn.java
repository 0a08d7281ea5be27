package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.MessageTypes;
import dev.trunkline.wire.ProtocolViolation;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** The COPY data of a client on its way to a node, as fast as the node takes it. */
final class CopyIn {

    private final Session session;
    private final ClientInput input;
    /** Fills up messages that a node ignores anyway. Never released. */
    private static final ByteBuf ZEROS = Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(new byte[1 << 16])
            .asReadOnly());

    private BackendConnection target;
    /** How much of a message that is passed on in pieces is still to come. */
    private int left;

    CopyIn(Session session, ClientInput input) {
        this.session = session;
        this.input = input;
    }

    /** A node asks for the data. */
    void start(BackendConnection backend) {
        target = backend;
        session.become(SessionState.COPY_IN);
        session.waiting().offerLater();
    }

    /** CopyData, CopyDone or CopyFail as a whole message; takes ownership. */
    void frame(byte type, ByteBuf frame) {
        send(frame);
        if (type != MessageTypes.COPY_DATA) {
            end();
            session.become(session.cycle().inPipeline() ? SessionState.PIPELINE : SessionState.ACTIVE);
        }
    }

    /** A piece of CopyData; takes ownership. */
    void bytes(ByteBuf piece) {
        if (target == null) {
            piece.release();
            return;
        }
        left = (left == 0 ? 1 + piece.getInt(piece.readerIndex() + 1) : left) - piece.readableBytes();
        send(piece);
    }

    private void send(ByteBuf frames) {
        if (target == null) {
            frames.release();
            return;
        }
        target.send(frames);
        if (!target.isWritable()) {
            input.reading(false);
        }
    }

    /** PostgreSQL ignores Flush and Sync while it takes COPY data, and closes the connection at anything else. */
    boolean interrupted(byte type) {
        if (type == MessageTypes.FLUSH || type == MessageTypes.SYNC) {
            return true;
        }
        ProxyException error = ProxyError.PROTOCOL_VIOLATION
                .with(String.format("unexpected message type 0x%02X during COPY from stdin", type));
        session.replies().sayNow(ErrorFields.of(error));
        throw ProtocolViolation.lostSynchronization();
    }

    /** The node can take more. */
    void writable(BackendConnection backend) {
        if (backend == target) {
            input.reading(true);
        }
    }

    /** A backend takes no more data: it has reported an error, or is gone. */
    void stop(BackendConnection backend) {
        if (backend == target) {
            end();
        }
    }

    private void fill() {
        for (int n = Math.min(left, ZEROS.capacity()); n > 0; n = Math.min(left, ZEROS.capacity())) {
            target.send(ZEROS.retainedSlice(0, n));
            left -= n;
        }
        target.flush();
    }

    private void end() {
        if (left > 0 && target.isOpen()) {
            // The node must not take what is sent to it next for the rest of this message.
            fill();
        }
        left = 0;
        target = null;
        input.reading(true);
    }
}
