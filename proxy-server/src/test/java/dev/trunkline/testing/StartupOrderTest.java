package dev.trunkline.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.BackendKeyData;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.BackendMessage.ParameterStatus;
import dev.trunkline.wire.BackendMessage.ReadyForQuery;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.FrontendMessage.CancelRequest;
import dev.trunkline.wire.FrontendMessage.GSSENCRequest;
import dev.trunkline.wire.FrontendMessage.Parse;
import dev.trunkline.wire.FrontendMessage.Query;
import dev.trunkline.wire.FrontendMessage.SSLRequest;
import dev.trunkline.wire.FrontendMessage.StartupMessage;
import dev.trunkline.wire.FrontendMessage.Sync;
import dev.trunkline.wire.ProtocolVersion;
import java.io.EOFException;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Every packet that may begin a connection, after every other, each for itself and all in one write: the proxy answers as PostgreSQL
 * does.
 */
@Timeout(300)
class StartupOrderTest {

    private static final Map<String, FrontendMessage> PACKETS = new LinkedHashMap<>();

    private static RunningNode node;
    private static String database;
    private static RunningProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        node = TestNodes.node(0);
        database = TestNodes.createDatabase("startup", List.of(node));
        proxy = RunningProxy.start("""
                listen: { host: 127.0.0.1, port: 0 }
                monitoring: { host: 127.0.0.1, port: 0 }
                databases:
                  %s:
                    nodes: { a: { primary: 127.0.0.1:%d } }
                users: { postgres: { admin: full } }
                """.formatted(database, node.port()));
        Map<String, String> whom = Map.of("user", "postgres", "database", database);
        PACKETS.put("SSLRequest", new SSLRequest());
        PACKETS.put("GSSENCRequest", new GSSENCRequest());
        PACKETS.put("CancelRequest", new CancelRequest(77, Bytes.of(new byte[4])));
        PACKETS.put("CancelRequest of 3.2", new CancelRequest(77, Bytes.of(new byte[32])));
        PACKETS.put("CancelRequest with a key of 256 bytes", new CancelRequest(77, Bytes.of(new byte[256])));
        PACKETS.put("3.0", new StartupMessage(ProtocolVersion.V3_0, whom));
        PACKETS.put("3.1", startup(3, 1));
        PACKETS.put("3.2", startup(3, 2));
        PACKETS.put("3.2 with options", startup(3, 2, "_pq_.one", "1"));
        PACKETS.put("3.3 with options", startup(3, 3, "_pq_.one", "1"));
        PACKETS.put("3.9999", new StartupMessage(ProtocolVersion.V3_0 | 9999, whom));
        PACKETS.put("3.0 with options", startup(3, 0, "_pq_.one", "1", "_pq_.two", ""));
        PACKETS.put("3.0 with settings", startup(3, 0, "options", "-c work_mem=5MB --geqo=off -cDateStyle=German",
                "application_name", "it", "TimeZone", "UTC"));
        PACKETS.put("3.0 without replication", startup(3, 0, "replication", "off"));
        PACKETS.put("3.0 for another database", startup(3, 0, "database", "nothing"));
        PACKETS.put("3.0 without user", new StartupMessage(ProtocolVersion.V3_0, Map.of("database", database)));
        PACKETS.put("3.0 with a user of no name", startup(3, 0, "user", ""));
        PACKETS.put("3.0 with wrong options", startup(3, 0, "options", "nonsense"));
        PACKETS.put("3.0 with another encoding", startup(3, 0, "client_encoding", "latin1"));
        PACKETS.put("3.0 with an encoding that there is not", startup(3, 0, "client_encoding", "nothing"));
        for (String style : List.of("sql", "german", "german, mdy", "ymd", "European", "postgres,us", "iso, ymd")) {
            PACKETS.put("3.0 with DateStyle " + style, startup(3, 0, "datestyle", style));
        }
        PACKETS.put("3.0 with a value that is none", startup(3, 0, "work_mem", "much", "geqo", "off"));
        PACKETS.put("3.0 with a setting that there is not", startup(3, 0, "options", "-c no_such_setting=1"));
        PACKETS.put("3.0 with a role that there is not", startup(3, 0, "role", "nobody"));
        PACKETS.put("3.0 with a zone that there is not", startup(3, 0, "TimeZone", "Nowhere/Land"));
        PACKETS.put("4.0", startup(4, 0));
        PACKETS.put("0.0", startup(0, 0));
        PACKETS.put("1234.5681", startup(1234, 5681));
    }

    private static StartupMessage startup(int major, int minor, String... more) {
        Map<String, String> parameters = new LinkedHashMap<>(Map.of("user", "postgres", "database", database));
        for (int i = 0; i < more.length; i += 2) {
            parameters.put(more[i], more[i + 1]);
        }
        return new StartupMessage(major << 16 | minor, parameters);
    }

    @AfterAll
    static void stop() throws Exception {
        proxy.close();
        TestNodes.dropDatabase(database, List.of(node));
    }

    @Test
    void oneAfterTheOther() throws Exception {
        List<List<String>> orders = new ArrayList<>();
        List<String> requests = List.of("SSLRequest", "GSSENCRequest");
        for (String first : PACKETS.keySet()) {
            orders.add(List.of(first));
            for (String request : requests) {
                orders.add(List.of(request, first));
                for (String request2 : requests) {
                    orders.add(List.of(request, request2, first));
                }
            }
        }
        for (String second : PACKETS.keySet()) {
            orders.add(List.of("3.0", second));
        }
        compare(orders, false);
    }

    @Test
    void allInOneWrite() throws Exception {
        List<List<String>> orders = new ArrayList<>();
        for (String first : List.of("SSLRequest", "GSSENCRequest", "CancelRequest", "3.0")) {
            for (String second : PACKETS.keySet()) {
                orders.add(List.of(first, second));
            }
        }
        compare(orders, true);
    }

    /** All 32 bytes of it count: neither what 3.0 would take of it nor a key that is nearly right cancels anything. */
    @Test
    void theKeyOfProtocol32Cancels() throws Exception {
        try (PgClient client = PgClient.connect("127.0.0.1", proxy.port())) {
            client.send(startup(3, 2));
            BackendKeyData told = (BackendKeyData) client.receiveUntilReady().stream()
                    .filter(BackendKeyData.class::isInstance).findFirst().orElseThrow();
            byte[] key = told.secretKey().array();
            client.send(new Query("select pg_sleep(600)"));
            awaitSleep();
            byte[] nearly = key.clone();
            nearly[31] ^= 1;
            cancel(told.processId(), Arrays.copyOf(key, 4));
            cancel(told.processId(), nearly);
            assertTrue(sleeps());
            cancel(told.processId(), key);
            List<BackendMessage> answer = client.receiveUntilReady();
            ErrorResponse error = (ErrorResponse) answer.get(answer.size() - 2);
            assertEquals("57014", error.fields().sqlState());
        }
    }

    /** Returns when the request has been dealt with. */
    private static void cancel(int processId, byte[] key) throws IOException {
        try (PgClient client = PgClient.connect("127.0.0.1", proxy.port())) {
            client.send(new CancelRequest(processId, Bytes.of(key)));
            assertTrue(client.closedByServer());
        }
    }

    @Test
    void aDriverThatSpeaksProtocol32Cancels() throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + proxy.port() + "/"
                + database + "?user=postgres&protocolVersion=3.2");
                Statement statement = connection.createStatement()) {
            CompletableFuture<String> state = CompletableFuture.supplyAsync(() -> {
                try {
                    statement.execute("select pg_sleep(600)");
                    return "slept";
                } catch (SQLException e) {
                    return e.getSQLState();
                }
            });
            awaitSleep();
            statement.cancel();
            assertEquals("57014", state.get());
        }
    }

    private static void awaitSleep() throws Exception {
        long end = System.nanoTime() + 60_000_000_000L;
        while (!sleeps()) {
            assertTrue(System.nanoTime() - end < 0, "it never ran");
            Thread.sleep(5);
        }
    }

    private static boolean sleeps() throws SQLException {
        try (Connection connection = node.connect("postgres");
                Statement statement = connection.createStatement();
                ResultSet count = statement.executeQuery("select count(*) from pg_stat_activity where state = 'active'"
                        + " and query = 'select pg_sleep(600)' and datname = '" + database + "'")) {
            count.next();
            return count.getInt(1) > 0;
        }
    }

    /** In a pause no node is asked, and the query was answered again and again: it was refused, but not taken. */
    @Test
    void settingsThatNoNodeWasAskedForFailEachStatementOnce() throws Exception {
        for (Map.Entry<String, String> setting : Map.of("work_mem", "much", "no_such_setting", "1").entrySet()) {
            Map<String, String> whom = Map.of("user", "postgres", "database", database, setting.getKey(),
                    setting.getValue());
            try (PgClient admin = PgClient.login("127.0.0.1", proxy.port(), "postgres", "trunkline", null);
                    PgClient client = PgClient.connect("127.0.0.1", proxy.port())) {
                admin.send(new Query("PAUSE " + database));
                admin.receiveUntilReady();
                try {
                    client.login(whom, null);
                } finally {
                    admin.send(new Query("RESUME " + database));
                    admin.receiveUntilReady();
                }
                for (int i = 0; i < 2; i++) {
                    // The first two have an answer each; what follows the Parse is skipped.
                    client.send(new Query("select 1"), new Query("select 2"), new Parse("", "select 3", List.of()),
                            new Query("select 4"), new Sync());
                    for (int answer = 0; answer < 3; answer++) {
                        List<BackendMessage> messages = client.receiveUntilReady();
                        ErrorResponse error = (ErrorResponse) messages.getFirst();
                        assertEquals(setting.getKey().equals("work_mem") ? "22023" : "42704",
                                error.fields().sqlState());
                        assertEquals(2, messages.size(), messages::toString);
                    }
                }
            }
        }
    }

    private static void compare(List<List<String>> orders, boolean atOnce) throws Exception {
        List<String> wrong = new ArrayList<>();
        for (List<String> order : orders) {
            List<String> expected = play(node.port(), order, atOnce);
            List<String> actual = play(proxy.port(), order, atOnce);
            if (!expected.equals(actual)) {
                wrong.add(order + "\n  PostgreSQL " + expected + "\n  proxy      " + actual);
            }
        }
        assertTrue(wrong.isEmpty(), () -> String.join("\n\n", wrong));
    }

    private static List<String> play(int port, List<String> order, boolean atOnce) throws Exception {
        List<String> answers = new ArrayList<>();
        try (PgClient client = PgClient.connect("127.0.0.1", port)) {
            if (atOnce) {
                client.send(order.stream().map(PACKETS::get).toArray(FrontendMessage[]::new));
            }
            boolean serving = false;
            for (String name : order) {
                FrontendMessage packet = PACKETS.get(name);
                if (!atOnce) {
                    client.send(packet);
                }
                if (!serving && (packet instanceof SSLRequest || packet instanceof GSSENCRequest)) {
                    int answer = client.socket().getInputStream().read();
                    if (answer != 'N') {
                        answers.add(answer == 'E' ? error(client) : "byte " + answer);
                        return answers;
                    }
                    answers.add("N");
                } else if (!login(client, answers)) {
                    return answers;
                } else {
                    serving = true;
                }
            }
        }
        return answers;
    }

    /** The rest of an ErrorResponse whose type has been read. */
    private static String error(PgClient client) throws IOException {
        var in = new java.io.DataInputStream(client.socket().getInputStream());
        byte[] body = new byte[in.readInt() - 4];
        in.readFully(body);
        String fields = new String(body, java.nio.charset.StandardCharsets.UTF_8);
        int end = in.read();
        return fields.replaceAll("\0[VFLR][^\0]*", "").replace('\0', ' ') + (end < 0 ? "eof" : "more");
    }

    /** False when the connection has ended. */
    private static boolean login(PgClient client, List<String> answers) throws IOException {
        while (true) {
            BackendMessage message;
            try {
                message = client.receive();
            } catch (EOFException e) {
                answers.add("eof");
                // What is wrong with a startup packet the proxy says before it asks for a password.
                answers.remove("AuthenticationOk");
                return false;
            }
            switch (message) {
                case BackendKeyData key -> answers.add("BackendKeyData of " + key.secretKey().length() + " bytes");
                case ParameterStatus status -> {
                    if (!List.of("server_version", "search_path", "scram_iterations", "is_superuser")
                            .contains(status.name())) {
                        answers.add(status.name() + "=" + status.value());
                    }
                }
                case ErrorResponse error ->
                    answers.add(error.fields().severity() + " " + error.fields().sqlState() + " "
                            + error.fields().message());
                default -> answers.add(DialogPlayer.line(message));
            }
            if (message instanceof ReadyForQuery) {
                answers.sort(null);
                return true;
            }
        }
    }
}
