package dev.trunkline.session;

import static dev.trunkline.session.Talk.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.testing.PgClient;
import dev.trunkline.testing.WreckedDialog;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.ProtocolViolation;
import java.io.EOFException;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Clients that say anything, cut and mangled at any byte, and leave when they like, beside a client that behaves: that one gets all of its
 * answers and nothing else, nobody gets an internal error, and afterwards the pools are whole. {@code -Dtrunkline.protocol.seconds} sets
 * how long, {@code -Dtrunkline.protocol.seed} the chances.
 */
@Timeout(7200)
class WreckingClientTest {

    private static final int SECONDS = Integer.getInteger("trunkline.protocol.seconds", 2);
    private static final long SEED = Long.getLong("trunkline.protocol.seed", 1);
    private static final int WRECKERS = 4;

    private static SessionFixture fixture;

    @BeforeAll
    static void start() throws Exception {
        fixture = SessionFixture.start(2, "pool: { size: 6, waitTimeout: 15s }");
        for (int node = 0; node < 2; node++) {
            fixture.onNode(node, "CREATE TABLE kv (k int PRIMARY KEY, v text);"
                    + "INSERT INTO kv VALUES (1, 'one'), (2, 'two'), (3, 'three');"
                    + "INSERT INTO items VALUES (" + fixture.key(node, 0) + ", 'v')");
        }
    }

    @AfterAll
    static void stop() throws Exception {
        fixture.close();
    }

    @Test
    void whoBehavesIsServed() throws Exception {
        AtomicLong seeds = new AtomicLong(SEED);
        AtomicInteger served = new AtomicInteger();
        try (Crowd crowd = Crowd.talkingFor(SECONDS, SEED)) {
            crowd.add(WRECKERS, random -> wreck(seeds.getAndIncrement()));
            crowd.add(1, random -> {
                try (PgClient client = fixture.client()) {
                    while (!crowd.isOver()) {
                        int n = served.incrementAndGet();
                        assertEquals("T row(" + n + "v) [SELECT 1] Z:I", ask(client,
                                "SELECT '" + n + "' || v FROM items WHERE k = " + fixture.key(n % 2, 0)));
                        assertEquals("T row(" + n + "v) row(" + n + "v) [SELECT 2] Z:I",
                                ask(client, "SELECT '" + n + "' || v FROM items"));
                    }
                }
            });
            crowd.await();
        }
        System.out.println(seeds.get() - SEED + " wrecked dialogs from seed " + SEED + ", " + served
                + " requests beside them");
        fixture.awaitAllReturned();
        assertEachConnectionIsFree();
    }

    /** As many transactions at once as there are connections: a permit that has leaked would be missed. */
    private static void assertEachConnectionIsFree() throws Exception {
        List<PgClient> clients = fixture.clients(6);
        for (PgClient client : clients) {
            ask(client, "BEGIN");
            assertEquals("T row(v) row(v) [SELECT 2] Z:T", ask(client, "SELECT v FROM items"));
        }
        for (PgClient client : clients) {
            assertEquals("[ROLLBACK] Z:I", ask(client, "ROLLBACK"));
            client.close();
        }
        fixture.awaitNothingLeft();
    }

    private static void wreck(long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        boolean login = random.nextInt(10) > 0;
        PgClient client = login
                ? fixture.client()
                : PgClient.connect("127.0.0.1", fixture.proxy.port());
        try {
            for (byte[] piece : WreckedDialog.of(seed, login)) {
                client.sendRaw(piece);
                if (random.nextInt(4) == 0) {
                    look(client, seed, random.nextInt(3));
                }
                if (random.nextInt(30) == 0 && login) {
                    client.cancel();
                }
            }
            look(client, seed, 20);
        } catch (EOFException | java.net.SocketException | ProtocolViolation gone) {
            // Thrown out, rightly or as it happens to a client that says such things.
        } finally {
            if (random.nextBoolean()) {
                client.reset();
            } else {
                client.close();
            }
        }
    }

    /** Reads what there is. */
    private static void look(PgClient client, long seed, int millis) throws IOException {
        for (BackendMessage m = client.receive(millis); m != null; m = client.receive(millis)) {
            if (m instanceof ErrorResponse error) {
                assertTrue(!error.fields().message().startsWith("internal error"),
                        () -> "seed " + seed + ": " + error.fields());
            }
        }
    }
}
