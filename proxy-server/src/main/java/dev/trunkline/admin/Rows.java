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
import dev.trunkline.config.PoolConfig;
import dev.trunkline.frontend.ClientConnection;
import dev.trunkline.metrics.FanOutStatements;
import dev.trunkline.metrics.LatencyBuckets;
import dev.trunkline.metrics.StatementMetrics;
import dev.trunkline.pool.Pool;
import dev.trunkline.route.Routing;
import dev.trunkline.session.CatalogSource;
import dev.trunkline.session.ClientStatus;
import dev.trunkline.session.ServedDatabase;
import dev.trunkline.session.Worker;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
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

    Rows(Served served, Loops loops) {
        this.served = served;
        this.loops = loops;
    }

    /** The rows of a view; {@code database} limits it to one, null for all. */
    CompletionStage<List<List<Object>>> of(View view, String database) {
        return switch (view) {
            case CLIENTS -> clients(database);
            case POOLS -> pools(database);
            case NODES -> now(nodes(database));
            case SHARDS -> now(shards(database));
            case TABLES -> now(tables(database));
            case FANOUT -> now(fanOut(database));
            case STATS -> now(stats(database));
            case CONFIG -> now(config());
            case DATABASES -> databases(database);
            case USERS -> now(users());
            case VERSION -> now(List.of(List.of(Version.TEXT)));
            case HELP -> now(help());
        };
    }

    private static CompletionStage<List<List<Object>>> now(List<List<Object>> rows) {
        return CompletableFuture.completedStage(rows);
    }

    private static List<Object> row(Object... values) {
        return Arrays.asList(values);
    }

    private static String lower(Enum<?> word) {
        return word == null ? null : word.name().toLowerCase(Locale.ROOT);
    }

    // ---- what belongs to event loops

    private CompletionStage<List<List<Object>>> clients(String database) {
        return loops.ask(this::clientsOf).thenApply(all -> all.stream().flatMap(List::stream)
                .filter(client -> database == null || database.equals(client.database()))
                .sorted(Comparator.comparing(ClientStatus::connected)).map(Rows::client).toList());
    }

    private List<ClientStatus> clientsOf(Worker worker) {
        long now = System.nanoTime();
        List<ClientStatus> all = new ArrayList<>();
        for (ClientConnection connection : served.clients().connections()) {
            ClientStatus status = connection.loop() == worker.loop() ? connection.status(now) : null;
            if (status != null) {
                all.add(status);
            }
        }
        return all;
    }

    private static List<Object> client(ClientStatus c) {
        InetSocketAddress from = c.address() instanceof InetSocketAddress address ? address : null;
        return row(c.user(), c.database(), c.state(), from == null ? null : from.getAddress().getHostAddress(),
                from == null ? null : from.getPort(), c.waitMicros(), c.pinned(),
                c.nodes().isEmpty() ? null : String.join(",", c.nodes()), c.processId(), c.applicationName(),
                c.connected(), c.request(), c.requests(), c.channels(), c.pinnedFor());
    }

    /** One pool over all loops: the key and the sums. */
    private static final class PoolSum {
        long lent;
        long idle;
        long waiting;
        long connecting;
        long longestMicros;

        void add(Pool pool, long now) {
            lent += pool.lentCount();
            idle += pool.idleCount();
            waiting += pool.waitingCount();
            connecting += pool.connectingCount();
            longestMicros = Math.max(longestMicros, pool.longestWaitNanos(now) / 1000);
        }

        void add(PoolSum other) {
            lent += other.lent;
            idle += other.idle;
            waiting += other.waiting;
            connecting += other.connecting;
            longestMicros = Math.max(longestMicros, other.longestMicros);
        }
    }

    private record PoolName(String database, String user, int node, String nodeName) implements Comparable<PoolName> {

        @Override
        public int compareTo(PoolName other) {
            return Comparator.comparing(PoolName::database).thenComparing(PoolName::user)
                    .thenComparingInt(PoolName::node).compare(this, other);
        }
    }

    private static Map<PoolName, PoolSum> poolsOf(Worker worker) {
        long now = System.nanoTime();
        Map<PoolName, PoolSum> sums = new LinkedHashMap<>();
        for (Pool pool : worker.pools()) {
            sums.computeIfAbsent(new PoolName(pool.databaseName(), pool.credential().user(), pool.endpoint().node(),
                    pool.endpoint().nodeName()), name -> new PoolSum()).add(pool, now);
        }
        return sums;
    }

    private CompletionStage<Map<PoolName, PoolSum>> poolSums() {
        return loops.ask(Rows::poolsOf).thenApply(all -> {
            Map<PoolName, PoolSum> sums = new TreeMap<>();
            all.forEach(some -> some.forEach((name, sum) -> sums.computeIfAbsent(name, n -> new PoolSum()).add(sum)));
            return sums;
        });
    }

    private CompletionStage<List<List<Object>>> pools(String database) {
        return poolSums().thenApply(sums -> {
            List<List<Object>> rows = new ArrayList<>();
            sums.forEach((name, sum) -> {
                if (database == null || database.equals(name.database)) {
                    PoolConfig config = configuration().databases().get(name.database).pool();
                    rows.add(row(name.database, name.user, name.nodeName, sum.lent, sum.waiting, sum.lent, sum.idle,
                            sum.longestMicros, lower(config.mode()), sum.connecting, config.size(),
                            served.databases().get(name.database).gate().isPaused()));
                }
            });
            return rows;
        });
    }

    private CompletionStage<List<List<Object>>> databases(String wanted) {
        return poolSums().thenApply(sums -> {
            List<List<Object>> rows = new ArrayList<>();
            for (ServedDatabase database : served.databases(wanted)) {
                PoolConfig pool = configuration().databases().get(database.name()).pool();
                long connections = sums.entrySet().stream().filter(e -> e.getKey().database.equals(database.name()))
                        .mapToLong(e -> e.getValue().lent + e.getValue().idle).sum();
                Catalog catalog = database.catalog();
                rows.add(row(database.name(), database.nodes().size(), catalog.virtualShards(),
                        database.destinations().epoch(), database.nodes().get(catalog.homeNode()).nodeName(),
                        pool.size(), lower(pool.mode()), connections, database.gate().isPaused(),
                        lower(catalog.fanOut()), catalog.version()));
            }
            return rows;
        });
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
                rows.add(row(database.name(), node.nodeName(), node.host() + ":" + node.port(), "primary",
                        source.isUp(node.node()) ? "up" : "down", config.capacity(),
                        map.shardsOf(node.node()).cardinality(), source.whyDown(node.node()),
                        database.nodeBytes(node.node(), true), database.nodeBytes(node.node(), false)));
                config.replicas().forEach(replica -> rows.add(row(database.name(), node.nodeName(),
                        replica.toString(), "replica", "unused", config.capacity(), 0, null, 0L, 0L)));
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

    private List<List<Object>> stats(String wanted) {
        List<List<Object>> rows = new ArrayList<>();
        for (ServedDatabase database : served.databases(wanted)) {
            StatementMetrics metrics = served.statements().get(database.name());
            long total = metrics.total();
            long micros = metrics.totalMicros();
            List<Object> row = new ArrayList<>(row(database.name(), total, metrics.failed(), micros,
                    total == 0 ? 0 : micros / total, metrics.quantileMicros(0.5), metrics.quantileMicros(0.99)));
            for (Routing routing : Routing.values()) {
                row.add(metrics.total(routing));
            }
            long toNodes = 0;
            long fromNodes = 0;
            for (int node = 0; node < database.nodes().size(); node++) {
                toNodes += database.nodeBytes(node, true);
                fromNodes += database.nodeBytes(node, false);
            }
            row.addAll(row(toNodes, fromNodes, database.plans().hits().sum(), database.plans().misses().sum()));
            rows.add(row);
        }
        return rows;
    }

    private List<List<Object>> config() {
        Map<String, String> defaults = Configuration.keys().stream()
                .collect(Collectors.toMap(KeyFact::path, KeyFact::defaultText, (a, b) -> a));
        return configuration().settings().values().stream().map(s -> row(s.key(), s.text(),
                defaults.getOrDefault(s.pattern(), ""), s.changeable().word())).toList();
    }

    private List<List<Object>> users() {
        return configuration().users().values().stream().map(user -> row(user.name(), lower(user.admin()),
                user.databases() == null ? null : String.join(", ", user.databases()), lower(user.fanOut())))
                .toList();
    }

    private static List<List<Object>> help() {
        List<List<Object>> rows = new ArrayList<>();
        for (View view : View.values()) {
            boolean ofDatabase = view.columns().getFirst().name().equals("database");
            rows.add(row("SHOW " + view + (ofDatabase ? " [database]" : ""), view.description()));
        }
        rows.add(row("PAUSE [database]", "let no new transaction begin, and wait until those under way have ended"));
        rows.add(row("RESUME [database]", "go on after PAUSE"));
        rows.add(row("RECONNECT [database]", "make every connection to the nodes anew, each when it is free"));
        rows.add(row("KILL id", "end a client's session; SHOW CLIENTS has the id"));
        rows.add(row("RELOAD", "read the configuration file again, and show what it changes"));
        rows.add(row("SET log_level = level", "how much is logged: trace, debug, info, warn, error"));
        return rows;
    }
}
