package dev.trunkline.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.testing.PgClient;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.CommandComplete;
import dev.trunkline.wire.BackendMessage.DataRow;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.BackendMessage.NotificationResponse;
import dev.trunkline.wire.BackendMessage.ReadyForQuery;
import dev.trunkline.wire.FrontendMessage.Query;
import dev.trunkline.wire.FrontendMessage.Sync;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/** LISTEN and NOTIFY through the proxy, beside the same statements on one plain PostgreSQL. */
class ListenTest {

    private static SessionFixture shop;
    private static List<RunningNode> nodes;

    @BeforeAll
    static void start() throws Exception {
        nodes = TestNodes.nodes(2);
        shop = SessionFixture.start(nodes, "");
    }

    @AfterAll
    static void stop() throws Exception {
        shop.close();
    }

    /**
     * What a statement is answered with up to ReadyForQuery, in short: rows, tags, errors, status, then notifications (own or
     * another's). Another's may have come before the answer, while the client was idle.
     */
    private static List<String> told(PgClient client, String sql) throws IOException {
        List<BackendMessage> messages = client.query(sql);
        List<String> words = new ArrayList<>();
        for (boolean notifications : new boolean[]{false, true}) {
            for (BackendMessage message : messages) {
                String word = word(client, message);
                if (word != null && message instanceof NotificationResponse == notifications) {
                    words.add(word);
                }
            }
        }
        return words;
    }

    private static String word(PgClient client, BackendMessage message) {
        return switch (message) {
            case NotificationResponse n -> (n.processId() == client.key().processId() ? "own " : "other ")
                    + n.channel() + "=" + n.payload();
            case CommandComplete c -> c.tag();
            case ErrorResponse e -> e.fields().sqlState();
            case DataRow row -> "row";
            case ReadyForQuery ready -> ready.status().toString();
            case BackendMessage other -> null;
        };
    }

    /** Plays the same dialog against a plain server and through the proxy. A statement of the other client begins with {@code >}. */
    private static void same(String... dialog) throws IOException {
        List<List<String>> answers = new ArrayList<>();
        for (boolean plain : new boolean[]{true, false}) {
            List<String> answer = new ArrayList<>();
            try (PgClient one = plain ? plain() : shop.client(); PgClient other = plain ? plain() : shop.client()) {
                for (String sql : dialog) {
                    answer.add(sql + ": "
                            + (sql.startsWith(">") ? told(other, sql.substring(1)) : told(one, sql)));
                }
            }
            answers.add(answer);
        }
        assertEquals(String.join("\n", answers.get(0)), String.join("\n", answers.get(1)));
    }

    private static PgClient plain() throws IOException {
        return PgClient.login("127.0.0.1", nodes.getFirst().port(), SessionFixture.USER, shop.database, null);
    }

    @Test
    void ownNotificationsComeBeforeReadyForQuery() throws Exception {
        same("listen x", "notify x, '1'", "notify y", "begin", "notify x, '2'", "notify x, '2'", "notify x, '3'",
                "commit",
                "select pg_notify('x', i::text) from generate_series(1, 3) i", "begin", "notify x", "rollback",
                "select 1");
    }

    @Test
    void listeningBeginsWithTheCommit() throws Exception {
        same("begin", "listen x", ">notify x, 'early'", "notify x, 'mine'", "commit", "begin", "listen y", "rollback",
                ">notify y", "select 1", "begin", "notify x, 'late'", "unlisten x", "commit", ">notify x", "select 2");
        same("listen w; select 1/0", ">notify w", "select 1", "begin; listen w; notify w, '1'; commit",
                "notify w, '2'");
        same("listen a; notify a, '1'; select 1", "begin; listen b; listen b; commit; notify b; notify b",
                "begin; unlisten b; listen b; notify b; commit", "listen c; rollback", "notify c",
                "listen c; commit; notify c");
    }

    @Test
    void savepointsUndoIt() throws Exception {
        same("begin", "listen y", "savepoint s", "listen z", "unlisten y", "rollback to s", "commit", "notify y",
                "notify z");
        same("begin", "listen y", "savepoint s", "listen z", "release s", "commit", "notify y", "notify z");
        same("begin", "savepoint s", "listen z", "select 1/0", "rollback to s", "listen y", "commit", "notify y",
                "notify z");
        same("listen q", "begin", "savepoint a", "unlisten *", "savepoint b", "listen r", "rollback to b", "commit",
                "notify q",
                "notify r");
    }

