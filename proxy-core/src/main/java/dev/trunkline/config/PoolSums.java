package dev.trunkline.config;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** How many connections the pools of a configuration may open at a server, were all of its users busy at once. */
public final class PoolSums {

    /** Users share a pool who have the same login and the same rules, unless their connections are bounded. */
    private record Pool(Login login, PoolConfig.Override rules, String bounded) {}

    private final Configuration configuration;

    public PoolSums(Configuration configuration) {
        this.configuration = configuration;
    }

    /** At the server of a node, for all databases that are there; all bounds are heeded. */
    public long atServer(NodeConfig node) {
        long sum = 0;
        for (DatabaseConfig database : configuration.databases().values()) {
            for (NodeConfig other : database.nodes()) {
                if (other.primary().equals(node.primary())) {
                    sum += ofDatabase(database, other);
                }
            }
        }
        return bounded(sum, bound(node.primary()), configuration.limits().nodeConnections());
    }

    /** At a node, for one of the databases that are on its server. */
    public long ofDatabase(DatabaseConfig database, NodeConfig node) {
        long sum = byLogin(database, node).values().stream().mapToLong(Long::longValue).sum();
        return bounded(sum, database.maxConnections(), bound(node.primary()));
    }

    /** At the server of a node, for a role there, in all databases. */
    public long ofRole(NodeConfig node, String role) {
        long sum = 0;
        for (DatabaseConfig database : configuration.databases().values()) {
            for (NodeConfig other : database.nodes()) {
                if (other.primary().equals(node.primary())) {
                    sum += byLogin(database, other).getOrDefault(role, 0L);
                }
            }
        }
        return bounded(sum, bound(node.primary()), configuration.limits().nodeConnections());
    }

    /** At a node, for one of its databases, by the name of the role there. */
    public Map<String, Long> byLogin(DatabaseConfig database, NodeConfig node) {
        Map<Pool, Long> pools = new HashMap<>();
        for (UserConfig user : configuration.users().values()) {
            if (user.mayUse(database.name())) {
                Pool pool = new Pool(Configuration.nodeLogin(user, node), user.pool(),
                        user.maxConnections() == null ? null : user.name());
                pools.put(pool, bounded(database.pool().with(user.pool()).size(), user.maxConnections(), null));
            }
        }
        Map<String, Long> sums = new HashMap<>();
        pools.forEach((pool, size) -> sums.merge(pool.login.user(), size, Long::sum));
        return sums;
    }

    /** The bound of a server; the nodes that say one all say the same. */
    private Integer bound(HostPort server) {
        return configuration.databases().values().stream().flatMap(database -> database.nodes().stream())
                .filter(node -> node.primary().equals(server)).map(NodeConfig::maxConnections)
                .filter(Objects::nonNull).findFirst().orElse(null);
    }

    private static long bounded(long sum, Integer one, Integer other) {
        long least = one == null ? sum : Math.min(sum, one);
        return other == null ? least : Math.min(least, other);
    }
}
