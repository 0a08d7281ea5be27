package dev.trunkline.net;

import dev.trunkline.wire.FrontendEncoder;
import dev.trunkline.wire.FrontendMessage.CancelRequest;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.unix.DomainSocketReadMode;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * What one process asks of another on the same port, a connection each. A request has the form of PostgreSQL's startup
 * packets: its length, a code, and what the code asks for. The other side closes when it is done.
 */
abstract sealed class PeerRequest extends ChannelInboundHandlerAdapter {

    /** For the listening socket, which is the answer. No code of PostgreSQL's: its major versions end far below. */
    static final int LISTENER_CODE = 0x544C0001;
    private static final int TIMEOUT_SECONDS = 10;

    /** Asks for the listening socket. */
    static final class Listener extends PeerRequest {

        private final CompletableFuture<FileDescriptor> answer;

        Listener(CompletableFuture<FileDescriptor> answer) {
            this.answer = answer;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            ((EpollDomainSocketChannel) ctx.channel()).config().setReadMode(DomainSocketReadMode.FILE_DESCRIPTORS);
            ctx.writeAndFlush(ctx.alloc().buffer(8).writeInt(8).writeInt(LISTENER_CODE), ctx.voidPromise());
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) throws IOException {
            if (message instanceof FileDescriptor listener && !answer.complete(listener)) {
                listener.close();
            }
            ctx.close();
        }

        @Override
        void ended() {
            answer.completeExceptionally(new IOException("it has closed its port"));
        }
    }

    /** Passes on a cancel request. */
    static final class Cancel extends PeerRequest {

        private final CancelRequest request;
        private final Runnable passedOn;

        Cancel(CancelRequest request, Runnable passedOn) {
            this.request = request;
            this.passedOn = passedOn;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            ByteBuf out = ctx.alloc().buffer();
            FrontendEncoder.encode(request, out);
            ctx.writeAndFlush(out, ctx.voidPromise());
            ctx.executor().schedule(() -> ctx.close(), TIMEOUT_SECONDS, TimeUnit.SECONDS);
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ReferenceCountUtil.release(message);
        }

        @Override
        void ended() {
            passedOn.run();
        }
    }

    /** The connection is closed. */
    abstract void ended();

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        ended();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
    }
}
