package dev.trunkline.notification;

import dev.trunkline.auth.NodeCredential;
import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.BackendConnector;
import dev.trunkline.backend.ProxyOwner;
import dev.trunkline.backend.FlushTarget;
import dev.trunkline.backend.NodeEndpoint;
import dev.trunkline.backend.ReplySink;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.FrontendEncoder;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The channels of one node, and the connection that listens to them there.
 *
 * <pre>
 *   nobody listens --first listener--> connecting --> open: LISTEN, UNLISTEN, Sync in turn, notifications in between
 *   open --lost, or silent for too long--> every listener is told that it is deaf; the next one connects again
 *   open --no channel for a minute--> closed
 * </pre>
 *
 * <p><b>Catching up.</b> PostgreSQL signals the listening backends before a committing one says ReadyForQuery, and a backend
 * sends what it was signalled before its own ReadyForQuery. So the answer to a Sync that is sent here after a transaction has
 * ended comes behind everything that this transaction has notified.
 *
 * <p><b>Thread.</b> Confined to the event loop of the session that needed it first; the public methods hop there, and back to
 * the listener's loop.
 */
final class NodeChannels implements ProxyOwner, FlushTarget {

    private static final Logger LOG = LoggerFactory.getLogger(NodeChannels.class);
    private static final long BEAT_NANOS = TimeUnit.SECONDS.toNanos(5);
    /** How long an answer may take before the connection counts as lost. */
    private static final long LONGEST_SILENCE_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long FIRST_BACKOFF_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long LAST_BACKOFF_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** Something that was sent and ends with ReadyForQuery; {@code answered} runs then, with null unless it failed. */
    private record Step(Consumer<ProxyException> answered, long sentNanos) {}

    private final NodeEndpoint endpoint;
    private final AtomicReference<EventLoop> loop = new AtomicReference<>();
    private final Map<String, Set<Listener>> channels = new HashMap<>();
    private final Queue<Step> steps = new ArrayDeque<>();
    /** What waits for the connection: run with null when it is there. */
    private final Queue<Consumer<ProxyException>> waiting = new ArrayDeque<>();
    /** Those who were handed something since the last read began. */
    private final Set<Listener> touched = new LinkedHashSet<>();
    private BackendConnection connection;
    private boolean connecting;
    private ProxyException lastFailure;
    private long backoffNanos;
    private long retryAtNanos;
    private long emptySinceNanos;
    private volatile boolean open;
    private volatile int count;

    NodeChannels(NodeEndpoint endpoint) {
        this.endpoint = endpoint;
    }

    boolean isOpen() {
        return open;
    }

    int count() {
        return count;
    }

    // ---- called on the listener's loop

    void listen(Listener listener, String channel, NodeCredential login, BackendConnector connector,
            Consumer<ProxyException> done) {
        loop.compareAndSet(null, listener.loop());
        Consumer<ProxyException> back = why -> on(listener.loop(), () -> done.accept(why));
        on(loop.get(), () -> whenOpen(login, connector, why -> {
            if (why == null) {
                add(listener, channel, back);
            } else {
                back.accept(why);
            }
        }));
    }

    void unlisten(Listener listener, String channel) {
        EventLoop owner = loop.get();
        if (owner != null) {
            on(owner, () -> remove(listener, channel));
        }
    }

    void catchUp(Listener listener, Runnable done) {
        Runnable back = () -> on(listener.loop(), done);
        EventLoop owner = loop.get();
        if (owner == null) {
            back.run();
            return;
        }
        on(owner, () -> {
            if (connection == null) {
                back.run();
            } else {
                sync(why -> back.run());
            }
        });
    }

    private static void on(EventLoop loop, Runnable step) {
        if (loop.inEventLoop()) {
            step.run();
        } else {
            loop.execute(step);
        }
    }

    // ---- the connection

    private void whenOpen(NodeCredential login, BackendConnector connector, Consumer<ProxyException> next) {
        if (connection != null) {
            next.accept(null);
            return;
        }
        if (lastFailure != null && System.nanoTime() - retryAtNanos < 0) {
            next.accept(lastFailure);
            return;
        }
        waiting.add(next);
        if (!connecting) {
            connecting = true;
            connector.connectOurselves(loop.get(), endpoint, login, this::connected, this::connectFailed);
        }
    }

    private void connected(BackendConnection opened) {
        LOG.info("node {}: listening for notifications", endpoint);
        connecting = false;
        lastFailure = null;
        backoffNanos = 0;
        connection = opened;
        open = true;
        emptySinceNanos = System.nanoTime();
        opened.lend(this);
        loop.get().schedule(() -> beat(opened), BEAT_NANOS, TimeUnit.NANOSECONDS);
        answerWaiting(null);
    }

    private void connectFailed(ProxyException why) {
        connecting = false;
        lastFailure = why;
        backoffNanos = Math.min(LAST_BACKOFF_NANOS, Math.max(FIRST_BACKOFF_NANOS, backoffNanos * 2));
        retryAtNanos = System.nanoTime() + backoffNanos;
        LOG.warn("node {}: can't listen for notifications: {}", endpoint, why.getMessage());
        answerWaiting(why);
    }

