package dev.trunkline.session;

import dev.trunkline.wire.BackendEncoder;
import dev.trunkline.wire.BackendMessage.RowDescription;
import io.netty.buffer.ByteBuf;

/** Where the rows of a fan-out go that were put together: to the client, or to be counted. */
interface FanOutOutput {

    boolean isWritable();

    void describe(RowDescription columns);

    /** Takes over a run of DataRow messages. */
    void rows(ByteBuf run);

    /** All rows were given; so many since the last Execute. */
    void end(long rows);

    /** To the client, with a tag that counts rows or, as EXPLAIN's, doesn't. */
    record ToClient(Session session, boolean explained) implements FanOutOutput {

        @Override
        public boolean isWritable() {
            return session.out().isWritable();
        }

        @Override
        public void describe(RowDescription columns) {
            session.replies().now(stage -> BackendEncoder.encode(columns, stage));
        }

        @Override
        public void rows(ByteBuf run) {
            session.out().frames(null, run);
        }

        @Override
        public void end(long rows) {
            session.replies().commandComplete(explained ? "EXPLAIN" : "SELECT " + rows);
        }
    }
}
