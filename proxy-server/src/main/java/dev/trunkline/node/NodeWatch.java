package dev.trunkline.node;

import dev.trunkline.catalog.NodeSchema;
import dev.trunkline.config.Login;
import dev.trunkline.config.NodeConfig;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches one node from a thread of its own: every few seconds, or when asked, it compares the fingerprint of the node's
 * catalogs, reads the schema if that changed, and tells {@link NodeControl}. A node that can't be reached is tried again
 * after a growing, jittered pause.
 */
final class NodeWatch implements Runnable, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(NodeWatch.class);
    /**
     * No connection in time, too many of them, a server that starts, and what took too long. The driver's 08006 is a connection that
     * broke only with the exception of the socket behind it; without one it is a certificate of another name.
     */
    private static final Set<String> PASSING = Set.of("08001", "53300", "57P03", "57014", "55P03");
    /** A node that looks well from here, and not to statements, is looked at out of turn no more often than this. */
    private static final Duration SUSPICION = Duration.ofSeconds(1);
    /** What PostgreSQL says where a function of the catalogs is asked for something that has been dropped since it was listed. */
    private static final Set<String> OVERTAKEN = Set.of("XX000", "3F000", "42703", "42704", "42883", "42P01");
    private static final int READINGS = 5;
    /** Another transaction holds a lock: the reading has given way, and begins again for a while. */
    private static final String LOCKED = "55P03";
    private static final Duration LOCK_PATIENCE = Duration.ofSeconds(5);
    private static final Duration FIRST_RETRY = Duration.ofMillis(250);

    /** What a look at the node found. */
    sealed interface Found {

        record Reachable(NodeSchema schema) implements Found {}

        /** @param passing whether it may be over in a moment: the node is there, but slow, or starting */
        record Unreachable(String reason, boolean passing) implements Found {}
    }

    /** Takes what was found; says whether the node may be used. */
    interface Listener {
        boolean found(NodeConfig node, Found found);
    }

    private final NodeConfig node;
    private final Login login;
    private final ControlPool pool;
    private final Duration interval;
    private final Duration lockPatience;
    private final Listener listener;
    private final Thread thread;

    /** Guarded by this. */
    private final List<CompletableFuture<Void>> asked = new ArrayList<>();
    private long suspectedNanos = System.nanoTime() - SUSPICION.toNanos();
    private boolean closed;
    /** Whether a connection of the pool would perhaps only be waited for in vain. */
    private volatile boolean suspected;

    /** The rest belongs to the thread. */
    private String fingerprint;
    private NodeSchema schema;
    private boolean reachable;
    private Duration retry = FIRST_RETRY;

    NodeWatch(String database, NodeConfig node, Login login, Duration interval, Listener listener) {
        this(database, node, login, interval, LOCK_PATIENCE, listener);
    }

    NodeWatch(String database, NodeConfig node, Login login, Duration interval, Duration lockPatience,
            Listener listener) {
        this.node = node;
        this.login = login;
        this.pool = new ControlPool(database, node, login);
        this.interval = interval;
        this.lockPatience = lockPatience;
        this.listener = listener;
        this.thread = Thread.ofPlatform().name("control-" + database + "-" + node.name()).daemon().unstarted(this);
    }

    void start() {
        thread.start();
    }

    ControlPool pool() {
        return pool;
    }

    /** Looks now; done when a look that began after this call has ended. Any thread. */
    synchronized CompletableFuture<Void> look() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        if (closed) {
            done.complete(null);
        } else {
            asked.add(done);
            notifyAll();
        }
        return done;
    }

    /** Looks now, unless that was said a moment ago: every statement that fails may say so. Any thread. */
    synchronized void suspect() {
        long now = System.nanoTime();
        if (now - suspectedNanos > SUSPICION.toNanos()) {
            suspectedNanos = now;
            suspected = true;
            look();
        }
    }

    @Override
    public void run() {
        while (true) {
            List<CompletableFuture<Void>> answered = takeAsked();
            if (answered == null) {
                return;
            }
            boolean usable = false;
            try {
                usable = listener.found(node, lookAtNode());
            } catch (RuntimeException e) {
                // A defect of ours must not end the watch.
                LOG.error("cannot look at node {}", node.name(), e);
                listener.found(node, new Found.Unreachable("internal error: " + e, false));
            } finally {
                answered.forEach(done -> done.complete(null));
            }
            retry = usable ? FIRST_RETRY : min(retry.multipliedBy(2), interval);
            await(usable ? interval : jittered(retry));
        }
    }

    private static Duration min(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    private static Duration jittered(Duration pause) {
        return Duration.ofMillis((long) (pause.toMillis() * ThreadLocalRandom.current().nextDouble(0.75, 1.25)));
    }

    private synchronized List<CompletableFuture<Void>> takeAsked() {
        if (closed) {
            asked.forEach(done -> done.complete(null));
            return null;
        }
        List<CompletableFuture<Void>> taken = List.copyOf(asked);
        asked.clear();
        return taken;
    }

    private synchronized void await(Duration pause) {
        long deadline = System.nanoTime() + pause.toNanos();
        while (!closed && asked.isEmpty()) {
            long left = (deadline - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                return;
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                closed = true;
            }
        }
    }

    private Found lookAtNode() {
        boolean trusted = reachable && !suspected;
        suspected = false;
        if (trusted) {
            try (Connection connection = pool.connection()) {
                return look(connection);
            } catch (SQLException | IOException e) {
                // Perhaps only this connection is broken.
            }
        }
        try (Connection connection = pool.freshConnection()) {
            Found found = look(connection);
            reachable = true;
            return found;
        } catch (SQLException | IOException e) {
            reachable = false;
            return new Found.Unreachable(reason(e), isPassing(e));
        }
    }

    private Found look(Connection connection) throws SQLException, IOException {
        String now = fingerprint(connection);
        if (schema == null || !now.equals(fingerprint)) {
            readSchema(connection, now);
        }
        return schema.server().standby()
                ? new Found.Unreachable("it is a standby, not a primary", false)
                : new Found.Reachable(schema);
    }

    /**
     * Reads the schema, again and again while it changes under the reading: a snapshot holds for the catalogs, not for the
     * functions that spell out what is in them. What was known before holds until the next look if it never stands still.
     */
    private void readSchema(Connection connection, String now) throws SQLException, IOException {
        Map<String, String> reported = LoginReport.read(node, login);
        String before = now;
        long since = System.nanoTime();
        int readings = 0;
        while (true) {
            try {
                schema = SchemaDiscovery.read(connection, reported);
                fingerprint = before;
                return;
            } catch (SQLException e) {
                boolean locked = LOCKED.equals(e.getSQLState());
                boolean gaveWay = locked && System.nanoTime() - since < lockPatience.toNanos();
                if (locked && !gaveWay && schema != null) {
                    LOG.warn("the schema of node {} is locked by a transaction, and not read anew: {}", node.name(),
                            reason(e));
                    return;
                }
                readings += gaveWay ? 0 : 1;
                if (!gaveWay && (e.getSQLState() == null || !OVERTAKEN.contains(e.getSQLState())
                        || readings == READINGS && schema == null)) {
                    throw e;
                }
                if (readings == READINGS) {
                    LOG.warn("the schema of node {} changes too fast to be read: {}", node.name(), reason(e));
                    return;
                }
            }
            before = fingerprint(connection);
        }
    }

    private static String fingerprint(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(SchemaQueries.FINGERPRINT)) {
            row.next();
            return row.getString(1);
        }
    }

    /** Whether a node has not refused to answer, but has not come to it: it starts, is full, or was slower than its time. */
    static boolean isPassing(Exception e) {
        boolean unanswered = false;
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof ConnectException || cause instanceof UnknownHostException
                    || cause instanceof NoRouteToHostException || cause instanceof SSLException) {
                return false;
            }
            unanswered |= cause instanceof IOException
                    || cause instanceof SQLException sql && sql.getSQLState() != null
                            && PASSING.contains(sql.getSQLState());
        }
        return unanswered;
    }

    /** The pool wraps the driver's message into one that says only that it waited. */
    static String reason(Exception e) {
        Throwable told = e;
        while (told.getCause() instanceof SQLException cause) {
            told = cause;
        }
        String message = told.getMessage();
        return message == null ? told.getClass().getSimpleName() : message.lines().findFirst().orElse("").strip();
    }

    /** Ends the watch without waiting for it. */
    synchronized void stop() {
        closed = true;
        notifyAll();
    }

    /** Waits a moment for the thread; if the node doesn't answer it, it ends with its connection. */
    @Override
    public void close() {
        stop();
        pool.close();
        try {
            if (thread.isAlive()) {
                thread.join(Duration.ofSeconds(2));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
