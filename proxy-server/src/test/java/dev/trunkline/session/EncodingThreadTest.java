package dev.trunkline.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.demo.TestNodes;
import dev.trunkline.testing.PgClient;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.DataRow;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.BackendMessage.NotificationResponse;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.FrontendEncoder;
import dev.trunkline.wire.FrontendMessage.Bind;
import dev.trunkline.wire.FrontendMessage.Execute;
import dev.trunkline.wire.FrontendMessage.Parse;
import dev.trunkline.wire.FrontendMessage.Query;
import dev.trunkline.wire.FrontendMessage.Sync;
import dev.trunkline.wire.HeldEncoding;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.Charset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An encoding's tables had been made on the event loop: everybody there stood still for up to half a second. Now only the client
 * that wants them waits.
 */
@Timeout(120)
class EncodingThreadTest {

    private static final String BY_FUNCTION = "DO $$ BEGIN PERFORM set_config('client_encoding', 'UHC', false); END $$";

    private static SessionFixture shop;

    @BeforeAll
    static void start() throws Exception {
        shop = SessionFixture.start(TestNodes.nodes(1), "limits: { eventLoops: 1 }\n", "pool: { size: 3 }");
    }

    @AfterAll
    static void stop() throws Exception {
        shop.close();
    }

    private static PgClient login(String encoding) throws IOException {
        Map<String, String> parameters = new HashMap<>(Map.of("user", SessionFixture.USER, "database", shop.database));
        if (encoding != null) {
            parameters.put("client_encoding", encoding);
        }
        return PgClient.connect("127.0.0.1", shop.proxy.port()).login(parameters, null);
    }

    /** A Korean syllable is two bytes for the client, and three at the node. */
    private static void sendKorean(PgClient client) throws IOException {
        ByteBuf out = Unpooled.buffer();
        byte[] sql = "SELECT octet_length('가')".getBytes(Charset.forName("x-windows-949"));
        FrontendEncoder.query(out, sql, 0, sql.length);
        client.sendRaw(ByteBufUtil.getBytes(out));
    }

    private static String first(List<BackendMessage> replies) {
        for (BackendMessage reply : replies) {
            switch (reply) {
                case DataRow row -> {
                    return row.values().getFirst().text();
                }
                case ErrorResponse error -> {
                    return error.fields().sqlState();
                }
                default -> {
                    // Not what is asked for.
                }
            }
        }
        throw new AssertionError("neither a row nor an error: " + replies);
    }

    private static void requireServed(PgClient other) throws IOException {
        for (int i = 0; i < 3; i++) {
            assertEquals("1", first(other.query("SELECT 1")));
        }
    }

    private static void requireMadeOnce(HeldEncoding encoding) {
        assertEquals(List.of("trunkline-encoding"), encoding.makers());
    }

    @Test
    void aLogInWaits() throws Exception {
        try (HeldEncoding encoding = HeldEncoding.held(); PgClient other = login(null)) {
            List<CompletableFuture<PgClient>> logins = List.of("UHC", "windows949", "Uhc").stream()
                    .map(name -> CompletableFuture.supplyAsync(() -> {
                        try {
                            return login(name);
                        } catch (IOException e) {
                            throw new IllegalStateException(e);
                        }
                    }, task -> new Thread(task).start())).toList();
            encoding.awaitBegun();
            requireServed(other);
            assertTrue(logins.stream().noneMatch(CompletableFuture::isDone));
            encoding.release();
            for (CompletableFuture<PgClient> login : logins) {
                try (PgClient client = login.get()) {
                    assertEquals("UHC", client.settings().get("client_encoding"));
                    sendKorean(client);
                    assertEquals("3", first(client.receiveUntilReady()));
                }
            }
            requireMadeOnce(encoding);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"SET client_encoding TO 'uhc'", "SET NAMES UHC", "SET LOCAL client_encoding = windows949",
            "SELECT set_config('client_encoding', 'UHC', false)", "SELECT set_config('Client_Encoding', $1, false)",
            BY_FUNCTION, "EXECUTE setting('UHC')"})
    void aSessionWaits(String sql) throws Exception {
        try (HeldEncoding encoding = HeldEncoding.held(); PgClient other = login(null); PgClient client = login(null)) {
            client.query("PREPARE setting(text) AS SELECT set_config('client_encoding', $1, false)");
            boolean bound = sql.contains("$1");
            boolean transaction = !sql.equals(BY_FUNCTION);
            if (transaction) {
                client.query("BEGIN");
            }
            if (bound) {
                client.send(new Parse("", sql, List.of()),
                        new Bind("", "", List.of(), List.of(Bytes.utf8("UHC")), List.of()), new Execute("", 0),
                        new Sync());
            } else {
                client.send(new Query(sql));
            }
            sendKorean(client);
            encoding.awaitBegun();
            requireServed(other);
            encoding.release();
            client.receiveUntilReady();
            assertEquals("3", first(client.receiveUntilReady()));
            client.query(transaction ? "ROLLBACK" : "DISCARD ALL");
            assertEquals("UTF8", first(client.query("SHOW client_encoding")));
            requireMadeOnce(encoding);
        }
    }

