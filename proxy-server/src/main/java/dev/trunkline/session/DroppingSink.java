package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.ReplySink;
import io.netty.buffer.ByteBuf;

/** A sink that drops everything, told apart from others of its kind by identity. */
final class DroppingSink implements ReplySink {

    /** Marks replies to BEGIN, which a client's statement follows directly. */
    static final ReplySink BEGINNING = new DroppingSink();
    /** Marks replies to other statements of our own that a client's statement follows directly. */
    static final ReplySink INJECTED = new DroppingSink();
    /** Takes replies to what the session tells its nodes. What PostgreSQL would remark on it is said by the session, once. */
    static final ReplySink TELLING = new DroppingSink(true);
    /** Marks replies to the end of a part of a transaction, whose errors change nothing. */
    static final ReplySink ENDING = new DroppingSink();
    /** Marks replies to settings that are applied before a connection is used. */
    static final ReplySink APPLYING = new DroppingSink();
    /** The same where those of somebody else are there: an error may have to do with them alone. */
    static final ReplySink CHANGING = new DroppingSink();

    private final boolean noticesToo;

    private DroppingSink() {
        this(false);
    }

    /** @param noticesToo whether nobody hears either what the node remarks */
    DroppingSink(boolean noticesToo) {
        this.noticesToo = noticesToo;
    }

    @Override
    public boolean passesNotices() {
        return !noticesToo;
    }

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
        // Dropped.
    }
}
