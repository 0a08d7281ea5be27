package dev.trunkline.backend;

import dev.trunkline.auth.NodeCredential;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens connections to nodes, and sends them cancel requests. Thread-safe. */
public final class BackendConnector {

    private static final int CANCEL_TIMEOUT_SECONDS = 3;
    private static final Logger LOG = LoggerFactory.getLogger(BackendConnector.class);
    private static final int CONNECT_TIMEOUT_MILLIS = 5_000;
    private static final int CANCEL_REQUEST_CODE = 80877102;

    private final Class<? extends Channel> channelType;
    private final String applicationName;
    private final int preparedStatements;
    private final Keepalive keepalive;
    private final NodeAddresses addresses;

    /**
     * @param applicationName what nodes show of connections of our own
     * @param preparedStatements how many statements a connection holds
     * @param addresses where the nodes' hosts are
     */
    public BackendConnector(Class<? extends Channel> channelType, String applicationName, int preparedStatements,
            Keepalive keepalive, NodeAddresses addresses) {
        this.channelType = channelType;
        this.applicationName = applicationName;
        this.preparedStatements = preparedStatements;
        this.keepalive = keepalive;
        this.addresses = addresses;
    }

    /** The addresses of a node's host. */
    public HostAddresses addresses(NodeEndpoint endpoint) {
        return addresses.of(endpoint.host());
    }

    /**
     * Connects and logs in for sessions, whose name at the node is what their clients have set. One of the two is called on the
     * loop, later. A host's addresses are tried one after the other;
     * when none will do, they are looked up again before the next attempt.
     */
    public void connect(EventLoop loop, NodeEndpoint endpoint, NodeCredential credential,
            Consumer<BackendConnection> connected, Consumer<ProxyException> failed) {
        connect(loop, endpoint, credential, null, connected, failed);
    }

    /** As above, for what the proxy itself has to do there, under its name. */
    public void connectOurselves(EventLoop loop, NodeEndpoint endpoint, NodeCredential credential,
            Consumer<BackendConnection> connected, Consumer<ProxyException> failed) {
        connect(loop, endpoint, credential, applicationName, connected, failed);
    }

    private void connect(EventLoop loop, NodeEndpoint endpoint, NodeCredential credential, String name,
            Consumer<BackendConnection> connected, Consumer<ProxyException> failed) {
        HostAddresses host = addresses(endpoint);
        host.resolve(loop,
                all -> new Attempt(loop, endpoint, credential, name, host, all.iterator(), connected, failed).next(),
                why -> failed.accept(
                        ProxyError.NODE_DOWN.with(endpoint.nodeName()).withDetail(endpoint + ": " + why + ".")));
    }

    /** One connection to be made, to the first of several addresses that will do. */
    private final class Attempt {

        private final EventLoop loop;
        private final NodeEndpoint endpoint;
        private final NodeCredential credential;
        /** Null for none. */
        private final String name;
        private final HostAddresses host;
        private final Iterator<InetAddress> rest;
        private final Consumer<BackendConnection> connected;
        private final Consumer<ProxyException> failed;

        Attempt(EventLoop loop, NodeEndpoint endpoint, NodeCredential credential, String name, HostAddresses host,
                Iterator<InetAddress> rest, Consumer<BackendConnection> connected, Consumer<ProxyException> failed) {
            this.name = name;
            this.loop = loop;
            this.endpoint = endpoint;
            this.credential = credential;
            this.host = host;
            this.rest = rest;
            this.connected = connected;
            this.failed = failed;
        }

        void next() {
            InetAddress address = rest.next();
            LoginHandler login = new LoginHandler(endpoint, credential, name, preparedStatements,
                    connection -> {
                        host.connected(address);
                        connected.accept(connection);
                    }, why -> failed(address, why));
            open(loop, endpoint, new InetSocketAddress(address, endpoint.port()), login,
                    cause -> login.notConnected(ProxyError.NODE_DOWN.with(endpoint.nodeName())
                            .withDetail(endpoint + ": " + reason(cause) + ".")));
        }

        /** Who refuses a login there is not asked elsewhere. */
        private void failed(InetAddress address, ProxyException why) {
            if (rest.hasNext() && why.error() == ProxyError.NODE_DOWN) {
                LOG.info("node {} at {}: {}", endpoint.nodeName(), address, why.detail());
                next();
            } else {
                host.expire();
                failed.accept(why);
            }
        }
    }

    /**
     * Opens a socket when the loop has dealt with the events at hand. In their middle it could get the descriptor of a
     * socket that was closed just now, and with it what epoll still has to say of that one: the connect then fails.
     */
    private void open(EventLoop loop, NodeEndpoint endpoint, InetSocketAddress address,
            ChannelInboundHandlerAdapter handler, Consumer<Throwable> failed) {
        loop.execute(() -> openNow(loop, endpoint, address, handler).addListener(future -> {
            if (!future.isSuccess()) {
                failed.accept(future.cause());
            }
        }));
    }

    private ChannelFuture openNow(EventLoop loop, NodeEndpoint endpoint, InetSocketAddress address,
            ChannelInboundHandlerAdapter handler) {
        return new Bootstrap().group(loop).channel(channelType).option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new ReadBuffers())
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        keepalive.guard(channel);
                        if (endpoint.tls() != null) {
                            channel.pipeline().addLast(new TlsNegotiation(endpoint));
                        }
                        channel.pipeline().addLast(handler);
                    }
                }).connect(address);
    }

    /** Why, in a few words: epoll's errors begin with the system call and its number, and the address ends them all. */
    static String reason(Throwable cause) {
        String message = cause.getMessage();
        return message == null
                ? cause.getClass().getSimpleName()
                : message.replaceFirst("^\\w+\\(\\.\\.\\) failed( with error\\(-?\\d+\\))?: ", "").replaceAll(": .*",
                        "");
    }

    /**
     * Asks a node to cancel what runs on a connection, at the very address that it was made to: the name may lead elsewhere by
     * now. What waits for it is told by {@link Cancellation#afterwards}.
     */
    public void cancel(BackendConnection backend) {
        backend.cancellation().begins();
        CancelHandler handler = new CancelHandler(backend);
        open(backend.loop(), backend.endpoint(), backend.address(), handler, cause -> {
            LOG.info("node {}: cancel request failed: {}", backend.endpoint(), reason(cause));
            handler.ended();
        });
    }

    /** Sends a CancelRequest and waits for the node to close the connection, which it does when it has been passed on. */
    private static final class CancelHandler extends ChannelInboundHandlerAdapter {

        private final BackendConnection backend;
        private boolean ended;

        CancelHandler(BackendConnection backend) {
            this.backend = backend;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            ctx.executor().schedule(() -> giveUp(ctx), CANCEL_TIMEOUT_SECONDS, TimeUnit.SECONDS);
            byte[] key = backend.cancellation().key();
            ByteBuf out = ctx.alloc().buffer(12 + key.length);
            out.writeInt(12 + key.length).writeInt(CANCEL_REQUEST_CODE).writeInt(backend.processId()).writeBytes(key);
            ctx.writeAndFlush(out, ctx.voidPromise());
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ((ByteBuf) message).release();
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            ended();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }

        /** The node is silent. The request may still reach it some time: the connection is not lent again. */
        private void giveUp(ChannelHandlerContext ctx) {
            if (!ended) {
                LOG.info("node {}: a cancel request was not answered within {} s", backend.endpoint(),
                        CANCEL_TIMEOUT_SECONDS);
                backend.close();
                ctx.close();
            }
        }

        void ended() {
            if (!ended) {
                ended = true;
                backend.cancellation().ends();
            }
        }
    }
}
