package dev.trunkline.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.trunkline.error.ProxyException;
import dev.trunkline.wire.BackendEncoder;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.FrameReader;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.FrontendMessage.AuthenticationResponse;
import dev.trunkline.wire.FrontendMessage.GSSENCRequest;
import dev.trunkline.wire.FrontendMessage.Query;
import dev.trunkline.wire.FrontendMessage.SSLRequest;
import dev.trunkline.wire.FrontendMessage.StartupMessage;
import dev.trunkline.wire.FrontendMessage.Terminate;
import dev.trunkline.wire.TransactionStatus;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real clients log in to our server's side, which stands behind a door that serves nothing but empty queries. */
@Timeout(300)
class RealClientLoginTest {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final String PASSWORD = "žluťoučký kůň\u2168";
    private static final ScramVerifier VERIFIER = ScramVerifier.of(PASSWORD, RANDOM);

    private ServerSocket door;

    @BeforeEach
    void open() throws IOException {
        door = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon().start(this::accept);
    }

    @AfterEach
    void close() throws IOException {
        door.close();
    }

    @Test
    void theJdbcDriver() throws Exception {
        String url = "jdbc:postgresql://127.0.0.1:" + door.getLocalPort()
                + "/shop?sslmode=disable&preferQueryMode=simple&assumeMinServerVersion=18";
        DriverManager.getConnection(url, "app", PASSWORD).close();
        assertEquals("28P01",
                assertThrows(SQLException.class, () -> DriverManager.getConnection(url, "app", "wrong")).getSQLState());
        assertEquals("28P01", assertThrows(SQLException.class,
                () -> DriverManager.getConnection(url, "nobody", PASSWORD)).getSQLState());
    }

    @Test
    void psql() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/psql")), "no psql here");
        assertEquals("", psql("app", PASSWORD));
        assertTrue(psql("app", "wrong").contains("password authentication failed for user \"app\""));
        assertTrue(psql("nobody", PASSWORD).contains("password authentication failed for user \"nobody\""));
    }

    private String psql(String user, String password) throws Exception {
        var builder = new ProcessBuilder("psql", "-X", "-w", "-h", "127.0.0.1", "-p",
                Integer.toString(door.getLocalPort()), "-U", user, "-d", "shop", "-c", ";").redirectErrorStream(true);
        builder.environment().put("PGPASSWORD", password);
        builder.environment().put("PGCLIENTENCODING", "UTF8");
        builder.environment().put("LC_ALL", "C.UTF-8");
        Process process = builder.start();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    }

    private void accept() {
        while (!door.isClosed()) {
            try {
                Socket socket = door.accept();
                Thread.ofPlatform().daemon().start(() -> serve(socket));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        var reader = FrameReader.ofConnection();
        var chunk = new byte[8192];
        ClientLogin login = null;
        try (socket) {
            while (true) {
                int n = socket.getInputStream().read(chunk);
                if (n < 0) {
                    return;
                }
                for (FrontendMessage message : reader.feed(chunk, 0, n)) {
                    switch (message) {
                        case SSLRequest m -> socket.getOutputStream().write('N');
                        case GSSENCRequest m -> socket.getOutputStream().write('N');
                        case StartupMessage m -> {
                            String user = m.parameters().get("user");
                            login = new ClientLogin(user, user.equals("app") ? VERIFIER : null, Bytes.utf8("secret"),
                                    null, RANDOM);
                            BackendMessage opening = login.opening();
                            write(socket, out -> BackendEncoder.encode(opening, out));
                        }
                        case AuthenticationResponse m -> {
                            try {
                                for (var reply : login.answer(Unpooled.wrappedBuffer(m.data().array()))) {
                                    write(socket, out -> BackendEncoder.encode(reply, out));
                                }
                            } catch (ProxyException e) {
                                write(socket, out -> BackendEncoder.error(out, ErrorFields.of("FATAL", e)));
                                return;
                            }
                            if (login.authenticated()) {
                                write(socket, out -> {
                                    BackendEncoder.parameterStatus(out, "server_version", "18.0");
                                    BackendEncoder.parameterStatus(out, "client_encoding", "UTF8");
                                    BackendEncoder.parameterStatus(out, "standard_conforming_strings", "on");
                                    BackendEncoder.parameterStatus(out, "DateStyle", "ISO, MDY");
                                    BackendEncoder.parameterStatus(out, "integer_datetimes", "on");
                                    BackendEncoder.readyForQuery(out, TransactionStatus.IDLE);
                                });
                            }
                        }
                        case Query m -> write(socket, out -> {
                            BackendEncoder.emptyQueryResponse(out);
                            BackendEncoder.readyForQuery(out, TransactionStatus.IDLE);
                        });
                        case Terminate m -> {
                            return;
                        }
                        default -> throw new IllegalStateException("not served: " + message);
                    }
                }
            }
        } catch (IOException gone) {
            // The client went away.
        }
    }

    private static void write(Socket socket, Consumer<ByteBuf> writing) throws IOException {
        ByteBuf out = Unpooled.buffer();
        writing.accept(out);
        socket.getOutputStream().write(out.array(), 0, out.readableBytes());
    }
}
