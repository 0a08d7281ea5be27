package dev.trunkline.backend;

import dev.trunkline.wire.ErrorFields;
import io.netty.buffer.ByteBuf;

/** Where the replies to one message that was sent to a node go: the client, a collector, a merge input, or nowhere. */
public interface ReplySink {

    /** In which pieces a sink wants its replies. */
    enum Delivery {
        /** Raw frames as they came, cut anywhere: the one-node path. */
        STREAM,
        /** DataRow messages in raw runs of whole messages, everything else one by one. */
        ROWS,
        /** Every message one by one. */
        EACH,
        /** Not at all. */
        DROP
    }

    Delivery delivery();

    /** Raw frames; the sink owns the buffer. Called for STREAM and ROWS only. */
    void frames(BackendConnection from, ByteBuf frames);

    /** The same as a part of a buffer, which stays its owner's and is valid only during the call. */
    default void stream(BackendConnection from, ByteBuf in, int start, int length) {
        frames(from, ReadBuffers.keep(in, start, length));
    }

    /** One whole message with its header, readable only during the call. Called for ROWS and EACH only. */
    void message(BackendConnection from, byte type, ByteBuf frame);

    /** An error in the words of the client's text, if the node was sent another one. */
    default ErrorFields asWritten(ErrorFields fields) {
        return fields;
    }

    /** Whether the connection's owner is to hear of notices that come among these replies. */
    default boolean passesNotices() {
        return true;
    }

    /** Whether the client may have seen some of the replies. */
    default boolean hasTold() {
        return true;
    }

    /** Replies that nobody needs, such as those to an injected BEGIN. Errors still reach the connection's owner. */
    ReplySink DROP = new ReplySink() {
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
            // Nobody needs it.
        }
    };
}
