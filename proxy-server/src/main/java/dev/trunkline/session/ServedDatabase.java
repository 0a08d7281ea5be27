package dev.trunkline.session;

import dev.trunkline.auth.NodeCredential;
import dev.trunkline.backend.NodeEndpoint;
import dev.trunkline.backend.NodeTraffic;
import dev.trunkline.backend.StatementNames;
import dev.trunkline.catalog.Catalog;
import dev.trunkline.config.PoolConfig;
import dev.trunkline.error.ProxyError;
import dev.trunkline.notification.Channels;
import dev.trunkline.plan.PlanCache;
import dev.trunkline.pool.Budget;
import dev.trunkline.pool.Budgets;
import dev.trunkline.pool.PoolEvents;
import dev.trunkline.pool.PoolGate;
import dev.trunkline.pool.PoolKey;
import dev.trunkline.route.DestinationTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;

/**
 * A database as its sessions see it: the current catalog and map, the plans, and where its nodes are. Shared by all event
 * loops; what changes is replaced as a whole.
 */
public final class ServedDatabase {

    private final String name;
    private final List<NodeEndpoint> nodes;
    private final PlanCache plans;
    private final CatalogSource source;
    private final DatabaseMetrics metrics;
    private final StatementNames statementNames = new StatementNames();
    private final AtomicLong schema = new AtomicLong(1);
    private final LongAdder preparedAgain = new LongAdder();
    private final Budgets budgets;
    /** The size of each pool, over all event loops. */
    private final Map<PoolKey, Budget> sizes = new ConcurrentHashMap<>();
    private final List<PoolEvents> poolEvents = new ArrayList<>();
    /** By node, a counter for each pool. */
    private final List<List<NodeTraffic>> traffic = new ArrayList<>();
    private final PoolGate gate = new PoolGate();
    private final Channels channels;
    private volatile int notificationBytes = Integer.MAX_VALUE;
    private volatile PoolConfig pool;
    private volatile FanOutRules fanOutRules;
    /** Set before the first client comes. */
    private volatile Signals signals;
    private final RecurringErrors recurringErrors = new RecurringErrors();
    private volatile long slowNanos = Long.MAX_VALUE;
    private volatile Catalog catalog;
    private volatile DestinationTable destinations;

    public ServedDatabase(String name, List<NodeEndpoint> nodes, PoolConfig pool, Budgets budgets,
            FanOutRules fanOutRules,
            PlanCache plans, Catalog catalog, DestinationTable destinations, CatalogSource source,
            DatabaseMetrics metrics) {
        this.name = name;
        this.nodes = List.copyOf(nodes);
        this.channels = new Channels(this.nodes);
        this.pool = pool;
        this.budgets = budgets;
        this.fanOutRules = fanOutRules;
        this.plans = plans;
        this.catalog = catalog;
        this.destinations = destinations;
        this.source = source;
        this.metrics = metrics;
        nodes.forEach(node -> {
            traffic.add(new CopyOnWriteArrayList<>());
            poolEvents.add(new PoolEvents());
        });
    }

    public String name() {
        return name;
    }

    public List<NodeEndpoint> nodes() {
        return nodes;
    }

    public List<String> nodeNames(int... nodes) {
        return IntStream.of(nodes).mapToObj(this::nodeName).toList();
    }

    String nodeName(int node) {
        return nodes.get(node).nodeName();
    }

    /** How connections are shared, but for what a user has different. */
    public PoolConfig pool() {
        return pool;
    }

    /** Other bounds for connections; each worker's pools have to be told as well. */
    public void pool(PoolConfig newer) {
        pool = newer;
        sizes.forEach((key, size) -> size.resize(newer.with(key.user()).size()));
    }

    /** What PAUSE, RESUME and RECONNECT act on. */
    public PoolGate gate() {
        return gate;
    }

    FanOutRules fanOutRules() {
        return fanOutRules;
    }

    public void fanOutRules(FanOutRules newer) {
        fanOutRules = newer;
    }

    /** How long a statement may take before it is logged as slow. */
    long slowNanos() {
        return slowNanos;
    }

    public void slowNanos(long nanos) {
        slowNanos = nanos;
    }

    /** The way to the other clients of the proxy. */
    Signals signals() {
        return signals;
    }

    public void signals(Signals all) {
        signals = all;
    }

