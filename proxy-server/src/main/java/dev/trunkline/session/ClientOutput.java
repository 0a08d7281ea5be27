package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.ReplySink;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;

/**
 * What goes to the client, in order: runs of raw frames from nodes, and replies of our own, which are gathered in one small
 * buffer. Nothing reaches the socket before {@link #flush}. Confined to the client's event loop.
 */
public final class ClientOutput implements ReplySink {

    private static final int STAGE_CAPACITY = 512;

    private final ChannelHandlerContext context;
    private ByteBuf stage;
    private boolean pending;
    private long bytes;

    public ClientOutput(ChannelHandlerContext context) {
        this.context = context;
    }

    @Override
    public Delivery delivery() {
        return Delivery.STREAM;
    }

    @Override
    public void frames(BackendConnection from, ByteBuf frames) {
        writeStaged();
        bytes += frames.readableBytes();
        pending = true;
        context.write(frames, context.voidPromise());
    }

    @Override
    public void message(BackendConnection from, byte type, ByteBuf frame) {
        copy(frame);
    }

    /** Copies a frame of a node. */
    void copy(ByteBuf frame) {
        stage().writeBytes(frame, frame.readerIndex(), frame.readableBytes());
    }

    /** The buffer for replies of our own, in their order. */
    public ByteBuf stage() {
        if (stage == null) {
            stage = context.alloc().buffer(STAGE_CAPACITY);
            pending = true;
        }
        return stage;
    }

    /** A buffer for a reply that has to wait for its turn. */
    ByteBuf allocate() {
        return context.alloc().buffer(64);
    }

    public void flush() {
        writeStaged();
        if (pending) {
            pending = false;
            context.flush();
        }
    }

    boolean isWritable() {
        return context.channel().isWritable();
    }

    /** Bytes written so far. */
    long bytes() {
        return bytes;
    }

    private void writeStaged() {
        if (stage != null) {
            ByteBuf staged = stage;
            stage = null;
            bytes += staged.readableBytes();
            context.write(staged, context.voidPromise());
        }
    }

    /** Frees what was never written. */
    public void release() {
        if (stage != null) {
            stage.release();
            stage = null;
        }
    }
}