    @Test
    void unlistenAndDiscardAllEndIt() throws Exception {
        same("listen a", "listen b", "unlisten a", ">notify a", ">notify b", "select 1", "unlisten *", ">notify b",
                "select 1",
                "unlisten nosuch", "listen a", "discard all", ">notify a", "select 1");
    }

    @Test
    void namesAreFoldedAndCut() throws Exception {
        String tooLong = "n".repeat(70);
        same("listen Foo", "notify FOO", "notify \"Foo\"", "listen \"Foo\"", "notify \"Foo\", 'x'", "listen " + tooLong,
                "notify " + tooLong, "select pg_notify('" + tooLong + "', '')",
                "select pg_notify(repeat('n', 63), 'p')",
                "select pg_notify('', 'p')", "listen \"\"", "listen x.y", "listen select", "listen grün",
                "notify grün, 'ä'",
                "notify foo, repeat('x', 8001)", "select pg_notify('foo', repeat('x', 8001))",
                "select pg_notify('foo', repeat('x', 7999))");
    }

    @Test
    void insideATransactionNothingIsTold() throws Exception {
        same("listen x", "begin", ">notify x, '1'", "select 1", "savepoint a", ">notify x, '2'", "rollback to a",
                "select 1/0",
                ">notify x, '3'", "select 2", "rollback", "begin", ">notify x, '4'", "commit and chain", "commit");
    }

    @Test
    void anIdleClientIsToldAtOnce() throws Exception {
        try (PgClient listener = shop.client(); PgClient other = shop.client()) {
            told(listener, "listen x");
            told(other, "notify x, 'now'");
            assertEquals("other x=now", word(listener, listener.receive()));
            shop.onNode(1, "NOTIFY x, 'past the proxy'");
            assertEquals("other x=past the proxy", word(listener, listener.receive()));
        }
    }

    /** A trigger notifies on the node of its row: the session hears it from whichever. */
    @Test
    void triggersAreHeardFromEveryNode() throws Exception {
        for (int node = 0; node < 2; node++) {
            shop.onNode(node, """
                    CREATE OR REPLACE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS
                    $$ BEGIN PERFORM pg_notify('rows', NEW.v); RETURN NEW; END $$;
                    CREATE OR REPLACE TRIGGER tell AFTER INSERT ON items FOR EACH ROW EXECUTE FUNCTION tell()""");
        }
        try (PgClient one = shop.client(); PgClient two = shop.client()) {
            told(one, "listen rows");
            told(two, "listen rows");
            for (int node = 0; node < 2; node++) {
                String insert = "insert into items values (" + shop.key(node, 0) + ", 'on " + node + "')";
                assertEquals(List.of("INSERT 0 1", "IDLE", "own rows=on " + node), told(one, insert));
                assertEquals(List.of("row", "SELECT 1", "IDLE", "other rows=on " + node), told(two, "select 1"));
            }
        } finally {
            shop.empty();
            for (int node = 0; node < 2; node++) {
                shop.onNode(node, "DROP TRIGGER tell ON items");
            }
        }
    }

    /** A notification that was committed before a statement came is told with its answer. */
    @Test
    void nothingComesLate() throws Exception {
        try (PgClient one = shop.client(); PgClient two = shop.client()) {
            told(one, "listen x");
            for (int i = 0; i < 200; i++) {
                told(two, "notify x, '" + i + "'");
                assertEquals(List.of("row", "SELECT 1", "IDLE", "other x=" + i), told(one, "select 1"));
            }
        }
    }

    /** Two sessions share one connection in turns; neither takes the other's notification for its own. */
    @Test
    void whoSentItIsNeverMistaken() throws Exception {
        try (SessionFixture narrow = SessionFixture.start(nodes, "", "pool: { size: 1 }");
                PgClient one = narrow.client();
                PgClient two = narrow.client();
                PgClient three = narrow.client()) {
            told(one, "listen x");
            told(two, "listen x");
            for (int i = 0; i < 100; i++) {
                three.send(new Query("notify x, 'three'"));
                one.send(new Query("notify x, 'one'"));
                two.send(new Query("begin; notify x, 'two'; commit"));
                List<List<String>> heard = new ArrayList<>();
                for (PgClient client : List.of(one, two)) {
                    List<String> words = new ArrayList<>();
                    boolean ready = false;
                    while (!ready || words.size() < 3) {
                        BackendMessage message = client.receive();
                        ready |= message instanceof ReadyForQuery;
                        if (message instanceof NotificationResponse) {
                            words.add(word(client, message));
                        }
                    }
                    heard.add(words.stream().sorted().toList());
                }
                three.receiveUntilReady();
                assertEquals(List.of(List.of("other x=three", "other x=two", "own x=one"),
                        List.of("other x=one", "other x=three", "own x=two")), heard, "round " + i);
            }
        }
    }

