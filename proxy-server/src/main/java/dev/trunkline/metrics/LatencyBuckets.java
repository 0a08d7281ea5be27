package dev.trunkline.metrics;

import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * A histogram of times in buckets whose bounds grow by a quarter of an octave: 1 µs to about 1 hour. Thread-safe; recording
 * is one atomic addition.
 */
public final class LatencyBuckets {

    /** Buckets in an octave. */
    private static final int STEPS = 4;
    private static final int BUCKETS = 32 * STEPS;

    private final AtomicLongArray counts = new AtomicLongArray(BUCKETS);
    private final LongAdder sumNanos = new LongAdder();

    public void record(long nanos) {
        counts.getAndIncrement(bucket(nanos / 1000));
        sumNanos.add(nanos);
    }

    private static int bucket(long micros) {
        if (micros < STEPS) {
            return (int) Math.max(0, micros);
        }
        int octave = 63 - Long.numberOfLeadingZeros(micros);
        int step = (int) (micros >>> octave - 2) & STEPS - 1;
        return Math.min(BUCKETS - 1, (octave - 1) * STEPS + step);
    }

    /** The upper bound of a bucket in microseconds: no time in it is as long. */
    static long upperMicros(int bucket) {
        if (bucket < STEPS) {
            return bucket + 1;
        }
        int octave = bucket / STEPS + 1;
        int step = bucket % STEPS;
        return (long) (STEPS + step + 1) << octave - 2;
    }

    static int size() {
        return BUCKETS;
    }

    long count(int bucket) {
        return counts.get(bucket);
    }

    double sumSeconds() {
        return sumNanos.sum() / 1e9;
    }

    /** How many times were recorded. */
    public long total() {
        long total = 0;
        for (int i = 0; i < BUCKETS; i++) {
            total += counts.get(i);
        }
        return total;
    }

    /** The time in microseconds that a share of the recorded times stays below, 0 when there are none. */
    public long quantileMicros(double share) {
        return quantileMicros(share, List.of(this));
    }

    /** The same over several histograms. */
    static long quantileMicros(double share, List<LatencyBuckets> all) {
        long wanted = (long) Math.ceil(all.stream().mapToLong(LatencyBuckets::total).sum() * share);
        if (wanted == 0) {
            return 0;
        }
        long seen = 0;
        for (int i = 0; i < BUCKETS; i++) {
            for (LatencyBuckets buckets : all) {
                seen += buckets.counts.get(i);
            }
            if (seen >= wanted) {
                return upperMicros(i);
            }
        }
        return upperMicros(BUCKETS - 1);
    }
}
