package dev.trunkline.frontend;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import java.util.concurrent.TimeUnit;

/**
 * The end of a connection whose client is told why. A socket that is closed while bytes of the client are unread is reset, and
 * a client that is just sending may then see the reset before it sees the reason. So only our side is closed at first, what still
 * comes is dropped, and the rest follows when the client closes too, or does nothing for some seconds.
 */
final class Farewell {

    private static final int SECONDS = 5;

    private Farewell() {}

    /** Closes when all that was written is out. */
    static void after(ChannelHandlerContext context) {
        Channel channel = context.channel();
        channel.config().setAutoRead(true);
        boolean plain = channel instanceof DuplexChannel && context.pipeline().get(SslHandler.class) == null;
        context.writeAndFlush(context.alloc().buffer(0)).addListener(plain
                ? written -> ((DuplexChannel) channel).shutdownOutput()
                : ChannelFutureListener.CLOSE);
        // A client that does not read is not waited for.
        context.executor().schedule(() -> context.close(), SECONDS, TimeUnit.SECONDS);
    }
}
