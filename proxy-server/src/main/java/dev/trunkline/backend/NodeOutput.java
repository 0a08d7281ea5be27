package dev.trunkline.backend;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;

/**
 * What goes to a node: its bytes are counted, and those that may have to be sent again are kept. Confined to the connection's
 * event loop.
 */
final class NodeOutput extends PendingFlushes.Pending {

    private final SocketOutput output;
    private final Replay replay;
    private NodeTraffic traffic = new NodeTraffic();

    NodeOutput(ChannelHandlerContext context, boolean plain, Replay replay) {
        this.output = new SocketOutput(context, plain);
        this.replay = replay;
    }

    /** Where the bytes from now on are counted. */
    void countIn(NodeTraffic counted) {
        traffic = counted;
    }

    NodeTraffic traffic() {
        return traffic;
    }

    /** The buffer that small messages are put into. */
    ByteBuf gather() {
        return output.gather();
    }

    /** Adds a buffer; takes ownership. */
    void add(ByteBuf frames) {
        keepNoLonger(frames.readableBytes());
        output.add(frames);
    }

    /** Adds a stretch of a buffer, which stays its owner's. */
    void add(ByteBuf in, int start, int length) {
        keepNoLonger(length);
        output.add(in, start, length);
    }

    /** What is too long to be gathered is not kept to be sent again. */
    private void keepNoLonger(int length) {
        if (length > SocketOutput.GATHERED) {
            replay.stop();
        }
    }

    /** What has been gathered and not been written yet, null for nothing. */
    ByteBuf gathered() {
        return output.gathered();
    }

    @Override
    void flush() {
        if (replay.isOn()) {
            replay.add(output.gathered());
        }
        long before = output.bytes();
        output.flush();
        traffic.sent(output.bytes() - before);
    }

    @Override
    void flushFailed(Throwable why) {
        output.flushFailed(why);
    }

    /** Frees what was never written. */
    void release() {
        output.release();
    }
}
