package dev.trunkline.node;

import dev.trunkline.auth.NodeCredential;
import dev.trunkline.auth.NodeLogin;
import dev.trunkline.config.Login;
import dev.trunkline.config.NodeConfig;
import dev.trunkline.error.ProxyException;
import dev.trunkline.wire.BackendDecoder;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.FrameLimits;
import dev.trunkline.wire.FrontendEncoder;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.ProtocolVersion;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.postgresql.core.SocketFactoryFactory;

/**
 * Logs in once to hear what a node reports to whoever logs in (ParameterStatus). JDBC can't tell: its driver sets the time
 * zone and the date style of its own connections.
 */
public final class LoginReport {

    private static final int TIMEOUT_MILLIS = 5000;

    private LoginReport() {}

    /** The settings, in the order in which the node reports them. */
    public static Map<String, String> read(NodeConfig node, Login login) throws IOException {
        try (Socket plain = new Socket()) {
            plain.connect(new InetSocketAddress(node.primary().host(), node.primary().port()), TIMEOUT_MILLIS);
            plain.setSoTimeout(TIMEOUT_MILLIS);
            try (Socket socket = secured(plain, node)) {
                return converse(socket, node, login);
            }
        } catch (ProxyException | SQLException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static Socket secured(Socket plain, NodeConfig node) throws IOException, SQLException {
        if (node.tls().mode() == NodeConfig.Tls.Mode.DISABLE) {
            return plain;
        }
        send(plain, new FrontendMessage.SSLRequest());
        if (plain.getInputStream().read() != 'S') {
            if (node.tls().mode() == NodeConfig.Tls.Mode.PREFER) {
                return plain;
            }
            throw new IOException("the node does not offer TLS");
        }
        Properties properties = new Properties();
        properties.setProperty("sslmode", node.tls().mode().toString());
        if (node.tls().ca() != null) {
            properties.setProperty("sslrootcert", node.tls().ca());
        }
        SSLSocket secured = (SSLSocket) SocketFactoryFactory.getSslSocketFactory(properties).createSocket(plain,
                node.primary().host(), node.primary().port(), true);
        if (node.tls().mode() == NodeConfig.Tls.Mode.VERIFY_FULL) {
            SSLParameters parameters = secured.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            secured.setSSLParameters(parameters);
        }
        secured.startHandshake();
        return secured;
    }

    private static Map<String, String> converse(Socket socket, NodeConfig node, Login login) throws IOException {
        NodeCredential credential = login.password() == null
                ? new NodeCredential.None(login.user())
                : new NodeCredential.Password(login.user(), login.password().value());
        NodeLogin.Link link = socket instanceof SSLSocket
                ? NodeLogin.Link.TLS
                : socket.getInetAddress().isLoopbackAddress() ? NodeLogin.Link.LOOPBACK : NodeLogin.Link.PLAIN;
        NodeLogin dialog = new NodeLogin(node.name(), credential, link, null, new SecureRandom());
        send(socket, new FrontendMessage.StartupMessage(ProtocolVersion.V3_0,
                Map.of("user", login.user(), "database", node.database())));
        Map<String, String> reported = new LinkedHashMap<>();
        DataInputStream in = new DataInputStream(socket.getInputStream());
        while (true) {
            switch (message(in)) {
                case BackendMessage.Authentication authentication -> {
                    FrontendMessage reply = dialog.reply(authentication);
                    if (reply != null) {
                        send(socket, reply);
                    }
                }
                case BackendMessage.ParameterStatus status -> reported.put(status.name(), status.value());
                case BackendMessage.ReadyForQuery ready -> {
                    send(socket, new FrontendMessage.Terminate());
                    return reported;
                }
                case BackendMessage.ErrorResponse error -> throw new IOException(error.fields().message());
                default -> {
                    // Notices and the cancel key.
                }
            }
        }
    }

    private static BackendMessage message(DataInputStream in) throws IOException {
        byte type = in.readByte();
        int length = in.readInt() - FrameLimits.LENGTH_BYTES;
        if (length < 0 || length > FrameLimits.MAX_AUTHENTICATION_BODY) {
            throw new IOException("the node sent a message of " + length + " bytes before it was ready");
        }
        byte[] body = new byte[length];
        in.readFully(body);
        return BackendDecoder.decode(type, Unpooled.wrappedBuffer(body));
    }

    private static void send(Socket socket, FrontendMessage message) throws IOException {
        ByteBuf bytes = Unpooled.buffer();
        FrontendEncoder.encode(message, bytes);
        socket.getOutputStream().write(bytes.array(), 0, bytes.readableBytes());
        socket.getOutputStream().flush();
    }
}