    private void answerWaiting(ProxyException why) {
        for (Consumer<ProxyException> next = waiting.poll(); next != null; next = waiting.poll()) {
            next.accept(why);
        }
    }

    /** A connection whose other end has vanished says nothing: it is asked from time to time. */
    private void beat(BackendConnection beating) {
        if (connection != beating) {
            return;
        }
        long now = System.nanoTime();
        Step oldest = steps.peek();
        if (oldest != null && now - oldest.sentNanos > LONGEST_SILENCE_NANOS) {
            LOG.warn("node {}: the listening connection does not answer", endpoint);
            beating.close();
            return;
        }
        if (channels.isEmpty() && now - emptySinceNanos > IDLE_NANOS) {
            forgetConnection();
            beating.takeBack();
            beating.terminate();
            return;
        }
        if (oldest == null) {
            sync(why -> {
            });
        }
        loop.get().schedule(() -> beat(beating), BEAT_NANOS, TimeUnit.NANOSECONDS);
    }

    private void forgetConnection() {
        connection = null;
        open = false;
    }

    // ---- channels

    private void add(Listener listener, String channel, Consumer<ProxyException> done) {
        Set<Listener> listeners = channels.get(channel);
        if (listeners == null) {
            listeners = new LinkedHashSet<>();
            channels.put(channel, listeners);
            count = channels.size();
            query("LISTEN " + quoted(channel), done);
        } else {
            // Behind the LISTEN that somebody else has sent.
            sync(done);
        }
        listeners.add(listener);
    }

    private void remove(Listener listener, String channel) {
        Set<Listener> listeners = channels.get(channel);
        if (listeners == null || !listeners.remove(listener) || !listeners.isEmpty()) {
            return;
        }
        channels.remove(channel);
        count = channels.size();
        emptySinceNanos = System.nanoTime();
        if (connection != null) {
            query("UNLISTEN " + quoted(channel), why -> {
            });
        }
    }

    private static String quoted(String channel) {
        return '"' + channel.replace("\"", "\"\"") + '"';
    }

    private void query(String sql, Consumer<ProxyException> answered) {
        connection.query(sql, ReplySink.DROP);
        sent(answered);
    }

    private void sync(Consumer<ProxyException> answered) {
        FrontendEncoder.sync(connection.stage());
        connection.expectSync(ReplySink.DROP);
        sent(answered);
    }

    private void sent(Consumer<ProxyException> answered) {
        steps.add(new Step(answered, System.nanoTime()));
        connection.flush();
    }

    // ---- what the node says

    @Override
    public void notification(BackendConnection backend, ByteBuf frame) {
        Notification notification = Notification.read(endpoint.node(), frame);
        if (notification == null) {
            LOG.warn("node {}: unreadable notification", endpoint);
            backend.close();
            return;
        }
        for (Listener listener : channels.getOrDefault(notification.channel(), Set.of())) {
            touched.add(listener);
            on(listener.loop(), () -> listener.notified(notification));
        }
    }

    @Override
    public void flushReplies() {
        for (Listener listener : touched) {
            on(listener.loop(), listener::deliver);
        }
        touched.clear();
    }

    @Override
    public void failed(BackendConnection backend, ReplySink sink, ErrorFields fields, ByteBuf frame) {
        // LISTEN fails in a server that is recovering. What the others' channels are worth there is not known either.
        LOG.warn("node {}: {} {}", endpoint, fields.sqlState(), fields.message());
        lastFailure = ProxyError.NODE_DOWN.with(endpoint.nodeName())
                .withDetail(endpoint + " said: " + fields.sqlState() + " " + fields.message() + ".");
        backend.close();
    }

    @Override
    public void ready(BackendConnection backend, ReplySink sink, byte status, boolean relayed) {
        Step step = steps.poll();
        if (step != null) {
            step.answered.accept(null);
        }
    }

    @Override
    public void lost(BackendConnection backend, boolean owing, boolean midMessage, ErrorFields lastError) {
        forgetConnection();
        ProxyException why = ProxyError.LISTENING_LOST.with(endpoint.nodeName());
        if (lastError != null) {
            why = why.withDetail(endpoint + " said: " + lastError.sqlState() + " " + lastError.message() + ".");
        }
        ProxyException told = lastFailure != null ? lastFailure : why;
        lastFailure = null;
        Set<Listener> all = new LinkedHashSet<>();
        channels.values().forEach(all::addAll);
        channels.clear();
        count = 0;
        touched.clear();
        if (!all.isEmpty()) {
            LOG.warn("node {}: the listening connection was lost; {} sessions listened", endpoint, all.size());
        }
        for (Listener listener : all) {
            on(listener.loop(), () -> listener.deaf(told));
        }
        for (Step step = steps.poll(); step != null; step = steps.poll()) {
            step.answered.accept(told);
        }
    }
}
