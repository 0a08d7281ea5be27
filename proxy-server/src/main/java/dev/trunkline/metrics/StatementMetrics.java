package dev.trunkline.metrics;

import dev.trunkline.error.ProxyError;
import dev.trunkline.plan.FanOutCost;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.route.Routing;
import dev.trunkline.session.DatabaseMetrics;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** The statements of one database: how many, of which routing, how long they took, and why they fanned out. Thread-safe. */
public final class StatementMetrics implements DatabaseMetrics {

    /** One routing: {@code statement_seconds} and {@code statements_total}. */
    static final class OfRouting {
        final LatencyBuckets seconds = new LatencyBuckets();
        final LongAdder good = new LongAdder();
        final LongAdder failed = new LongAdder();
    }

    private final String database;
    private final OfRouting[] routings = new OfRouting[Routing.values().length];
    private final LongAdder[] errors = new LongAdder[ProxyError.Fault.values().length];
    private final Map<String, LongAdder> fanOuts = new ConcurrentHashMap<>();
    private final LongAdder queuedBytes = new LongAdder();
    private final LongAdder continued = new LongAdder();
    private final AtomicLong transactions = new AtomicLong();
    private final LongAdder idleNanos = new LongAdder();
    private final FanOutStatements fanOutStatements = new FanOutStatements();

    public StatementMetrics(String database) {
        this.database = database;
        for (int i = 0; i < routings.length; i++) {
            routings[i] = new OfRouting();
        }
        Arrays.setAll(errors, fault -> new LongAdder());
    }

    @Override
    public void statement(Routing routing, boolean failed, long nanos) {
        OfRouting of = routings[routing.ordinal()];
        of.seconds.record(nanos);
        (failed ? of.failed : of.good).increment();
    }

    @Override
    public void continued(long nanos) {
        continued.increment();
        idleNanos.add(nanos);
    }

    @Override
    public void error(ProxyError.Fault fault) {
        errors[fault.ordinal()].increment();
    }

    @Override
    public void fanOut(StatementPlan plan, boolean rejected) {
        fanOuts.computeIfAbsent(plan.fanOut().reason().code(), reason -> new LongAdder()).increment();
        if (rejected) {
            fanOutStatements.rejected(plan);
        }
    }

    @Override
    public void fanOutEnded(StatementPlan plan, boolean failed, long rows, long nanos) {
        fanOutStatements.ran(plan, failed, rows, nanos);
    }

    @Override
    public void fanOutQueued(long bytes) {
        queuedBytes.add(bytes);
    }

    @Override
    public FanOutCost fanOutCost(StatementPlan plan) {
        LatencyBuckets oneNode = of(Routing.ONE_NODE).seconds;
        FanOutStatements.Line line = fanOutStatements.line(plan.fingerprint());
        long p50 = oneNode.quantileMicros(0.5);
        long p99 = oneNode.quantileMicros(0.99);
        return line == null
                ? new FanOutCost(0, 0, 0, 0, p50, p99)
                : new FanOutCost(line.count(), line.p50Micros(), line.p99Micros(), share(line.count()), p50, p99);
    }

    /** What part of all statements so many are, 0 to 1. */
    public double share(long count) {
        return count == 0 ? 0 : Math.min(1, (double) count / Math.max(count, total()));
    }

    /** All statements so far. */
    public long total() {
        long total = 0;
        for (OfRouting of : routings) {
            total += of.good.sum() + of.failed.sum();
        }
        return total;
    }

    /** How long all statements took together. */
    public long totalMicros() {
        double seconds = 0;
        for (OfRouting of : routings) {
            seconds += of.seconds.sumSeconds();
        }
        return (long) (seconds * 1e6);
    }

    /** All transactions so far, those without BEGIN too. */
    public long transactions() {
        // The two are not counted at the same instant, and nothing that is counted may become less.
        return transactions.accumulateAndGet(total() - continued.sum(), Math::max);
    }

    /** How long all transactions took together, the time between their statements included. */
    public long transactionMicros() {
        return totalMicros() + idleNanos.sum() / 1000;
    }

    /** The time that a share of all statements stays below, 0 when there are none. */
    public long quantileMicros(double share) {
        return LatencyBuckets.quantileMicros(share, Arrays.stream(routings).map(of -> of.seconds).toList());
    }

    /** The statements so far that ended in an error. */
    public long failed() {
        long failed = 0;
        for (OfRouting of : routings) {
            failed += of.failed.sum();
        }
        return failed;
    }

    /** The statements of a routing so far. */
    public long total(Routing routing) {
        return of(routing).good.sum() + of(routing).failed.sum();
    }

    /** How long all statements took, or those of one routing. */
    public LatencyBuckets times(Routing routing) {
        return of(routing).seconds;
    }

    public FanOutStatements fanOutStatements() {
        return fanOutStatements;
    }

    public String database() {
        return database;
    }

    OfRouting of(Routing routing) {
        return routings[routing.ordinal()];
    }

    long errors(ProxyError.Fault fault) {
        return errors[fault.ordinal()].sum();
    }

    Map<String, LongAdder> fanOuts() {
        return fanOuts;
    }

    long queuedBytes() {
        return queuedBytes.sum();
    }
}
