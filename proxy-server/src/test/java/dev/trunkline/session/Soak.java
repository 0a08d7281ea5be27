package dev.trunkline.session;

import static dev.trunkline.session.Talk.all;
import static dev.trunkline.session.Talk.bind;
import static dev.trunkline.session.Talk.execute;
import static dev.trunkline.session.Talk.parse;

import dev.trunkline.backend.BufferMemory;
import dev.trunkline.testing.PgClient;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.FrontendMessage.Query;
import dev.trunkline.wire.FrontendMessage.Sync;
import java.lang.management.ManagementFactory;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Many queries through one proxy, printing what memory they leave behind: a program to be run by hand, no test of the suite.
 *
 * <pre>
 * java -cp TEST-CLASSPATH -Dtrunkline.postgres.jar=JAR dev.trunkline.session.Soak [queries]
 * </pre>
 */
public final class Soak {

    private static final int CLIENTS = 4;
    private static final int ROUNDS = 10;
    private static final int BATCH = 50;

    private Soak() {}

    public static void main(String[] arguments) throws Exception {
        int queries = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1_000_000;
        try (SessionFixture fixture = SessionFixture.start(2, "pool: { size: 4 }");
                ExecutorService threads = Executors.newFixedThreadPool(CLIENTS)) {
            for (int node = 0; node < 2; node++) {
                fixture.onNode(node, "INSERT INTO items SELECT g, 'v' || g FROM generate_series(1, 1000) g");
            }
            report(0);
            for (int round = 1; round <= ROUNDS; round++) {
                Future<?>[] all = new Future<?>[CLIENTS];
                for (int i = 0; i < CLIENTS; i++) {
                    int seed = round * CLIENTS + i;
                    all[i] = threads.submit(() -> {
                        run(fixture, new Random(seed), queries / ROUNDS / CLIENTS);
                        return null;
                    });
                }
                for (Future<?> one : all) {
                    one.get();
                }
                report((long) queries / ROUNDS * round);
            }
        }
    }

    private static void run(SessionFixture fixture, Random random, int queries) throws Exception {
        try (PgClient client = fixture.client()) {
            client.exchange(parse("s", "SELECT v FROM items WHERE k = $1"), new Sync());
            for (int done = 0; done < queries; done += BATCH) {
                FrontendMessage[] batch = new FrontendMessage[0];
                for (int i = 0; i < BATCH; i++) {
                    int key = 1 + random.nextInt(1000);
                    FrontendMessage[] one = switch (random.nextInt(20)) {
                        case 0 -> all(new Query("SELECT count(*) FROM items WHERE v <> '" + key % 7 + "'"));
                        case 1 -> all(parse("", "SELECT " + key + " + $1::int"), bind("", "", key), execute(""),
                                new Sync());
                        case 2, 3, 4, 5, 6, 7, 8, 9 -> all(new Query("SELECT v FROM items WHERE k = " + key));
                        default -> all(bind("", "s", key), execute(""), new Sync());
                    };
                    batch = all(batch, one);
                }
                client.send(batch);
                for (int i = 0; i < BATCH; i++) {
                    client.receiveUntilReady();
                }
            }
        }
    }

    private static void report(long queries) {
        System.gc();
        System.gc();
        long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        long direct = BufferMemory.bytes();
        System.out.printf("%,d queries: heap %,d kB, direct %,d kB%n", queries, heap >> 10, direct >> 10);
    }
}
