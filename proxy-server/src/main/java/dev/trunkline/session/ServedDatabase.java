package dev.trunkline.session;

import dev.trunkline.auth.NodeCredential;
import dev.trunkline.backend.NodeEndpoint;
import dev.trunkline.backend.StatementNames;
import dev.trunkline.catalog.Catalog;
import dev.trunkline.plan.PlanCache;
import dev.trunkline.pool.PoolLimits;
import dev.trunkline.pool.Quota;
import dev.trunkline.route.DestinationTable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A database as its sessions see it: the current catalog and map, the plans, and where its nodes are. Shared by all event
 * loops; what changes is replaced as a whole.
 */
public final class ServedDatabase {

    /** A login at a node: connections under different ones are never mixed. */
    private record QuotaKey(int node, NodeCredential login) {}

    private final String name;
    private final List<NodeEndpoint> nodes;
    private final PoolLimits poolLimits;
    private final FanOutRules fanOutRules;
    private final PlanCache plans;
    private final CatalogSource source;
    private final DatabaseMetrics metrics;
    private final StatementNames statementNames = new StatementNames();
    private final Map<QuotaKey, Quota> quotas = new ConcurrentHashMap<>();
    private volatile Catalog catalog;
    private volatile DestinationTable destinations;

    public ServedDatabase(String name, List<NodeEndpoint> nodes, PoolLimits poolLimits, FanOutRules fanOutRules,
            PlanCache plans, Catalog catalog, DestinationTable destinations,
            CatalogSource source, DatabaseMetrics metrics) {
        this.name = name;
        this.nodes = List.copyOf(nodes);
        this.poolLimits = poolLimits;
        this.fanOutRules = fanOutRules;
        this.plans = plans;
        this.catalog = catalog;
        this.destinations = destinations;
        this.source = source;
        this.metrics = metrics;
    }

    public String name() {
        return name;
    }

    public List<NodeEndpoint> nodes() {
        return nodes;
    }

    String nodeName(int node) {
        return nodes.get(node).nodeName();
    }

    PoolLimits poolLimits() {
        return poolLimits;
    }

    FanOutRules fanOutRules() {
        return fanOutRules;
    }

    PlanCache plans() {
        return plans;
    }

    StatementNames statementNames() {
        return statementNames;
    }

    public DatabaseMetrics metrics() {
        return metrics;
    }

    public Catalog catalog() {
        return catalog;
    }

    public void catalog(Catalog newer) {
        catalog = newer;
    }

    DestinationTable destinations() {
        return destinations;
    }

    public void destinations(DestinationTable newer) {
        destinations = newer;
    }

    /** ParameterStatus for a client that logs in; known even while the home node is down. */
    public Map<String, String> startupParameters() {
        return source.startupParameters();
    }

    /** Why a node must not be used yet, or null. */
    String unverified(int node) {
        return source.unverified(node);
    }

    /** A node says that it does not know what we think it has, or the client has changed its schema: look again. */
    void catalogMayBeStale() {
        source.refreshNow();
    }

    Quota quota(int node, NodeCredential login) {
        return quotas.computeIfAbsent(new QuotaKey(node, login), k -> new Quota(poolLimits.size()));
    }
}
