package dev.trunkline.frontend;

import dev.trunkline.error.ProxyError;
import dev.trunkline.session.ClientSession;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends the clients away when the proxy stops, each at the end of its transaction (57P01): what a client sends after it was
 * told has not been run. No new client comes in, but those who were connecting are served, so that nobody is refused who came
 * before the port was closed.
 *
 * <pre>
 *   until the time is up    between two transactions: dismissed
 *   then                    in a transaction, nothing runs: dismissed, which rolls it back;  a statement runs: cancelled
 *   {@link #LAST_WORDS} later   whoever is left: dismissed, and told so where a commit was under way (08007)
 * </pre>
 */
public final class Drain {

    private static final Logger LOG = LoggerFactory.getLogger(Drain.class);
    private static final long POLL_MILLIS = 10;
    /** How long a client that has only just logged in may be silent: its first request is on the way. */
    private static final long SETTLING_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    /** How long a connection may take to log in. */
    private static final long DIALOG_NANOS = TimeUnit.SECONDS.toNanos(5);
    /** How long what was cancelled may take to end. */
    private static final long LAST_WORDS = TimeUnit.SECONDS.toNanos(2);

    private final Clients clients;

    public Drain(Clients clients) {
        this.clients = clients;
    }

    /** Returns when every client is gone. */
    public void run(Duration timeout) throws InterruptedException {
        long begin = System.nanoTime();
        LOG.info("draining: {}; they are sent away at the end of their transactions, in {} s at the latest",
                connected(clients.count()), timeout.toSeconds());
        long patience = timeout.toNanos();
        while (isAnyoneLeft(System.nanoTime() - begin) && System.nanoTime() - begin <= patience) {
            dismissThose(ClientSession::isAtRest, true);
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
        if (clients.count() > 0) {
            LOG.warn("draining: limits.drainTimeout is over with {}; what they do is cancelled or rolled back",
                    connected(clients.count()));
        }
        connections(ClientConnection::interrupt);
        begin = System.nanoTime();
        while (clients.count() > 0 && System.nanoTime() - begin <= LAST_WORDS) {
            dismissThose(session -> session.isAtRest() || session.takesInput(), false);
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
        connections(client -> client.dismiss(ProxyError.SHUTTING_DOWN.with()));
    }

    private static String connected(int count) {
        return count == 1 ? "1 client connected" : count + " clients connected";
    }

    private boolean isAnyoneLeft(long nanos) {
        return clients.count() > 0 || clients.inDialog() > 0 && nanos < DIALOG_NANOS;
    }

    private void dismissThose(Predicate<ClientSession> is, boolean onlyAtRest) {
        long now = System.nanoTime();
        for (Clients.Seat seat : clients.seats()) {
            ClientConnection client = seat.connection;
            if (client != null && (!onlyAtRest || client.wasAtRest() && now - seat.takenNanos > SETTLING_NANOS)) {
                client.dismissIf(is, ProxyError.SHUTTING_DOWN.with());
            }
        }
    }

    private void connections(java.util.function.Consumer<ClientConnection> step) {
        clients.connections().forEach(step);
    }
}
