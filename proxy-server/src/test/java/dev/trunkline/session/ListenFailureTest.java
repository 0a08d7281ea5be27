package dev.trunkline.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.testing.PgClient;
import dev.trunkline.testing.RunningProxy;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.CommandComplete;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.BackendMessage.NotificationResponse;
import dev.trunkline.wire.FrontendMessage.Query;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** No notification is lost in silence: what can't be heard is refused, and who may have missed something is told. */
class ListenFailureTest {

    private static final String LISTENS = "query LIKE 'LISTEN%' OR query LIKE 'UNLISTEN%'";

    private static SessionFixture shop;

    @BeforeAll
    static void start() throws Exception {
        shop = SessionFixture.start(TestNodes.nodes(2), "limits: { notifications: 64kB }\n");
    }

    @AfterAll
    static void stop() throws Exception {
        shop.close();
    }

    private static String error(BackendMessage message) {
        return message instanceof ErrorResponse e ? e.fields().severity() + " " + e.fields().sqlState() : null;
    }

    private static String lastError(List<BackendMessage> messages) {
        return messages.stream().map(ListenFailureTest::error).filter(e -> e != null).findFirst().orElse(null);
    }

    /** Ends the connection that listens at a node. */
    private static void breakListening(int node) throws Exception {
        assertEquals("t", shop.ask(node, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                + " WHERE datname = current_database() AND application_name LIKE 'trunkline%' AND (" + LISTENS + ")"));
    }

    @Test
    void sessionsThatMayHaveMissedSomethingAreClosed() throws Exception {
        try (PgClient listener = shop.client(); PgClient busy = shop.client(); PgClient other = shop.client()) {
            listener.query("listen x");
            busy.query("listen x");
            busy.query("begin");
            busy.query("insert into items values (" + shop.key(0, 0) + ", 'v')");
            breakListening(1);
            assertEquals("FATAL 08006", error(listener.receive()));
            assertTrue(listener.closedByServer());
            // A transaction comes to its end first.
            List<BackendMessage> commit = busy.query("commit");
            assertNull(lastError(commit));
            assertEquals("FATAL 08006", error(busy.receive()));
            assertTrue(busy.closedByServer());
            assertEquals("v", shop.ask(0, "SELECT v FROM items"));
            assertNull(lastError(other.query("select 1")));
            // The next one connects again.
            assertNull(lastError(other.query("listen x")));
            shop.onNode(1, "NOTIFY x, 'again'");
            assertEquals("again", ((NotificationResponse) other.receive()).payload());
        } finally {
            shop.empty();
        }
    }

    /** What was about to be listened to is lost with a commit; with a rollback nothing is. */
    @Test
    void aTransactionThatIsAboutToListen() throws Exception {
        try (PgClient keeps = shop.client(); PgClient drops = shop.client(); PgClient stays = shop.client()) {
            keeps.query("begin");
            keeps.query("listen x");
            drops.query("begin");
            drops.query("listen x");
            breakListening(0);
            SessionFixture.await("the loss is noticed",
                    () -> shop.metric("trunkline_listening\\{[^}]*node=\"a\"[^}]*\\} ([0-9.]+)") == 0);
            keeps.query("commit");
            assertEquals("FATAL 08006", error(keeps.receive()));
            drops.query("rollback");
            assertNull(lastError(drops.query("select 1")));
            assertNull(lastError(stays.query("listen x")));
            stays.query("notify x, 'heard'");
            assertNull(lastError(drops.query("listen x")));
        }
    }

    @Test
    void aClientThatDoesNotReadIsClosed() throws Exception {
        try (PgClient listener = shop.client(); PgClient other = shop.client()) {
            listener.query("listen big");
            String payload = "x".repeat(7000);
            int sent = 0;
            // The sockets take a few megabytes by themselves.
            while (shop.metric("trunkline_notifications_total\\{[^}]*dropped[^}]*\\} ([0-9.]+)") == 0) {
                assertTrue(sent++ < 200, "no notification was dropped");
                other.query("select pg_notify('big', i || '" + payload + "') from generate_series(1, 100) i");
            }
            BackendMessage last = listener.receive();
            while (last instanceof NotificationResponse) {
                last = listener.receive();
            }
            assertEquals("FATAL 54000", error(last));
        }
    }

