package dev.trunkline.node;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.CatalogAssembly;
import dev.trunkline.catalog.NodeSchema;
import dev.trunkline.catalog.ShardMap;
import dev.trunkline.catalog.ShardMapSource;
import dev.trunkline.config.Configuration;
import dev.trunkline.config.ConfigurationException;
import dev.trunkline.config.DatabaseConfig;
import dev.trunkline.config.NodeConfig;
import dev.trunkline.config.Problem;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control plane of one database: which of its nodes are up, and the catalog that their schemas make. Its getters may be
 * called on event loops; nothing of it waits there.
 *
 * <p>
 * A node counts as up once its schema has been read and fits the others'. The schema of a node that goes down later stays in
 * the catalog, so a catalog changes with DDL only, not with failures. Each {@link NodeWatch} reports from its own thread;
 * what they report is put together here, under one lock.
 */
public final class NodeControl implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(NodeControl.class);

    /** How often a node's catalog is compared with what is known of it (semantics.md 12). */
    public static final Duration INTERVAL = Duration.ofSeconds(5);

    /** For how long a start waits for a node that is there and has not come to answer, when it can't go on without. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** Hears of changes, on a thread of the control plane, one at a time. */
    public interface Listener {

        /** A new catalog, whose version is higher than that of the one before. */
        void catalogChanged(Catalog catalog);

        /** Something is different on a node, perhaps what ALTER ROLE and ALTER DATABASE give. */
        void settingsMayHaveChanged();

        /** A node came up or went down. */
        void nodeChanged(int node, NodeState state);
    }

    private volatile Configuration configuration;
    private volatile DatabaseConfig database;
    private final ShardMapSource shardMaps;
    private final List<NodeWatch> watches = new ArrayList<>();
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private volatile Catalog catalog;
    private volatile Map<String, String> startupParameters = Map.of();
    private volatile List<NodeState> states;
    private volatile List<Problem> problems = List.of();

    /** Guarded by this. */
    private final Map<Integer, NodeSchema> schemas = new TreeMap<>();
    /** By node, what was seen there last, though it be the same. */
    private final Map<Integer, NodeSchema> seen = new HashMap<>();
    /** Nodes that have not come to answer, when the start looks at them. */
    private final Set<Integer> passing = new LinkedHashSet<>();
    private boolean started;
    private boolean closed;

    private NodeControl(Configuration configuration, DatabaseConfig database) {
        this.configuration = configuration;
        this.database = database;
        this.shardMaps = ShardMapSource.fixed(initialMap(database));
        List<NodeState> unknown = new ArrayList<>();
        for (int i = 0; i < database.nodes().size(); i++) {
            unknown.add(new NodeState(NodeState.Status.DOWN, "not yet reached", Instant.now()));
        }
        this.states = List.copyOf(unknown);
    }

    /**
     * Asks all nodes of a database, and goes on watching them. Waits until each has answered or failed once; where the file asks
     * for something that only a node can have which is slow or starting, a little longer.
     *
     * @throws ConfigurationException
     *             if what they have does not fit the file
     * @throws ProxyException
     *             58000 if none can be reached
     */
    public static NodeControl start(Configuration configuration, DatabaseConfig database)
            throws ConfigurationException {
        return start(configuration, database, INTERVAL);
    }

    static NodeControl start(Configuration configuration, DatabaseConfig database, Duration interval)
            throws ConfigurationException {
        NodeControl control = new NodeControl(configuration, database);
        try {
            control.open(interval);
            return control;
        } catch (ConfigurationException | RuntimeException e) {
            control.close();
            throw e;
        }
    }

    /** The map of the file, at epoch 1. */
    static ShardMap initialMap(DatabaseConfig database) {
        return ShardMap.initial(database);
    }

    private void open(Duration interval) throws ConfigurationException {
        List<CompletableFuture<Void>> first = new ArrayList<>();
        for (NodeConfig node : database.nodes()) {
            NodeWatch watch = new NodeWatch(database.name(), node, configuration.controlLogin(database, node), interval,
                    this::found);
            watches.add(watch);
            first.add(watch.look());
        }
        watches.forEach(NodeWatch::start);
        CompletableFuture.allOf(first.toArray(CompletableFuture[]::new)).join();
        CatalogAssembly.Result found;
        synchronized (this) {
            CatalogAssembly.Result result = assembled();
            publish(result);
            found = result;
            started = true;
            for (int node : schemas.keySet()) {
                change(node, new NodeState(NodeState.Status.UP, null, Instant.now()));
            }
        }
        new IdStrides(database, node -> pool(node).connection()).withAlters(found)
                .forEach(problem -> LOG.warn("{}", problem));
        warnOfCopies();
    }

    /**
     * The first catalog. While something is missing that a node may have which has not come to answer, that one is waited for.
     *
     * @throws ConfigurationException
     *             if what the nodes have does not fit the file, with what is known of those that were not asked
     */
    private CatalogAssembly.Result assembled() throws ConfigurationException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            CatalogAssembly.Result result = schemas.isEmpty()
                    ? null
                    : CatalogAssembly.assemble(1, configuration, database, schemas);
            if (result != null && result.problems().stream().noneMatch(Problem::isError)) {
                return result;
            }
            long left = (deadline - System.nanoTime()) / 1_000_000;
            if (passing.isEmpty() || left <= 0) {
                if (result == null) {
                    throw ProxyError.CATALOG_UNKNOWN.with(database.name()).withDetail(reasons());
                }
                throw new ConfigurationException(Stream.concat(result.problems().stream(), unasked()).toList());
            }
            LOG.info("database {}: waiting for what has not answered yet. {}", database.name(), reasons());
            try {
                wait(left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw ProxyError.CATALOG_UNKNOWN.with(database.name()).withDetail(reasons());
            }
        }
    }

    private Stream<Problem> unasked() {
        return database.nodes().stream().filter(node -> !schemas.containsKey(node.index()))
                .map(node -> configuration.problem(Problem.Severity.WARNING,
                        "what node " + node.name() + " has is not known: " + states.get(node.index()).reason(),
                        "databases", database.name(), "nodes", node.name()));
    }

    /** Rows that nobody reads are looked for once, not with every change. */
    private void warnOfCopies() {
        if (database.nodes().size() == 1) {
            return;
        }
        Map<Integer, NodeSchema> known;
        synchronized (this) {
            known = new TreeMap<>(schemas);
        }
        RowChecks checks = new RowChecks(configuration, database, catalog);
        known.forEach((node, schema) -> {
            try (Connection connection = pool(node).connection()) {
                checks.findCopies(node, schema, connection);
            } catch (SQLException e) {
                LOG.warn("database {}: cannot look for copies of tables on node {}: {}", database.name(),
                        database.nodes().get(node).name(), NodeWatch.reason(e));
            }
        });
        checks.problems().forEach(problem -> LOG.warn("{}", problem));
    }

    private String reasons() {
        StringBuilder text = new StringBuilder();
        for (NodeConfig node : database.nodes()) {
            if (!schemas.containsKey(node.index())) {
                text.append(text.isEmpty() ? "" : " ").append("Node ").append(node.name()).append(": ")
                        .append(states.get(node.index()).reason()).append('.');
            }
        }
        return text.toString();
    }

    /** The catalog now. */
    public Catalog catalog() {
        return catalog;
    }

    /** Where the map comes from: the file. */
    public ShardMapSource shardMaps() {
        return shardMaps;
    }

    public NodeState state(int node) {
        return states.get(node);
    }

    /** What a node reports when a client logs in (ParameterStatus), also known while all nodes are down. */
    public Map<String, String> startupParameters() {
        return startupParameters;
    }

    /** What the nodes have against the file now: faults and warnings, and errors that came up since the start. */
    public List<Problem> problems() {
        return problems;
    }

    /**
     * How many connections a node takes, null when it can't be asked; where that is fewer than the pools may open, a warning is
     * logged. Blocks.
     */
    public ConnectionSlots connectionSlots(int node) {
        NodeConfig config = database.nodes().get(node);
        try (Connection connection = pool(node).connection()) {
            ConnectionSlots slots = ConnectionSlots.read(connection);
            slots.problems(configuration, database, config).forEach(problem -> LOG.warn("{}", problem));
            return slots;
        } catch (SQLException e) {
            LOG.info("database {}: the limits of node {} can't be read: {}", database.name(), config.name(),
                    NodeWatch.reason(e));
            return null;
        }
    }

    /** JDBC connections to a node as the proxy's own account; for anything but an event loop. */
    public ControlPool pool(int node) {
        return watches.get(node).pool();
    }

    /** What the nodes have against a newer reading of the file that they have not against this one. */
    public synchronized List<Problem> objections(Configuration newer) {
        Set<String> known = new LinkedHashSet<>();
        problems.forEach(problem -> known.add(problem.path() + ": " + problem.text()));
        return CatalogAssembly.assemble(catalog.version(), newer, newer.databases().get(database.name()), schemas)
                .problems().stream().filter(Problem::isError)
                .filter(problem -> !known.contains(problem.path() + ": " + problem.text())).toList();
    }

    /** From now on another reading of the file holds. A new catalog is made if it says anything else about tables. */
    public synchronized void configuration(Configuration newer) {
        DatabaseConfig before = database;
        configuration = newer;
        database = newer.databases().get(before.name());
        if (before.fanOut() != database.fanOut() || !before.tables().equals(database.tables())
                || !before.functions().equals(database.functions())) {
            publish(CatalogAssembly.assemble(catalog.version() + 1, newer, database, schemas));
        }
    }

    public void addListener(Listener listener) {
        listeners.add(listener);
    }

    /**
     * Looks at every node now: a statement failed in a way that tells of a changed schema. Returns at once; done when every
     * node has been looked at since.
     */
    public CompletionStage<Void> refreshNow() {
        return CompletableFuture.allOf(watches.stream().map(NodeWatch::look).toArray(CompletableFuture[]::new));
    }

    /** Looks at one node now: it is to be used, and has not been seen to fit. */
    public CompletionStage<Void> refreshNow(int node) {
        return watches.get(node).look();
    }

    /** A connection to a node has failed or was lost. If the node counts as up, it is looked at now. Any thread; cheap. */
    public void suspect(int node) {
        if (state(node).isUp()) {
            watches.get(node).suspect();
        }
    }

    private synchronized boolean found(NodeConfig node, NodeWatch.Found found) {
        if (closed) {
            return false;
        }
        return switch (found) {
            case NodeWatch.Found.Unreachable unreachable -> {
                if (unreachable.passing()) {
                    passing.add(node.index());
                } else {
                    passing.remove(node.index());
                }
                notifyAll();
                change(node.index(), new NodeState(NodeState.Status.DOWN, unreachable.reason(), Instant.now()));
                yield false;
            }
            case NodeWatch.Found.Reachable reachable -> {
                if (!started) {
                    passing.remove(node.index());
                    schemas.put(node.index(), reachable.schema());
                    notifyAll();
                    yield true;
                }
                String refused = accept(node, reachable.schema());
                change(node.index(), new NodeState(refused == null ? NodeState.Status.UP : NodeState.Status.DOWN,
                        refused, Instant.now()));
                yield refused == null;
            }
        };
    }

    /** Takes a node's schema into the catalog; says why not if it is new here and does not fit. */
    private String accept(NodeConfig node, NodeSchema schema) {
        NodeSchema known = schemas.get(node.index());
        if (seen.put(node.index(), schema) != schema && known != null) {
            listeners.forEach(Listener::settingsMayHaveChanged);
        }
        if (known != null && schema.sameBesidesIdentity(known)) {
            return null;
        }
        Map<Integer, NodeSchema> candidate = new TreeMap<>(schemas);
        candidate.put(node.index(), schema);
        CatalogAssembly.Result result = CatalogAssembly.assemble(catalog.version() + 1, configuration, database,
                candidate);
        Set<Problem> added = new LinkedHashSet<>(result.problems());
        problems.forEach(added::remove);
        if (known == null && added.stream().anyMatch(Problem::isError)) {
            Problem first = added.stream().filter(Problem::isError).findFirst().orElseThrow();
            return "its schema does not fit: " + first.text();
        }
        added.forEach(problem -> LOG.warn("{}", problem));
        schemas.put(node.index(), schema);
        publish(result);
        LOG.info("database {}: catalog version {} after a change on node {}", database.name(), catalog.version(),
                node.name());
        return null;
    }

    private void publish(CatalogAssembly.Result result) {
        problems = result.problems();
        startupParameters = schemas.values().iterator().next().reported();
        catalog = result.catalog();
        listeners.forEach(listener -> listener.catalogChanged(result.catalog()));
    }

    private void change(int node, NodeState state) {
        NodeState before = states.get(node);
        if (before.status() == state.status() && Objects.equals(before.reason(), state.reason())) {
            return;
        }
        List<NodeState> changed = new ArrayList<>(states);
        changed.set(node, before.status() == state.status()
                ? new NodeState(state.status(), state.reason(), before.since())
                : state);
        states = List.copyOf(changed);
        String name = database.nodes().get(node).name();
        if (state.isUp()) {
            LOG.info("database {}: node {} is up", database.name(), name);
        } else {
            LOG.warn("database {}: node {} is down: {}", database.name(), name, state.reason());
        }
        listeners.forEach(listener -> listener.nodeChanged(node, states.get(node)));
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        watches.forEach(NodeWatch::stop);
        watches.forEach(NodeWatch::close);
    }
}
