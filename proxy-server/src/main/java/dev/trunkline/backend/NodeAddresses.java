package dev.trunkline.backend;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The addresses of the hosts that nodes are on. A name is looked up on a thread of its own, because the JDK's look-up waits
 * for the network, and again when its addresses are older than they may be. Thread-safe.
 */
public final class NodeAddresses implements AutoCloseable {

    /** Asks for the addresses of a name; waits for them. */
    public interface Lookup {
        InetAddress[] of(String host) throws UnknownHostException;
    }

    private final Duration ttl;
    private final Lookup lookup;
    private final ExecutorService threads;
    private final Map<String, HostAddresses> hosts = new ConcurrentHashMap<>();

    /** @param ttl how long the addresses of a name hold */
    public NodeAddresses(Duration ttl) {
        this(ttl, InetAddress::getAllByName);
    }

    public NodeAddresses(Duration ttl, Lookup lookup) {
        this.ttl = ttl;
        this.lookup = lookup;
        this.threads = Executors
                .newCachedThreadPool(task -> Thread.ofPlatform().name("trunkline-resolver").daemon().unstarted(task));
    }

    HostAddresses of(String host) {
        return hosts.computeIfAbsent(host, name -> {
            byte[] literal = NetUtil.createByteArrayFromIpAddressString(name);
            try {
                return literal == null
                        ? new HostAddresses(name, ttl, lookup, threads)
                        : new HostAddresses(InetAddress.getByAddress(literal));
            } catch (UnknownHostException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    /** The hosts that have been asked for and are names, in alphabetical order. */
    public List<HostStatus> names() {
        return hosts.values().stream().map(HostAddresses::status).filter(Objects::nonNull)
                .sorted(Comparator.comparing(HostStatus::host)).toList();
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
