package dev.trunkline.testing;

import dev.trunkline.backend.BufferMemory;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What shows whether a sender is stopped by a receiver who takes nothing, and how much is held between the two. */
public final class Pressure {

    /** What the proxy may hold, outside the heap and on it, beyond what it held before. */
    private static final long MOST_HELD = 20 << 20;
    private static final long STILL_NANOS = 400_000_000L;
    private static final long PATIENCE_NANOS = 60_000_000_000L;
    private static final Pattern FROM_NODES = Pattern
            .compile("trunkline_node_bytes_total\\{[^}]*from_node[^}]*\\} ([0-9.E]+)");

    private Pressure() {}

    /** Memory for the bytes of sockets, and what is in use of the heap. */
    public static long held() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return BufferMemory.bytes()
                + runtime.totalMemory() - runtime.freeMemory();
    }

    /** What others in this JVM are still letting go of is waited for; what the proxy holds stays. */
    public static void assertHeld(long before) throws InterruptedException {
        await("little is held", () -> held() - before < MOST_HELD);
    }

    /** Waits until a number has grown beyond its first value, and does not grow any more. */
    public static void awaitStill(long first, LongSupplier number) throws InterruptedException {
        await("it begins", () -> number.getAsLong() > first);
        long[] last = {number.getAsLong(), System.nanoTime()};
        await("it comes to rest", () -> {
            long now = number.getAsLong();
            if (now != last[0]) {
                last[0] = now;
                last[1] = System.nanoTime();
            }
            return System.nanoTime() - last[1] > STILL_NANOS;
        });
    }

    /** How many bytes a proxy has read from its nodes, by its metrics. */
    public static long fromNodes(int monitoringPort) {
        String text;
        try (HttpClient http = HttpClient.newHttpClient()) {
            text = http.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + monitoringPort + "/metrics"))
                    .build(), HttpResponse.BodyHandlers.ofString()).body();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
        Matcher sample = FROM_NODES.matcher(text);
        double sum = 0;
        while (sample.find()) {
            sum += Double.parseDouble(sample.group(1));
        }
        return (long) sum;
    }

    private static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("not within " + PATIENCE_NANOS / 1_000_000_000 + " s: " + what);
            }
            Thread.sleep(5);
        }
    }

    /** Sends pieces on a thread of its own, which stops when nobody takes them. */
    public static final class Writer {

        /** One thing to send. */
        public interface Piece {

            void send(int number) throws IOException;
        }

        private final AtomicInteger sent = new AtomicInteger();
        private final CompletableFuture<Void> all;

        public Writer(int count, Piece piece) {
            all = CompletableFuture.runAsync(() -> {
                for (int i = 0; i < count; i++) {
                    try {
                        piece.send(i);
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                    sent.incrementAndGet();
                }
            }, task -> Thread.ofPlatform().daemon().name("writer").start(task));
        }

        public long sent() {
            return sent.get();
        }

        /** Waits until all is sent. */
        public void done() throws Exception {
            all.get();
        }
    }
}
