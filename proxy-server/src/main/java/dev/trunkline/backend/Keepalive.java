package dev.trunkline.backend;

import dev.trunkline.config.KeepaliveConfig;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.epoll.EpollTcpInfo;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.SocketOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import jdk.net.ExtendedSocketOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out that the other end of a connection is gone without having said so: a machine that lost its power, a firewall that
 * forgot a connection.
 *
 * <p>A connection without traffic is probed by the kernel (TCP keepalive). One with bytes under way is not, and the kernel
 * would send them again for a quarter of an hour. TCP_USER_TIMEOUT would end that sooner, but it also ends connections whose
 * other end is alive and just takes nothing: a psql in its pager, a node that waits for a lock in the middle of COPY. So we
 * look ourselves, now and then, at what the kernel knows: who takes nothing acknowledges our probes all the same, and who is
 * gone acknowledges nothing. Where there is no epoll, only the kernel looks.
 *
 * <p>Thread-safe; what it watches is kept by each event loop for itself.
 */
public final class Keepalive {

    private static final Logger LOG = LoggerFactory.getLogger(Keepalive.class);

    private static final long UNREAD_MILLIS = 250;
    /** The kernel's numbers for a connection that was reset, and for one whose other end has closed its side. */
    private static final int TCP_CLOSE = 7;
    private static final int TCP_CLOSE_WAIT = 8;

    private final KeepaliveConfig config;
    private final long patienceMillis;
    private final Map<EventLoop, Watch> watches = new ConcurrentHashMap<>();

    public Keepalive(KeepaliveConfig config) {
        this.config = config;
        this.patienceMillis = config.patience().toMillis();
    }

    /** From now on the connection is closed when its other end is gone. On its event loop, before it is used. */
    public void guard(Channel channel) {
        int idle = (int) config.idle().toSeconds();
        int interval = (int) config.interval().toSeconds();
        channel.config().setOption(ChannelOption.SO_KEEPALIVE, true);
        switch (channel) {
            case EpollSocketChannel epoll -> {
                epoll.config().setOption(EpollChannelOption.TCP_KEEPIDLE, idle);
                epoll.config().setOption(EpollChannelOption.TCP_KEEPINTVL, interval);
                epoll.config().setOption(EpollChannelOption.TCP_KEEPCNT, config.count());
                watches.computeIfAbsent(channel.eventLoop(), Watch::new).add(epoll);
            }
            case NioSocketChannel nio -> {
                set(nio, ExtendedSocketOptions.TCP_KEEPIDLE, idle);
                set(nio, ExtendedSocketOptions.TCP_KEEPINTERVAL, interval);
                set(nio, ExtendedSocketOptions.TCP_KEEPCOUNT, config.count());
            }
            default -> {
                // A socket within the machine is closed by the kernel when its other end goes.
            }
        }
    }

    /**
     * Like {@link #guard}, for a client: it is also gone when it has closed its side while we don't read from it. Netty sees
     * the end of a stream behind unread bytes only when these have been read.
     */
    public void guardClient(Channel channel) {
        guard(channel);
        if (channel instanceof EpollSocketChannel epoll) {
            watches.get(channel.eventLoop()).addClient(epoll);
        }
    }

    private static void set(NioSocketChannel channel, SocketOption<Integer> option, int value) {
        // Where the system has no such option its own times hold.
        channel.config().setOption(NioChannelOption.of(option), value);
    }

    /** The connections of one event loop. */
    private final class Watch {

        private final Set<EpollSocketChannel> channels = new HashSet<>();
        private final Set<EpollSocketChannel> suspects = new HashSet<>();
        private final Set<EpollSocketChannel> clients = new HashSet<>();
        private final EpollTcpInfo info = new EpollTcpInfo();

        Watch(EventLoop loop) {
            long period = Math.clamp(patienceMillis / 10, 100, 10_000);
            loop.scheduleAtFixedRate(this::look, period, period, TimeUnit.MILLISECONDS);
            loop.scheduleAtFixedRate(this::lookAtUnread, UNREAD_MILLIS, UNREAD_MILLIS, TimeUnit.MILLISECONDS);
        }

        void addClient(EpollSocketChannel channel) {
            clients.add(channel);
            channel.closeFuture().addListener(closed -> clients.remove(channel));
        }

        /** Closes clients that have ended while they are not read from. */
        private void lookAtUnread() {
            List<EpollSocketChannel> ended = null;
            for (EpollSocketChannel channel : clients) {
                if (!channel.config().isAutoRead() && hasEnded(channel)) {
                    ended = ended == null ? new ArrayList<>() : ended;
                    ended.add(channel);
                }
            }
            if (ended != null) {
                ended.forEach(EpollSocketChannel::close);
            }
        }

        private boolean hasEnded(EpollSocketChannel channel) {
            try {
                channel.tcpInfo(info);
            } catch (ChannelException e) {
                LOG.debug("{}: no news of the connection", channel, e);
                return false;
            }
            return info.state() == TCP_CLOSE || info.state() == TCP_CLOSE_WAIT;
        }

        void add(EpollSocketChannel channel) {
            channels.add(channel);
            channel.closeFuture().addListener(closed -> channels.remove(channel));
        }

        private void look() {
            for (EpollSocketChannel channel : channels.toArray(EpollSocketChannel[]::new)) {
                if (!channel.isActive() || !seemsGone(channel)) {
                    suspects.remove(channel);
                } else if (!suspects.add(channel)) {
                    LOG.info("{}: closed, it has acknowledged nothing for {} s", channel.remoteAddress(),
                            info.lastAckRecv() / 1000);
                    channel.close();
                }
            }
        }

        private boolean seemsGone(EpollSocketChannel channel) {
            try {
                channel.tcpInfo(info);
            } catch (ChannelException e) {
                LOG.debug("{}: no news of the connection", channel, e);
                return false;
            }
            return Keepalive.seemsGone(info.unacked(), info.retransmits(), info.probes(), info.lastAckRecv(),
                    patienceMillis);
        }
    }

    /**
     * Whether what the kernel knows of a connection looks as if its other end were gone. A single look may fall between a
     * rare probe and its answer: two in a row are needed.
     *
     * @param unacked segments under way
     * @param retransmits how often the oldest has been sent again without an answer
     * @param probes how often a closed window, or a silent end, has been asked without an answer
     * @param millisSinceAck since anything was acknowledged
     */
    static boolean seemsGone(long unacked, int retransmits, int probes, long millisSinceAck, long patienceMillis) {
        return (unacked > 0 && retransmits > 0 || probes > 0) && millisSinceAck >= patienceMillis;
    }
}
