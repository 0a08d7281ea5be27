package dev.trunkline.session;

import static dev.trunkline.session.Talk.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.testing.NodeLink;
import dev.trunkline.testing.PgClient;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.FrontendMessage.CopyData;
import dev.trunkline.wire.FrontendMessage.Flush;
import dev.trunkline.wire.FrontendMessage.Query;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What clients are told when the proxy stops and their time is up, by what they are doing (docs/deployment.md, Stop). */
@Timeout(300)
class DrainTest {

    private static final String SENT_AWAY = "FATAL 57P01";
    private static final String UNKNOWN = "FATAL 08007";

    /** All that a client is told up to the end of its connection, and that it is the end. */
    private static String toTheEnd(PgClient client) throws Exception {
        List<BackendMessage> told = new ArrayList<>();
        BackendMessage last;
        do {
            last = client.receive();
            told.add(last);
        } while (!(last instanceof ErrorResponse error && error.fields().severity().equals("FATAL")));
        assertTrue(client.closedByServer());
        return told(told);
    }

    @Test
    void atTheDeadline() throws Exception {
        List<RunningNode> nodes = TestNodes.nodes(2);
        List<NodeLink> links = new ArrayList<>();
        for (RunningNode node : nodes) {
            links.add(NodeLink.to(node.port()));
        }
        try (SessionFixture shop = SessionFixture.through(links, nodes, "limits: { drainTimeout: 400ms }\n",
                "pool: { size: 8 }")) {
            shop.onNode(0, "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
                    + " 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END';"
                    + "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON notes DEFERRABLE INITIALLY DEFERRED"
                    + " FOR EACH ROW WHEN (new.body = 'slow') EXECUTE FUNCTION slow()");
            String[] onA = new String[8];
            String[] onB = new String[8];
            for (int i = 0; i < 8; i++) {
                onA[i] = "INSERT INTO items VALUES (" + shop.key(0, i) + ", 'v')";
                onB[i] = "INSERT INTO items VALUES (" + shop.key(1, i) + ", 'v')";
            }
            Map<PgClient, String> expected = new LinkedHashMap<>();

            PgClient idle = shop.client();
            expected.put(idle, SENT_AWAY);
            PgClient inTransaction = shop.client();
            ask(inTransaction, "BEGIN");
            assertEquals("[INSERT 0 1] Z:T", ask(inTransaction, onA[0]));
            expected.put(inTransaction, SENT_AWAY);
            PgClient aborted = shop.client();
            ask(aborted, "BEGIN");
            assertEquals("error 22012 Z:E", ask(aborted, "SELECT 1/0 FROM items WHERE k = " + shop.key(0, 0)));
            expected.put(aborted, SENT_AWAY);
            PgClient runs = shop.client();
            runs.send(new Query("SELECT pg_sleep(60)"));
            expected.put(runs, "T error 57014 Z:I " + SENT_AWAY);
            PgClient runsInTransaction = shop.client();
            ask(runsInTransaction, "BEGIN");
            assertEquals("[INSERT 0 1] Z:T", ask(runsInTransaction, onA[1]));
            runsInTransaction.send(new Query("SELECT pg_sleep(60)"));
            expected.put(runsInTransaction, "T error 57014 Z:E " + SENT_AWAY);
            PgClient betweenParts = shop.client();
            betweenParts.send(all(run("INSERT INTO items VALUES ($1, 'v')", shop.key(0, 2)), new Flush()));
            assertEquals("1 2 [INSERT 0 1]",
                    told(List.of(betweenParts.receive(), betweenParts.receive(), betweenParts.receive())));
            expected.put(betweenParts, SENT_AWAY);
            PgClient copies = shop.client();
            copies.send(new Query("COPY notes FROM STDIN"));
            assertEquals("G", word(copies.receive()));
            copies.send(new CopyData(Bytes.utf8("1\tone\n")));
            expected.put(copies, SENT_AWAY);
            PgClient halfSaid = shop.client();
            halfSaid.sendRaw(new byte[]{'Q', 0, 0, 0});
            expected.put(halfSaid, SENT_AWAY);
            PgClient commits = shop.client();
            ask(commits, "BEGIN");
            assertEquals("[INSERT 0 1] Z:T", ask(commits, "INSERT INTO notes VALUES (2, 'slow')"));
            commits.send(new Query("COMMIT"));
            expected.put(commits, "error 57014 Z:I " + SENT_AWAY);
            SessionFixture.await("all sleep", () -> shop.backends(0, "wait_event = 'PgSleep'") == 3);

            // From here on nobody knows what becomes of what is said to the other node.
            PgClient committed = shop.client();
            ask(committed, "BEGIN");
            assertEquals("[INSERT 0 1] Z:T", ask(committed, onB[0]));
            PgClient wrote = shop.client();
            assertEquals("T [SELECT 0] Z:I", ask(wrote, "SELECT v FROM items WHERE k = " + shop.key(1, 1)));
            PgClient waits = shop.client();
            links.get(1).fallSilent();
            committed.send(new Query("COMMIT"));
            expected.put(committed, UNKNOWN);
            int lent = shop.connections("active");
            wrote.send(new Query(onB[1]));
            SessionFixture.await("it has its connection", () -> shop.connections("active") == lent + 1);
            expected.put(wrote, UNKNOWN);
            waits.send(new Query("SELECT v FROM items WHERE k = " + shop.key(1, 0)));
            expected.put(waits, "error 57014 Z:I " + SENT_AWAY);
            SessionFixture.await("it waits", () -> shop.connections("waiting") == 1);

            CompletableFuture<Void> drained = CompletableFuture.runAsync(shop.proxy::close);
            List<String> told = new ArrayList<>();
            for (Map.Entry<PgClient, String> each : expected.entrySet()) {
                told.add(toTheEnd(each.getKey()));
            }
            assertEquals(List.copyOf(expected.values()), told);
            drained.get();
            links.get(1).speakAgain();
            for (int node = 0; node < 2; node++) {
                RunningNode at = nodes.get(node);
                SessionFixture.await("nothing is left", () -> SessionFixture.isNothingLeft(at, shop.database));
            }
            assertEquals("0", shop.ask(0, "SELECT (SELECT count(*) FROM items) + (SELECT count(*) FROM notes)"));
        } finally {
            for (NodeLink link : links) {
                link.close();
            }
        }
    }
}
