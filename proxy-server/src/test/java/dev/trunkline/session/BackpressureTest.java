package dev.trunkline.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.demo.TestNodes;
import dev.trunkline.testing.PgClient;
import dev.trunkline.testing.Pressure;
import dev.trunkline.testing.SelfSigned;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.CopyInResponse;
import dev.trunkline.wire.BackendMessage.DataRow;
import dev.trunkline.wire.BackendMessage.ReadyForQuery;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.FrontendMessage.Bind;
import dev.trunkline.wire.FrontendMessage.CopyData;
import dev.trunkline.wire.FrontendMessage.CopyDone;
import dev.trunkline.wire.FrontendMessage.Query;
import dev.trunkline.wire.FrontendMessage.Sync;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One side sends thirty megabytes or more, the other takes nothing: the proxy holds a few, and in the end everything arrives.
 */
class BackpressureTest {

    private static final int PIECE = 100_000;
    /** More than the kernel's buffers hold. */
    private static final int PIECES = 500;
    private static final int ROWS = 300;
    private static final int LOCK = 4711;

    @TempDir
    static Path directory;

    private static SessionFixture shop;

    @BeforeAll
    static void start() throws Exception {
        SelfSigned.make(directory, "localhost", "dns:localhost");
        shop = SessionFixture.start(TestNodes.nodes(2), "tls: { mode: optional, certificate: "
                + directory.resolve("localhost.crt") + ", key: " + directory.resolve("localhost.key") + " }\n");
        shop.onNode(0,
                "ALTER TABLE notes DROP CONSTRAINT notes_pkey; CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                        + " PERFORM pg_advisory_xact_lock_shared(" + LOCK + "); RETURN NULL; END $$;"
                        + "CREATE TRIGGER wait BEFORE INSERT ON notes FOR EACH STATEMENT EXECUTE FUNCTION wait()");
        // Large where they are read, small where they are stored.
        for (int node = 0; node < 2; node++) {
            int wanted = node;
            String keys = String.join(",", IntStream.iterate(0, i -> i < ROWS, i -> i + 1)
                    .mapToObj(i -> Long.toString(shop.key(wanted, i))).toList());
            shop.onNode(node, "INSERT INTO items SELECT k, repeat('x', " + PIECE / 2 + ") FROM unnest('{" + keys
                    + "}'::int8[]) k");
        }
    }

    @AfterAll
    static void stop() throws Exception {
        if (shop != null) {
            shop.close();
        }
    }

    private static PgClient client(String link) throws Exception {
        PgClient client = PgClient.connect(shop.proxy.host(), shop.proxy.port());
        return (link.equals("tls") ? client.encrypted() : client)
                .login(Map.of("user", SessionFixture.USER, "database", shop.database), null);
    }

    // ---- a client that reads nothing

    @ParameterizedTest
    @ValueSource(strings = {"plain", "tls"})
    void aClientThatReadsNothingStopsItsNode(String link) throws Exception {
        try (PgClient client = client(link)) {
            long before = Pressure.held();
            long sent = fromNodes();
            client.send(new Query("SELECT repeat('x', " + PIECE + ") FROM generate_series(1, " + ROWS + ")"));
            Pressure.awaitStill(sent, BackpressureTest::fromNodes);
            Pressure.assertHeld(before);
            assertEquals(ROWS, rows(client));
            assertEquals("T row(1) [SELECT 1] Z:I", Talk.ask(client, "SELECT 1"));
        }
    }

    @Test
    void aClientThatReadsNothingStopsAllNodesOfAMerge() throws Exception {
        try (PgClient client = client("plain")) {
            long before = Pressure.held();
            long sent = fromNodes();
            client.send(new Query("SELECT k, v FROM items ORDER BY k"));
            Pressure.awaitStill(sent, BackpressureTest::fromNodes);
            Pressure.assertHeld(before);
            assertEquals(2 * ROWS, rows(client));
        }
    }

