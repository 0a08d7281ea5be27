package dev.trunkline.route;

import dev.trunkline.catalog.ShardMap;
import dev.trunkline.error.ProxyError;
import java.util.BitSet;

/**
 * The destinations of a shard map, made once for each epoch, so that routing a statement with a key allocates none.
 * Immutable.
 */
public final class DestinationTable {

    private final ShardMap map;
    private final int homeNode;
    private final Destination.One[] shards;
    private final Destination.One[] nodes;
    private final Destination.Many everyNode;

    /**
     * @param nodeCount
     *            the number of the database's nodes, of which some may own no virtual shard
     */
    public DestinationTable(ShardMap map, int nodeCount, int homeNode) {
        this.map = map;
        this.homeNode = homeNode;
        nodes = new Destination.One[nodeCount];
        for (int node = 0; node < nodeCount; node++) {
            nodes[node] = new Destination.One(node, -1, map.epoch());
        }
        shards = new Destination.One[map.allVirtualShards()];
        BitSet owners = new BitSet();
        for (int shard = 0; shard < shards.length; shard++) {
            int node = map.nodeOf(shard);
            if (node >= 0) {
                shards[shard] = new Destination.One(node, shard, map.epoch());
                owners.set(node);
            }
        }
        everyNode = map.complete() ? many(owners, null) : null;
    }

    public ShardMap map() {
        return map;
    }

    public long epoch() {
        return map.epoch();
    }

    /** The number of the hash's virtual shards. */
    public int virtualShards() {
        return map.virtualShards();
    }

    public Destination.One home() {
        return nodes[homeNode];
    }

    public Destination.One ofNode(int node) {
        return nodes[node];
    }

    /** The node that owns a virtual shard. */
    public Destination.One ofVirtualShard(int shard) {
        Destination.One one = shards[shard];
        if (one == null) {
            throw ProxyError.MAP_INCOMPLETE.with();
        }
        return one;
    }

    /** Every node that owns a virtual shard; refused while the map leaves one out. A single such node is {@code One}. */
    public Destination everyNode() {
        if (everyNode == null) {
            throw ProxyError.MAP_INCOMPLETE.with();
        }
        return everyNode.nodes().length == 1 ? nodes[everyNode.nodes()[0]] : everyNode;
    }

    /** The nodes of several virtual shards, chosen by keys. */
    public Destination ofVirtualShards(BitSet wanted) {
        BitSet owners = new BitSet();
        for (int shard = wanted.nextSetBit(0); shard >= 0; shard = wanted.nextSetBit(shard + 1)) {
            owners.set(ofVirtualShard(shard).node());
        }
        if (owners.cardinality() == 1) {
            return wanted.cardinality() == 1 ? shards[wanted.nextSetBit(0)] : nodes[owners.nextSetBit(0)];
        }
        return many(owners, wanted);
    }

    private Destination.Many many(BitSet owners, BitSet wanted) {
        int[] list = owners.stream().toArray();
        BitSet[] shardsOf = new BitSet[list.length];
        for (int i = 0; i < list.length; i++) {
            shardsOf[i] = map.shardsOf(list[i]);
            if (wanted != null) {
                shardsOf[i].and(wanted);
            }
        }
        return new Destination.Many(list, shardsOf, wanted != null, map.epoch(), null);
    }
}
