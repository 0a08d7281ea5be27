package dev.trunkline.admin;

import dev.trunkline.backend.NodeEndpoint;
import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.Distribution;
import dev.trunkline.catalog.KeyColumn;
import dev.trunkline.catalog.Relation;
import dev.trunkline.catalog.ShardMap;
import dev.trunkline.config.Configuration;
import dev.trunkline.config.FanOutPolicy;
import dev.trunkline.config.KeyFact;
import dev.trunkline.config.NodeConfig;
import dev.trunkline.config.PoolSums;
import dev.trunkline.frontend.AdminAccess;
import dev.trunkline.frontend.ClientConnection;
import dev.trunkline.metrics.FanOutStatements;
import dev.trunkline.metrics.LatencyBuckets;
import dev.trunkline.metrics.StatementMetrics;
import dev.trunkline.route.Routing;
import dev.trunkline.session.CatalogSource;
import dev.trunkline.session.ClientStatus;
import dev.trunkline.session.ServedDatabase;
import dev.trunkline.session.Worker;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;

/** Makes the rows of each {@link View}. */
final class Rows {

    private static final int TOP = 100;
    /** The only domain until several are served. */
    private static final String DOMAIN = "default";

    private final Served served;
    private final Loops loops;
    private final PoolRows pools;
    private final StatRows stats;

    Rows(Served served, Loops loops, Period period) {
        this.served = served;
        this.loops = loops;
        this.pools = new PoolRows(served, loops);
        this.stats = new StatRows(served, period);
    }

    /** The rows of a view; {@code database} limits it to one, null for all. */
    CompletionStage<List<List<Object>>> of(View view, String database) {
        if (database != null && !(view == View.CLIENTS && database.equals(AdminAccess.DATABASE))) {
            served.databases(database);
        }
        return switch (view) {
            case CLIENTS -> clients(database);
            case POOLS -> pools.pools(database);
            case NODES -> now(nodes(database));
            case SHARDS -> now(shards(database));
            case TABLES -> now(tables(database));
            case FANOUT -> now(fanOut(database));
            case SERVERS -> pools.servers(database);
            case STATS -> now(stats.stats(database));
            case STATS_TOTALS -> now(stats.totals(database));
            case STATS_AVERAGES -> now(stats.averages(database));
            case TOTALS -> now(stats.sums());
            case LISTS -> pools.lists();
            case MEM -> now(MemoryRows.rows());
            case STATE -> now(state());
            case DNS_HOSTS -> now(hosts());
            case CONFIG -> now(config());
            case DATABASES -> pools.databases(database);
            case USERS -> now(users());
            case VERSION -> now(List.of(List.of(Version.TEXT)));
            case HELP -> now(help());
        };
    }

    private static CompletionStage<List<List<Object>>> now(List<List<Object>> rows) {
        return CompletableFuture.completedStage(rows);
    }

    static List<Object> row(Object... values) {
        return Arrays.asList(values);
    }

    static String lower(Enum<?> word) {
        return word == null ? null : word.name().toLowerCase(Locale.ROOT);
    }

    // ---- what belongs to event loops

    private CompletionStage<List<List<Object>>> clients(String database) {
        return loops.ask(worker -> clientsOf(worker, database)).thenApply(all -> all.stream().flatMap(List::stream)
                .sorted(Comparator.comparing(Client::connected)).map(Client::row).toList());
    }

    private record Client(Instant connected, List<Object> row) {}

    private List<Client> clientsOf(Worker worker, String database) {
        long now = System.nanoTime();
        List<Client> all = new ArrayList<>();
        for (ClientConnection connection : served.clients().connections()) {
            ClientStatus status = connection.loop() == worker.loop() ? connection.status(now) : null;
            if (status != null && (database == null || database.equals(status.database()))) {
                all.add(new Client(status.connected(), client(connection, status)));
            }
        }
        return all;
    }

    private static List<Object> client(ClientConnection connection, ClientStatus c) {
        SocketAddress at = connection.localAddress();
        return row(c.user(), c.database(), c.state(), address(c.address()), port(c.address()), c.waitMicros(),
                c.pinned(), c.nodes().isEmpty() ? null : String.join(",", c.nodes()), c.processId(),
                c.applicationName(), c.connected(), c.request(), c.requests(), c.channels(), c.pinnedFor(),
                c.preparedStatements(), c.requested(), c.waitMicros() / 1_000_000, address(at), port(at),
                connection.encryption());
    }

    static String address(SocketAddress of) {
        return of instanceof InetSocketAddress address ? NetUtil.toAddressString(address.getAddress()) : null;
    }

    static Integer port(SocketAddress of) {
        return of instanceof InetSocketAddress address ? address.getPort() : null;
    }

    // ---- what anybody may read

    private Configuration configuration() {
        return served.configuration().get();
    }

    private List<List<Object>> nodes(String wanted) {
        List<List<Object>> rows = new ArrayList<>();
        for (ServedDatabase database : served.databases(wanted)) {
            CatalogSource source = served.sources().get(database.name());
            ShardMap map = database.destinations().map();
            for (NodeEndpoint node : database.nodes()) {
                NodeConfig config = configuration().databases().get(database.name()).node(node.nodeName());
                rows.add(row(database.name(), node.nodeName(), config.primary().toString(), "primary",
                        source.isUp(node.node()) ? "up" : "down", config.capacity(),
                        map.shardsOf(node.node()).cardinality(), source.whyDown(node.node()),
                        database.nodeBytes(node.node(), true), database.nodeBytes(node.node(), false),
                        served.budgets().ofServer(node).held(), config.maxConnections(),
                        new PoolSums(configuration()).atServer(config), source.connectionSlots(node.node())));
                config.replicas().forEach(replica -> rows.add(row(database.name(), node.nodeName(),
                        replica.toString(), "replica", "unused", config.capacity(), 0, null, 0L, 0L, null,
                        null, null, null)));
            }
        }
        return rows;
    }

