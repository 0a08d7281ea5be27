package dev.trunkline.metrics;

import dev.trunkline.backend.NodeEndpoint;
import dev.trunkline.error.ProxyError;
import dev.trunkline.frontend.Clients;
import dev.trunkline.notification.Channels;
import dev.trunkline.plan.PlanCache;
import dev.trunkline.pool.Pool;
import dev.trunkline.pool.PoolEvents;
import dev.trunkline.pool.PoolStatus;
import dev.trunkline.route.Routing;
import dev.trunkline.session.CatalogSource;
import dev.trunkline.session.ServedDatabase;
import dev.trunkline.session.Session;
import dev.trunkline.session.Worker;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * The proxy's own metrics under the names of {@code docs/metrics.md}. Counters live where they are counted and are read when
 * Prometheus asks; what belongs to an event loop is asked of that loop.
 */
final class ProxyMetrics implements MultiCollector {

    private static final long LOOP_ANSWER_MILLIS = 500;

    private record ClientsOf(String database, String state) {}

    private record ConnectionsOf(String database, String node, String user, String state) {}

    private final PrometheusMeterRegistry registry;
    private final Map<String, ServedDatabase> databases;
    private final Map<String, StatementMetrics> statements;
    private final Map<String, CatalogSource> sources;
    private final List<Worker> workers;
    private final Clients clients;

    ProxyMetrics(PrometheusMeterRegistry registry, Map<String, ServedDatabase> databases,
            Map<String, StatementMetrics> statements, Map<String, CatalogSource> sources, List<Worker> workers,
            Clients clients) {
        this.registry = registry;
        this.databases = databases;
        this.statements = statements;
        this.sources = sources;
        this.workers = workers;
        this.clients = clients;
    }

    void bind() {
        String version = ProxyMetrics.class.getPackage().getImplementationVersion();
        Gauge.builder("trunkline.build.info", () -> 1).tag("version", version == null ? "development" : version)
                .description("Which build this is; always 1").register(registry);
        for (ServedDatabase database : databases.values()) {
            CatalogSource source = sources.get(database.name());
            for (NodeEndpoint node : database.nodes()) {
                Gauge.builder("trunkline.node.up", () -> source.isUp(node.node()) ? 1 : 0)
                        .tag("database", database.name()).tag("node", node.nodeName())
                        .description("Whether the node answers").register(registry);
                for (boolean toNode : new boolean[]{true, false}) {
                    FunctionCounter.builder("trunkline.node.bytes", database, d -> d.nodeBytes(node.node(), toNode))
                            .tag("database", database.name()).tag("node", node.nodeName())
                            .tag("direction", toNode ? "to_node" : "from_node").baseUnit("bytes")
                            .description("Bytes exchanged with the node").register(registry);
                }
            }
            transactions(statements.get(database.name()));
            notifications(database);
            database.nodes().forEach(node -> poolEvents(database, node));
            FunctionCounter.builder("trunkline.prepared.again", database.preparedAgain(), LongAdder::sum)
                    .tag("database", database.name())
                    .description("Statements that a node had lost or that DDL had overtaken, prepared again unseen")
                    .register(registry);
            Gauge.builder("trunkline.prepared.statements", database, d -> d.statementNames().count())
                    .tag("database", database.name())
                    .description("Different prepared statements that clients or connections hold").register(registry);
            PlanCache plans = database.plans();
            planCache(database, "hit", plans.hits());
            planCache(database, "miss", plans.misses());
            planCache(database, "guard_miss", plans.guardMisses());
            planCache(database, "eviction", plans.evictions());
        }
        registry.getPrometheusRegistry().register(this);
    }

    private void notifications(ServedDatabase database) {
        Channels channels = database.channels();
        for (NodeEndpoint node : database.nodes()) {
            Gauge.builder("trunkline.listening", () -> channels.isOpen(node.node()) ? 1 : 0)
                    .tag("database", database.name()).tag("node", node.nodeName())
                    .description("Whether a connection listens at the node for notifications").register(registry);
        }
        Gauge.builder("trunkline.channels", channels::count).tag("database", database.name())
                .description("Channels that sessions listen to").register(registry);
        notifications(database, "delivered", channels::deliveredTotal);
        notifications(database, "dropped", channels::droppedTotal);
    }

