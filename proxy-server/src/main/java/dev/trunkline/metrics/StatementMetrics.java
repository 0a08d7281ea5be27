package dev.trunkline.metrics;

import dev.trunkline.route.Routing;
import dev.trunkline.session.DatabaseMetrics;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
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
    private final Map<String, LongAdder> fanOuts = new ConcurrentHashMap<>();
    private final LongAdder[] toNode;
    private final LongAdder[] fromNode;

    public StatementMetrics(String database, int nodes) {
        this.database = database;
        for (int i = 0; i < routings.length; i++) {
            routings[i] = new OfRouting();
        }
        toNode = adders(nodes);
        fromNode = adders(nodes);
    }

    private static LongAdder[] adders(int n) {
        LongAdder[] adders = new LongAdder[n];
        for (int i = 0; i < n; i++) {
            adders[i] = new LongAdder();
        }
        return adders;
    }

    @Override
    public void statement(Routing routing, boolean failed, long nanos) {
        OfRouting of = routings[routing.ordinal()];
        of.seconds.record(nanos);
        (failed ? of.failed : of.good).increment();
    }

    @Override
    public void fanOut(String reason) {
        fanOuts.computeIfAbsent(reason, r -> new LongAdder()).increment();
    }

    @Override
    public long medianMicros(Routing routing) {
        return routings[routing.ordinal()].seconds.quantileMicros(0.5);
    }

    @Override
    public void nodeBytes(int node, boolean toIt, long bytes) {
        (toIt ? toNode : fromNode)[node].add(bytes);
    }

    String database() {
        return database;
    }

    OfRouting of(Routing routing) {
        return routings[routing.ordinal()];
    }

    Map<String, LongAdder> fanOuts() {
        return fanOuts;
    }

    long nodeBytes(int node, boolean toIt) {
        return (toIt ? toNode : fromNode)[node].sum();
    }
}
