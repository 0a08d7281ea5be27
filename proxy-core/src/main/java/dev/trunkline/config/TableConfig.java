package dev.trunkline.config;

import java.util.List;

/**
 * What the file says about a table. {@code name} is as the file writes it (unqualified means {@code public});
 * {@code shardKey} is empty unless the table is sharded; {@code colocationGroup} is the name of the table at the root of
 * its colocation, null unless sharded; {@code placement} is that of the table at the root, null unless sharded; {@code node} and {@code fanOut} are null where nothing is said.
 */
public record TableConfig(String name, List<String> shardKey, String colocatedWith, String colocationGroup,
        PlacementConfig placement, boolean reference, String node, FanOutPolicy fanOut) {

    public TableConfig {
        shardKey = List.copyOf(shardKey);
    }

    public boolean sharded() {
        return !shardKey.isEmpty();
    }
}
