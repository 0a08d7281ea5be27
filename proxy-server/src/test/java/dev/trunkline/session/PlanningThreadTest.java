package dev.trunkline.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.CatalogBuilder;
import dev.trunkline.testing.PgClient;
import dev.trunkline.testing.RunningProxy;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.FrontendMessage;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What has no plan yet is parsed and planned by the planner's threads, whatever message it came in; never by an event loop. */
class PlanningThreadTest {

    private static final int CONDITIONS = 20_000;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

    private static final String YAML = """
            listen: { host: 127.0.0.1, port: 0 }
            monitoring: { host: 127.0.0.1, port: 0 }
            databases:
              shop:
                control: { user: u }
                nodes:
                  a: { primary: 127.0.0.1:1 }
                  b: { primary: 127.0.0.1:2 }
                shardMap: { a: 0-127, b: 128-255 }
            users:
              u: { }
            """;

    private int sent;

    private static Catalog catalog() {
        CatalogBuilder catalog = new CatalogBuilder("shop").nodes("a", "b");
        catalog.table("t", "a int8 not null", "b int8").sharded("t", "a");
        return catalog.build();
    }

    /** A text that takes long to read, ends in a mistake, and has not been seen before. */
    private String longMistake() {
        return "SELECT " + "a_" + sent++ + " FROM t WHERE " + "a = 1 AND ".repeat(CONDITIONS) + "b b b";
    }

    @Test
    void aQueryIsPlannedByThePlanner() throws Exception {
        assertPlannedByThePlanner(client -> client.query(longMistake()));
    }

    @Test
    void aStringOfStatementsIsPlannedByThePlanner() throws Exception {
        assertPlannedByThePlanner(client -> client.query("SET trunkline.fan_out = 'allow'; " + longMistake()));
    }

    @Test
    void aParseIsPlannedByThePlanner() throws Exception {
        assertPlannedByThePlanner(client -> client.exchange(new FrontendMessage.Parse("", longMistake(), List.of()),
                new FrontendMessage.Sync()));
    }

    private interface Asking {
        List<BackendMessage> with(PgClient client) throws Exception;
    }

    /** Looks at what threads do while the proxy reads long statements, until one has been seen in the parser. */
    private static void assertPlannedByThePlanner(Asking asking) throws Exception {
        try (RunningProxy proxy = RunningProxy.start(YAML, Map.of("shop", catalog()));
                PgClient client = PgClient.login("127.0.0.1", proxy.port(), "u", "shop", "");
                ExecutorService other = Executors.newSingleThreadExecutor()) {
            Set<String> seen = new TreeSet<>();
            long end = System.nanoTime() + PATIENCE_NANOS;
            while (seen.isEmpty() && System.nanoTime() < end) {
                Future<List<BackendMessage>> answer = other.submit(() -> asking.with(client));
                while (!answer.isDone()) {
                    seen.addAll(threadsInTheParser());
                }
                assertNotUnderstood(answer);
            }
            assertEquals(Set.of("trunkline-planner"), seen);
        }
    }

    @Test
    void aStatementThatIsBeingPlannedCanBeCancelled() throws Exception {
        assertCancelled("error 57014 Z:I", new FrontendMessage.Query("DELETE FROM t WHERE b IN (1, 2)"));
        assertCancelled("error 57014 Z:I", new FrontendMessage.Query("SET trunkline.fan_out = 'allow'; DELETE FROM t"));
        assertCancelled("error 57014 Z:I", new FrontendMessage.Parse("", "DELETE FROM t WHERE b IN (1, 2)", List.of()),
                new FrontendMessage.Sync());
    }

    /** Also when its plan is made in the end: that is no plan for what the client has sent since. */
    private static void assertCancelled(String expected, FrontendMessage... messages) throws Exception {
        CountDownLatch first = new CountDownLatch(1);
        CountDownLatch second = new CountDownLatch(1);
        var planner = new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>());
        try (RunningProxy proxy = RunningProxy.start(YAML, Map.of("shop", catalog()), planner);
                PgClient client = PgClient.login("127.0.0.1", proxy.port(), "u", "shop", "")) {
            planner.execute(() -> awaitOpen(first));
            SessionFixture.await("the planner is busy", () -> planner.getQueue().isEmpty());
            client.send(messages);
            SessionFixture.await("its plan is asked for", () -> planner.getQueue().size() == 1);
            client.cancel();
            assertEquals(expected, Talk.told(client.receiveUntilReady()));
            planner.execute(() -> awaitOpen(second));
            client.send(new FrontendMessage.Query("SELEC 1 FROM t"));
            SessionFixture.await("its plan is asked for, too", () -> planner.getQueue().size() == 3);
            first.countDown();
            SessionFixture.await("the first is planned", () -> planner.getQueue().size() == 1);
            second.countDown();
            assertEquals("error TL005 Z:I", Talk.told(client.receiveUntilReady()));
        }
    }

    private static void awaitOpen(CountDownLatch gate) {
        try {
            gate.await();
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    private static void assertNotUnderstood(Future<List<BackendMessage>> answer)
            throws InterruptedException, ExecutionException {
        BackendMessage error = answer.get().stream().filter(BackendMessage.ErrorResponse.class::isInstance).findFirst()
                .orElseThrow();
        assertTrue(assertInstanceOf(BackendMessage.ErrorResponse.class, error).toString().contains("TL005"),
                error.toString());
    }

    private static Set<String> threadsInTheParser() {
        Set<String> names = new TreeSet<>();
        Thread.getAllStackTraces().forEach((thread, frames) -> {
            boolean parses = Arrays.stream(frames).anyMatch(
                    frame -> frame.getClassName().startsWith("dev.trunkline.sql.grammar."));
            // The warm-up of an earlier test's server may still run.
            if (parses && !thread.getName().equals("trunkline-warm-up")) {
                names.add(thread.getName());
            }
        });
        return names;
    }
}
