package dev.trunkline.admin;

import static dev.trunkline.admin.Rows.lower;
import static dev.trunkline.admin.Rows.row;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.config.DatabaseConfig;
import dev.trunkline.config.PoolConfig;
import dev.trunkline.pool.Pool;
import dev.trunkline.pool.PoolKey;
import dev.trunkline.session.ServedDatabase;
import dev.trunkline.session.Worker;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Makes the rows of the views that count connections to nodes: what belongs to event loops is asked of them. */
final class PoolRows {

    private final Served served;
    private final Loops loops;

    PoolRows(Served served, Loops loops) {
        this.served = served;
        this.loops = loops;
    }

    /** One pool over all loops: the sums. */
    private static final class PoolSum {

        long lent;
        long idle;
        long waiting;
        long connecting;
        long tested;
        long longestMicros;
        String limitedBy;

        void add(Pool pool, long now) {
            lent += pool.lentCount();
            idle += pool.idleCount();
            waiting += pool.waitingCount();
            connecting += pool.connectingCount();
            tested += pool.testedCount();
            longestMicros = Math.max(longestMicros, pool.longestWaitNanos(now) / 1000);
            limitedBy = limitedBy == null ? pool.limitedBy() : limitedBy;
        }

        void add(PoolSum other) {
            lent += other.lent;
            idle += other.idle;
            waiting += other.waiting;
            connecting += other.connecting;
            tested += other.tested;
            longestMicros = Math.max(longestMicros, other.longestMicros);
            limitedBy = limitedBy == null ? other.limitedBy : limitedBy;
        }
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

    private static Map<PoolName, PoolSum> poolsOf(Worker worker) {
        long now = System.nanoTime();
        Map<PoolName, PoolSum> sums = new LinkedHashMap<>();
        for (Pool pool : worker.pools()) {
            sums.computeIfAbsent(PoolName.of(pool), name -> new PoolSum()).add(pool, now);
        }
        return sums;
    }

    private CompletionStage<Map<PoolName, PoolSum>> poolSums() {
        return loops.ask(PoolRows::poolsOf).thenApply(all -> {
            Map<PoolName, PoolSum> sums = new TreeMap<>();
            all.forEach(some -> some.forEach((name, sum) -> sums.computeIfAbsent(name, n -> new PoolSum()).add(sum)));
            return sums;
        });
    }

    /** The rows of SHOW POOLS; {@code database} limits them to one, null for all. */
    CompletionStage<List<List<Object>>> pools(String database) {
        return poolSums().thenApply(sums -> {
            List<List<Object>> rows = new ArrayList<>();
            sums.forEach((name, sum) -> {
                if (database == null || database.equals(name.database)) {
                    PoolConfig config = config(name.database).pool().with(name.own);
                    rows.add(row(name.database, name.user, name.nodeName, sum.lent, sum.waiting, sum.lent, sum.idle,
                            sum.longestMicros, lower(config.mode()), sum.connecting, config.size(),
                            served.databases().get(name.database).gate().isPaused(), sum.tested, config.min(),
                            sum.limitedBy));
                }
            });
            return rows;
        });
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
                    lower(catalog.fanOut()), catalog.version(), config.maxConnections()));
        }
        return CompletableFuture.completedStage(rows);
    }
}
