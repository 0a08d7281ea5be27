package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.wire.BackendEncoder;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.MessageTypes;
import dev.trunkline.wire.ProtocolViolation;
import io.netty.buffer.ByteBuf;

/** The COPY data of a client on its way to a node, as fast as the node takes it. */
final class CopyIn {

    private final Session session;
    private final ClientInput input;
    private BackendConnection target;

    CopyIn(Session session, ClientInput input) {
        this.session = session;
        this.input = input;
    }

    /** A node asks for the data. */
    void start(BackendConnection backend) {
        target = backend;
        session.become(SessionState.COPY_IN);
        session.resumeLater();
    }

    /** CopyData, CopyDone or CopyFail as a whole message; takes ownership. */
    void frame(byte type, ByteBuf frame) {
        bytes(frame);
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
        target.send(piece);
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
        BackendEncoder.error(session.out().stage(), ErrorFields.of(error));
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

    private void end() {
        target = null;
        input.reading(true);
    }
}
