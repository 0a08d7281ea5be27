package dev.trunkline.config;

import java.util.List;
import java.util.Map;

/**
 * A database that clients can connect to. {@code shardOwners} gives the index of the node that owns each virtual shard at
 * epoch 1, {@code ownShards} are those of ranges, lists and pins, numbered after them. {@code control} is the proxy's own account, null where an admin user's is taken.
 */
public record DatabaseConfig(String name, int virtualShards, FanOutPolicy fanOut, FanOutWarning fanOutWarning,
        PoolConfig pool, Integer maxConnections, Login control, List<NodeConfig> nodes, List<Integer> shardOwners,
        List<PlacementConfig.OwnShard> ownShards,
        Map<String, TableConfig> tables, Map<String, FunctionRoute> functions) {

    /** How often a session is warned about the same statement. */
    public enum FanOutWarning {
        ONCE_PER_SESSION,
        ALWAYS
    }

    public DatabaseConfig {
        nodes = List.copyOf(nodes);
        shardOwners = List.copyOf(shardOwners);
        ownShards = List.copyOf(ownShards);
    }

    /** The node of this name, or null. */
    public NodeConfig node(String nodeName) {
        for (NodeConfig node : nodes) {
            if (node.name().equals(nodeName)) {
                return node;
            }
        }
        return null;
    }
}
