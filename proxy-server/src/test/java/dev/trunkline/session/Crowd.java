package dev.trunkline.session;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Clients that talk side by side until the time is over, each in a thread of its own and with its own chances. */
final class Crowd implements AutoCloseable {

    /** What a client does; begun again and again, if it comes to its end before the time does. */
    interface Talk {
        void talk(SplittableRandom random) throws Exception;
    }

    private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final long seed;
    private final long endNanos;
    private final BooleanSupplier enough;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Future<?>> clients = new ArrayList<>();

    private Crowd(long seconds, long seed, BooleanSupplier enough) {
        this.seed = seed;
        this.enough = enough;
        this.endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    }

    static Crowd talkingFor(long seconds, long seed) {
        return new Crowd(seconds, seed, () -> true);
    }

    /** As above, and for longer where the machine is slow: until it is enough. */
    static Crowd talkingFor(long seconds, long seed, BooleanSupplier enough) {
        return new Crowd(seconds, seed, enough);
    }

    boolean isOver() {
        long late = System.nanoTime() - endNanos;
        return late >= 0 && (late >= PATIENCE_NANOS || enough.getAsBoolean());
    }

    void add(int count, Talk talk) {
        for (int i = 0; i < count; i++) {
            SplittableRandom random = new SplittableRandom(seed * 1000 + clients.size());
            clients.add(threads.submit(() -> {
                while (!isOver()) {
                    talk.talk(random);
                }
                return null;
            }));
        }
    }

    /** Waits for the end; fails as the first one has. */
    void await() throws Exception {
        for (Future<?> client : clients) {
            client.get();
        }
    }

    @Override
    public void close() {
        threads.close();
    }
}