    /** Answers of the proxy's own are held back as well: here each quotes what it refuses. */
    @Test
    void aClientThatReadsNothingIsNotListenedTo() throws Exception {
        Query refused = new Query("SET trunkline.fan_out = '" + "x".repeat(PIECE / 10) + "'");
        int count = 10 * ROWS;
        try (PgClient client = client("plain")) {
            long before = Pressure.held();
            Pressure.Writer writer = new Pressure.Writer(count, i -> client.send(refused));
            Pressure.awaitStill(0, writer::sent);
            Pressure.assertHeld(before);
            int ready = 0;
            while (ready < count) {
                ready += client.receive() instanceof ReadyForQuery ? 1 : 0;
            }
            writer.done();
        }
    }

    // ---- a node that reads nothing

    @Test
    void aNodeThatReadsNothingStopsCopy() throws Exception {
        shop.onNode(0, "TRUNCATE notes");
        byte[] row = ("1\t" + "x".repeat(PIECE - 3) + "\n").getBytes(StandardCharsets.US_ASCII);
        try (PgClient client = client("plain"); Connection holder = locked()) {
            client.send(new Query("COPY notes FROM STDIN"));
            assertTrue(client.receive() instanceof CopyInResponse);
            long before = Pressure.held();
            Pressure.Writer writer = new Pressure.Writer(PIECES, i -> client.send(new CopyData(Bytes.of(row))));
            Pressure.awaitStill(0, writer::sent);
            assertTrue(writer.sent() < PIECES, "all is written, and nothing read");
            Pressure.assertHeld(before);
            unlock(holder);
            writer.done();
            client.send(new CopyDone());
            assertEquals("[COPY " + PIECES + "] Z:I", Talk.told(client.receiveUntilReady()));
        }
    }

    /** Messages of a pipeline stay with the client when the node does not take them. */
    @Test
    void aNodeThatReadsNothingStopsAPipeline() throws Exception {
        shop.onNode(0, "TRUNCATE notes");
        Bytes text = Bytes.utf8("x".repeat(PIECE));
        FrontendMessage[] insert = {new Bind("", "s", List.of(), List.of(Bytes.utf8("1"), text), List.of()),
                Talk.execute("")};
        try (PgClient client = client("plain"); Connection holder = locked()) {
            client.exchange(Talk.parse("s", "INSERT INTO notes VALUES ($1, $2)", 23, 25), new Sync());
            long before = Pressure.held();
            Pressure.Writer writer = new Pressure.Writer(PIECES, i -> client.send(insert));
            Pressure.awaitStill(0, writer::sent);
            assertTrue(writer.sent() < PIECES, "all is written, and nothing read");
            Pressure.assertHeld(before);
            unlock(holder);
            writer.done();
            client.send(new Sync());
            List<BackendMessage> replies = client.receiveUntilReady();
            assertEquals(2 * PIECES + 1, replies.size(), () -> Talk.word(replies.get(replies.size() - 2)));
        }
        assertEquals(Integer.toString(PIECES), shop.ask(0, "SELECT count(*) FROM notes"));
    }

    // ---- what is seen

    /** Whoever writes to notes waits until it is unlocked. */
    private static Connection locked() throws Exception {
        Connection holder = shop.nodes.getFirst().connect(shop.database);
        try (Statement statement = holder.createStatement()) {
            statement.execute("SELECT pg_advisory_lock(" + LOCK + ")");
        }
        return holder;
    }

    private static void unlock(Connection holder) throws Exception {
        try (Statement statement = holder.createStatement()) {
            statement.execute("SELECT pg_advisory_unlock(" + LOCK + ")");
        }
    }

    private static int rows(PgClient client) throws IOException {
        int rows = 0;
        while (true) {
            BackendMessage message = client.receive();
            if (message instanceof DataRow) {
                rows++;
            } else if (message instanceof ReadyForQuery) {
                return rows;
            }
        }
    }

    private static long fromNodes() {
        return Pressure.fromNodes(shop.proxy.monitoringPort());
    }
}
