package dev.trunkline.metrics;

import dev.trunkline.plan.FanOutReason;
import dev.trunkline.plan.StatementPlan;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The statements of one database that go to every node, by fingerprint: what each has cost. Bounded by the space-saving
 * algorithm (Metwally, Agrawal, El Abbadi 2005) with time as the weight: a new fingerprint takes the place of the lightest
 * and inherits its weight, so that whatever takes more than a {@code capacity}-th of the time is in the list. What is shown
 * counts from when the fingerprint came in.
 *
 * <p>Thread-safe by one lock, held for less than a microsecond by a statement that takes several round trips.
 */
public final class FanOutStatements {

    static final int CAPACITY = 400;
    /** Longer statements are cut: one line for each is meant for people. */
    private static final int LONGEST_TEXT = 4000;

    /** One fingerprint's line in SHOW FANOUT. Times are microseconds. */
    public record Line(String fingerprint, String reason, List<String> tables, String fix, long count, long failed,
            long rejected, long rows, long totalMicros, long p50Micros, long p99Micros) {}

    private static final class Entry {
        final String fingerprint;
        final String reason;
        final List<String> tables;
        final String fix;
        final LatencyBuckets times = new LatencyBuckets();
        double weight;
        long count;
        long failed;
        long rejected;
        long rows;
        long nanos;

        Entry(String fingerprint, FanOutReason reason, List<String> tables) {
            this.fingerprint = fingerprint;
            this.reason = reason.code();
            this.fix = reason.fix();
            this.tables = tables;
        }

        Line line() {
            return new Line(fingerprint, reason, tables, fix, count, failed, rejected, rows, nanos / 1000,
                    times.quantileMicros(0.5), times.quantileMicros(0.99));
        }
    }

    private final Map<String, Entry> entries = new HashMap<>();

    /** A statement has run. */
    synchronized void ran(StatementPlan plan, boolean failed, long rows, long nanos) {
        Entry entry = entry(plan);
        entry.count++;
        entry.failed += failed ? 1 : 0;
        entry.rows += rows;
        entry.nanos += nanos;
        entry.weight += nanos;
        entry.times.record(nanos);
    }

    /** A statement was rejected: the policy says so. */
    synchronized void rejected(StatementPlan plan) {
        entry(plan).rejected++;
    }

    private Entry entry(StatementPlan plan) {
        String fingerprint = key(plan.fingerprint());
        Entry entry = entries.get(fingerprint);
        if (entry == null) {
            entry = new Entry(fingerprint, plan.fanOut().reason(), plan.tables().stream()
                    .map(use -> use.relation().fullName().toString()).distinct().limit(10).toList());
            if (entries.size() >= CAPACITY) {
                Entry lightest = entries.values().stream().min(Comparator.comparingDouble(e -> e.weight))
                        .orElseThrow();
                entries.remove(lightest.fingerprint);
                entry.weight = lightest.weight;
            }
            entries.put(fingerprint, entry);
        }
        return entry;
    }

    private static String key(String fingerprint) {
        return fingerprint.length() <= LONGEST_TEXT ? fingerprint : fingerprint.substring(0, LONGEST_TEXT) + "...";
    }

    /** The line of a fingerprint, or null. */
    synchronized Line line(String fingerprint) {
        Entry entry = entries.get(key(fingerprint));
        return entry == null ? null : entry.line();
    }

    /** The fingerprints that have taken the most time, the first first. */
    public synchronized List<Line> top(int most) {
        List<Entry> all = new ArrayList<>(entries.values());
        all.sort(Comparator.<Entry>comparingLong(e -> e.nanos).thenComparingLong(e -> e.rejected).reversed()
                .thenComparing(e -> e.fingerprint));
        return all.stream().limit(most).map(Entry::line).toList();
    }
}
