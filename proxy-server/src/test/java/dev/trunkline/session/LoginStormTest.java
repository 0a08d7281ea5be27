package dev.trunkline.session;

import static dev.trunkline.session.Talk.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.demo.TestNodes;
import dev.trunkline.testing.PgClient;
import dev.trunkline.wire.BackendMessage.DataRow;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.ProtocolVersion;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** More clients at once than may log in at a time: they wait in line, and nobody is refused who can be served. */
@Timeout(300)
class LoginStormTest {

    private static SessionFixture fixture(String limits) throws Exception {
        return SessionFixture.start(TestNodes.nodes(1), "limits: { eventLoops: 1, " + limits + " }\n");
    }

    private static PgClient silent(SessionFixture fixture) throws IOException {
        return PgClient.connect("127.0.0.1", fixture.proxy.port());
    }

    private static int waiting(PgClient admin) throws IOException {
        return admin.query("SHOW LISTS").stream().filter(DataRow.class::isInstance).map(row -> ((DataRow) row).values())
                .filter(values -> values.getFirst().text().equals("login_clients"))
                .mapToInt(values -> Integer.parseInt(values.get(1).text())).sum();
    }

    private static PgClient admin(SessionFixture fixture) throws IOException {
        return PgClient.login("127.0.0.1", fixture.proxy.port(), SessionFixture.USER, "trunkline", null);
    }

    /** One that begins to say something, and keeps the proxy waiting for the rest. */
    private static PgClient begins(SessionFixture fixture) throws IOException {
        PgClient client = silent(fixture);
        client.sendRaw(new byte[1]);
        return client;
    }

    /** As many as may log in at a time say nothing, and as many no more than a byte: they held all turns for as long as a log-in may take. */
    @Test
    void whoWaitsIsServedInTheEnd() throws Exception {
        int clients = 40;
        try (SessionFixture fixture = fixture("unauthenticatedClients: 2, authenticationTimeout: 10m");
                PgClient admin = admin(fixture);
                ExecutorService threads = Executors.newFixedThreadPool(clients)) {
            List<PgClient> others = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                others.add(silent(fixture));
                others.add(begins(fixture));
            }
            SessionFixture.await("all are there", () -> waiting(admin) == 4);
            List<Future<String>> served = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                served.add(threads.submit(() -> {
                    try (PgClient client = fixture.client()) {
                        return ask(client, "SELECT 1");
                    }
                }));
            }
            // One that leaves takes nobody's turn.
            begins(fixture).reset();
            for (Future<String> one : served) {
                assertEquals("T row(1) [SELECT 1] Z:I", one.get());
            }
            SessionFixture.await("the others are left", () -> waiting(admin) == 4);
            for (PgClient other : others) {
                other.close();
            }
            SessionFixture.await("nobody is left", () -> waiting(admin) == 0);
        }
    }

    /** Whoever has made room goes on where it was. */
    @Test
    void whoWasSlowIsServedToo() throws Exception {
        try (SessionFixture fixture = fixture("unauthenticatedClients: 1, authenticationTimeout: 10m");
                PgClient admin = admin(fixture);
                PgClient slow = silent(fixture)) {
            byte[] startup = startup(fixture.database);
            slow.sendRaw(Arrays.copyOf(startup, 7));
            SessionFixture.await("it is there", () -> waiting(admin) == 1);
            try (PgClient client = fixture.client()) {
                assertEquals("T row(1) [SELECT 1] Z:I", ask(client, "SELECT 1"));
                slow.sendRaw(Arrays.copyOfRange(startup, 7, startup.length));
                assertTrue(told(slow.receiveUntilReady()).endsWith("Z:I"));
            }
            assertEquals("T row(1) [SELECT 1] Z:I", ask(slow, "SELECT 1"));
        }
    }

    private static byte[] startup(String database) {
        byte[] words = ("user\0" + SessionFixture.USER + "\0database\0" + database + "\0\0")
                .getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(8 + words.length).putInt(8 + words.length).putInt(ProtocolVersion.V3_0).put(words)
                .array();
    }

    @Test
    void whoFindsTheLineFullIsTold() throws Exception {
        try (SessionFixture fixture = fixture("unauthenticatedClients: 1, clients: 2, authenticationTimeout: 10m");
                PgClient admin = admin(fixture)) {
            List<PgClient> early = new ArrayList<>();
            for (int i = 1; i <= 3; i++) {
                early.add(silent(fixture));
                int count = i;
                SessionFixture.await("it is there", () -> waiting(admin) == count);
            }
            try (PgClient late = silent(fixture)) {
                assertTooMany(late);
            }
            for (PgClient client : early) {
                client.close();
            }
            SessionFixture.await("nobody is left", () -> waiting(admin) == 0);
            try (PgClient client = fixture.client()) {
                assertEquals("T row(1) [SELECT 1] Z:I", ask(client, "SELECT 1"));
            }
        }
    }

    /**
     * Each has its time, from its turn on; whose turn has not come by then is told, if it has said anything. How many there are of
     * either hangs on how fast they came: the last ones have no chance, unless it took them as long as the others' turns.
     */
    @Test
    void whoHasWaitedTooLongIsTold() throws Exception {
        try (SessionFixture fixture = fixture("unauthenticatedClients: 1, authenticationTimeout: 1s")) {
            List<PgClient> clients = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                clients.add(begins(fixture));
            }
            int told = 0;
            for (PgClient client : clients) {
                try {
                    assertTooMany(client);
                    told++;
                } catch (EOFException inside) {
                    // Its turn is over.
                }
                client.close();
            }
            assertTrue(told > 0, "nobody was told");
        }
    }

    private static void assertTooMany(PgClient client) throws IOException {
        ErrorResponse told = (ErrorResponse) client.receive();
        assertEquals("FATAL 53300 sorry, too many clients already",
                told.fields().severity() + " " + told.fields().sqlState() + " " + told.fields().message());
        assertTrue(client.closedByServer());
    }
}
