package dev.trunkline.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;

/** Bytes arrive whole and in order, whichever way they take to the socket. */
@EnabledIf("hasEpoll")
@Timeout(300)
class SocketOutputTest {

    private static EventLoopGroup loops;

    static boolean hasEpoll() {
        return Epoll.isAvailable();
    }

    @BeforeAll
    static void startLoop() {
        loops = new MultiThreadIoEventLoopGroup(1, FlushingIoHandler.over(EpollIoHandler.newFactory()));
    }

    @AfterAll
    static void stopLoop() {
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    /** The channel of a client that reads only when the test does. */
    private static final class Slow implements AutoCloseable {

        final Channel listener;
        final Socket client = new Socket();
        final CompletableFuture<ChannelHandlerContext> accepted = new CompletableFuture<>();

        Slow() throws Exception {
            listener = new ServerBootstrap().group(loops).channel(EpollServerSocketChannel.class)
                    .childOption(ChannelOption.SO_SNDBUF, 4096).childHandler(new ChannelInboundHandlerAdapter() {
                        @Override
                        public void channelActive(ChannelHandlerContext ctx) {
                            accepted.complete(ctx);
                        }
                    }).bind(InetAddress.getLoopbackAddress(), 0).sync().channel();
            client.setReceiveBufferSize(4096);
            client.connect(listener.localAddress() instanceof InetSocketAddress at ? at : null);
        }

        ChannelHandlerContext server() throws Exception {
            return accepted.get(60, TimeUnit.SECONDS);
        }

        @Override
        public void close() throws IOException {
            client.close();
            listener.close().syncUninterruptibly();
        }
    }

    @Test
    void whatTheSocketDoesNotTakeComesLaterAndInOrder() throws Exception {
        try (Slow slow = new Slow()) {
            ChannelHandlerContext context = slow.server();
            int numbers = 500_000;
            context.executor().submit(() -> {
                SocketOutput output = new SocketOutput(context, true);
                for (int i = 0; i < numbers; i++) {
                    if (i % 1000 == 500) {
                        ByteBuf stretch = context.alloc().buffer(400 * Integer.BYTES);
                        for (int end = i + 400; i < end; i++) {
                            stretch.writeInt(i);
                        }
                        output.add(stretch);
                    }
                    output.gather().writeInt(i);
                    if (i % 7 == 0) {
                        output.flush();
                    }
                }
                output.flush();
                assertEquals((long) numbers * Integer.BYTES, output.bytes());
            }).sync();
            assertFalse(context.channel().isWritable(), "the socket was not full");
            DataInputStream in = new DataInputStream(new BufferedInputStream(slow.client.getInputStream()));
            for (int i = 0; i < numbers; i++) {
                assertEquals(i, in.readInt());
            }
        }
    }

    @Test
    void aClosedChannelIsNotWrittenTo() throws Exception {
        try (Slow slow = new Slow()) {
            ChannelHandlerContext context = slow.server();
            context.executor().submit(() -> {
                SocketOutput output = new SocketOutput(context, true);
                output.gather().writeInt(1);
                // The descriptor may be another socket's from here on.
                context.close();
                output.flush();
                assertEquals(Integer.BYTES, output.bytes());
            }).sync();
            assertEquals(-1, slow.client.getInputStream().read());
        }
    }

    private static ChannelHandlerContext withoutWrite(ChannelHandlerContext context) {
        return (ChannelHandlerContext) Proxy.newProxyInstance(SocketOutputTest.class.getClassLoader(),
                new Class<?>[]{ChannelHandlerContext.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("write")) {
                        ((ByteBuf) arguments[0]).release();
                        throw new IllegalStateException("as the test wants it");
                    }
                    return method.invoke(context, arguments);
                });
    }

    /** Nothing of it is on the wire before the loop's turn is over, all of it afterwards, and one that fails takes no other with it. */
    @Test
    void whatIsFlushedSoonComesAtTheEndOfTheTurn() throws Exception {
        try (Slow first = new Slow(); Slow broken = new Slow(); Slow second = new Slow()) {
            ChannelHandlerContext one = first.server();
            ChannelHandlerContext two = second.server();
            ChannelHandlerContext none = broken.server();
            SocketOutput[] outputs = new SocketOutput[2];
            SocketOutput[] failed = new SocketOutput[1];
            one.executor().submit(() -> {
                outputs[0] = new SocketOutput(one, true);
                outputs[1] = new SocketOutput(two, true);
                SocketOutput failing = new SocketOutput(withoutWrite(none), false);
                failing.gather().writeInt(7);
                failing.flushSoon();
                failed[0] = failing;
                for (SocketOutput output : outputs) {
                    output.gather().writeInt(1);
                    output.flushSoon();
                    output.gather().writeInt(2);
                    output.flushSoon();
                    assertEquals(0, output.bytes());
                }
            }).sync();
            for (Slow slow : new Slow[]{first, second}) {
                DataInputStream in = new DataInputStream(slow.client.getInputStream());
                assertEquals(1, in.readInt());
                assertEquals(2, in.readInt());
            }
            one.executor().submit(() -> {
                failed[0].release();
                outputs[1].gather().writeInt(3);
                outputs[1].flushSoon();
            }).sync();
            assertEquals(3, new DataInputStream(second.client.getInputStream()).readInt());
        }
    }

    /** What a node gets by the way, and what it gets at the end of the turn, is sent once and counted once. */
    @Test
    void bytesToANodeAreCountedWhenTheyAreSent() throws Exception {
        try (Slow node = new Slow()) {
            ChannelHandlerContext context = node.server();
            NodeTraffic traffic = new NodeTraffic();
            context.executor().submit(() -> {
                NodeOutput output = new NodeOutput(context, true, new Replay(new ExpectedReplies()));
                output.countIn(traffic);
                output.gather().writeInt(1);
                output.flushAtEndOfTurn();
                assertEquals(0, traffic.toNode());
                output.gather().writeInt(2);
                output.flush();
                assertEquals(8, traffic.toNode());
                output.gather().writeInt(3);
                output.flushAtEndOfTurn();
                assertEquals(8, traffic.toNode());
            }).sync();
            DataInputStream in = new DataInputStream(node.client.getInputStream());
            for (int i = 1; i <= 3; i++) {
                assertEquals(i, in.readInt());
            }
            context.executor().submit(() -> assertEquals(12, traffic.toNode())).sync();
        }
    }
}
