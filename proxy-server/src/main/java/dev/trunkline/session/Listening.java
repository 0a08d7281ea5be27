package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.notification.Channels;
import dev.trunkline.notification.Listener;
import dev.trunkline.notification.Notification;
import dev.trunkline.wire.ClientEncoding;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;

/**
 * The channels that a session listens to, and what was notified there and has not been told yet.
 *
 * <pre>
 *   LISTEN --every node's connection listens--> wired, pending --COMMIT--> heard
 *                                                 pending --ROLLBACK, ROLLBACK TO--> given up
 *   notification --> waits --no transaction and between two messages, or before ReadyForQuery--> client
 * </pre>
 *
 * <p><b>Nothing late.</b> What was committed before a statement came must be told with its ReadyForQuery, and what the
 * statement's own transaction has notified as well. So before that ReadyForQuery the listening connections are caught up with.
 *
 * <p><b>Whose it is.</b> A client knows its own notifications by the process id, and may leave them out: another's must
 * never look like its own. A notification is the session's own if its sender is a connection that the session holds. To make
 * that sure, what former holders of a connection have notified is caught up with before the session uses it, and connections
 * are held until the own notifications are in.
 *
 * <p>Confined to the session's event loop.
 */
final class Listening implements Listener {

    private final Session session;
    private final Channels channels;
    private final ClientInput input;
    /** What the session has asked the nodes' connections for. */
    private final Set<String> wired = new HashSet<>();
    /** What a commit has made the session's. */
    private Set<String> heard = new LinkedHashSet<>();
    /** What the transaction has said: a channel to listen to, or (negative) one or all to leave. */
    private final List<Change> changes = new ArrayList<>(0);
    /** What will be heard if the commit that is under way succeeds. */
    private Set<String> coming = Set.of();
    private final Queue<Waiting> waiting = new ArrayDeque<>();
    private long waitingBytes;
    /** How often the connections held last had been lent then: if it is once more, nobody had them in between. */
    private final Map<BackendConnection, Integer> lastLeases = new IdentityHashMap<>(2);
    /** Why the session has to end, or null. */
    private ProxyException end;
    /** Whether ReadyForQuery is being said, with everything in that has to come before it. */
    private boolean settling;
    private boolean closed;

    /** LISTEN or UNLISTEN; {@code channel} is null for all of them. */
    private record Change(boolean listen, String channel) {}

    private record Waiting(Notification notification, boolean own) {}

    Listening(Session session, ClientInput input) {
        this.session = session;
        this.input = input;
        this.channels = session.database().channels();
    }

    // ---- LISTEN and UNLISTEN

    /** Has every node listen; {@code done} when they do. What is heard follows at the commit. */
    void listen(String channel, Runnable done) {
        if (wired.contains(channel)) {
            change(new Change(true, channel));
            done.run();
            return;
        }
        for (int node = 0; node < session.database().nodes().size(); node++) {
            session.database().requireVerified(node);
        }
        ProxyException[] failure = new ProxyException[1];
        Runnable next = () -> {
            if (failure[0] != null) {
                throw failure[0];
            }
            heardOut();
            change(new Change(true, channel));
            done.run();
        };
        wired.add(channel);
        session.waiting().begin(SessionState.WAITING, next);
        channels.listen(this, channel, session.identity().logins(), session.worker().connector(), why -> {
            failure[0] = why;
            if (why != null) {
                wired.remove(channel);
            }
            if (closed) {
                channels.unlisten(this, channel);
            } else if (session.waiting().isFor(next)) {
                session.waiting().over();
            }
        });
    }

    /** {@code channel} is null for all of them. */
    void unlisten(String channel) {
        if (isActive()) {
            change(new Change(false, channel));
        }
    }

    /** Whether the session listens to something, or is about to. */
    boolean isActive() {
        return !heard.isEmpty() || !changes.isEmpty() || end != null;
    }

    /** What is heard, in the order in which it was asked for. */
    Set<String> heard() {
        return heard;
    }

    // ---- transactions

    /** How many changes there are now, for a savepoint to go back to. */
    int mark() {
        return changes.size();
    }

    void rollbackTo(int mark) {
        while (changes.size() > mark) {
            changes.removeLast();
        }
    }

    /**
     * A commit is about to be sent: from here on what comes in on the new channels counts, if it succeeds. What was notified
     * there before does not: {@code commit} runs when that has passed.
     */
    void beforeCommit(Runnable commit) {
        if (changes.isEmpty()) {
            commit.run();
            return;
        }
        catchUp(() -> {
            dropWaiting();
            heardOut();
            coming = applied();
            commit.run();
        });
    }

    /** What others have notified on the connections that the session holds is in. */
    private void heardOut() {
        session.transaction().participants().forEach(Participant::heardOut);
    }

    private void change(Change change) {
        changes.add(change);
        if (!session.transaction().isExplicit()) {
            // It may commit with any message; and what was notified before has just passed.
            coming = applied();
        }
    }

    private Set<String> applied() {
        Set<String> then = new LinkedHashSet<>(heard);
        for (Change change : changes) {
            if (change.listen) {
                then.add(change.channel);
            } else if (change.channel == null) {
                then.clear();
            } else {
                then.remove(change.channel);
            }
        }
        return then;
    }