    /** The encoding is the session's when its transaction is over, and the client says nothing in it before it hears. */
    @Test
    void aNotificationWaits() throws Exception {
        try (HeldEncoding encoding = HeldEncoding.held(); PgClient other = login(null); PgClient client = login(null)) {
            client.query("LISTEN encodings");
            client.query(BY_FUNCTION);
            other.query("NOTIFY encodings, 'now'");
            encoding.awaitBegun();
            requireServed(other);
            encoding.release();
            assertEquals("now", ((NotificationResponse) client.receive()).payload());
            requireMadeOnce(encoding);
        }
    }

    @Test
    void theRestOfAStringWaits() throws Exception {
        try (HeldEncoding encoding = HeldEncoding.held(); PgClient other = login(null); PgClient client = login(null)) {
            client.send(new Query("BEGIN; " + BY_FUNCTION
                    + "; COMMIT; SET trunkline.fan_out = 'allow'; SELECT octet_length('가')"));
            encoding.awaitBegun();
            requireServed(other);
            encoding.release();
            assertEquals("3", first(client.receiveUntilReady()));
            requireMadeOnce(encoding);
        }
    }

    @Test
    void whoWaitsCanBeCancelled() throws Exception {
        try (HeldEncoding encoding = HeldEncoding.held(); PgClient client = login(null)) {
            client.query(BY_FUNCTION);
            sendKorean(client);
            encoding.awaitBegun();
            client.cancel();
            assertEquals("57014", first(client.receiveUntilReady()));
            sendKorean(client);
            encoding.release();
            assertEquals("3", first(client.receiveUntilReady()));
            requireMadeOnce(encoding);
        }
    }

    @Test
    void whoLeavesMeanwhileIsGone() throws Exception {
        try (HeldEncoding encoding = HeldEncoding.held()) {
            PgClient client = login(null);
            client.query(BY_FUNCTION);
            sendKorean(client);
            encoding.awaitBegun();
            client.close();
            SessionFixture.await("the client is gone", () -> shop.metric(
                    "trunkline_clients\\{database=\"" + shop.database + "\"[^}]*\\} ([0-9.]+)") == 0);
            encoding.release();
            try (PgClient other = login("UHC")) {
                sendKorean(other);
                assertEquals("3", first(other.receiveUntilReady()));
            }
        }
        shop.awaitNothingLeft();
    }

    /** On a Java with other tables; they are looked at once. */
    @Test
    void whatIsMissingIsRefused() throws Exception {
        try (HeldEncoding encoding = HeldEncoding.missing(); PgClient client = login(null)) {
            for (int i = 0; i < 2; i++) {
                assertEquals("22023", first(client.query("SET client_encoding TO 'UHC'")));
                try (PgClient refused = PgClient.connect("127.0.0.1", shop.proxy.port())) {
                    String told = String.valueOf(assertThrows(AssertionError.class,
                            () -> refused.login(Map.of("user", SessionFixture.USER, "database", shop.database,
                                    "client_encoding", "UHC"), null)));
                    assertTrue(told.contains("client_encoding UHC is not supported by the proxy"), told);
                }
            }
            assertEquals("UTF8", first(client.query("SHOW client_encoding")));
            requireMadeOnce(encoding);
        }
    }

    /** What a node has set by itself is found out too late for more than an end. */
    @Test
    void whoWasGivenWhatIsMissingIsToldSo() throws Exception {
        try (HeldEncoding encoding = HeldEncoding.missing(); PgClient client = login(null)) {
            client.query(BY_FUNCTION);
            client.send(new Query("SELECT 1"));
            ErrorResponse error = (ErrorResponse) client.receive();
            assertEquals("22023", error.fields().sqlState());
            assertEquals("FATAL", error.fields().severity());
            assertTrue(client.closedByServer());
            requireMadeOnce(encoding);
        }
        shop.awaitNothingLeft();
    }
}
