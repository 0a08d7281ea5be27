package dev.trunkline.net;

import dev.trunkline.admin.AdminDatabase;
import dev.trunkline.admin.LogOutput;
import dev.trunkline.admin.Served;
import dev.trunkline.auth.ClientTls;
import dev.trunkline.auth.NodeTls;
import dev.trunkline.backend.BackendConnector;
import dev.trunkline.backend.Keepalive;
import dev.trunkline.backend.ReadBuffers;
import dev.trunkline.backend.NodeAddresses;
import dev.trunkline.backend.NodeEndpoint;
import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.ShardMap;
import dev.trunkline.config.Configuration;
import dev.trunkline.config.ConfigurationChange;
import dev.trunkline.config.ConfigurationException;
import dev.trunkline.config.DatabaseConfig;
import dev.trunkline.config.DatabaseConfig.FanOutWarning;
import dev.trunkline.config.FanOutPolicy;
import dev.trunkline.config.HostPort;
import dev.trunkline.config.NodeConfig;
import dev.trunkline.config.Problem;
import dev.trunkline.frontend.ClientConnection;
import dev.trunkline.frontend.Cancels;
import dev.trunkline.frontend.Clients;
import dev.trunkline.frontend.Drain;
import dev.trunkline.frontend.Reception;
import dev.trunkline.metrics.Monitoring;
import dev.trunkline.metrics.StatementMetrics;
import dev.trunkline.node.NodeControl;
import dev.trunkline.pool.Budgets;
import dev.trunkline.plan.PlanCache;
import dev.trunkline.plan.PlannerWarmUp;
import dev.trunkline.route.DestinationTable;
import dev.trunkline.session.CatalogSource;
import dev.trunkline.session.FanOutRules;
import dev.trunkline.session.ServedDatabase;
import dev.trunkline.session.Worker;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The proxy: wires everything by hand, opens the port when it is ready, and drains when it is closed. {@link #start} and
 * {@link #close} are for one thread.
 */
public final class TrunklineServer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TrunklineServer.class);
    private static final int TICK_MILLIS = 100;
    private static final long PLANNER_STACK_BYTES = 8L << 20;
    /** What a cached plan of typical size takes. */
    private static final int PLAN_BYTES = 4096;

    /** Once in a process: the second server finds the code warm. */
    private static final AtomicBoolean WARM = new AtomicBoolean();

    /** As it was at the start; what may change is read from {@link #reloading}. */
    private final Configuration configuration;
    private final Reloading reloading;
    private final Map<String, CatalogSource> sources;
    private final Map<String, ServedDatabase> databases = new LinkedHashMap<>();
    private final Map<String, StatementMetrics> statements = new LinkedHashMap<>();
    private final Budgets budgets;
    private final NodeAddresses addresses;
    private final List<Worker> workers = new ArrayList<>();
    private final ExecutorService planner;
    private final Map<String, ControlledCatalog> controls = new LinkedHashMap<>();
    private Clients clients;
    private Reception reception;
    private EventLoopGroup loops;
    private ClientPort clientPort;
    private Monitoring monitoring;
    private volatile boolean draining;

    /** @param sources the control plane of each database, by the database's name */
    public TrunklineServer(Configuration configuration, Map<String, CatalogSource> sources) {
        this(configuration, sources, planner());
    }

    /**
     * As above, with other threads for planning.
     *
     * @param planner makes the plans that a cache doesn't have; ends with the server
     */
    public TrunklineServer(Configuration configuration, Map<String, CatalogSource> sources, ExecutorService planner) {
        this.configuration = configuration;
        this.reloading = new Reloading(configuration, System::getenv, new RunningParts());
        this.sources = Map.copyOf(sources);
        this.budgets = new Budgets(configuration);
        this.addresses = new NodeAddresses(configuration.limits().dnsTtl());
        this.planner = planner;
    }

    private static ExecutorService planner() {
        int planners = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
        return Executors.newFixedThreadPool(planners, task -> {
            Thread thread = new Thread(null, task, "trunkline-planner", PLANNER_STACK_BYTES);
            thread.setDaemon(true);
            return thread;
        });
    }

    /**
     * A proxy for the nodes of a configuration: asks every database's nodes, of which at least one each has to answer.
     *
     * @throws ConfigurationException when what the nodes have does not fit the file
     * @throws dev.trunkline.error.ProxyException 58000 when no node of a database answers
     */
    public static TrunklineServer of(Configuration configuration) throws ConfigurationException {
        Map<String, CatalogSource> sources = new LinkedHashMap<>();
        Map<String, ControlledCatalog> opened = new LinkedHashMap<>();
        try {
            for (DatabaseConfig database : configuration.databases().values()) {
                ControlledCatalog source = new ControlledCatalog(NodeControl.start(configuration, database),
                        database.nodes().size());
                opened.put(database.name(), source);
                sources.put(database.name(), source);
            }
        } catch (ConfigurationException | RuntimeException e) {
            opened.values().forEach(ControlledCatalog::close);
            throw e;
        }
        TrunklineServer server = new TrunklineServer(configuration, sources);
        server.controls.putAll(opened);
        return server;
    }

    /**
     * Opens the port; when this returns, clients are served.
     *
     * @throws ConfigurationException when a certificate or key can't be used
     * @throws IOException when the port can't be listened on
     */
    public void start() throws InterruptedException, ConfigurationException, IOException {
        ClientTls tls = ClientTls.of(configuration);
        Map<NodeConfig, NodeTls> towardsNodes = towardsNodes();
        Transport transport = Transport.best();
        int count = configuration.limits().eventLoops() > 0
                ? configuration.limits().eventLoops()
                : Math.max(1, Runtime.getRuntime().availableProcessors() / 4);
        clientPort = ClientPort.of(configuration.listen(), transport);
        int proxyId = clientPort.proxyId();
        loops = transport.loops(count);
        Keepalive keepalive = new Keepalive(configuration.keepalive());
        BackendConnector connector = new BackendConnector(transport.client(),
                "trunkline/" + proxyId, configuration.limits().preparedStatements(),
                keepalive, addresses);
        Map<EventLoop, Worker> byLoop = new LinkedHashMap<>();
        for (EventExecutor executor : loops) {
            Worker worker = new Worker((EventLoop) executor, workers.size(), count, connector);
            workers.add(worker);
            byLoop.put((EventLoop) executor, worker);
            executor.scheduleAtFixedRate(worker::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
        }
        configuration.databases().values().forEach(database -> serve(database, towardsNodes));
        clients = new Clients(proxyId, configuration.limits().clients(),
                configuration.limits().unauthenticatedClients());
        databases.values().forEach(database -> database.signals(clients));
        Cancels cancels = new Cancels(clients, clientPort.elsewhere());
        AdminDatabase admin = new AdminDatabase(new Served(reloading::current, databases, statements, sources, workers,
                clients, budgets, addresses), reloading);
        admin.keepTime(loops);
        reception = new Reception(configuration, databases, clients, cancels, admin, tls);
        int buffer = configuration.limits().clientBuffer();
        ServerBootstrap bootstrap = new ServerBootstrap().group(loops)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.RECVBUF_ALLOCATOR, new ReadBuffers())
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(buffer / 4, buffer))
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        keepalive.guardClient(channel);
                        channel.pipeline()
                                .addLast(new ClientConnection(byLoop.get(channel.eventLoop()), reception));
                    }
                });
        databases.values().forEach(database -> KeptPools.keep(configuration, database, reception, workers));
        clientPort.listen(bootstrap, loops, cancels);
        if (configuration.monitoring() != null) {
            monitoring = new Monitoring(configuration.monitoring(), databases, statements, sources, workers, clients,
                    cancels, clientPort::peers, () -> draining);
            monitoring.start(clientPort.isShared());
        }
        if (WARM.compareAndSet(false, true)) {
            Thread.ofPlatform().name("trunkline-warm-up").daemon().start(PlannerWarmUp::run);
        }
        LOG.info("listening on {} ({}, {} event loop{})", new HostPort(configuration.listen().host(), port()),
                transport.name(), count, count == 1 ? "" : "s");
    }

    private Map<NodeConfig, NodeTls> towardsNodes() throws ConfigurationException {
        Map<NodeConfig, NodeTls> all = new HashMap<>();
        for (DatabaseConfig database : configuration.databases().values()) {
            for (NodeConfig node : database.nodes()) {
                try {
                    all.put(node, NodeTls.of(node.tls()));
                } catch (SSLException e) {
                    throw new ConfigurationException(List.of(configuration.problem(Problem.Severity.ERROR,
                            "the file " + node.tls().ca() + " can't be used: " + e.getMessage(), "databases",
                            database.name(), "nodes", node.name(), "tls", "ca")));
                }
            }
        }
        return all;
    }

    private void serve(DatabaseConfig config, Map<NodeConfig, NodeTls> towardsNodes) {
        CatalogSource source = sources.get(config.name());
        List<NodeEndpoint> nodes = new ArrayList<>();
        for (NodeConfig node : config.nodes()) {
            nodes.add(new NodeEndpoint(node.index(), node.name(), node.primary().host(), node.primary().port(),
                    node.database(), towardsNodes.get(node)));
        }
        Catalog catalog = source.catalog();
        ShardMap map = ShardMap.initial(config);
        StatementMetrics metrics = new StatementMetrics(config.name());
        ServedDatabase database = new ServedDatabase(config.name(), nodes, config.pool(), budgets,
                fanOutRules(configuration, config),
                new PlanCache(Math.max(1, configuration.limits().planCacheSize() / PLAN_BYTES), planner), catalog,
                new DestinationTable(map, nodes.size(), catalog.homeNode()), source, metrics);
        database.slowNanos(slowNanos(configuration));
        database.notificationBytes(configuration.limits().notifications());
        source.whenChanged(database::catalog);
        databases.put(config.name(), database);
        statements.put(config.name(), metrics);
    }

    private static FanOutRules fanOutRules(Configuration configuration, DatabaseConfig database) {
        Map<String, FanOutPolicy> ofUsers = new HashMap<>();
        configuration.users().values().forEach(user -> {
            if (user.fanOut() != null) {
                ofUsers.put(user.name(), user.fanOut());
            }
        });
        return new FanOutRules(database.fanOutWarning() == FanOutWarning.ALWAYS, ofUsers);
    }

    private static long slowNanos(Configuration configuration) {
        long nanos = configuration.log().slowStatement().toNanos();
        return nanos == 0 ? Long.MAX_VALUE : nanos;
    }

    /** What another reading of the file may change while clients are connected. */
    private final class RunningParts implements Reloading.Parts {

        @Override
        public List<Problem> objections(Configuration newer) {
            List<Problem> all = new ArrayList<>();
            controls.forEach((name, control) -> {
                if (newer.databases().containsKey(name)) {
                    all.addAll(control.objections(newer));
                }
            });
            return all;
        }

        @Override
        public void apply(Configuration newer) {
            LogOutput.level(newer.log());
            budgets.configuration(newer);
            reception.configuration(newer);
            databases.forEach((name, database) -> {
                DatabaseConfig config = newer.databases().get(name);
                if (config != null) {
                    apply(newer, config, database);
                }
            });
        }

        private void apply(Configuration newer, DatabaseConfig config, ServedDatabase database) {
            ControlledCatalog control = controls.get(config.name());
            if (control != null) {
                control.configuration(newer);
            }
            database.slowNanos(slowNanos(newer));
            database.notificationBytes(newer.limits().notifications());
            database.fanOutRules(fanOutRules(newer, config));
            database.pool(config.pool());
            KeptPools.keep(newer, database, reception, workers);
        }
    }

    /** Reads the configuration file again, as RELOAD does. */
    public CompletionStage<List<ConfigurationChange>> reload() {
        return reloading.reload();
    }

    /** The port that clients connect to. */
    public int port() {
        return clientPort.port();
    }

    /** The port of {@code /metrics}, {@code /health} and {@code /ready}; 0 without monitoring. */
    public int monitoringPort() {
        return monitoring == null ? 0 : monitoring.port();
    }

    /**
     * Drains: nobody new comes in, clients between two transactions are sent away, the others get until
     * {@code limits.drainTimeout}. Then everything is closed.
     */
    @Override
    public void close() {
        if (draining) {
            return;
        }
        draining = true;
        if (loops == null) {
            planner.shutdown();
            controls.values().forEach(ControlledCatalog::close);
            return;
        }
        try {
            clientPort.stopListening();
            for (Worker worker : workers) {
                // Those who came last are counted once the loops have seen them.
                run(worker, () -> {
                });
            }
            if (monitoring != null && clientPort.peers() > 0) {
                // It is the turn of another process to say whether clients are served here.
                monitoring.close();
                monitoring = null;
            }
            if (clients != null) {
                new Drain(clients).run(reloading.current().limits().drainTimeout());
            }
            clientPort.close();
            for (Worker worker : workers) {
                run(worker, worker::close);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (monitoring != null) {
            monitoring.close();
        }
        loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
        planner.shutdownNow();
        addresses.close();
        controls.values().forEach(ControlledCatalog::close);
        LOG.info("stopped");
    }

    private static void run(Worker worker, Runnable task) throws InterruptedException {
        try {
            worker.loop().submit(task).get(2, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("an event loop did not close in time", e);
        }
    }
}
