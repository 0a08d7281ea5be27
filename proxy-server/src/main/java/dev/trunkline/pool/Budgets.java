package dev.trunkline.pool;

import dev.trunkline.backend.NodeEndpoint;
import dev.trunkline.config.Configuration;
import dev.trunkline.config.DatabaseConfig;
import dev.trunkline.config.NodeConfig;
import dev.trunkline.config.UserConfig;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The bounds on connections beyond one pool's size: by server, by database, by user, and in total. Each exists also where
 * the file sets none, so that the connections are counted and a later reading of the file can set it. Thread-safe.
 */
public final class Budgets {

    private final Budget total;
    private final Map<String, Budget> databases = new ConcurrentHashMap<>();
    /** By host and port: databases may share a server. */
    private final Map<String, Budget> servers = new ConcurrentHashMap<>();
    private final Map<String, Budget> users = new ConcurrentHashMap<>();

    public Budgets(Configuration configuration) {
        total = new Budget("limits.nodeConnections", configuration.limits().nodeConnections());
        configuration(configuration);
    }

    /** From now on another reading of the file holds. */
    public void configuration(Configuration newer) {
        total.resize(newer.limits().nodeConnections());
        for (DatabaseConfig database : newer.databases().values()) {
            databases
                    .computeIfAbsent(database.name(), name -> new Budget("databases." + name + ".maxConnections", null))
                    .resize(database.maxConnections());
        }
        servers.forEach((server, budget) -> budget.resize(bound(newer, server)));
        for (DatabaseConfig database : newer.databases().values()) {
            for (NodeConfig node : database.nodes()) {
                String server = server(node.primary().host(), node.primary().port());
                servers.computeIfAbsent(server, s -> new Budget(
                        "databases." + database.name() + ".nodes." + node.name() + ".maxConnections",
                        bound(newer, server)));
            }
        }
        for (UserConfig user : newer.users().values()) {
            users.computeIfAbsent(user.name(), name -> new Budget("users." + name + ".maxConnections", null))
                    .resize(user.maxConnections());
        }
    }

    /** The nodes of a server that say a bound all say the same; the others follow. */
    private static Integer bound(Configuration configuration, String server) {
        for (DatabaseConfig database : configuration.databases().values()) {
            for (NodeConfig node : database.nodes()) {
                if (node.maxConnections() != null
                        && server.equals(server(node.primary().host(), node.primary().port()))) {
                    return node.maxConnections();
                }
            }
        }
        return null;
    }

    private static String server(String host, int port) {
        return host + " " + port;
    }

    public Budget total() {
        return total;
    }

    public Budget ofDatabase(String name) {
        return databases.get(name);
    }

    public Budget ofServer(NodeEndpoint node) {
        return servers.get(server(node.host(), node.port()));
    }

    /** Counts only the connections of users that are bounded. */
    public Budget ofUser(String name) {
        return users.get(name);
    }
}
