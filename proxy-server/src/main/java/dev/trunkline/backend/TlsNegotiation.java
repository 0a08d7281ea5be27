package dev.trunkline.backend;

import dev.trunkline.auth.NodeTls;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;

/**
 * Asks a node for TLS before anything else is said. The handlers behind it see the channel become active when that is
 * settled.
 *
 * <pre>
 *   SSLRequest --> 'S' --> handshake --> active
 *              --> 'N' --> active, or refused where TLS is required
 * </pre>
 */
final class TlsNegotiation extends ChannelInboundHandlerAdapter {

    private static final int SSL_REQUEST_CODE = 80877103;

    private final NodeEndpoint endpoint;

    TlsNegotiation(NodeEndpoint endpoint) {
        this.endpoint = endpoint;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        ctx.writeAndFlush(ctx.alloc().buffer(8).writeInt(8).writeInt(SSL_REQUEST_CODE), ctx.voidPromise());
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        byte answer = in.readByte();
        // Whatever came with it was not said under TLS, and must not be taken for it.
        boolean more = in.isReadable();
        in.release();
        if (answer == 'S' && !more) {
            secure(ctx);
        } else if (answer == 'N' && !more && !endpoint.tls().isRequired()) {
            ChannelHandlerContext next = ctx;
            next.fireChannelActive();
            ctx.pipeline().remove(this);
        } else {
            ctx.fireExceptionCaught(
                    refused(answer == 'N' ? "it offers no TLS" : "it answers the request for TLS wrongly"));
        }
    }

    private void secure(ChannelHandlerContext ctx) {
        NodeTls tls = endpoint.tls();
        SslHandler handler = tls.handler(ctx.alloc(), endpoint.host(), endpoint.port());
        ctx.pipeline().replace(this, "tls", handler);
        ChannelHandlerContext secured = ctx.pipeline().context(handler);
        handler.handshakeFuture().addListener(done -> {
            if (done.isSuccess()) {
                secured.fireChannelActive();
            } else {
                secured.fireExceptionCaught(refused("TLS fails: " + done.cause().getMessage()));
            }
        });
    }

    private ProxyException refused(String why) {
        return ProxyError.NODE_LOGIN_FAILED.with(endpoint.nodeName(), why);
    }
}
