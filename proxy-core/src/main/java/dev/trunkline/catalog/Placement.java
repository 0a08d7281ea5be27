package dev.trunkline.catalog;

/** How the value of a shard key becomes a virtual shard. */
public sealed interface Placement {

    /** The virtual shard is PostgreSQL's extended hash of the key, modulo the number of virtual shards. */
    record Hash() implements Placement {}
}
