package dev.trunkline.admin;

import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The minute that averages are of: the last whole one, or what there is of the first. It ends when somebody tells it to, once
 * a minute. Thread-safe.
 */
final class Period {

    static final int SECONDS = 60;

    private record Moment(long nanos, Map<String, Totals> totals) {}

    /** What was done meanwhile, by database. */
    record Stretch(Map<String, Totals> done, double seconds) {

        Totals averages(String database) {
            return done.getOrDefault(database, Totals.NONE).averages(seconds);
        }

        /** Of all databases together. */
        Totals averages() {
            return done.values().stream().reduce(Totals.NONE, Totals::plus).averages(seconds);
        }
    }

    private final Supplier<Map<String, Totals>> totals;
    private final LongSupplier clock;
    private Moment begin;
    /** Null in the first minute. */
    private Moment end;

    /**
     * @param totals what each database has done since the start, by name
     * @param clock in nanoseconds
     */
    Period(Supplier<Map<String, Totals>> totals, LongSupplier clock) {
        this.totals = totals;
        this.clock = clock;
        this.begin = new Moment(clock.getAsLong(), Map.of());
    }

    /** The minute is over. */
    synchronized void turn() {
        begin = end == null ? begin : end;
        end = now();
    }

    private Moment now() {
        return new Moment(clock.getAsLong(), totals.get());
    }

    synchronized Stretch last() {
        Moment until = end == null ? now() : end;
        Map<String, Totals> done = new HashMap<>();
        until.totals.forEach((database, sum) -> done.put(database,
                sum.minus(begin.totals.getOrDefault(database, Totals.NONE))));
        return new Stretch(done, (until.nanos - begin.nanos) / 1e9);
    }
}
