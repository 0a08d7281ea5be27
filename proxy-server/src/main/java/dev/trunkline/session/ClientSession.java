package dev.trunkline.session;

import dev.trunkline.error.ProxyException;
import io.netty.buffer.ByteBuf;

/**
 * What a client's connection hands its messages to once it has logged in: a session over nodes, or one of the admin
 * database. Confined to the event loop of the client's channel, but for {@link #isAtRest}.
 */
public interface ClientSession {

    /** Whether {@link #accept} may be called. */
    boolean takesInput();

    /** Whether CopyData may be handed on in pieces by {@link #copyBytes}. */
    boolean takesCopyData();

    /**
     * Takes one whole message.
     *
     * @param in the buffer, of which the message occupies {@code length} bytes from {@code start}, header included
     * @return false when it has to wait: it will be offered again after {@link ClientInput#resume}
     */
    boolean accept(byte type, ByteBuf in, int start, int length);

    /** A piece of a CopyData message; takes ownership. */
    void copyBytes(ByteBuf piece);

    /** Writes what is owed to the client and to nodes. */
    void flushReplies();

    /** The client's socket is full or has room again. */
    void clientWritable(boolean is);

    /** Cancels whatever runs for this session now; {@code passedOn} is run when those who do it know. */
    void cancel(Runnable passedOn);

    /**
     * What the client is told when its session has to end now: the reason, or that nobody knows what became of a commit
     * that is under way.
     */
    ProxyException interrupted(ProxyException why);

    /** Nothing that it holds is to be used again: what was said there last is not known. */
    default void distrust() {
        // It holds nothing.
    }

    /** The client is gone. */
    void closed();

    /** Whether nothing is under way and no transaction open. Callable from any thread, and soon outdated. */
    boolean isAtRest();

    /** What SHOW CLIENTS prints. */
    ClientStatus status(long nowNanos);
}
