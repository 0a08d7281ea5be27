package dev.trunkline.catalog;

import dev.trunkline.config.DatabaseConfig;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Which node owns which virtual shard: an immutable snapshot, numbered by its epoch. A virtual shard that no node owns has
 * the owner -1.
 */
public final class ShardMap {

    private final long epoch;
    private final int[] owners;
    private final int hashed;
    private final BitSet[] shardsOf;
    private final boolean complete;

    private ShardMap(long epoch, int hashed, int[] owners) {
        this.epoch = epoch;
        this.hashed = hashed;
        this.owners = owners;
        int nodes = Arrays.stream(owners).max().orElse(-1) + 1;
        this.shardsOf = new BitSet[nodes];
        boolean all = true;
        for (int node = 0; node < nodes; node++) {
            shardsOf[node] = new BitSet(owners.length);
        }
        for (int shard = 0; shard < owners.length; shard++) {
            if (owners[shard] >= 0) {
                shardsOf[owners[shard]].set(shard);
            } else {
                all = false;
            }
        }
        this.complete = all;
    }

    /** A map in which {@code owners[v]} is the index of the node that owns virtual shard v, or -1. */
    public static ShardMap of(long epoch, int... owners) {
        if (Integer.bitCount(owners.length) != 1) {
            throw new IllegalArgumentException("the number of virtual shards is no power of two: " + owners.length);
        }
        return new ShardMap(epoch, owners.length, owners.clone());
    }

    /** The map that the file gives: the hash's virtual shards, then those of ranges, lists and pins (epoch 1). */
    public static ShardMap initial(DatabaseConfig database) {
        int hashed = database.shardOwners().size();
        int[] owners = new int[hashed + database.ownShards().size()];
        for (int shard = 0; shard < owners.length; shard++) {
            owners[shard] = shard < hashed
                    ? database.shardOwners().get(shard)
                    : database.ownShards().get(shard - hashed).node();
        }
        return new ShardMap(1, hashed, owners);
    }

    /** A map in which those of ranges, lists and pins come after the {@code hashed} ones, which are a power of two. */
    public static ShardMap of(long epoch, int hashed, int[] owners) {
        if (Integer.bitCount(hashed) != 1 || hashed > owners.length) {
            throw new IllegalArgumentException("not " + hashed + " virtual shards of the hash");
        }
        return new ShardMap(epoch, hashed, owners.clone());
    }

    /** A map that gives every node an equal run of virtual shards, in the nodes' order. */
    public static ShardMap even(long epoch, int virtualShards, int nodes) {
        int[] owners = new int[virtualShards];
        for (int shard = 0; shard < virtualShards; shard++) {
            owners[shard] = (int) ((long) shard * nodes / virtualShards);
        }
        return of(epoch, owners);
    }

    public long epoch() {
        return epoch;
    }

    /** How many virtual shards the hash has, a power of two. */
    public int virtualShards() {
        return hashed;
    }

    /** How many there are with those of ranges, lists and pins, which are numbered after the hash's. */
    public int allVirtualShards() {
        return owners.length;
    }

    /** The index of the node that owns the virtual shard, -1 if none does. */
    public int nodeOf(int virtualShard) {
        return owners[virtualShard];
    }

    /** The virtual shard of a key's hash. */
    public int virtualShardOf(long hash) {
        return (int) (hash & (hashed - 1));
    }

    /** The virtual shards that a node owns; a copy. */
    public BitSet shardsOf(int node) {
        return node < shardsOf.length ? (BitSet) shardsOf[node].clone() : new BitSet(owners.length);
    }

    /** Whether every virtual shard has an owner. */
    public boolean complete() {
        return complete;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ShardMap map && map.epoch == epoch && map.hashed == hashed
                && Arrays.equals(map.owners, owners);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(epoch) * 31 + Arrays.hashCode(owners);
    }

    @Override
    public String toString() {
        return "epoch " + epoch + " of " + owners.length + " virtual shards over " + shardsOf.length + " nodes";
    }
}
