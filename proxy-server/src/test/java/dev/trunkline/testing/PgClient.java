package dev.trunkline.testing;

import dev.trunkline.auth.NodeCredential;
import dev.trunkline.auth.NodeLogin;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.Authentication;
import dev.trunkline.wire.BackendMessage.BackendKeyData;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.BackendMessage.ParameterStatus;
import dev.trunkline.wire.BackendMessage.ReadyForQuery;
import dev.trunkline.wire.FrameReader;
import dev.trunkline.wire.FrontendEncoder;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.FrontendMessage.CancelRequest;
import dev.trunkline.wire.FrontendMessage.Query;
import dev.trunkline.wire.FrontendMessage.SSLRequest;
import dev.trunkline.wire.FrontendMessage.StartupMessage;
import dev.trunkline.wire.FrontendMessage.Terminate;
import dev.trunkline.wire.ProtocolVersion;
import dev.trunkline.wire.ProtocolViolation;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * A client on a blocking socket that sends whatever it is told to and hands out every message as it comes. Nothing is
 * interpreted but the login, and that only when {@link #login} is called.
 */
public final class PgClient implements AutoCloseable {

    private static final SecureRandom RANDOM = new SecureRandom();
    /** Long enough for a slow machine: a test that waits for so long has failed. */
    private static final int PATIENCE_MILLIS = 60_000;

    private Socket socket;
    private final FrameReader<BackendMessage> reader = FrameReader.ofBackend();
    private final Deque<BackendMessage> read = new ArrayDeque<>();
    private final Map<String, String> settings = new LinkedHashMap<>();
    private BackendKeyData key;
    private boolean ended;
    private ProtocolViolation nonsense;

    private PgClient(Socket socket) {
        this.socket = socket;
    }

    /** Connects, and says nothing yet. */
    public static PgClient connect(String host, int port) throws IOException {
        var socket = new Socket();
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.connect(new InetSocketAddress(host, port), PATIENCE_MILLIS);
        return new PgClient(socket);
    }

    /** Asks for TLS, and goes on with it; the server may be anybody. */
    public PgClient encrypted() throws IOException, GeneralSecurityException {
        send(new SSLRequest());
        if (receiveByte() != 'S') {
            throw new AssertionError("TLS is refused");
        }
        return handshake();
    }

    /** Goes on with TLS at once; these protocols are offered by ALPN. */
    public PgClient handshake(String... protocols) throws IOException, GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[]{new Anybody()}, RANDOM);
        SSLSocket secret = (SSLSocket) context.getSocketFactory().createSocket(socket,
                socket.getInetAddress().getHostAddress(), socket.getPort(), true);
        SSLParameters parameters = secret.getSSLParameters();
        parameters.setApplicationProtocols(protocols);
        secret.setSSLParameters(parameters);
        secret.startHandshake();
        socket = secret;
        return this;
    }

    private static final class Anybody implements X509TrustManager {

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {
            // Nobody is asked.
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {
            // Whoever it is.
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    /** Connects and logs in. */
    public static PgClient login(String host, int port, String user, String database, String password)
            throws IOException {
        var client = connect(host, port);
        try {
            client.login(Map.of("user", user, "database", database), password);
        } catch (IOException | RuntimeException | Error e) {
            client.close();
            throw e;
        }
        return client;
    }

    /** Logs in with the parameters, up to ReadyForQuery. A refusal is an {@link AssertionError} with its text. */
    public PgClient login(Map<String, String> parameters, String password) throws IOException {
        String user = parameters.get("user");
        var login = new NodeLogin("under test",
                password == null ? new NodeCredential.None(user) : new NodeCredential.Password(user, password),
                NodeLogin.Link.LOOPBACK, null, RANDOM);
        send(new StartupMessage(ProtocolVersion.V3_0, parameters));
        while (true) {
            BackendMessage message = receive();
            switch (message) {
                case Authentication a -> {
                    FrontendMessage reply = login.reply(a);
                    if (reply != null) {
                        send(reply);
                    }
                }
                case ParameterStatus p -> settings.put(p.name(), p.value());
                case BackendKeyData k -> key = k;
                case ReadyForQuery r -> {
                    return this;
                }
                case ErrorResponse e -> throw new AssertionError("login refused: " + e.fields().message());
                default -> {
                    // Notices and what else a server may say at startup.
                }
            }
        }
    }

    public void send(FrontendMessage... messages) throws IOException {
        ByteBuf out = Unpooled.buffer();
        for (FrontendMessage message : messages) {
            FrontendEncoder.encode(message, out);
        }
        sendRaw(out.array(), 0, out.readableBytes());
    }

    public void sendRaw(byte[] bytes) throws IOException {
        sendRaw(bytes, 0, bytes.length);
    }

    private void sendRaw(byte[] bytes, int offset, int length) throws IOException {
        socket.getOutputStream().write(bytes, offset, length);
        socket.getOutputStream().flush();
    }

    /** The next message; {@link EOFException} when the other side closed. */
    public BackendMessage receive() throws IOException {
        BackendMessage message = receive(PATIENCE_MILLIS);
        if (message == null) {
            throw new SocketTimeoutException("nothing came for " + PATIENCE_MILLIS + " ms");
        }
        return message;
    }

    /** The next message, or null when none comes in time. */
    public BackendMessage receive(int millis) throws IOException {
        if (!read.isEmpty()) {
            return read.poll();
        }
        if (nonsense != null) {
            throw nonsense;
        }
        var chunk = new byte[16_384];
        long deadline = System.nanoTime() + millis * 1_000_000L;
        while (read.isEmpty()) {
            long left = (deadline - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                return null;
            }
            int n = readInto(chunk, (int) left);
            if (n == 0) {
                return null;
            }
            if (n < 0) {
                ended = true;
                throw new EOFException("the connection was closed");
            }
            try {
                reader.feed(chunk, 0, n, read::add);
            } catch (ProtocolViolation e) {
                // It comes after what was said before it.
                nonsense = e;
                if (read.isEmpty()) {
                    throw e;
                }
            }
        }
        return read.poll();
    }

    private int readInto(byte[] chunk, int millis) throws IOException {
        socket.setSoTimeout(millis);
        try {
            return socket.getInputStream().read(chunk);
        } catch (SocketTimeoutException e) {
            return 0;
        } catch (SocketException reset) {
            // A server that closes with our bytes unread resets the connection: it is gone either way.
            return -1;
        }
    }

    /** One byte that is no message: the answer to SSLRequest and GSSENCRequest. */
    public int receiveByte() throws IOException {
        return socket.getInputStream().read();
    }

    /** All messages up to and with the next ReadyForQuery. */
    public List<BackendMessage> receiveUntilReady() throws IOException {
        var messages = new ArrayList<BackendMessage>();
        while (true) {
            BackendMessage message = receive();
            messages.add(message);
            if (message instanceof ReadyForQuery) {
                return messages;
            }
        }
    }

    /** Sends a simple query and gives all of its reply. */
    public List<BackendMessage> query(String sql) throws IOException {
        send(new Query(sql));
        return receiveUntilReady();
    }

    /** Sends messages and gives all replies to the next ReadyForQuery. */
    public List<BackendMessage> exchange(FrontendMessage... messages) throws IOException {
        send(messages);
        return receiveUntilReady();
    }

    /** Whether the other side closed the connection; unread messages are an {@link AssertionError}. */
    public boolean closedByServer() throws IOException {
        try {
            BackendMessage message = receive(PATIENCE_MILLIS);
            if (message == null) {
                return false;
            }
            throw new AssertionError("still to be read: " + MessageShapes.of(message));
        } catch (EOFException e) {
            return true;
        }
    }

    /** What the server said at startup and since by ParameterStatus, as far as {@link #login} read it. */
    public Map<String, String> settings() {
        return settings;
    }

    public BackendKeyData key() {
        return key;
    }

    /** Asks, over a connection of its own, to cancel what this one does; returns when the server closed that one. */
    public void cancel() throws IOException {
        try (Socket other = new Socket(socket.getInetAddress(), socket.getPort())) {
            ByteBuf out = Unpooled.buffer();
            FrontendEncoder.encode(new CancelRequest(key.processId(), key.secretKey()), out);
            other.getOutputStream().write(out.array(), 0, out.readableBytes());
            other.setSoTimeout(PATIENCE_MILLIS);
            if (other.getInputStream().read() >= 0) {
                throw new AssertionError("a cancel request was answered");
            }
        }
    }

    public Socket socket() {
        return socket;
    }

    /** Closes without a word and drops what is unread, so that the other side sees a reset. */
    public void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    /** Says Terminate, and waits until the server has done all that it was told, whatever it answers. */
    public void leave() throws IOException {
        send(new Terminate());
        var chunk = new byte[16_384];
        int n = 0;
        while (n >= 0) {
            n = readInto(chunk, PATIENCE_MILLIS);
            if (n == 0) {
                throw new SocketTimeoutException("the server does not hang up");
            }
        }
        ended = true;
    }

    /** Says Terminate, where that can still be said, and closes. */
    @Override
    public void close() throws IOException {
        if (!socket.isClosed() && !ended) {
            try {
                send(new Terminate());
            } catch (IOException gone) {
                // Then there is nobody to say goodbye to.
            }
        }
        socket.close();
    }
}
