package dev.trunkline.config;

import java.util.List;
import java.util.Map;

/**
 * How the file says that the keys of a table are placed. Keys stand here as they are written: their types are the nodes'
 * affair. Each range, listed key and pin has a virtual shard of its own, numbered after the hash's.
 */
public sealed interface PlacementConfig {

    /** By hash, but for single keys with their virtual shards. */
    record Hash(Map<String, Integer> pins) implements PlacementConfig {}

    record Ranges(List<Range> ranges) implements PlacementConfig {}

    /** {@code from} is included and {@code to} is not; null for an open end. {@code node} is where the file has it. */
    record Range(String from, String to, String node, int virtualShard) {

        /** As the file writes it. */
        @Override
        public String toString() {
            return (from == null ? "" : from) + ".." + (to == null ? "" : to);
        }
    }

    /** Keys with their virtual shards by node, and the virtual shard of all others, -1 if there is none. */
    record Lists(List<Listed> keys, int otherwise) implements PlacementConfig {}

    record Listed(String key, String node, int virtualShard) {}

    /** A virtual shard beyond those of the hash: what is in it, and the index of the node that owns it at epoch 1. */
    record OwnShard(String table, String keys, int node) {}
}
