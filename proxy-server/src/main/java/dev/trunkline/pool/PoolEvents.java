package dev.trunkline.pool;

import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** Counts what happens to the connections of a database to one node, over all logins and event loops. Thread-safe. */
public final class PoolEvents {

    /** What is counted; none of it happens to a statement that finds an idle connection. */
    public enum Event {
        /** A statement lined up. */
        WAIT,
        /** A client was told that it has waited long. */
        WAIT_NOTICE,
        /** A statement failed because it had waited too long. */
        WAIT_TIMEOUT,
        CONNECT,
        CONNECT_FAILURE,
        /** A connection that had idled long was found not to answer. */
        CHECK_FAILURE,
        /** A connection was cleared of what a session had left on it. */
        RESET,
        /** A connection was closed because it had idled too long. */
        IDLE_CLOSE,
        /** A connection was closed because of its age. */
        AGE_CLOSE,
        /** A connection was closed so that another pool may open one. */
        YIELD;

        /** The word of /metrics. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final LongAdder[] counts = new LongAdder[Event.values().length];
    private final LongAdder waitNanos = new LongAdder();

    public PoolEvents() {
        Arrays.setAll(counts, i -> new LongAdder());
    }

    void count(Event event) {
        counts[event.ordinal()].increment();
    }

    /** A wait is over, however it ended. */
    void waited(long nanos) {
        waitNanos.add(nanos);
    }

    /** How often it has happened. */
    public long total(Event event) {
        return counts[event.ordinal()].sum();
    }

    /** The time that statements have waited, all together. */
    public double waitSeconds() {
        return waitNanos.sum() / (double) TimeUnit.SECONDS.toNanos(1);
    }
}
