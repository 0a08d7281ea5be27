package dev.trunkline;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes what the process has opened, the last first, when SIGINT or SIGTERM ends it. A process that stops like this has done
 * what it was told: its exit status is 0.
 */
final class OrderlyStop {

    private static final Logger LOG = LoggerFactory.getLogger(OrderlyStop.class);

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private boolean stopping;

    /** From now on a signal ends the process in order. */
    static OrderlyStop onSignals() {
        OrderlyStop stop = new OrderlyStop();
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().name("orderly-stop").unstarted(() -> {
            if (stop.closeAll()) {
                // The JVM's own status would be 128 + the signal; its other hooks have nothing that we need.
                Runtime.getRuntime().halt(Main.GOOD);
            }
        }));
        return stop;
    }

    /** Something to close. When the stop has begun already it is closed at once. */
    void add(AutoCloseable resource) {
        synchronized (this) {
            if (!stopping) {
                open.push(resource);
                return;
            }
        }
        close(resource);
    }

    synchronized boolean isStopping() {
        return stopping;
    }

    /** Closes everything, once; false when that has been done or was begun. */
    boolean closeAll() {
        synchronized (this) {
            if (stopping) {
                return false;
            }
            stopping = true;
        }
        while (true) {
            AutoCloseable next;
            synchronized (this) {
                next = open.poll();
            }
            if (next == null) {
                return true;
            }
            close(next);
        }
    }

    private static void close(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            LOG.error("cannot close {}", resource, e);
        }
    }
}