    @Test
    void listeningPinsNothing() throws Exception {
        try (PgClient one = shop.client()) {
            told(one, "listen x");
            shop.awaitAllReturned();
            assertEquals(List.of("SHOW", "IDLE"), told(one, "show trunkline.channels").stream().skip(1).toList());
            assertEquals(List.of("TL002", "IDLE"),
                    told(one, "select * from pg_listening_channels() as c where c = 'x'"));
            for (String sql : List.of("prepare p as select pg_listening_channels()",
                    "explain select pg_listening_channels()",
                    "create temp table t as select pg_listening_channels()")) {
                assertEquals(List.of("TL002", "IDLE"), told(one, sql), sql);
            }
        }
    }

    /** Asked for by itself, the function gives what it would on one server. */
    @Test
    void channelsAreListedAsOnOneServer() throws Exception {
        List<String> answers = new ArrayList<>();
        for (int port : new int[]{shop.nodes.getFirst().port(), shop.proxy.port()}) {
            try (PgClient client = PgClient.login("127.0.0.1", port, SessionFixture.USER, shop.database, null)) {
                StringBuilder all = new StringBuilder();
                for (String sql : List.of("select pg_listening_channels()", "listen b", "begin", "listen a",
                        "select pg_listening_channels()", "commit", "select * from pg_listening_channels()",
                        "begin", "listen c", "rollback", "select pg_catalog.pg_listening_channels() as channel",
                        "select c from pg_listening_channels() as c", "select t.n from pg_listening_channels() t(n)",
                        "unlisten b", "select pg_listening_channels from pg_listening_channels()", "discard all",
                        "select pg_listening_channels()", "begin", "select 1/0", "select pg_listening_channels()",
                        "rollback")) {
                    client.query(sql).forEach(message -> all.append(message instanceof BackendMessage.RowDescription d
                            ? d.fields().getFirst().name() + ":" + d.fields().getFirst().typeOid()
                            : Talk.word(message)).append(' '));
                }
                for (int round = 0; round < 2; round++) {
                    all.append(Talk.exchange(client, Talk.parse("", "select pg_listening_channels()"),
                            Talk.describeStatement(""), Talk.bind("", ""), Talk.describePortal(""), Talk.execute(""),
                            new Sync()));
                    Talk.ask(client, "listen again");
                }
                answers.add(all.toString());
            }
        }
        assertEquals(answers.get(0), answers.get(1));
    }

    @Test
    void driversGetThem() throws Exception {
        try (Connection connection = DriverManager.getConnection(shop.jdbcUrl());
                Statement statement = connection.createStatement()) {
            PGConnection pg = connection.unwrap(PGConnection.class);
            statement.execute("LISTEN jobs");
            statement.execute("NOTIFY jobs, 'mine'");
            PGNotification[] own = pg.getNotifications();
            assertEquals(1, own.length);
            assertEquals("jobs mine", own[0].getName() + " " + own[0].getParameter());
            assertEquals(pg.getBackendPID(), own[0].getPID());
            try (Connection other = DriverManager.getConnection(shop.jdbcUrl());
                    PreparedStatement notify = other.prepareStatement("SELECT pg_notify(?, ?)")) {
                notify.setString(1, "jobs");
                notify.setString(2, "theirs");
                notify.execute();
            }
            assertEquals("theirs", pg.getNotifications(20_000)[0].getParameter());
            connection.setAutoCommit(false);
            statement.execute("LISTEN more");
            statement.execute("NOTIFY more, 'in one transaction'");
            assertEquals(0, pg.getNotifications().length);
            connection.commit();
            assertEquals("in one transaction", pg.getNotifications()[0].getParameter());
        }
    }
}
