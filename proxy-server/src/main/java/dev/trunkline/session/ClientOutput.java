package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.ReplySink;
import dev.trunkline.backend.SocketOutput;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;

/**
 * What goes to the client, in order: runs of raw frames from nodes, and replies of our own. Nothing reaches the socket before
 * {@link #flush} or {@link #flushSoon}. Confined to the client's event loop.
 */
public final class ClientOutput implements ReplySink {

    private final ChannelHandlerContext context;
    private final SocketOutput output;

    public ClientOutput(ChannelHandlerContext context) {
        this.context = context;
        this.output = new SocketOutput(context, true);
    }

    /** From now on everything is encrypted. */
    public void encrypted() {
        output.throughPipeline();
    }

    @Override
    public Delivery delivery() {
        return Delivery.STREAM;
    }

    @Override
    public void frames(BackendConnection from, ByteBuf frames) {
        output.add(frames);
    }

    @Override
    public void stream(BackendConnection from, ByteBuf in, int start, int length) {
        output.add(in, start, length);
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
        return output.gather();
    }

    /** A buffer for a reply that has to wait for its turn. */
    ByteBuf allocate() {
        return context.alloc().buffer(64);
    }

    /** Flushes at once, or when the loop has handled everything that was ready. */
    public void flushSoon() {
        output.flushSoon();
    }

    public void flush() {
        output.flush();
    }

    boolean isWritable() {
        return context.channel().isWritable();
    }

    /** Frees what was never written. */
    public void release() {
        output.release();
    }
}
