package dev.trunkline.session;

import static dev.trunkline.session.Talk.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.demo.TestNodes;
import dev.trunkline.testing.LyingPassage;
import dev.trunkline.testing.NodeLink;
import dev.trunkline.testing.PgClient;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.DataRow;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.BackendMessage.ReadyForQuery;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.FrontendMessage.Query;
import dev.trunkline.wire.FrontendMessage.Sync;
import dev.trunkline.wire.ProtocolViolation;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Clients whose nodes say, now and then, what they should not: a client gets its own answer, an error, or the end of its connection,
 * never another's answer, and never nothing at all. Afterwards the pools are whole. {@code -Dtrunkline.protocol.seconds} sets how long,
 * {@code -Dtrunkline.protocol.seed} the chances.
 */
@Timeout(7200)
class LyingNodeTest {

    private static final int SECONDS = Integer.getInteger("trunkline.protocol.seconds", 2);
    private static final long SEED = Long.getLong("trunkline.protocol.seed", 1);
    private static final int CLIENTS = 6;
    private static final int PATIENCE_MILLIS = 20_000;

    private static final AtomicLong ASKED = new AtomicLong();
    private static List<NodeLink> links;
    private static SessionFixture fixture;
    private static final Map<String, Integer> OUTCOMES = new ConcurrentHashMap<>();

    @BeforeAll
    static void start() throws Exception {
        links = new ArrayList<>();
        for (var node : TestNodes.nodes(2)) {
            links.add(NodeLink.to(node.port()));
        }
        fixture = SessionFixture.through(links, TestNodes.nodes(2), "", "pool: { size: 3, waitTimeout: 15s }");
        for (int node = 0; node < 2; node++) {
            fixture.onNode(node, "INSERT INTO items SELECT k, 'v' FROM unnest(array[" + fixture.key(node, 0) + ", "
                    + fixture.key(node, 1) + "]) k");
        }
    }

    @AfterAll
    static void stop() throws Exception {
        fixture.close();
        for (NodeLink link : links) {
            link.close();
        }
    }

    @Test
    void nobodyGetsAnothersAnswer() throws Exception {
        AtomicLong connections = new AtomicLong();
        for (NodeLink link : links) {
            link.carry(() -> (bytes, length, to) -> to.write(bytes, 0, length),
                    () -> new LyingPassage(new SplittableRandom(SEED + connections.incrementAndGet()), 60));
        }
        try (Crowd crowd = Crowd.talkingFor(SECONDS, SEED)) {
            crowd.add(CLIENTS, random -> talk(random, crowd));
            crowd.await();
        }
        System.out.println(ASKED + " requests to lying nodes: " + new TreeMap<>(OUTCOMES));
        links.forEach(NodeLink::carryFaithfully);
        links.forEach(NodeLink::cut);
        fixture.awaitAllReturned();
        for (int i = 0; i < 10; i++) {
            SessionFixture.await("all is well again", () -> {
                try (PgClient client = fixture.client()) {
                    return ask(client, "SELECT count(*) FROM items").equals("T row(4) [SELECT 1] Z:I");
                }
            });
        }
        fixture.awaitAllReturned();
        assertTrue(OUTCOMES.getOrDefault("answer", 0) > ASKED.get() / 3, () -> "few were answered: " + OUTCOMES);
        assertTrue(ASKED.get() < 1000 || OUTCOMES.getOrDefault("error 58000", 0) > 0,
                () -> "no lie was noticed: " + OUTCOMES);
    }

    /** One client until its connection ends or is in doubt. */
    private static void talk(SplittableRandom random, Crowd crowd) throws IOException {
        try (PgClient client = fixture.client()) {
            while (!crowd.isOver()) {
                String tag = "tag-" + ASKED.incrementAndGet() + ".";
                client.send(request(random, tag));
                if (!answered(client, tag)) {
                    return;
                }
            }
        } catch (EOFException e) {
            count("closed");
        } catch (ProtocolViolation e) {
            // The node's lie has been passed on, and this client hangs up.
            count("nonsense");
        }
    }

    private static FrontendMessage[] request(SplittableRandom random, String tag) {
        long key = fixture.key(random.nextInt(2), random.nextInt(2));
        String one = "SELECT '" + tag + "' || v FROM items WHERE k = " + key;
        return switch (random.nextInt(7)) {
            case 0, 1 -> all(new Query(one));
            case 2 -> all(run("SELECT '" + tag + "' || v FROM items WHERE k = $1", key), new Sync());
            case 3 -> all(new Query("SELECT '" + tag + "' || v FROM items"));
            case 4 -> all(parse("", "SELECT '" + tag + "' || v FROM items ORDER BY k"), bind("", ""), execute("", 3),
                    new Sync());
            case 5 -> all(new Query("BEGIN; " + one + "; COMMIT"));
            default -> all(new Query("UPDATE items SET v = v WHERE k = " + key + " RETURNING '" + tag + "' || v"));
        };
    }

    /** Whether the client may ask again: its reply has come to its end. */
    private static boolean answered(PgClient client, String tag) throws IOException {
        String outcome = "answer";
        while (true) {
            BackendMessage message = client.receive(PATIENCE_MILLIS);
            if (message == null) {
                throw new AssertionError("nothing comes for " + tag + " after " + outcome + "\n" + fixture.report());
            }
            switch (message) {
                case DataRow row -> row.values().forEach(v -> assertTrue(v != null && v.text().startsWith(tag),
                        () -> tag + " got " + (v == null ? "null" : v.text())));
                case ErrorResponse error -> {
                    outcome = "error " + error.fields().sqlState();
                    assertTrue(!error.fields().message().startsWith("internal error"), () -> error.fields().toString());
                }
                case ReadyForQuery ready -> {
                    count(outcome);
                    // A transaction that a lie has left open is not what this client has asked for.
                    return word(ready).equals("Z:I");
                }
                default -> {
                    // Of no interest.
                }
            }
        }
    }

    private static void count(String outcome) {
        OUTCOMES.merge(outcome, 1, Integer::sum);
    }
}
