package dev.trunkline.testing;

import dev.trunkline.wire.FrameReader;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.FrontendMessage.CancelRequest;
import dev.trunkline.wire.FrontendMessage.GSSENCRequest;
import dev.trunkline.wire.FrontendMessage.SSLRequest;
import dev.trunkline.wire.FrontendMessage.StartupMessage;
import dev.trunkline.wire.ProtocolViolation;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;

/** One connection to a {@link FakePostgres}: a thread reads it; the queue of arrivals is guarded by the node's lock. */
final class FakeConnection {

    /** A message, the end of the stream, or bytes that are no message. */
    sealed interface Arrival {

        record Message(FrontendMessage message) implements Arrival {}

        record End() implements Arrival {}

        record Nonsense(ProtocolViolation violation) implements Arrival {}

        default boolean isCancel() {
            return this instanceof Message m && m.message instanceof CancelRequest;
        }
    }

    private final FakePostgres node;
    private final Socket socket;
    private final int processId;
    private final Queue<Arrival> arrivals = new ArrayDeque<>();
    private volatile boolean relayed;

    FakeConnection(FakePostgres node, Socket socket, int processId) {
        this.node = node;
        this.socket = socket;
        this.processId = processId;
    }

    void start() {
        Thread.ofPlatform().daemon().name("fake-connection-" + processId).start(this::read);
    }

    Arrival poll() {
        return arrivals.poll();
    }

    void add(Arrival arrival) {
        arrivals.add(arrival);
    }

    boolean isRelayed() {
        return relayed;
    }

    boolean isClosed() {
        return socket.isClosed();
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
    }

    void close(boolean reset) throws IOException {
        if (reset && !socket.isClosed()) {
            socket.setSoLinger(true, 0);
        }
        socket.close();
    }

    private void read() {
        var reader = FrameReader.ofConnection();
        var chunk = new byte[16_384];
        var seen = new ByteArrayOutputStream();
        try {
            while (true) {
                int n = socket.getInputStream().read(chunk);
                if (n < 0) {
                    break;
                }
                seen.write(chunk, 0, n);
                for (FrontendMessage message : reader.feed(chunk, 0, n)) {
                    switch (message) {
                        case SSLRequest m -> {
                            send(new byte[]{'N'});
                            seen.reset();
                        }
                        case GSSENCRequest m -> {
                            send(new byte[]{'N'});
                            seen.reset();
                        }
                        case StartupMessage m -> {
                            InetSocketAddress target = node.relayTarget(m);
                            if (target != null) {
                                relay(target, seen.toByteArray());
                                return;
                            }
                            start(m);
                        }
                        case CancelRequest m -> {
                            // As a server does: no answer, closed at once.
                            node.arrived(this, new Arrival.Message(m));
                            socket.close();
                            return;
                        }
                        default -> node.arrived(this, new Arrival.Message(message));
                    }
                }
            }
        } catch (ProtocolViolation violation) {
            node.arrived(this, new Arrival.Nonsense(violation));
        } catch (IOException gone) {
            // The end, as below.
        }
        node.arrived(this, new Arrival.End());
    }

    private void start(StartupMessage startup) throws IOException {
        if (node.isStartupScripted()) {
            node.arrived(this, new Arrival.Message(startup));
        } else {
            send(FakePostgres.greeting(processId));
        }
    }

    private void relay(InetSocketAddress target, byte[] first) throws IOException {
        relayed = true;
        try (Socket other = new Socket(target.getAddress(), target.getPort())) {
            other.setTcpNoDelay(true);
            other.getOutputStream().write(first);
            Thread back = Thread.ofPlatform().daemon().name("fake-relay-" + processId)
                    .start(() -> copy(other, socket));
            copy(socket, other);
            back.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            socket.close();
        }
    }

    /** Copies to the end of the stream, and passes the end on. */
    private static void copy(Socket from, Socket to) {
        try (InputStream in = from.getInputStream(); OutputStream out = to.getOutputStream()) {
            in.transferTo(out);
        } catch (IOException broken) {
            for (Socket socket : List.of(from, to)) {
                try {
                    socket.close();
                } catch (IOException gone) {
                    // As wanted.
                }
            }
        }
    }
}
