package dev.trunkline.net;

import dev.trunkline.config.ListenConfig;
import dev.trunkline.frontend.Cancels;
import dev.trunkline.frontend.Clients;
import dev.trunkline.wire.FrontendMessage.CancelRequest;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The processes that listen on one port of this machine. Each has a socket of its own in the runtime directory, named by the
 * port and its proxy's id, by which the others
 *
 * <ul>
 * <li>get its listening socket. It is one queue of connections for all of them then, and one of them may end without losing
 * a connection that the kernel has accepted and nobody has taken yet;
 * <li>pass on the cancel requests for its clients.
 * </ul>
 *
 * <p>Sockets are made, judged and removed under the directory's lock, so that no two processes take the same id. A socket
 * that nobody answers at was left behind by a process that was killed, and is removed.
 *
 * <p>{@link #pass} and {@link #count} may be called anywhere; the rest is for the thread that starts and stops the server.
 */
final class Peers implements Cancels.Elsewhere, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Peers.class);
    private static final int MOST_IDS = 2048;
    private static final int ANSWER_SECONDS = 2;
    private static final int CONNECT_TIMEOUT_MILLIS = 2_000;

    private final RuntimeDirectory directory;
    private final String host;
    private int port;
    private int proxyId;
    private Channel socket;

    private Peers(RuntimeDirectory directory, ListenConfig listen) {
        this.directory = directory;
        this.host = listen.host();
        this.port = listen.port();
    }

    /**
     * Looks who is there, and takes the first free id. From now until {@link #announce} or {@link #close} no other process
     * does the same.
     */
    static Peers join(ListenConfig listen) throws IOException {
        RuntimeDirectory directory = RuntimeDirectory.open(listen.runtimeDirectory());
        Peers peers = new Peers(directory, listen);
        directory.lock();
        try {
            peers.proxyId = peers.firstFree(listen.proxyId());
        } catch (IOException | RuntimeException e) {
            directory.unlock();
            throw e;
        }
        return peers;
    }

    private int firstFree(int wanted) throws IOException {
        for (int i = 0; i < MOST_IDS; i++) {
            int id = (wanted + i) % MOST_IDS;
            Path path = path(id);
            if (port == 0 || !isAlive(path)) {
                if (Files.deleteIfExists(path)) {
                    LOG.info("removed {}, which a process had left behind", path);
                }
                return id;
            }
        }
        throw new IOException("all " + MOST_IDS + " proxy ids of port " + port + " are taken");
    }

    /** Whether somebody listens there. */
    private static boolean isAlive(Path path) {
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return probe.connect(UnixDomainSocketAddress.of(path));
        } catch (IOException nobody) {
            return false;
        }
    }

    private Path path(int id) {
        return directory.path().resolve(prefix() + id);
    }

    private String prefix() {
        return host.replace('/', '_') + ":" + port + ".";
    }

    int proxyId() {
        return proxyId;
    }

    /** How many other processes there are on this port. */
    int count() {
        return others().size();
    }

    private List<Path> others() {
        Path own = path(proxyId);
        try (Stream<Path> files = Files.list(directory.path())) {
            return files.filter(file -> file.getFileName().toString().startsWith(prefix()) && !file.equals(own))
                    .filter(Peers::isAlive).sorted().toList();
        } catch (IOException e) {
            LOG.warn("the directory {} can't be read: {}", directory.path(), e.toString());
            return List.of();
        }
    }

    /** The listening socket of one of the others, or null when there are none, or none gives it. */
    FileDescriptor sharedListener(EventLoopGroup loops) throws InterruptedException {
        for (Path other : others()) {
            CompletableFuture<FileDescriptor> answer = new CompletableFuture<>();
            connect(loops.next(), other, new PeerRequest.Listener(answer), answer::completeExceptionally);
            try {
                return answer.get(ANSWER_SECONDS, TimeUnit.SECONDS);
            } catch (ExecutionException | TimeoutException e) {
                LOG.warn("{} does not share its port: {}", other, e.toString());
            }
        }
        return null;
    }

    private static void connect(EventLoop loop, Path path, PeerRequest request,
            Consumer<Throwable> failed) {
        new Bootstrap().group(loop).channel(EpollDomainSocketChannel.class)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS).handler(request)
                .connect(new DomainSocketAddress(path.toString())).addListener(done -> {
                    if (!done.isSuccess()) {
                        failed.accept(done.cause());
                    }
                });
    }

    /** Tells the others that this process listens now, and with what. */
    void announce(int listensOn, Channel listener, Cancels cancels, EventLoopGroup loops)
            throws IOException, InterruptedException {
        port = listensOn;
        try {
            socket = new ServerBootstrap().group(loops).channel(EpollServerDomainSocketChannel.class)
                    .childHandler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            channel.pipeline().addLast(new PeerHandler(listener, cancels));
                        }
                    }).bind(new DomainSocketAddress(path(proxyId).toString())).sync().channel();
        } finally {
            directory.unlock();
        }
        for (Path other : others()) {
            LOG.warn("another process listens on the same port: {}", other);
        }
    }

    @Override
    public void pass(CancelRequest request, EventLoop loop, Runnable passedOn) {
        Path path = path(Clients.proxyId(request.processId()));
        Runnable once = () -> loop.execute(passedOn);
        connect(loop, path, new PeerRequest.Cancel(request, once), nobody -> once.run());
    }

    /** Nobody finds this process any more; its clients' cancel requests are lost from now on. */
    @Override
    public void close() {
        if (socket == null) {
            directory.unlock();
            return;
        }
        try {
            // Netty removes the file after the socket: in between, another process may take it for one left behind.
            directory.lock();
            try {
                socket.close().sync();
            } finally {
                directory.unlock();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            LOG.warn("cannot lock {}: {}", directory.path(), e.toString());
            socket.close();
        }
    }
}