    @Test
    void aLongTransactionIsClosedAtItsEnd() throws Exception {
        try (PgClient listener = shop.client(); PgClient other = shop.client()) {
            listener.query("listen big");
            listener.query("begin");
            other.query("select pg_notify('big', i || repeat('x', 7000)) from generate_series(1, 20) i");
            listener.query("select 1");
            assertNull(lastError(listener.query("commit")));
            assertEquals("FATAL 54000", error(listener.receive()));
        }
    }

    /** Nobody listens at the nodes for clients that have gone. */
    @Test
    void theNodesListenOnlyToWhatSomebodyHears() throws Exception {
        try (PgClient one = shop.client()) {
            one.query("listen left_behind");
            try (PgClient two = shop.client()) {
                two.query("listen left_behind");
                two.query("listen other");
            }
            SessionFixture.await("one channel", () -> shop.metric("trunkline_channels\\{[^}]*\\} ([0-9.]+)") == 1);
        }
        SessionFixture.await("no channel", () -> shop.metric("trunkline_channels\\{[^}]*\\} ([0-9.]+)") == 0);
        SessionFixture.await("the nodes know", () -> shop.backends(0, "query = 'UNLISTEN \"left_behind\"'") == 1);
        shop.awaitAllReturned();
    }

    @Test
    void aNodeThatIsDownCannotBeListenedTo() throws Exception {
        List<RunningNode> nodes = TestNodes.nodes(1);
        String database = TestNodes.createDatabase("deaf", nodes);
        try (RunningProxy proxy = RunningProxy.start("listen: { host: 127.0.0.1, port: 0 }\n"
                + "monitoring: { host: 127.0.0.1, port: 0 }\ndatabases:\n  " + database + ":\n    nodes:\n"
                + "      a: { primary: 127.0.0.1:" + nodes.getFirst().port() + " }\n      b: { primary: 127.0.0.1:1"
                + " }\n    shardMap: { a: 0-127, b: 128-255 }\nusers:\n  postgres: { admin: full }\n");
                PgClient client = PgClient.login("127.0.0.1", proxy.port(), "postgres", database, null)) {
            assertEquals("ERROR 58000", lastError(client.query("listen x")));
            client.query("begin");
            assertEquals("ERROR 58000", lastError(client.query("listen x")));
            assertEquals("ERROR 25P02", lastError(client.query("select 1")));
            client.query("rollback");
            assertNull(lastError(client.query("notify x")));
        } finally {
            TestNodes.dropDatabase(database, nodes);
        }
    }

    /** Clients of several event loops listen by the same connections, and each hears everything in its order. */
    @Test
    void severalLoopsAndSessionMode() throws Exception {
        for (String mode : List.of("transaction", "session")) {
            try (SessionFixture many = SessionFixture.start(shop.nodes, "limits: { eventLoops: 3 }\n",
                    "pool: { mode: " + mode + " }")) {
                List<PgClient> clients = many.clients(7);
                for (PgClient client : clients) {
                    client.query("listen x");
                }
                for (int i = 0; i < 20; i++) {
                    PgClient sender = clients.get(i % clients.size());
                    List<BackendMessage> answer = sender.query("notify x, '" + i + "'");
                    assertTrue(answer.stream().anyMatch(m -> m instanceof NotificationResponse n
                            && n.processId() == sender.key().processId()), mode + " " + i);
                    for (PgClient client : clients) {
                        if (client != sender) {
                            NotificationResponse heard = (NotificationResponse) client.receive();
                            assertEquals(String.valueOf(i), heard.payload());
                            assertTrue(heard.processId() != client.key().processId());
                        }
                    }
                }
                for (PgClient client : clients) {
                    client.close();
                }
            }
        }
    }

    /** LISTEN waits for nobody's transaction, and a pipeline goes on behind it. */
    @Test
    void inThePipeline() throws Exception {
        try (PgClient client = shop.client()) {
            List<String> tags = new ArrayList<>();
            client.send(new Query("select 1"), new Query("listen p"), new Query("notify p"));
            for (int i = 0; i < 3; i++) {
                for (BackendMessage message : client.receiveUntilReady()) {
                    if (message instanceof CommandComplete c) {
                        tags.add(c.tag());
                    } else if (message instanceof NotificationResponse n) {
                        tags.add(n.channel());
                    }
                }
            }
            assertEquals(List.of("SELECT 1", "LISTEN", "NOTIFY", "p"), tags);
        }
    }

}