    private void notifications(ServedDatabase database, String outcome, LongSupplier total) {
        FunctionCounter.builder("trunkline.notifications", total, LongSupplier::getAsLong)
                .tag("database", database.name()).tag("outcome", outcome)
                .description("Notifications by what became of them, once for each session").register(registry);
    }

    private void transactions(StatementMetrics metrics) {
        FunctionCounter.builder("trunkline.transactions", metrics, StatementMetrics::transactions)
                .tag("database", metrics.database())
                .description("Transactions; a request outside of BEGIN and COMMIT is one").register(registry);
        FunctionCounter.builder("trunkline.transaction", metrics, m -> m.transactionMicros() / 1e6)
                .tag("database", metrics.database()).baseUnit("seconds")
                .description("Time in transactions, also while their clients said nothing").register(registry);
    }

    private void poolEvents(ServedDatabase database, NodeEndpoint node) {
        PoolEvents events = database.poolEvents(node.node());
        for (PoolEvents.Event event : PoolEvents.Event.values()) {
            FunctionCounter.builder("trunkline.pool.events", events, e -> e.total(event))
                    .tag("database", database.name()).tag("node", node.nodeName()).tag("event", event.word())
                    .description("What happened to connections to the node").register(registry);
        }
        FunctionCounter.builder("trunkline.pool.wait", events, PoolEvents::waitSeconds)
                .tag("database", database.name()).tag("node", node.nodeName()).baseUnit("seconds")
                .description("Time that statements have waited for a connection").register(registry);
    }

    private void planCache(ServedDatabase database, String result, LongAdder counter) {
        FunctionCounter.builder("trunkline.plan.cache", counter, LongAdder::sum).tag("database", database.name())
                .tag("result", result).description("Look-ups in the plan cache, and plans dropped for want of room")
                .register(registry);
    }

    @Override
    public MetricSnapshots collect() {
        List<MetricSnapshot> all = new ArrayList<>();
        all.add(statementsTotal());
        all.add(errors());
        all.add(statementSeconds());
        all.add(fanOuts());
        all.add(queuedBytes());
        collectLoops(all);
        return new MetricSnapshots(all);
    }

    private CounterSnapshot statementsTotal() {
        CounterSnapshot.Builder total = CounterSnapshot.builder().name("trunkline_statements")
                .help("Statements (a pipeline counts once) by how they were routed and how they ended");
        for (StatementMetrics metrics : statements.values()) {
            for (Routing routing : Routing.values()) {
                StatementMetrics.OfRouting of = metrics.of(routing);
                count(total, metrics.database(), routing, "ok", of.good.sum());
                count(total, metrics.database(), routing, "error", of.failed.sum());
            }
        }
        return total.build();
    }

    private static void count(CounterSnapshot.Builder total, String database, Routing routing, String outcome,
            long value) {
        total.dataPoint(CounterSnapshot.CounterDataPointSnapshot.builder().value(value)
                .labels(Labels.of("database", database, "routing", routing.text(), "outcome", outcome)).build());
    }

    private CounterSnapshot errors() {
        CounterSnapshot.Builder total = CounterSnapshot.builder().name("trunkline_errors")
                .help("Errors that the proxy itself has raised, by who has to act");
        for (StatementMetrics metrics : statements.values()) {
            for (ProxyError.Fault fault : ProxyError.Fault.values()) {
                total.dataPoint(CounterSnapshot.CounterDataPointSnapshot.builder().value(metrics.errors(fault))
                        .labels(Labels.of("database", metrics.database(), "fault",
                                fault.name().toLowerCase(Locale.ROOT)))
                        .build());
            }
        }
        return total.build();
    }

    private HistogramSnapshot statementSeconds() {
        HistogramSnapshot.Builder seconds = HistogramSnapshot.builder().name("trunkline_statement_seconds")
                .help("Time from a statement's first byte to its ReadyForQuery");
        for (StatementMetrics metrics : statements.values()) {
            for (Routing routing : Routing.values()) {
                LatencyBuckets buckets = metrics.of(routing).seconds;
                if (buckets.total() > 0) {
                    seconds.dataPoint(HistogramSnapshot.HistogramDataPointSnapshot.builder()
                            .labels(Labels.of("database", metrics.database(), "routing", routing.text()))
                            .classicHistogramBuckets(classic(buckets)).sum(buckets.sumSeconds()).build());
                }
            }
        }
        return seconds.build();
    }