    /** The transaction that said so has ended. */
    void transactionEnded(boolean committed) {
        if (!changes.isEmpty() || !coming.isEmpty()) {
            if (committed) {
                heard = applied();
            }
            changes.clear();
            coming = Set.of();
            dropUnheard();
            if (heard.isEmpty()) {
                // Whoever hears nothing has missed nothing.
                end = null;
            }
        }
    }

    private void dropUnheard() {
        wired.removeIf(channel -> {
            if (heard.contains(channel)) {
                return false;
            }
            channels.unlisten(this, channel);
            return true;
        });
        dropWaiting();
    }

    /** Forgets what waits from channels that are not heard. */
    private void dropWaiting() {
        waiting.removeIf(one -> {
            if (heard.contains(one.notification.channel())) {
                return false;
            }
            waitingBytes -= one.notification.bytes();
            return true;
        });
    }

    // ---- catching up

    /** Whether connections are held beyond their transaction, so that own notifications are known by them. */
    boolean holdsConnections() {
        return isActive() && !settling;
    }

    /**
     * Whether everything is in that former holders of a connection have notified; if not, {@code next} goes on when it is, or
     * (null) the message is offered again.
     */
    boolean knowsAll(Participant participant, Runnable next) {
        if (wasOurs(participant.backend())) {
            participant.heardOut();
        }
        if (!isActive() || participant.isHeardOut()) {
            return true;
        }
        Runnable after = next != null ? next : session.waiting()::offerAgain;
        catchUp(() -> {
            participant.heardOut();
            after.run();
        });
        return false;
    }

    private boolean wasOurs(BackendConnection backend) {
        Integer lease = lastLeases.get(backend);
        return lease != null && lease + 1 == backend.leases();
    }

    /**
     * Whether the end of a cycle may be told: all is in that was committed before it. If not, {@code next} runs when it is.
     */
    boolean isCaughtUp(Runnable next) {
        if (!isActive() || settling) {
            return true;
        }
        catchUp(() -> {
            settling = true;
            lastLeases.clear();
            for (Participant participant : session.transaction().participants()) {
                lastLeases.put(participant.backend(), participant.backend().leases());
            }
            next.run();
        });
        return false;
    }

    /** ReadyForQuery was said. */
    void settled() {
        settling = false;
        if (end != null) {
            deliver();
        }
    }

    private void catchUp(Runnable next) {
        session.waiting().begin(SessionState.ACTIVE, next);
        channels.catchUp(this, () -> {
            if (session.waiting().isFor(next)) {
                session.waiting().over();
            }
        });
    }

    // ---- notifications

    @Override
    public EventLoop loop() {
        return session.worker().loop();
    }

    @Override
    public void notified(Notification notification) {
        boolean counts = heard.contains(notification.channel()) || coming.contains(notification.channel());
        if (!counts || end != null || closed) {
            return;
        }
        waiting.add(new Waiting(notification, isOwn(notification)));
        waitingBytes += notification.bytes();
        int most = session.database().notificationBytes();
        if (waitingBytes > most) {
            endSession(ProxyError.NOTIFICATIONS_OVERFLOWN.with(most / 1024 + " kB"));
        }
    }

    private boolean isOwn(Notification notification) {
        Participant participant = session.transaction().at(notification.node());
        return participant != null && participant.isHeardOut()
                && participant.backend().processId() == notification.sender();
    }

    @Override
    public void deliver() {
        if (closed || !session.isAtRest()) {
            return;
        }
        if (end != null) {
            input.fatal(end);
        } else if (session.out().isWritable()) {
            tell();
            session.out().flush();
            if (end != null) {
                input.fatal(end);
            }
        }
    }

    /** Tells the client what waits. It must be between two messages, and in no transaction. */
    void tell() {
        int own = session.identity().processId();
        ClientEncoding encoding = session.settings().clientEncoding();
        if (waiting.isEmpty() || EncodingThread.await(encoding, loop(), this::deliver)) {
            return;
        }
        for (Waiting next = waiting.poll(); next != null; next = waiting.poll()) {
            if (encoding != null && !encoding.canEncode(next.notification.text())) {
                // PostgreSQL closes the session as well.
                endSession(ProxyError.UNTRANSLATABLE_NOTIFICATION.with(next.notification.channel(), encoding.name()));
                return;
            }
            int sender = next.notification.sender();
            int from = session.out().stage().writerIndex();
            // A process id of a node may happen to be the number that the client knows itself by.
            next.notification.write(session.out().stage(), next.own ? own : sender == own ? 0 : sender);
            if (encoding != null) {
                encoding.encodeMessages(session.out().stage(), from);
            }
            channels.delivered();
        }
        waitingBytes = 0;
    }

    // ---- the end

    @Override
    public void deaf(ProxyException why) {
        if (!heard.isEmpty() || !changes.isEmpty()) {
            endSession(why);
            deliver();
        }
    }

    /** The session can't be told everything any more: it ends when nothing is under way, so that its client looks again. */
    private void endSession(ProxyException why) {
        end = why;
        for (int i = waiting.size(); i > 0; i--) {
            channels.dropped();
        }
        waiting.clear();
        waitingBytes = 0;
    }

    /** The client is gone. */
    void close() {
        closed = true;
        wired.forEach(channel -> channels.unlisten(this, channel));
        waiting.clear();
    }
}
