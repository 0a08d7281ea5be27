package dev.trunkline.testing;

import dev.trunkline.wire.BackendEncoder;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.AuthenticationOk;
import dev.trunkline.wire.BackendMessage.BackendKeyData;
import dev.trunkline.wire.BackendMessage.ParameterStatus;
import dev.trunkline.wire.BackendMessage.ReadyForQuery;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.FrontendMessage.StartupMessage;
import dev.trunkline.wire.TransactionStatus;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * A PostgreSQL on loopback that logs everybody in and then does only what a test says: the test takes the messages that
 * arrive, and answers them over the connection that they came by. One thread reads each connection. Connections that a
 * predicate picks by their startup packet (those of a control plane, which asks the catalog) are relayed to a real server.
 */
public final class FakePostgres implements AutoCloseable {

    /** What a real server reports at startup, in its order. */
    private static final Map<String, String> SETTINGS = new LinkedHashMap<>();

    static {
        SETTINGS.put("in_hot_standby", "off");
        SETTINGS.put("integer_datetimes", "on");
        SETTINGS.put("TimeZone", "UTC");
        SETTINGS.put("IntervalStyle", "postgres");
        SETTINGS.put("search_path", "\"$user\", public");
        SETTINGS.put("is_superuser", "off");
        SETTINGS.put("application_name", "");
        SETTINGS.put("default_transaction_read_only", "off");
        SETTINGS.put("scram_iterations", "4096");
        SETTINGS.put("DateStyle", "ISO, MDY");
        SETTINGS.put("standard_conforming_strings", "on");
        SETTINGS.put("session_authorization", "app");
        SETTINGS.put("client_encoding", "UTF8");
        SETTINGS.put("server_version", "18.0");
        SETTINGS.put("server_encoding", "UTF8");
    }

    private final int number;
    private final Object lock = new Object();
    private final List<FakeConnection> connections = new ArrayList<>();
    private final Map<String, FakeConnection> labelled = new HashMap<>();
    private ServerSocket listener;
    private Thread acceptor;
    private int port;
    private boolean scriptedStartup;
    private Predicate<StartupMessage> relayed = startup -> false;
    private InetSocketAddress relayTarget;
    private int nextProcessId;

    private FakePostgres(int number) {
        this.number = number;
        this.nextProcessId = number * 1000;
    }

    /** Starts on a free port. The number shows in process ids: node 2's are 2001, 2002 and so on. */
    public static FakePostgres start(int number) throws IOException {
        var fake = new FakePostgres(number);
        fake.up();
        return fake;
    }

    public InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    public int number() {
        return number;
    }

    /** The startup packet, too, arrives as a message and waits for a test's reply. */
    public void scriptStartup() {
        synchronized (lock) {
            scriptedStartup = true;
        }
    }

    /** From now on connections whose startup packet the predicate likes are carried to another server, byte for byte. */
    public void relay(Predicate<StartupMessage> which, InetSocketAddress target) {
        synchronized (lock) {
            relayed = which;
            relayTarget = target;
        }
    }

    /** Refuses new connections and breaks those that there are. */
    public void down() throws IOException {
        listener.close();
        try {
            // The port is free only when nobody waits in accept any more.
            acceptor.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        for (FakeConnection connection : open()) {
            connection.close(true);
        }
    }

    /** Listens, again on the same port. */
    public void up() throws IOException {
        var socket = new ServerSocket();
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 100);
        listener = socket;
        port = socket.getLocalPort();
        acceptor = Thread.ofPlatform().daemon().name("fake-postgres-" + number).start(() -> accept(socket));
    }

    private void accept(ServerSocket from) {
        while (!from.isClosed()) {
            try {
                Socket socket = from.accept();
                socket.setTcpNoDelay(true);
                synchronized (lock) {
                    var connection = new FakeConnection(this, socket, ++nextProcessId);
                    connections.add(connection);
                    connection.start();
                }
            } catch (IOException closed) {
                return;
            }
        }
    }

    /**
     * The next thing that arrives at this node by an unlabelled connection, or by the one that has the label. A label that is
     * new is given to the first connection with something to say that has none.
     *
     * @return null when nothing comes in time
     */
    FakeConnection.Arrival take(String label, Duration patience) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        synchronized (lock) {
            while (true) {
                for (FakeConnection connection : candidates(label)) {
                    FakeConnection.Arrival arrival = connection.poll();
                    // That a connection ends with which nobody was talking is no news.
                    boolean stranger = labelled.get(label) != connection;
                    if (arrival != null && !(stranger && arrival instanceof FakeConnection.Arrival.End)) {
                        if (!arrival.isCancel()) {
                            labelled.put(label, connection);
                        }
                        return arrival;
                    }
                }
                long left = (deadline - System.nanoTime()) / 1_000_000;
                if (left <= 0) {
                    return null;
                }
                lock.wait(left);
            }
        }
    }

    private List<FakeConnection> candidates(String label) {
        FakeConnection bound = labelled.get(label);
        if (bound != null && !label.isEmpty()) {
            return List.of(bound);
        }
        var others = new ArrayList<>(connections);
        labelled.forEach((name, connection) -> {
            if (!name.isEmpty()) {
                others.remove(connection);
            }
        });
        return others;
    }

    /** The connection that the last message with this label came by. */
    FakeConnection connection(String label) {
        synchronized (lock) {
            FakeConnection bound = labelled.get(label);
            if (bound == null) {
                throw new IllegalStateException("nothing has come to node " + number + label + " yet");
            }
            return bound;
        }
    }

    /** Connections that have logged in, relayed ones not counted. */
    public int connectionCount() {
        return (int) open().stream().filter(c -> !c.isRelayed() && !c.isClosed()).count();
    }

    private List<FakeConnection> open() {
        synchronized (lock) {
            return List.copyOf(connections);
        }
    }

    /** Called by a connection's thread. */
    void arrived(FakeConnection connection, FakeConnection.Arrival arrival) {
        synchronized (lock) {
            connection.add(arrival);
            lock.notifyAll();
        }
    }

    boolean isStartupScripted() {
        synchronized (lock) {
            return scriptedStartup;
        }
    }

    /** Where a connection with this startup packet is to be carried; null when it is the test's. */
    InetSocketAddress relayTarget(StartupMessage startup) {
        synchronized (lock) {
            return relayed.test(startup) ? relayTarget : null;
        }
    }

    /** What a server says to somebody who is let in. */
    static List<BackendMessage> greetings(int processId) {
        var messages = new ArrayList<BackendMessage>();
        messages.add(new AuthenticationOk());
        SETTINGS.forEach((name, value) -> messages.add(new ParameterStatus(name, value)));
        messages.add(new BackendKeyData(processId, Bytes.of(ByteBuffer.allocate(4).putInt(~processId).array())));
        messages.add(new ReadyForQuery(TransactionStatus.IDLE));
        return messages;
    }

    static byte[] greeting(int processId) {
        return encode(greetings(processId));
    }

    static byte[] encode(List<BackendMessage> messages) {
        ByteBuf out = Unpooled.buffer();
        messages.forEach(m -> BackendEncoder.encode(m, out));
        var bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        return bytes;
    }

    @Override
    public void close() throws IOException {
        down();
    }
}