    /** Octaves from 16 µs to 17 min: quarter octaves are for quantiles of our own. */
    private static ClassicHistogramBuckets classic(LatencyBuckets buckets) {
        ClassicHistogramBuckets.Builder classic = ClassicHistogramBuckets.builder();
        long count = 0;
        for (int i = 0; i < LatencyBuckets.size(); i++) {
            count += buckets.count(i);
            long upper = LatencyBuckets.upperMicros(i);
            if (Long.bitCount(upper) == 1 && upper >= 16 && upper <= 1L << 30) {
                classic.bucket(upper / 1e6, count);
                count = 0;
            }
        }
        return classic.bucket(Double.POSITIVE_INFINITY, count).build();
    }

    private CounterSnapshot fanOuts() {
        CounterSnapshot.Builder total = CounterSnapshot.builder().name("trunkline_fanout")
                .help("Statements without a shard key that were sent to several nodes, or rejected");
        for (StatementMetrics metrics : statements.values()) {
            metrics.fanOuts().forEach((reason, count) -> total
                    .dataPoint(CounterSnapshot.CounterDataPointSnapshot.builder().value(count.sum())
                            .labels(Labels.of("database", metrics.database(), "reason", reason)).build()));
        }
        return total.build();
    }

    private GaugeSnapshot queuedBytes() {
        GaugeSnapshot.Builder queued = GaugeSnapshot.builder().name("trunkline_fanout_queued_bytes")
                .help("Bytes of rows of several nodes that wait for other nodes' rows or for the client");
        for (StatementMetrics metrics : statements.values()) {
            queued.dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder().value(metrics.queuedBytes())
                    .labels(Labels.of("database", metrics.database())).build());
        }
        return queued.build();
    }

    /** Clients and connections by state, counted by the loops that own them. */
    private void collectLoops(List<MetricSnapshot> all) {
        Map<ClientsOf, Integer> byState = new HashMap<>();
        Map<ConnectionsOf, Integer> connections = new HashMap<>();
        for (String database : databases.keySet()) {
            Session.stateWords().forEach(state -> byState.put(new ClientsOf(database, state), 0));
        }
        for (Worker worker : workers) {
            try {
                worker.loop().submit(() -> {
                    synchronized (byState) {
                        count(worker, byState, connections);
                    }
                }).get(LOOP_ANSWER_MILLIS, TimeUnit.MILLISECONDS);
            } catch (ExecutionException | TimeoutException e) {
                // A loop that is too busy to count is left out of this scrape.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        GaugeSnapshot.Builder clientGauge = GaugeSnapshot.builder().name("trunkline_clients")
                .help("Clients by what their session does");
        GaugeSnapshot.Builder poolGauge = GaugeSnapshot.builder().name("trunkline_pool_connections")
                .help("Connections to nodes by state");
        synchronized (byState) {
            byState.forEach((of, n) -> clientGauge.dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder().value(n)
                    .labels(Labels.of("database", of.database, "state", of.state)).build()));
            connections.forEach((of, n) -> poolGauge.dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder().value(n)
                    .labels(Labels.of("database", of.database, "node", of.node, "user", of.user, "state", of.state))
                    .build()));
        }
        all.add(clientGauge.build());
        all.add(poolGauge.build());
        all.add(GaugeSnapshot.builder().name("trunkline_clients_connected").help("Clients that have logged in")
                .dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder().value(clients.count()).build()).build());
    }

    private static void count(Worker worker, Map<ClientsOf, Integer> byState, Map<ConnectionsOf, Integer> connections) {
        for (Session session : worker.sessions()) {
            byState.merge(new ClientsOf(session.identity().database().name(), session.stateWord()), 1, Integer::sum);
        }
        for (Pool pool : worker.pools()) {
            String database = pool.databaseName();
            String node = pool.endpoint().nodeName();
            String user = pool.credential().user();
            PoolStatus status = pool.status(System.nanoTime());
            Map.of("idle", status.idle(), "active", status.lent(), "connecting", status.connecting(), "tested",
                    status.tested(), "waiting", status.waiting()).forEach(
                            (state, count) -> connections
                                    .merge(new ConnectionsOf(database, node, user, state), count, Integer::sum));
        }
    }
}
