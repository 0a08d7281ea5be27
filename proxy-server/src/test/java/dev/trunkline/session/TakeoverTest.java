package dev.trunkline.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.trunkline.demo.TestNodes;
import dev.trunkline.frontend.Clients;
import dev.trunkline.testing.PgClient;
import dev.trunkline.testing.RunningProxy;
import dev.trunkline.wire.FrontendMessage.Query;
import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A second process takes over the port of the first: who asks whom, and what becomes of the clients. */
class TakeoverTest {

    private static final int STORM = Integer.getInteger("trunkline.storm.connections", 200);
    /** How many of them connect at the same moment. */
    private static final int STORMING = Integer.getInteger("trunkline.storm.clients", 24);

    @TempDir
    Path directory;

    private SessionFixture shop;
    private RunningProxy second;

    @BeforeEach
    void start() throws Exception {
        assumeTrue(Epoll.isAvailable());
        shop = SessionFixture.start(TestNodes.nodes(2), "listen: { host: 127.0.0.1, port: 0, proxyId: 6,"
                + " reusePort: true, runtimeDirectory: " + directory.resolve("run") + " }\n"
                + "limits: { drainTimeout: 20s }\n");
    }

    @AfterEach
    void stop() throws Exception {
        if (second != null) {
            second.close();
        }
        if (shop != null) {
            shop.close();
        }
    }

    private static int proxyId(PgClient client) {
        return Clients.proxyId(client.key().processId());
    }

    /** A client of the proxy with this id: the two take turns as they like. */
    private PgClient clientOf(int proxyId) throws IOException {
        List<PgClient> others = new ArrayList<>();
        try {
            for (int i = 0; i < 1000; i++) {
                PgClient client = shop.client();
                if (proxyId(client) == proxyId) {
                    return client;
                }
                others.add(client);
            }
        } finally {
            for (PgClient other : others) {
                other.close();
            }
        }
        throw new AssertionError("no connection came to the proxy " + proxyId);
    }

    /** A cancel request comes to either process, whosever client it is for. */
    @Test
    void cancelRequestsArePassedOnBothWays() throws Exception {
        second = shop.another(0);
        try (PgClient first = clientOf(6); PgClient other = clientOf(7)) {
            for (int i = 0; i < 30 && (passedOn(shop.proxy) == 0 || passedOn(second) == 0); i++) {
                for (PgClient client : List.of(first, other)) {
                    client.send(new Query("SELECT pg_sleep(60)"));
                    SessionFixture.await("it runs", () -> shop.backends(0, "query LIKE 'SELECT pg_sleep%'"
                            + " AND state = 'active'") == 1);
                    client.cancel();
                    assertEquals("T error 57014 Z:I", Talk.told(client.receiveUntilReady()));
                }
            }
            // Who gets a connection is chance, but nobody gets only the requests for his own clients.
            assertTrue(passedOn(shop.proxy) + passedOn(second) > 0, "a request was passed on");
            assertEquals("T row(1) [SELECT 1] Z:I", Talk.ask(first, "SELECT 1"));
            assertEquals("T row(1) [SELECT 1] Z:I", Talk.ask(other, "SELECT 1"));
        }
    }

    private static int passedOn(RunningProxy proxy) throws Exception {
        Matcher sample = Pattern.compile("trunkline_cancel_requests_total\\{result=\"passed_on\"\\} ([0-9.]+)")
                .matcher(get(proxy.monitoringPort(), "/metrics").body());
        return sample.find() ? (int) Double.parseDouble(sample.group(1)) : 0;
    }