    private List<List<Object>> shards(String wanted) {
        List<List<Object>> rows = new ArrayList<>();
        for (ServedDatabase database : served.databases(wanted)) {
            ShardMap map = database.destinations().map();
            for (int shard = 0; shard < map.allVirtualShards(); shard++) {
                int node = map.nodeOf(shard);
                rows.add(row(database.name(), DOMAIN, shard, node < 0 ? null : database.nodes().get(node).nodeName(),
                        node < 0 ? "unowned" : "active", map.epoch()));
            }
        }
        return rows;
    }

    private List<List<Object>> tables(String wanted) {
        List<List<Object>> rows = new ArrayList<>();
        for (ServedDatabase database : served.databases(wanted)) {
            Catalog catalog = database.catalog();
            catalog.relations().stream().sorted(Comparator.comparing(Relation::schema).thenComparing(Relation::name))
                    .forEach(relation -> rows.add(table(database, catalog, relation)));
        }
        return rows;
    }

    private static List<Object> table(ServedDatabase database, Catalog catalog, Relation relation) {
        FanOutPolicy own = catalog.fanOut(relation);
        String key = null;
        String group = null;
        String node = null;
        String reason = null;
        String word;
        switch (relation.distribution()) {
            case Distribution.Sharded sharded -> {
                word = "sharded";
                key = sharded.key().stream().map(KeyColumn::name).collect(Collectors.joining(", "));
                group = sharded.colocationGroup();
            }
            case Distribution.Reference reference -> word = "reference";
            case Distribution.Unsharded unsharded -> {
                word = "unsharded";
                node = database.nodes().get(unsharded.node()).nodeName();
            }
            case Distribution.Refused refused -> {
                word = "refused";
                reason = refused.why();
            }
        }
        return row(database.name(), relation.schema(), relation.name(),
                lower(relation.kind()).replace('_', ' '), word, key, group, node,
                word.equals("sharded") ? lower(own != null ? own : catalog.fanOut()) : null, reason);
    }

    private List<List<Object>> fanOut(String wanted) {
        record Ranked(long micros, List<Object> row) {}
        List<Ranked> all = new ArrayList<>();
        for (ServedDatabase database : served.databases(wanted)) {
            StatementMetrics metrics = served.statements().get(database.name());
            LatencyBuckets oneNode = metrics.times(Routing.ONE_NODE);
            long p50 = oneNode.quantileMicros(0.5);
            long p99 = oneNode.quantileMicros(0.99);
            for (FanOutStatements.Line line : metrics.fanOutStatements().top(TOP)) {
                all.add(new Ranked(line.totalMicros(), row(database.name(), line.count(), line.totalMicros(),
                        line.p50Micros(), line.p99Micros(), line.rows(),
                        Math.round(metrics.share(line.count()) * 100_000) / 1000.0, p50, p99, line.reason(),
                        String.join(", ", line.tables()), line.fix(), line.failed(), line.rejected(),
                        line.fingerprint())));
            }
        }
        all.sort(Comparator.comparingLong(Ranked::micros).reversed());
        return all.stream().limit(TOP).map(Ranked::row).toList();
    }

    private List<List<Object>> config() {
        Map<String, String> defaults = Configuration.keys().stream()
                .collect(Collectors.toMap(KeyFact::path, KeyFact::defaultText, (a, b) -> a));
        return configuration().settings().values().stream().map(s -> row(s.key(), s.text(),
                defaults.getOrDefault(s.pattern(), ""), s.changeable().word())).toList();
    }

    private List<List<Object>> users() {
        return configuration().users().values().stream().map(user -> row(user.name(), lower(user.admin()),
                user.databases() == null ? null : String.join(", ", user.databases()), lower(user.fanOut()),
                user.maxConnections() == null ? null : served.budgets().ofUser(user.name()).held(),
                user.maxConnections(), user.pool() == null ? null : lower(user.pool().mode()))).toList();
    }

    private List<List<Object>> hosts() {
        return served.addresses().names().stream().map(host -> row(host.host(), host.left().toSeconds(),
                host.addresses().stream().map(NetUtil::toAddressString).collect(Collectors.joining(",")),
                host.failure())).toList();
    }

    /** It is paused when all databases are, as after PAUSE without a name. */
    private List<List<Object>> state() {
        boolean paused = served.databases(null).stream().allMatch(database -> database.gate().isPaused());
        return List.of(row("active", paused ? "no" : "yes"), row("paused", paused ? "yes" : "no"),
                row("suspended", "no"));
    }

    private static List<List<Object>> help() {
        List<List<Object>> rows = new ArrayList<>();
        for (View view : View.values()) {
            rows.add(row("SHOW " + view + (view.isByDatabase() ? " [database]" : ""), view.description()));
        }
        rows.add(row("PAUSE [database]", "let no new transaction begin, and wait until those under way have ended"));
        rows.add(row("RESUME [database]", "go on after PAUSE"));
        rows.add(row("RECONNECT [database]", "make every connection to the nodes anew, each when it is free"));
        rows.add(row("WAIT_CLOSE [database]", "wait until RECONNECT has closed what it was to close"));
        rows.add(row("KILL id", "end a client's session; SHOW CLIENTS has the id"));
        rows.add(row("KILL database", "pause a database and end all its clients' sessions; RESUME lifts the pause"));
        rows.add(row("RELOAD", "read the configuration file again, and show what it changes"));
        rows.add(row("SET log_level = level", "how much is logged: trace, debug, info, warn, error"));
        return rows;
    }
}
