package dev.trunkline.catalog;

/** Where the current shard map comes from. Called on event loops for each statement: never blocks. */
@FunctionalInterface
public interface ShardMapSource {

    /** The map of a colocation group now. */
    ShardMap mapOf(String colocationGroup);

    /** One map for every group, for good: the configuration file's. */
    static ShardMapSource fixed(ShardMap map) {
        return group -> map;
    }
}
