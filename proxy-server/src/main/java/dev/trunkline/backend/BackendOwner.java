package dev.trunkline.backend;

import dev.trunkline.wire.ErrorFields;
import io.netty.buffer.ByteBuf;

/** Who holds the lease of a backend connection: told of all that is not a plain reply. Always called on the event loop. */
public interface BackendOwner {

    /**
     * An ErrorResponse to the entry whose sink this is. In the extended protocol the node now skips to the next Sync, and
     * the entries up to there are already gone. {@code frame} is readable only during the call.
     */
    void failed(BackendConnection backend, ReplySink sink, ErrorFields fields, ByteBuf frame);

    /**
     * Whether the ReadyForQuery at hand may go to the client as it came, because the session would say the same. Asked
     * only for a STREAM sink, directly before {@link #ready}.
     */
    boolean relaysReady(BackendConnection backend, byte status);

    /** ReadyForQuery: the connection is at rest. {@code relayed} when the client has it already. */
    void ready(BackendConnection backend, ReplySink sink, byte status, boolean relayed);

    /** The queue of expected replies ran empty after a Flush, with no ReadyForQuery owed. */
    void drained(BackendConnection backend);

    /** The node asks for COPY data. */
    void copyIn(BackendConnection backend);

    /** A prepared statement was gone, or overtaken by a change of the schema, and has been prepared again. */
    default void preparedAgain(BackendConnection backend) {
        // Nothing has happened that anybody has seen.
    }

    /** A ParameterStatus arrived. */
    void parameterChanged(BackendConnection backend, String name, String value);

    /** A NoticeResponse to an entry that is not streamed; the frame is readable only during the call. */
    void notice(BackendConnection backend, ByteBuf frame);

    /** A NotificationResponse arrived; the frame is readable only during the call. Only who sends LISTEN gets any. */
    default void notification(BackendConnection backend, ByteBuf frame) {
        // A function of the client's may have listened here: nobody has asked for what it hears.
    }

    /**
     * The connection is gone. {@code owing} when replies were outstanding; {@code midMessage} when part of a message has already been streamed to the client, which
     * can't be mended. {@code lastError} is what the node said before (FATAL), or null.
     */
    void lost(BackendConnection backend, boolean owing, boolean midMessage, ErrorFields lastError);

    /** What was done with a reply has failed in its midst: nobody knows how far it got. The connection is closed next. */
    default void broken(BackendConnection backend, Throwable cause) {
        // The end of the connection tells enough.
    }

    /** The process id of the client that the connection is lent to; null when it works for the proxy itself. */
    default Integer client() {
        return null;
    }

    /** The node's socket can take more again. */
    void writable(BackendConnection backend);
}
