package dev.trunkline.testing;

import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.BackendMessage.NoticeResponse;
import dev.trunkline.wire.BackendMessage.NotificationResponse;
import dev.trunkline.wire.BackendMessage.ParameterStatus;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.FrameReader;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.FrontendMessage.CancelRequest;
import dev.trunkline.wire.FrontendMessage.GSSENCRequest;
import dev.trunkline.wire.FrontendMessage.SSLRequest;
import dev.trunkline.wire.FrontendMessage.StartupMessage;
import dev.trunkline.wire.FrontendMessage.Terminate;
import dev.trunkline.wire.ProtocolViolation;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A PostgreSQL on loopback that logs everybody in and answers by rote, as {@link RoteSession} does. A test tells it at which of
 * its messages something happens to it. One thread serves each connection.
 */
public final class RoteNode implements AutoCloseable {

    /** What may happen at a message. */
    public enum Event {
        /** Connection closed in place of the message. */
        END,
        /** Connection reset in place of the message. */
        RESET,
        /** Connection closed when half of the message is out. */
        CUT,
        /** FATAL in place of the message, then the end. */
        FATAL,
        /** Notice, ParameterStatus and NotificationResponse before the message. */
        ASIDE
    }

    /** The text of the notice of {@link Event#ASIDE}. */
    public static final String ASIDE = "by the way";

    private final ServerSocket listener;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private Event event;
    private boolean atLogin;
    private int countdown;
    private int said;
    private int committed;

    private RoteNode() throws IOException {
        listener = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon().name("rote-node").start(this::accept);
    }

    public static RoteNode start() throws IOException {
        return new RoteNode();
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** From now on: something happens at the so-manieth message from 0, of those after or those of the log-in. */
    public synchronized void arm(Event what, int message, boolean login) {
        event = what;
        countdown = message;
        atLogin = login;
    }

    /** Nothing happens any more; gives whether it has not happened yet. */
    public synchronized boolean disarm() {
        boolean waiting = event != null;
        event = null;
        return waiting;
    }

    /** How many statements that write have been committed since the last question. */
    public synchronized int takeCommitted() {
        int count = committed;
        committed = 0;
        return count;
    }

    synchronized void committed(int writes) {
        committed += writes;
    }

    /** The event that is due at this message, or null. */
    private synchronized Event next(boolean login) {
        said++;
        if (event == null || atLogin != login || countdown-- > 0) {
            return null;
        }
        Event due = event;
        event = null;
        return due;
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                socket.setTcpNoDelay(true);
                sockets.add(socket);
                Thread.ofPlatform().daemon().name("rote-connection").start(() -> serve(socket));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        FrameReader<FrontendMessage> reader = FrameReader.ofConnection();
        RoteSession session = new RoteSession(this, message -> say(socket, message, false));
        byte[] chunk = new byte[16_384];
        try (socket) {
            for (int n = socket.getInputStream().read(chunk); n >= 0; n = socket.getInputStream().read(chunk)) {
                for (FrontendMessage message : reader.feed(chunk, 0, n)) {
                    switch (message) {
                        case StartupMessage m -> {
                            for (BackendMessage greeting : FakePostgres.greetings(4711)) {
                                say(socket, greeting, true);
                            }
                        }
                        case SSLRequest m -> socket.getOutputStream().write('N');
                        case GSSENCRequest m -> socket.getOutputStream().write('N');
                        case CancelRequest m -> {
                            return;
                        }
                        case Terminate m -> {
                            return;
                        }
                        default -> session.take(message);
                    }
                }
            }
        } catch (IOException | ProtocolViolation gone) {
            // The proxy has closed it, or the event.
        } finally {
            sockets.remove(socket);
        }
    }

    private void say(Socket socket, BackendMessage message, boolean login) throws IOException {
        byte[] bytes = FakePostgres.encode(List.of(message));
        switch (next(login)) {
            case null -> {
                // As always.
            }
            case END -> throw new IOException("ends here");
            case RESET -> {
                socket.setSoLinger(true, 0);
                throw new IOException("is reset here");
            }
            case CUT -> {
                socket.getOutputStream().write(Arrays.copyOf(bytes, Math.max(1, bytes.length / 2)));
                throw new IOException("is cut here");
            }
            case FATAL -> {
                socket.getOutputStream().write(FakePostgres.encode(List.of(new ErrorResponse(ErrorFields.of("FATAL",
                        "57P01", "terminating connection due to administrator command")))));
                throw new IOException("is terminated here");
            }
            case ASIDE -> socket.getOutputStream().write(FakePostgres.encode(List.of(
                    new NoticeResponse(ErrorFields.of("NOTICE", "00000", ASIDE)),
                    new ParameterStatus("rote.setting", "on"),
                    new NotificationResponse(7, "channel", "payload"))));
        }
        socket.getOutputStream().write(bytes);
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
