package dev.trunkline.backend;

import io.netty.util.NetUtil;
import io.netty.util.concurrent.EventExecutor;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The addresses of one host, in the order in which they are tried: the one that a connection was made to last comes first.
 * When a look-up fails, the addresses of the last one hold on. Thread-safe.
 */
public final class HostAddresses {

    private static final Logger LOG = LoggerFactory.getLogger(HostAddresses.class);

    /** Nobody waits for a refresh: it is not done more often than this, whatever the addresses are allowed. */
    private static final long REFRESH_NANOS = 1_000_000_000L;

    private record Asker(EventExecutor loop, Consumer<List<InetAddress>> resolved, Consumer<String> failed) {}

    private final String host;
    private final long ttlNanos;
    /** Null for a literal address. */
    private final NodeAddresses.Lookup lookup;
    private final Executor threads;
    /** Null before the first look-up has succeeded. */
    private volatile List<InetAddress> known;
    private volatile InetAddress preferred;
    private volatile int generation;

    /** Guarded by this, as what follows. */
    private final List<Asker> askers = new ArrayList<>();
    private boolean looking;
    private boolean expired = true;
    /** Why the last look-up has failed, or null. */
    private String failure;
    private long lookedUpAtNanos;

    HostAddresses(String host, Duration ttl, NodeAddresses.Lookup lookup, Executor threads) {
        this.host = host;
        this.ttlNanos = ttl.toNanos();
        this.lookup = lookup;
        this.threads = threads;
    }

    /** A literal address. */
    HostAddresses(InetAddress literal) {
        this(literal.getHostAddress(), Duration.ZERO, null, Runnable::run);
        known = List.of(literal);
    }

    /** Grows whenever the addresses are others than before. */
    public int generation() {
        return generation;
    }

    /** Whether the host has this address, as far as is known. */
    public boolean has(InetAddress address) {
        List<InetAddress> now = known;
        return address == null || now == null || now.contains(address);
    }

    /** The addresses as they are known are not to be trusted: the next one who asks has them looked up. */
    public void expire() {
        if (lookup != null) {
            synchronized (this) {
                expired = true;
            }
        }
    }

    /** Looks the name up if its addresses are too old, and waits for nothing. */
    public void refreshIfDue() {
        if (lookup != null && known != null) {
            synchronized (this) {
                if (isDue() && System.nanoTime() - lookedUpAtNanos > REFRESH_NANOS) {
                    look();
                }
            }
        }
    }

    /** A connection was made to this address: it is tried first from now on. */
    void connected(InetAddress address) {
        preferred = address;
    }

    /** Gives the addresses, on the loop: at once when they are known. */
    void resolve(EventExecutor loop, Consumer<List<InetAddress>> resolved, Consumer<String> failed) {
        if (lookup != null) {
            synchronized (this) {
                if (isDue()) {
                    askers.add(new Asker(loop, resolved, failed));
                    look();
                    return;
                }
            }
        }
        resolved.accept(inOrder());
    }

    private List<InetAddress> inOrder() {
        List<InetAddress> all = known;
        InetAddress first = preferred;
        if (all.size() < 2 || first == null || !all.contains(first)) {
            return all;
        }
        List<InetAddress> ordered = new ArrayList<>(all);
        ordered.remove(first);
        ordered.addFirst(first);
        return ordered;
    }

    private boolean isDue() {
        return known == null || expired || System.nanoTime() - lookedUpAtNanos > ttlNanos;
    }

    private void look() {
        if (looking) {
            return;
        }
        looking = true;
        try {
            threads.execute(this::lookUp);
        } catch (RejectedExecutionException closing) {
            looking = false;
            answer(null, "the proxy is being stopped");
        }
    }

    private void lookUp() {
        InetAddress[] found = null;
        String why = null;
        try {
            found = lookup.of(host);
        } catch (UnknownHostException e) {
            why = "the name " + host + " is not known";
        } catch (RuntimeException e) {
            LOG.error("cannot look up {}", host, e);
            why = "the name " + host + " can't be looked up: " + e;
        }
        synchronized (this) {
            looking = false;
            expired = false;
            lookedUpAtNanos = System.nanoTime();
            if (found == null && known != null && failure == null) {
                LOG.warn("{}; its last addresses hold on: {}", why, words(known));
            }
            failure = why;
            if (found != null) {
                take(List.of(found));
            }
            answer(known, why);
        }
    }

    private void take(List<InetAddress> found) {
        List<InetAddress> before = known;
        known = found;
        // Servers of names change the order to spread the load.
        if (before != null && !new HashSet<>(before).equals(new HashSet<>(found))) {
            generation++;
            LOG.info("{} is at {} now, no longer at {}", host, words(found), words(before));
        }
    }

    /** Null for a literal address. */
    HostStatus status() {
        if (lookup == null) {
            return null;
        }
        synchronized (this) {
            long left = isDue() ? 0 : ttlNanos - (System.nanoTime() - lookedUpAtNanos);
            return new HostStatus(host, Duration.ofNanos(Math.max(0, left)), known == null ? List.of() : inOrder(),
                    looking, failure);
        }
    }

    private static String words(List<InetAddress> addresses) {
        return addresses.stream().map(NetUtil::toAddressString).collect(Collectors.joining(", "));
    }

    private void answer(List<InetAddress> addresses, String why) {
        List<InetAddress> ordered = addresses == null ? null : inOrder();
        for (Asker asker : askers) {
            asker.loop.execute(() -> {
                if (ordered == null) {
                    asker.failed.accept(why);
                } else {
                    asker.resolved.accept(ordered);
                }
            });
        }
        askers.clear();
    }
}
