package dev.trunkline.net;

import dev.trunkline.frontend.Cancels;
import dev.trunkline.wire.FrontendDecoder;
import dev.trunkline.wire.FrontendMessage.CancelRequest;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollServerSocketChannel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers a {@link PeerRequest} of another process on the same port. Confined to its event loop. */
final class PeerHandler extends ChannelInboundHandlerAdapter {

    private static final Logger LOG = LoggerFactory.getLogger(PeerHandler.class);
    private static final int MOST_BYTES = 1024;

    private final Channel listener;
    private final Cancels cancels;
    private ByteBuf pending;

    PeerHandler(Channel listener, Cancels cancels) {
        this.listener = listener;
        this.cancels = cancels;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        pending = ctx.alloc().buffer(64, MOST_BYTES);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        try {
            if (in.readableBytes() > pending.maxWritableBytes()) {
                ctx.close();
                return;
            }
            pending.writeBytes(in);
        } finally {
            in.release();
        }
        if (pending.readableBytes() >= 8 && pending.readableBytes() >= pending.getInt(pending.readerIndex())) {
            answer(ctx);
        }
    }

    private void answer(ChannelHandlerContext ctx) {
        int length = pending.readInt() - 4;
        if (pending.getInt(pending.readerIndex()) == PeerRequest.LISTENER_CODE) {
            share(ctx);
        } else if (length <= pending.readableBytes()
                && FrontendDecoder.decodeInitial(pending.readSlice(length)) instanceof CancelRequest request) {
            cancels.deliverHere(request, ctx.channel().eventLoop(), () -> ctx.close());
        } else {
            ctx.close();
        }
    }

    private void share(ChannelHandlerContext ctx) {
        if (!(listener instanceof EpollServerSocketChannel shared) || !shared.isActive()) {
            ctx.close();
            return;
        }
        LOG.info("another process takes part in the port");
        ctx.writeAndFlush(shared.fd()).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        pending.release();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        LOG.warn("a request of another process on the port failed: {}", cause.toString());
        ctx.close();
    }
}
