package dev.trunkline.admin;

import static dev.trunkline.admin.Rows.lower;
import static dev.trunkline.admin.Rows.row;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.HostStatus;
import dev.trunkline.backend.ServerStatus;
import dev.trunkline.catalog.Catalog;
import dev.trunkline.config.DatabaseConfig;
import dev.trunkline.config.PoolConfig;
import dev.trunkline.pool.Pool;
import dev.trunkline.pool.PoolKey;
import dev.trunkline.pool.PoolStatus;
import dev.trunkline.session.ServedDatabase;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Makes the rows of the views that count connections to nodes: what belongs to event loops is asked of them. */
final class PoolRows {

    /** One moment on both clocks, so that a connection's time is the same whenever it is shown. */
    private static final Instant STARTED = Instant.now();
    private static final long STARTED_NANOS = System.nanoTime();

    private final Served served;
    private final Loops loops;

    PoolRows(Served served, Loops loops) {
        this.served = served;
        this.loops = loops;
    }

    /** Users with the same login share connections, unless their rules differ. */
    private record PoolName(String database, String user, int node, String nodeName, PoolConfig.Override own,
            String bounded) implements Comparable<PoolName> {

        static PoolName of(Pool pool) {
            PoolKey key = pool.key();
            return new PoolName(pool.databaseName(), pool.credential().user(), key.node(), pool.endpoint().nodeName(),
                    key.user(), key.bounded());
        }

        @Override
        public int compareTo(PoolName other) {
            return Comparator.comparing(PoolName::database).thenComparing(PoolName::user)
                    .thenComparingInt(PoolName::node).thenComparing(name -> String.valueOf(name.bounded))
                    .thenComparing(name -> String.valueOf(name.own)).compare(this, other);
        }
    }

    private CompletionStage<Map<PoolName, PoolStatus>> sums() {
        return loops.ask(worker -> {
            long now = System.nanoTime();
            Map<PoolName, PoolStatus> sums = new HashMap<>();
            worker.pools().forEach(pool -> sums.merge(PoolName.of(pool), pool.status(now), PoolStatus::plus));
            return sums;
        }).thenApply(all -> {
            Map<PoolName, PoolStatus> sums = new TreeMap<>();
            all.forEach(some -> some.forEach((name, status) -> sums.merge(name, status, PoolStatus::plus)));
            return sums;
        });
    }

    /** The rows of SHOW POOLS; {@code database} limits them to one, null for all; so it does below. */
    CompletionStage<List<List<Object>>> pools(String database) {
        return sums().thenApply(sums -> {
            List<List<Object>> rows = new ArrayList<>();
            sums.forEach((name, sum) -> {
                if (database == null || database.equals(name.database)) {
                    PoolConfig config = config(name.database).pool().with(name.own);
                    long waitMicros = sum.longestWaitNanos() / 1000;
                    rows.add(row(name.database, name.user, name.nodeName, sum.lent(), sum.waiting(), sum.lent(),
                            sum.idle(), waitMicros, lower(config.mode()), sum.connecting(), config.size(),
                            served.databases().get(name.database).gate().isPaused(), sum.tested(), config.min(),
                            sum.limitedBy(), waitMicros / 1_000_000, name.bounded));
                }
            });
            return rows;
        });
    }

    /** The rows of SHOW SERVERS. */
    CompletionStage<List<List<Object>>> servers(String database) {
        return loops.ask(worker -> {
            List<List<Object>> rows = new ArrayList<>();
            for (Pool pool : worker.pools()) {
                if (database == null || database.equals(pool.databaseName())) {
                    pool.connections().forEach(connection -> rows.add(server(pool, connection)));
                }
            }
            return rows;
        }).thenApply(all -> all.stream().flatMap(List::stream).toList());
    }

    private static List<Object> server(Pool pool, BackendConnection connection) {
        ServerStatus s = connection.status();
        return row("S", pool.credential().user(), pool.databaseName(), s.state(), Rows.address(s.to()),
                Rows.port(s.to()), Rows.address(s.from()), Rows.port(s.from()),
                STARTED.plusNanos(connection.createdNanos() - STARTED_NANOS), pool.isOutdated(connection) ? 1 : 0,
                s.client(), s.processId(), s.encryption(), s.applicationName(), pool.endpoint().nodeName(),
                s.preparedStatements());
    }

    /** The rows of SHOW LISTS. */
    CompletionStage<List<List<Object>>> lists() {
        return sums().thenApply(sums -> {
            List<HostStatus> names = served.addresses().names();
            return List.of(list("databases", served.databases().size()),
                    list("users", served.configuration().get().users().size()), list("pools", sums.size()),
                    list("free_clients", 0), list("used_clients", served.clients().count()),
                    list("login_clients", served.clients().inDialog()), list("free_servers", 0),
                    list("used_servers", served.budgets().total().held()), list("dns_names", names.size()),
                    list("dns_zones", 0), list("dns_queries", names.stream().filter(HostStatus::asking).count()),
                    list("dns_pending", 0));
        });
    }

    private static List<Object> list(String name, long items) {
        return row(name, items);
    }

    private DatabaseConfig config(String database) {
        return served.configuration().get().databases().get(database);
    }

    /** The rows of SHOW DATABASES. */
    CompletionStage<List<List<Object>>> databases(String wanted) {
        List<List<Object>> rows = new ArrayList<>();
        for (ServedDatabase database : served.databases(wanted)) {
            DatabaseConfig config = config(database.name());
            Catalog catalog = database.catalog();
            rows.add(row(database.name(), database.nodes().size(), catalog.virtualShards(),
                    database.destinations().epoch(), database.nodes().get(catalog.homeNode()).nodeName(),
                    config.pool().size(), lower(config.pool().mode()),
                    served.budgets().ofDatabase(database.name()).held(), database.gate().isPaused(),
                    lower(catalog.fanOut()), catalog.version(), config.maxConnections(), config.pool().min()));
        }
        return CompletableFuture.completedStage(rows);
    }
}
