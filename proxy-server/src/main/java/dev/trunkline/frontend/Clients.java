package dev.trunkline.frontend;

import dev.trunkline.error.ProxyError;
import dev.trunkline.session.SessionIdentity;
import dev.trunkline.session.Signals;
import dev.trunkline.wire.ProtocolVersion;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * The clients that are connected, by the process id that they were told. An id is made of the proxy's id (11 bits, counted down
 * from the last) and a session's number (20 bits), so that a cancel request says which proxy it is for. That makes it greater than
 * any process id of a server (at most 2^22): a client that has its own id passed to {@code pg_cancel_backend}, as query builders
 * do, must not hit somebody else's backend. Thread-safe.
 */
public final class Clients implements Signals {

    private static final int SESSION_BITS = 20;
    private static final int LAST_PROXY = 2047;
    /** All that protocol 3.0 has room for. */
    private static final int SHORT_KEY = 4;
    /** As long as PostgreSQL's. */
    private static final int LONG_KEY = 32;

    /** A place among the clients. {@code connection} is null until the log-in is complete. */
    static final class Seat {

        final long takenNanos = System.nanoTime();
        final int processId;
        final byte[] cancelKey;
        /** Null for a client of the admin database. Written before the connection. */
        SessionIdentity identity;
        volatile ClientConnection connection;

        Seat(int processId, byte[] cancelKey) {
            this.processId = processId;
            this.cancelKey = cancelKey;
        }
    }

    private final int proxyId;
    private volatile int most;
    private volatile int mostTold;
    private final SecureRandom random = new SecureRandom();
    private final Map<Integer, Seat> seats = new ConcurrentHashMap<>();
    private final AtomicInteger next = new AtomicInteger();
    private final LoginLine logins;
    private final AtomicInteger beingTold = new AtomicInteger();
    private final LongAdder tooManyInDialog = new LongAdder();
    private final LongAdder tooMany = new LongAdder();

    public Clients(int proxyId, int most, int mostUnauthenticated) {
        this.proxyId = proxyId;
        this.most = most;
        this.mostTold = mostUnauthenticated;
        this.logins = new LoginLine(mostUnauthenticated, most);
    }

    /** Other bounds from now on; nobody has to go. */
    public void bounds(int mostClients, int mostInDialog) {
        most = mostClients;
        mostTold = mostInDialog;
        logins.bounds(mostInDialog, mostClients, System.nanoTime());
    }

    /** Those who have not logged in yet. */
    LoginLine logins() {
        return logins;
    }

    /**
     * Whether one that may not log in can be told so, since no more than as many as may log in are being told; {@link #told} ends
     * it.
     */
    boolean mayBeTold() {
        tooManyInDialog.increment();
        if (beingTold.incrementAndGet() > mostTold) {
            beingTold.decrementAndGet();
            return false;
        }
        return true;
    }

    void told() {
        beingTold.decrementAndGet();
    }

    /**
     * A seat for one more client, or null when all are taken.
     *
     * @param version the protocol that it speaks, on which hangs how long its key is
     */
    Seat take(int version) {
        if (seats.size() >= most) {
            tooMany.increment();
            return null;
        }
        byte[] key = new byte[version < ProtocolVersion.V3_2 ? SHORT_KEY : LONG_KEY];
        random.nextBytes(key);
        while (true) {
            int number = next.incrementAndGet() & (1 << SESSION_BITS) - 1;
            Seat seat = new Seat(LAST_PROXY - proxyId << SESSION_BITS | number, key);
            if (number != 0 && seats.putIfAbsent(seat.processId, seat) == null) {
                return seat;
            }
        }
    }

    void leave(Seat seat) {
        seats.remove(seat.processId, seat);
    }

    /** Whether a process id was given out by this process. */
    @Override
    public boolean isOurs(int processId) {
        return proxyId(processId) == proxyId;
    }

    /** The proxy's id that a process id carries. */
    public static int proxyId(int processId) {
        return LAST_PROXY - (processId >>> SESSION_BITS);
    }

    /** The client that a cancel request means, or null: a wrong key is answered with silence, as PostgreSQL does. */
    ClientConnection find(int processId, byte[] cancelKey) {
        Seat seat = seats.get(processId);
        return seat != null && MessageDigest.isEqual(seat.cancelKey, cancelKey) ? seat.connection : null;
    }

    /** The client of this process id, or null. */
    public ClientConnection connection(int processId) {
        Seat seat = seats.get(processId);
        return seat == null ? null : seat.connection;
    }

    @Override
    public boolean isThere(int processId) {
        return connection(processId) != null;
    }

    @Override
    public SessionIdentity whoHas(int processId) {
        Seat seat = seats.get(processId);
        return seat == null || seat.connection == null ? null : seat.identity;
    }

    @Override
    public void send(int processId, boolean terminate, Runnable passedOn) {
        ClientConnection client = connection(processId);
        if (client == null) {
            passedOn.run();
        } else if (terminate) {
            client.dismiss(ProxyError.SHUTTING_DOWN.with());
            client.loop().execute(passedOn);
        } else {
            client.loop().execute(() -> client.cancelRunning(passedOn));
        }
    }

    Collection<Seat> seats() {
        return seats.values();
    }

    /** How many have not logged in yet. */
    public int inDialog() {
        return logins.count();
    }

    /** How many were turned away before the startup dialog. */
    public long turnedAwayBeforeDialog() {
        return tooManyInDialog.sum();
    }

    /** How many were turned away after their log-in. */
    public long turnedAwayAfterLogin() {
        return tooMany.sum();
    }

    public int count() {
        return seats.size();
    }

    /** The connections of those that have logged in to a database. */
    public Collection<ClientConnection> ofDatabase(String name) {
        return seats.values().stream()
                .filter(seat -> seat.connection != null && seat.identity != null
                        && seat.identity.database().name().equals(name))
                .map(seat -> seat.connection).toList();
    }

    /** The connections of those that have logged in. */
    public Collection<ClientConnection> connections() {
        return seats.values().stream().map(seat -> seat.connection).filter(c -> c != null).toList();
    }
}
