package dev.trunkline.net;

import dev.trunkline.config.ListenConfig;
import dev.trunkline.frontend.Cancels;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.UnixChannelOption;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The port that clients connect to. With {@code listen.reusePort} other processes may listen on it too: those that
 * {@link Peers} finds share one socket, so that none of them loses a connection when it ends. SO_REUSEPORT is set as well, so
 * that a process may come to the port that can't reach the others (one in another container on the host's network); the
 * kernel divides new connections between two such sockets, and resets those that wait at one of them when it is closed.
 *
 * <p>For the thread that starts and stops the server.
 */
final class ClientPort implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ClientPort.class);
    private static final int BACKLOG = 4096;

    private final ListenConfig config;
    private final Transport transport;
    private final Peers peers;
    private Channel listener;

    private ClientPort(ListenConfig config, Transport transport, Peers peers) {
        this.config = config;
        this.transport = transport;
        this.peers = peers;
    }

    /** Takes an id at the port, and listens not yet. */
    static ClientPort of(ListenConfig config, Transport transport) throws IOException {
        if (config.reusePort() && !transport.isEpoll()) {
            LOG.warn("listen.reusePort needs Linux and its epoll: no other process can take over the port");
        }
        return new ClientPort(config, transport,
                config.reusePort() && transport.isEpoll() ? Peers.join(config) : null);
    }

    /** The id that cancel keys carry: other than that of every process on the same port. */
    int proxyId() {
        return peers == null ? config.proxyId() : peers.proxyId();
    }

    /** Whether other processes may come to the port. */
    boolean isShared() {
        return peers != null;
    }

    /** How many other processes there are on the port. */
    int peers() {
        return peers == null ? 0 : peers.count();
    }

    /** The way to the clients of the other processes. */
    Cancels.Elsewhere elsewhere() {
        return peers == null ? Cancels.Elsewhere.NOWHERE : peers;
    }

    /** Lets clients in. */
    void listen(ServerBootstrap bootstrap, EventLoopGroup loops, Cancels cancels)
            throws InterruptedException, IOException {
        bootstrap.option(ChannelOption.SO_BACKLOG, BACKLOG).option(ChannelOption.SO_REUSEADDR, true);
        if (peers == null) {
            listener = bind(bootstrap);
            return;
        }
        FileDescriptor shared = config.port() == 0 ? null : peers.sharedListener(loops);
        if (shared != null) {
            listener = bootstrap.channelFactory(() -> new EpollServerSocketChannel(shared.intValue())).register()
                    .sync().channel();
        } else {
            warnOfStrangers();
            bootstrap.option(UnixChannelOption.SO_REUSEPORT, true);
            listener = bind(bootstrap);
        }
        peers.announce(port(), listener, cancels, loops);
    }

    private Channel bind(ServerBootstrap bootstrap) throws InterruptedException {
        return bootstrap.channel(transport.server()).bind(config.host(), config.port()).sync().channel();
    }

    /** Somebody may listen who can't be found: nothing is shared then but the port itself. */
    private void warnOfStrangers() {
        try (Socket probe = new Socket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(config.host(), config.port()));
        } catch (IOException taken) {
            LOG.warn(
                    "a process listens on port {} that has no socket in the runtime directory, or does not answer there:"
                            + " cancel requests are not passed on between the two, and connections may be reset when one ends",
                    config.port());
        }
    }

    int port() {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    /** Nobody new comes in, but by the others. */
    void stopListening() throws InterruptedException {
        if (listener != null) {
            listener.close().sync();
        }
    }

    /** Leaves the other processes. */
    @Override
    public void close() {
        if (peers != null) {
            peers.close();
        }
    }
}
