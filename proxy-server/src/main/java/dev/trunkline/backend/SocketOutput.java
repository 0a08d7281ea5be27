package dev.trunkline.backend;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.Socket;
import java.io.IOException;

/**
 * What goes to a socket, in order: small messages, gathered in one buffer, and long stretches of bytes as they are. Nothing
 * reaches the socket before {@link #flush}.
 *
 * <p>Where there is nothing but small messages, and nothing of an earlier flush is left, a flush is one system call, with
 * neither Netty's queue of outbound buffers nor its promises between. What the socket does not take goes through the queue.
 *
 * <p>Confined to the event loop of its channel.
 */
public final class SocketOutput extends PendingFlushes.Pending {

    /** Stretches up to this length are gathered as well: copying them costs less than an entry in the queue. */
    static final int GATHERED = SpareBuffers.CAPACITY / 2;

    private final ChannelHandlerContext context;
    private final SpareBuffers buffers = SpareBuffers.ofLoop();
    /** Null where bytes have to take the way through the pipeline. */
    private Socket socket;
    private ByteBuf gathered;
    private boolean queued;
    private long bytes;

    /** @param plain whether bytes go to the socket as they are, without TLS */
    public SocketOutput(ChannelHandlerContext context, boolean plain) {
        this.context = context;
        if (plain && context.channel() instanceof EpollSocketChannel channel && channel.fd() instanceof Socket own) {
            socket = own;
        }
    }

    /** From now on bytes take the way through the pipeline, where TLS has joined. */
    public void throughPipeline() {
        socket = null;
    }

    /** The buffer that small messages are put into. */
    public ByteBuf gather() {
        if (gathered == null) {
            gathered = buffers.take();
        }
        return gathered;
    }

    /** What has been gathered and not been written yet; null for nothing. */
    ByteBuf gathered() {
        return gathered;
    }

    /** Adds a stretch of bytes; takes ownership. */
    public void add(ByteBuf stretch) {
        int length = stretch.readableBytes();
        if (length <= GATHERED) {
            gather().writeBytes(stretch, stretch.readerIndex(), length);
            stretch.release();
        } else {
            queueGathered();
            queue(stretch);
        }
    }

    /** Adds a stretch of a buffer, which stays its owner's. */
    public void add(ByteBuf in, int start, int length) {
        if (length <= GATHERED) {
            gather().writeBytes(in, start, length);
        } else {
            queueGathered();
            queue(ReadBuffers.keep(in, start, length));
        }
    }

    /** Bytes that have been flushed or queued so far. */
    public long bytes() {
        return bytes;
    }

    /** Flushes when the loop has handled everything that was ready. Long stretches don't wait for that. */
    public void flushSoon() {
        if (queued) {
            flush();
        } else if (gathered != null) {
            flushAtEndOfTurn();
        }
    }

    @Override
    void flushFailed(Throwable why) {
        context.pipeline().fireExceptionCaught(why);
    }

    @Override
    public void flush() {
        if (gathered != null && !queued && socket != null && gathered.hasMemoryAddress() && isQueueEmpty()) {
            writeNow();
        }
        if (gathered != null || queued) {
            queueGathered();
            queued = false;
            context.flush();
        }
    }

    /** A closed channel has no queue; its descriptor may be another socket's by now. */
    private boolean isQueueEmpty() {
        var queue = context.channel().unsafe().outboundBuffer();
        return queue != null && queue.isEmpty();
    }

    /** Writes what the socket takes at once; the rest, or all after an error, is left for the queue, which tells of it. */
    private void writeNow() {
        int start = gathered.readerIndex();
        int end = gathered.writerIndex();
        try {
            int written = socket.sendAddress(gathered.memoryAddress(), start, end);
            if (written > 0) {
                bytes += written;
                gathered.readerIndex(start + written);
            }
        } catch (IOException e) {
            // The queue meets the same error, and closes the channel in order.
            return;
        }
        if (!gathered.isReadable()) {
            buffers.giveBack(gathered);
            gathered = null;
        }
    }

    private void queueGathered() {
        if (gathered != null) {
            queue(ReadBuffers.keep(gathered, gathered.readerIndex(), gathered.readableBytes()));
            buffers.giveBack(gathered);
            gathered = null;
        }
    }

    private void queue(ByteBuf stretch) {
        queued = true;
        bytes += stretch.readableBytes();
        context.write(stretch, context.voidPromise());
    }

    /** Frees what was never written. */
    public void release() {
        if (gathered != null) {
            gathered.release();
            gathered = null;
        }
    }
}