    /** What is said of errors that come with every statement. */
    RecurringErrors recurringErrors() {
        return recurringErrors;
    }

    /** What its sessions listen to. */
    public Channels channels() {
        return channels;
    }

    /** How much of notifications may wait for one session. */
    int notificationBytes() {
        return notificationBytes;
    }

    public void notificationBytes(int most) {
        notificationBytes = most;
    }

    public PlanCache plans() {
        return plans;
    }

    public StatementNames statementNames() {
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
        schema.incrementAndGet();
    }

    public DestinationTable destinations() {
        return destinations;
    }

    public void destinations(DestinationTable newer) {
        destinations = newer;
    }

    /** ParameterStatus for a client that logs in; known even while the home node is down. */
    public Map<String, String> startupParameters() {
        return source.startupParameters();
    }

    /** The default that a login has at the nodes for a setting, or null. */
    public String roleDefault(String login, String setting) {
        return source.roleDefault(login, setting);
    }

    /** What ALTER ROLE and ALTER DATABASE give a login's sessions, by name, as PostgreSQL spells the values. */
    public Map<String, String> sessionDefaults(String login) {
        return source.sessionDefaults(login);
    }

    /** Whether a login is a superuser at the nodes. */
    public boolean isSuperuser(String login) {
        return source.isSuperuser(login);
    }

    /** Whether a node has come up after a time of {@link System#nanoTime}. */
    boolean cameUpAfter(int node, long nanos) {
        return source.cameUpAfter(node, nanos);
    }

    /** Why a node must not be used yet, or null. */
    String unverified(int node) {
        return source.unverified(node);
    }

    /** @throws dev.trunkline.error.ProxyException 58000 when a node must not be used yet */
    void requireVerified(int node) {
        String why = unverified(node);
        if (why != null) {
            throw ProxyError.NODE_DOWN.with(nodeName(node)).withDetail("Node " + nodeName(node) + ": " + why + ".");
        }
    }

    /** A node says that it does not know what we think it has, or the client has changed its schema: look again. */
    void catalogMayBeStale() {
        source.refreshNow();
    }

    /** A connection to a node has failed or was lost: whoever watches the node is to know at once. */
    void suspect(int node) {
        source.suspect(node);
    }

    /** A client has changed the schema. */
    void schemaChanged() {
        schema.incrementAndGet();
        catalogMayBeStale();
    }

    void statementPreparedAgain() {
        preparedAgain.increment();
    }

    /** How often a prepared statement was found gone or overtaken, and prepared again before anybody saw it. */
    public LongAdder preparedAgain() {
        return preparedAgain;
    }

    /** Another number after each change of the schema that is known of, by a client or by anybody else. */
    long schema() {
        return schema.get();
    }

    /** A counter for the bytes of one more pool. */
    NodeTraffic countTraffic(int node) {
        NodeTraffic counted = new NodeTraffic();
        traffic.get(node).add(counted);
        return counted;
    }

    /** All bytes that went to a node or came from it. */
    public long nodeBytes(int node, boolean toNode) {
        long bytes = 0;
        for (NodeTraffic counted : traffic.get(node)) {
            bytes += toNode ? counted.toNode() : counted.fromNode();
        }
        return bytes;
    }

    /** What has happened to the connections to a node. */
    public PoolEvents poolEvents(int node) {
        return poolEvents.get(node);
    }

    /** The key of the connections that a user's sessions share at a node. */
    public PoolKey poolKey(int node, NodeCredential login, String user, PoolConfig.Override ownPool) {
        return new PoolKey(node, login, ownPool, budgets.ofUser(user).bound() == null ? null : user);
    }

    /** The bounds that the connections of a pool stand under, the narrowest first. */
    List<Budget> budgets(PoolKey key) {
        List<Budget> all = new ArrayList<>();
        String size = key.user() != null && key.user().size() != null
                ? "users.*.pool.size"
                : "databases." + name + ".pool.size";
        all.add(sizes.computeIfAbsent(key, k -> new Budget(size, pool.with(k.user()).size())));
        if (key.bounded() != null) {
            all.add(budgets.ofUser(key.bounded()));
        }
        all.add(budgets.ofDatabase(name));
        all.add(budgets.ofServer(nodes.get(key.node())));
        all.add(budgets.total());
        return all;
    }
}
