package dev.trunkline.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.trunkline.config.KeepaliveConfig;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.function.Consumer;
import jdk.net.ExtendedSocketOptions;
import org.junit.jupiter.api.Test;

/** When the other end of a connection counts as gone. */
class KeepaliveTest {

    private static final long PATIENCE = 110_000;
    private static final KeepaliveConfig CONFIG = new KeepaliveConfig(Duration.ofSeconds(60), Duration.ofSeconds(10),
            5);

    @Test
    void patienceIsTheTimeOfAllProbes() {
        assertEquals(PATIENCE, CONFIG.patience().toMillis());
    }

    @Test
    void whoAcknowledgesNothingIsGone() {
        assertTrue(Keepalive.seemsGone(1, 9, 0, PATIENCE, PATIENCE), "bytes under way");
        assertTrue(Keepalive.seemsGone(0, 0, 3, PATIENCE, PATIENCE), "a closed window, and no answer to probes");
    }

    @Test
    void whoIsSilentOrTakesNothingIsNot() {
        assertFalse(Keepalive.seemsGone(0, 0, 0, 10 * PATIENCE, PATIENCE), "nothing under way: the kernel's to probe");
        assertFalse(Keepalive.seemsGone(1, 0, 0, 10 * PATIENCE, PATIENCE), "sent just now, after a long silence");
        assertFalse(Keepalive.seemsGone(5, 3, 0, PATIENCE - 1, PATIENCE), "not yet");
        assertFalse(Keepalive.seemsGone(0, 0, 1, 500, PATIENCE), "a closed window whose probes are answered");
    }

    @Test
    void theKernelProbesWithTheConfiguredTimes() throws Exception {
        assumeTrue(Epoll.isAvailable());
        guarded(EpollIoHandler.newFactory(), EpollSocketChannel.class, channel -> {
            assertTrue(channel.config().getOption(ChannelOption.SO_KEEPALIVE));
            assertEquals(60, channel.config().getOption(EpollChannelOption.TCP_KEEPIDLE));
            assertEquals(10, channel.config().getOption(EpollChannelOption.TCP_KEEPINTVL));
            assertEquals(5, channel.config().getOption(EpollChannelOption.TCP_KEEPCNT));
        });
    }

    @Test
    void theKernelProbesWithTheConfiguredTimesWithoutEpoll() throws Exception {
        guarded(NioIoHandler.newFactory(), NioSocketChannel.class, channel -> {
            assertTrue(channel.config().getOption(ChannelOption.SO_KEEPALIVE));
            assertEquals(60, channel.config().getOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE)));
            assertEquals(10, channel.config().getOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL)));
            assertEquals(5, channel.config().getOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT)));
        });
    }

    private static void guarded(IoHandlerFactory handlers, Class<? extends Channel> type, Consumer<Channel> looks)
            throws Exception {
        Keepalive keepalive = new Keepalive(CONFIG);
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, handlers);
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Channel channel = new Bootstrap().group(loops).channel(type).handler(new ChannelInitializer<Channel>() {
                @Override
                protected void initChannel(Channel made) {
                    keepalive.guard(made);
                    made.pipeline().addLast(new ChannelInboundHandlerAdapter());
                }
            }).connect(server.getLocalSocketAddress()).sync().channel();
            looks.accept(channel);
            channel.close().sync();
        } finally {
            loops.shutdownGracefully(0, 1, java.util.concurrent.TimeUnit.SECONDS).sync();
        }
    }
}
