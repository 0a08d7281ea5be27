package dev.trunkline.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.config.Configuration;
import dev.trunkline.config.ConfigurationException;
import dev.trunkline.demo.EmbeddedPostgres;
import dev.trunkline.demo.NodeOptions;
import dev.trunkline.demo.RunningNode;
import dev.trunkline.net.TrunklineServer;
import dev.trunkline.testing.PgClient;
import dev.trunkline.testing.Pressure;
import dev.trunkline.testing.RunningProxy;
import dev.trunkline.testing.SelfSigned;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.DataRow;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.FrontendMessage.Bind;
import dev.trunkline.wire.FrontendMessage.Execute;
import dev.trunkline.wire.FrontendMessage.GSSENCRequest;
import dev.trunkline.wire.FrontendMessage.Parse;
import dev.trunkline.wire.FrontendMessage.Query;
import dev.trunkline.wire.FrontendMessage.SASLInitialResponse;
import dev.trunkline.wire.FrontendMessage.SASLResponse;
import dev.trunkline.wire.FrontendMessage.SSLRequest;
import dev.trunkline.wire.FrontendMessage.StartupMessage;
import dev.trunkline.wire.FrontendMessage.Sync;
import dev.trunkline.wire.ProtocolVersion;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** TLS between the PostgreSQL JDBC driver, the proxy and a real node, with SCRAM bound to it on both sides. */
@Timeout(300)
class TlsTest {

    @TempDir
    static Path files;
    private static RunningNode node;
    private static final int PIECE = 100_000;

    @BeforeAll
    static void start() throws Exception {
        SelfSigned.make(files, "localhost", "dns:localhost,ip:127.0.0.1");
        SelfSigned.make(files, "other", "dns:other.example");
        node = EmbeddedPostgres
                .start(NodeOptions.forTests().withAuthentication(NodeOptions.Authentication.SCRAM));
        for (String name : List.of("crt", "key")) {
            Path file = node.dataDirectory().resolve("server." + name);
            Files.copy(files.resolve("localhost." + name), file);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
            Files.setOwner(file, Files.getOwner(node.dataDirectory()));
        }
        onNode("ALTER SYSTEM SET ssl = on");
        onNode("CREATE ROLE app LOGIN PASSWORD 'app'");
        node.restart();
    }

    @AfterAll
    static void stop() throws Exception {
        node.close();
    }

    private static void onNode(String sql) throws SQLException {
        try (Connection connection = node.connect("postgres"); Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String yaml(String mode, String towardsNode) {
        return """
                listen: { host: 127.0.0.1, port: 0 }
                tls: { mode: %s, certificate: "%s", key: "%s" }
                databases:
                  shop:
                    control: { user: postgres, password: "%s" }
                    nodes:
                      a: { primary: "localhost:%d", database: postgres, tls: { %s } }
                users:
                  app: { password: app }
                """.formatted(mode, files.resolve("localhost.crt"), files.resolve("localhost.key"), node.password(),
                node.port(), towardsNode);
    }

    private static String ca(String name) {
        return "ca: \"" + files.resolve(name + ".crt") + "\"";
    }

    private static Connection connect(RunningProxy proxy, String options) throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://localhost:" + proxy.port()
                + "/shop?user=app&password=app&sslrootcert=" + files.resolve("localhost.crt") + "&" + options);
    }

    private static String ask(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }

    @Test
    void bothSidesAreEncryptedAndBound() throws Exception {
        try (RunningProxy proxy = RunningProxy.start(yaml("required", "mode: verify-full, " + ca("localhost")));
                Connection connection = connect(proxy, "sslmode=verify-full&channelBinding=require")) {
            assertEquals("t", ask(connection,
                    "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"));
            assertEquals("100000", ask(connection,
                    "SELECT count(*) FROM (SELECT repeat('x', 100) FROM generate_series(1, 100000)) rows"));
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement
                            .executeQuery("SELECT repeat('x', 10000) FROM generate_series(1, 2000)")) {
                int count = 0;
                while (rows.next()) {
                    count += rows.getString(1).length() == 10000 ? 1 : 0;
                }
                assertEquals(2000, count);
            }
        }
    }

    /** Thirty megabytes come over a link that is encrypted, and nobody reads them. */
    @Test
    void aClientThatReadsNothingStopsItsNode() throws Exception {
        try (RunningProxy proxy = RunningProxy.start(yaml("optional", "mode: require"));
                PgClient client = app(proxy)) {
            long before = Pressure.held();
            long sent = Pressure.fromNodes(proxy.monitoringPort());
            client.send(new Query("SELECT repeat('x', " + PIECE + ") FROM generate_series(1, 300)"));
            Pressure.awaitStill(sent, () -> Pressure.fromNodes(proxy.monitoringPort()));
            assertTrue(Pressure.fromNodes(proxy.monitoringPort()) - sent < 300L * PIECE, "all is read");
            Pressure.assertHeld(before);
            assertEquals(300, client.receiveUntilReady().stream().filter(DataRow.class::isInstance).count());
        }
    }

    @Test
    void aNodeThatReadsNothingStopsItsClient() throws Exception {
        onNode("CREATE TABLE texts (t text)");
        onNode("GRANT ALL ON texts TO app");
        Bytes text = Bytes.utf8("x".repeat(PIECE));
        FrontendMessage[] insert = {new Bind("", "s", List.of(), List.of(text), List.of()), new Execute("", 0)};
        try (RunningProxy proxy = RunningProxy.start(yaml("optional", "mode: require"));
                PgClient client = app(proxy);
                Connection holder = node.connect("postgres");
                Statement lock = holder.createStatement()) {
            client.exchange(new Parse("s", "INSERT INTO texts VALUES ($1)", List.of(25)), new Sync());
            holder.setAutoCommit(false);
            lock.execute("LOCK TABLE texts");
            long before = Pressure.held();
            Pressure.Writer writer = new Pressure.Writer(300, i -> client.send(insert));
            Pressure.awaitStill(0, writer::sent);
            assertTrue(writer.sent() < 300, "all is written, and nothing read");
            Pressure.assertHeld(before);
            holder.commit();
            writer.done();
            client.send(new Sync());
            assertEquals(2 * 300 + 1, client.receiveUntilReady().size());
        } finally {
            onNode("DROP TABLE texts");
        }
    }

    private static PgClient app(RunningProxy proxy) throws IOException {
        return PgClient.login("127.0.0.1", proxy.port(), "app", "shop", "app");
    }

    /** A certificate is for its names; whoever signed it may be all that is asked for. */
    @Test
    void aNodeOfAnotherName() throws Exception {
        String byAddress = "mode: %s, " + ca("localhost");
        try (RunningProxy proxy = RunningProxy.start(yaml("off", byAddress.formatted("verify-full"))
                .replace("localhost:", "127.0.0.1:"));
                PgClient client = app(proxy)) {
            assertTrue(client.query("SELECT 1").get(1) instanceof DataRow);
        }
        SelfSigned.make(files, "elsewhere", "dns:elsewhere.example");
        replaceCertificate("elsewhere");
        try (RunningProxy proxy = RunningProxy.start(yaml("off", "mode: verify-ca, " + ca("elsewhere")));
                PgClient client = app(proxy)) {
            assertTrue(client.query("SELECT 1").get(1) instanceof DataRow);
        }
        try {
            assertThrows(Exception.class, () -> TrunklineServer.of(Configuration.parse("t",
                    yaml("off", "mode: verify-full, " + ca("elsewhere")), n -> null)));
        } finally {
            replaceCertificate("localhost");
        }
    }

    private static void replaceCertificate(String name) throws Exception {
        for (String kind : List.of("crt", "key")) {
            Files.write(node.dataDirectory().resolve("server." + kind),
                    Files.readAllBytes(files.resolve(name + "." + kind)));
        }
        onNode("SELECT pg_reload_conf()");
    }

    @Test
    void requiredMeansThatNobodyComesInWithout() throws Exception {
        try (RunningProxy proxy = RunningProxy.start(yaml("required", "mode: require"))) {
            SQLException refusal = assertThrows(SQLException.class, () -> connect(proxy, "sslmode=disable").close());
            assertEquals("28000", refusal.getSQLState());
        }
    }

    @Test
    void optionalServesBoth() throws Exception {
        try (RunningProxy proxy = RunningProxy.start(yaml("optional", "mode: prefer"));
                Connection plain = connect(proxy, "sslmode=disable");
                Connection secured = connect(proxy, "sslmode=require")) {
            assertEquals("1", ask(plain, "SELECT 1"));
            assertEquals("1", ask(secured, "SELECT 1"));
        }
    }

    @Test
    void aNodeWithoutTlsIsUsedWhereItIsOnlyPreferred() throws Exception {
        onNode("ALTER SYSTEM SET ssl = off");
        onNode("SELECT pg_reload_conf()");
        try {
            try (RunningProxy proxy = RunningProxy.start(yaml("off", "mode: prefer"));
                    Connection connection = connect(proxy, "sslmode=disable")) {
                assertEquals("f", ask(connection, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"));
            }
        } finally {
            onNode("ALTER SYSTEM SET ssl = on");
            onNode("SELECT pg_reload_conf()");
        }
    }

    /** The control plane is not served either: the proxy does not start. */
    @Test
    void aNodeThatSomebodyElseSignedForIsRefused() {
        assertThrows(Exception.class,
                () -> TrunklineServer
                        .of(Configuration.parse("t", yaml("off", "mode: verify-ca, " + ca("other")), n -> null)));
    }

    @Test
    void aFileThatIsNoCertificateStopsTheStart() throws Exception {
        String wrong = yaml("required", "mode: disable").replace("localhost.key", "localhost.crt");
        ConfigurationException problem = assertThrows(ConfigurationException.class, () -> {
            try (TrunklineServer server = TrunklineServer.of(Configuration.parse("t.yaml", wrong, n -> null))) {
                server.start();
            }
        });
        assertTrue(problem.getMessage().contains("tls.key"), problem.getMessage());
    }

    /** What is sent before the handshake could come from anybody (CVE-2021-23214). */
    @Test
    void plainBytesBehindTheRequestAreRefused() throws Exception {
        try (RunningProxy proxy = RunningProxy.start(yaml("optional", "mode: prefer"));
                PgClient client = PgClient.connect("127.0.0.1", proxy.port())) {
            client.send(new SSLRequest(), new StartupMessage(3 << 16, Map.of("user", "app", "database", "shop")));
            assertEquals("08P01", ((ErrorResponse) client.receive()).fields().sqlState());
            assertTrue(client.closedByServer());
        }
    }

    @Test
    void theHandshakeAtOnce() throws Exception {
        try (RunningProxy proxy = RunningProxy.start(yaml("optional", "mode: prefer"));
                Connection connection = connect(proxy,
                        "sslmode=verify-full&sslNegotiation=direct&channelBinding=require")) {
            assertEquals("1", ask(connection, "SELECT 1"));
        }
    }

    /** With TLS on, the node and the proxy answer alike. */
    @Test
    void whatComesUnderTls() throws Exception {
        try (RunningProxy proxy = RunningProxy.start(yaml("optional", "mode: prefer"))) {
            for (String dialog : List.of("ask", "ask ask", "ask gss", "gss ask", "gss ask gss", "begin postgresql",
                    "begin",
                    "begin http/1.1", "begin http/1.1,postgresql", "ask begin postgresql", "begin postgresql ask",
                    "begin postgresql gss", "begin postgresql ask ask",
                    "gss begin postgresql")) {
                assertEquals(dialog(node.port(), dialog), dialog(proxy.port(), dialog), dialog);
            }
        }
    }

    /** What comes in place of the next message of SCRAM is refused in the node's words. */
    @Test
    void loginsOutOfOrder() throws Exception {
        Bytes first = Bytes.utf8("n,,n=,r=abcdefgh");
        Map<String, FrontendMessage> messages = new LinkedHashMap<>();
        messages.put("first", new SASLInitialResponse("SCRAM-SHA-256", first));
        messages.put("unknown mechanism", new SASLInitialResponse("SCRAM-SHA-1", first));
        // It was asked for its response, and refused then.
        messages.put("unknown mechanism, no response", new SASLInitialResponse("SCRAM-SHA-1", null));
        messages.put("no response", new SASLInitialResponse("SCRAM-SHA-256", null));
        messages.put("nonsense", new SASLInitialResponse("SCRAM-SHA-256", Bytes.utf8("nonsense")));
        messages.put("bound without TLS", new SASLInitialResponse("SCRAM-SHA-256-PLUS", first));
        messages.put("binding asked for", new SASLInitialResponse("SCRAM-SHA-256", Bytes.utf8("p=tls-unique,,n=,r=a")));
        messages.put("for another", new SASLInitialResponse("SCRAM-SHA-256", Bytes.utf8("n,a=other,n=,r=abc")));
        messages.put("last, wrong", new SASLResponse(Bytes.utf8("c=biws,r=x,p=AAAA")));
        messages.put("nothing", new SASLResponse(Bytes.EMPTY));
        messages.put("query", new Query("SELECT 1"));
        messages.put("sync", new Sync());
        List<String> wrong = new ArrayList<>();
        try (RunningProxy proxy = RunningProxy.start(yaml("off", "mode: require"))) {
            for (String user : List.of("app", "nobody")) {
                for (String one : messages.keySet()) {
                    for (String other : one.matches("first|no response") ? messages.keySet() : List.of("query")) {
                        String expected = answers(node.port(), "postgres", user, messages.get(one),
                                messages.get(other));
                        String actual = answers(proxy.port(), "shop", user, messages.get(one), messages.get(other));
                        if (!expected.equals(actual)) {
                            wrong.add(
                                    user + ": " + one + ", " + other + "\n  node  " + expected + "\n  proxy " + actual);
                        }
                    }
                }
            }
        }
        assertTrue(wrong.isEmpty(), () -> String.join("\n", wrong));
    }

    private static String answers(int port, String database, String user, FrontendMessage... said) throws Exception {
        List<String> answers = new ArrayList<>();
        try (PgClient client = PgClient.connect("127.0.0.1", port)) {
            client.send(new StartupMessage(ProtocolVersion.V3_0, Map.of("user", user, "database", database)));
            client.receive();
            for (FrontendMessage message : said) {
                client.send(message);
                BackendMessage answer = client.receive();
                if (answer instanceof ErrorResponse error) {
                    answers.add(error.fields().severity() + " " + error.fields().sqlState() + " "
                            + error.fields().message());
                    assertTrue(client.closedByServer());
                    return answers.toString();
                }
                answers.add(answer.getClass().getSimpleName());
            }
        } catch (EOFException ended) {
            answers.add("end");
        }
        return answers.toString();
    }

    /** Asks for GSSAPI or TLS, or begins TLS, and then to log in; gives the answers. */
    private static List<String> dialog(int port, String dialog) throws Exception {
        List<String> answers = new ArrayList<>();
        List<String> words = List.of(dialog.split(" "));
        try (PgClient client = PgClient.connect("127.0.0.1", port)) {
            for (int i = 0; i < words.size(); i++) {
                switch (words.get(i)) {
                    case "gss", "ask" -> {
                        client.send(words.get(i).equals("gss") ? new GSSENCRequest() : new SSLRequest());
                        int answer = client.receiveByte();
                        answers.add(answer < 0 ? "end" : Character.toString(answer));
                        if (answer == 'S') {
                            client.handshake();
                        } else if (answer != 'N') {
                            return answers;
                        }
                    }
                    case "begin" -> client.handshake(
                            i + 1 < words.size() && !words.get(i + 1).matches("ask|gss")
                                    ? words.get(++i).split(",")
                                    : new String[0]);
                    default -> throw new IllegalArgumentException(dialog);
                }
            }
            client.send(new StartupMessage(ProtocolVersion.V3_0, Map.of("user", "app", "database", "shop")));
            BackendMessage answer = client.receive();
            answers.add(answer.getClass().getSimpleName());
        } catch (IOException ended) {
            answers.add("end");
        }
        return answers;
    }

    @Test
    void garbageInsteadOfAHandshake() throws Exception {
        try (RunningProxy proxy = RunningProxy.start(yaml("optional", "mode: prefer"));
                PgClient client = PgClient.connect("127.0.0.1", proxy.port())) {
            client.send(new SSLRequest());
            assertEquals('S', client.receiveByte());
            client.sendRaw(new byte[]{1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
            int left = client.receiveByte();
            while (left >= 0) {
                // An alert may come before the end.
                left = client.receiveByte();
            }
        }
    }
}