    private static HttpResponse<String> get(int port, String path) throws Exception {
        return HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .build(), HttpResponse.BodyHandlers.ofString());
    }

    /** The clients of the old one end what they have begun; new ones go to the new one, which also answers for the port. */
    @Test
    void theOldOneEndsWhatItHasBegun() throws Exception {
        int monitoring = shop.proxy.monitoringPort();
        second = shop.another(monitoring);
        assertEquals(0, second.monitoringPort(), "the first has it still");
        try (PgClient idle = clientOf(6); PgClient writer = clientOf(6); PgClient runner = clientOf(6)) {
            Talk.ask(writer, "BEGIN");
            Talk.ask(writer, "INSERT INTO notes VALUES (1, 'before')");
            runner.send(new Query("SELECT pg_sleep(60)"));
            SessionFixture.await("it runs", () -> shop.backends(0, "query LIKE 'SELECT pg_sleep%'") == 1);

            CompletableFuture<Void> drained = CompletableFuture.runAsync(shop.proxy::close);
            assertEquals("FATAL 57P01", Talk.word(idle.receive()));
            assertTrue(idle.closedByServer());
            SessionFixture.await("the new one has the monitoring port", () -> second.monitoringPort() == monitoring);
            assertEquals(200, get(monitoring, "/ready").statusCode());
            try (PgClient late = shop.client()) {
                assertEquals(7, proxyId(late));
            }

            // The request comes to the new one.
            runner.cancel();
            assertEquals("T error 57014 Z:I", Talk.told(runner.receiveUntilReady()));
            assertEquals("FATAL 57P01", Talk.word(runner.receive()));
            assertEquals("[INSERT 0 1] Z:T", Talk.ask(writer, "INSERT INTO notes VALUES (2, 'after')"));
            assertEquals("[COMMIT] Z:I", Talk.ask(writer, "COMMIT"));
            assertEquals("FATAL 57P01", Talk.word(writer.receive()));
            drained.get();
        }
        assertEquals("2", shop.ask(0, "SELECT count(*) FROM notes"));
        assertEquals(1, passedOn(second));
    }

    /**
     * Clients that all connect anew, as after a network's fault, while one process takes over from the other: nobody is refused, nobody hangs,
     * and who is answered by whom is nobody's affair. {@code -Dtrunkline.storm.connections} sets how many at each stage.
     */
    @Test
    void aStormOfConnections() throws Exception {
        AtomicInteger served = new AtomicInteger();
        AtomicInteger sentAway = new AtomicInteger();
        AtomicBoolean over = new AtomicBoolean();
        Set<Integer> by = ConcurrentHashMap.newKeySet();
        long begun = System.nanoTime();
        try (ExecutorService threads = Executors.newFixedThreadPool(STORMING)) {
            List<Future<?>> storming = new ArrayList<>();
            for (int i = 0; i < STORMING; i++) {
                storming.add(threads.submit(() -> {
                    while (!over.get()) {
                        try (PgClient client = shop.client()) {
                            client.send(new Query("SELECT 1"));
                            if (Talk.word(client.receive()).equals("FATAL 57P01")) {
                                // It has taken its time to ask.
                                sentAway.incrementAndGet();
                            } else {
                                assertEquals("row(1) [SELECT 1] Z:I", Talk.told(client.receiveUntilReady()));
                                by.add(proxyId(client));
                                served.incrementAndGet();
                            }
                        }
                    }
                    return null;
                }));
            }
            try {
                more(served, storming);
                second = shop.another(0);
                more(served, storming);
                CompletableFuture<Void> drained = CompletableFuture.runAsync(shop.proxy::close);
                more(served, storming);
                drained.get();
                more(served, storming);
            } finally {
                over.set(true);
            }
            for (Future<?> one : storming) {
                one.get();
            }
        }
        System.out.printf("%d connections served in %.1f s, %d sent away%n", served.get(),
                (System.nanoTime() - begun) / 1e9, sentAway.get());
        assertEquals(Set.of(6, 7), by);
    }

    private static void more(AtomicInteger served, List<Future<?>> storming) throws Exception {
        int until = served.get() + STORM;
        SessionFixture.await("more connections are served",
                () -> served.get() >= until || storming.stream().anyMatch(Future::isDone));
        for (Future<?> one : storming) {
            if (one.isDone()) {
                one.get();
            }
        }
    }

    /** Every process has an id of its own, and an id whose process has ended is free again. */
    @Test
    void idsAreTakenInTurns() throws Exception {
        second = shop.another(0);
        shop.proxy.close();
        try (RunningProxy third = shop.another(0)) {
            assertEquals(shop.proxy.port(), third.port());
            try (PgClient client = clientOf(6)) {
                assertEquals("T row(1) [SELECT 1] Z:I", Talk.ask(client, "SELECT 1"));
            }
            try (PgClient client = clientOf(7)) {
                assertEquals("T row(1) [SELECT 1] Z:I", Talk.ask(client, "SELECT 1"));
            }
        }
    }

    /** What a process that was killed has left in the directory stops nobody. */
    @Test
    void aSocketWithoutAProcessIsRemoved() throws Exception {
        Path run = directory.resolve("run");
        Path left = run.resolve("127.0.0.1:" + shop.proxy.port() + ".7");
        try (var dead = java.nio.channels.ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX)) {
            dead.bind(java.net.UnixDomainSocketAddress.of(left));
        }
        assertTrue(Files.exists(left));
        second = shop.another(0);
        clientOf(7).close();
    }
}
