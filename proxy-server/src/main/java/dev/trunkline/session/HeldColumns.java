package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.ReplySink;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.wire.MessageTypes;
import io.netty.buffer.ByteBuf;

/**
 * The description of a portal for a client that speaks the simple protocol: RowDescription is let through and NoData is not. A
 * query's comes at once; PostgreSQL runs anything else to its end before it tells its columns, so an error comes without them.
 */
final class HeldColumns implements ReplySink {

    private final ClientOutput out;
    private final boolean atOnce;
    private byte[] columns;

    HeldColumns(ClientOutput out, StatementPlan plan) {
        this.out = out;
        this.atOnce = plan.kind().equals("SelectStmt");
    }

    /** Where the rows go that are described so. */
    ReplySink rows() {
        return atOnce ? out : new Rows();
    }

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
        if (type != MessageTypes.ROW_DESCRIPTION) {
            return;
        }
        if (atOnce) {
            out.copy(frame);
        } else {
            columns = new byte[frame.readableBytes()];
            frame.getBytes(frame.readerIndex(), columns);
        }
    }

    private void tell() {
        if (columns != null) {
            out.stage().writeBytes(columns);
            columns = null;
        }
    }

    /** What follows the columns, if it is not an error. */
    private final class Rows implements ReplySink {

        @Override
        public Delivery delivery() {
            return Delivery.ROWS;
        }

        @Override
        public void frames(BackendConnection from, ByteBuf frames) {
            tell();
            out.frames(from, frames);
        }

        @Override
        public void message(BackendConnection from, byte type, ByteBuf frame) {
            tell();
            out.copy(frame);
        }
    }
}
