package dev.trunkline.route;

import java.util.BitSet;

/** Where a bound statement goes, under the epoch of the map that it was bound with. */
public sealed interface Destination {

    /** One node. {@code virtualShard} is -1 when no single key decided. */
    record One(int node, int virtualShard, long epoch) implements Destination {

        /** The same for a statement that is put together as one for several nodes is. */
        public Many alone() {
            return new Many(new int[]{node}, new BitSet[]{new BitSet()}, true, epoch, null);
        }
    }

    /**
     * Several nodes in ascending order, each with the virtual shards that the statement touches there. {@code keyed}: a list
     * of keys chose them (multi-key); otherwise nothing restricts the statement and the policy on fan-out applies. {@code parts} is what each node gets of the
     * list, null where all get the same.
     */
    record Many(int[] nodes, BitSet[] virtualShards, boolean keyed, long epoch,
            ListParts parts) implements Destination {}

    /** No row of any node can match: any one node, preferably the transaction's, gives the exact answer. */
    record None(String why) implements Destination {}

    /** Any node, preferably the transaction's. */
    record Any() implements Destination {}

    /** The transaction's node if it has one, otherwise the home node. */
    record Transaction() implements Destination {}

    /** The session's pinned backend. */
    record Pinned() implements Destination {}

    /** The backend on which this cursor is open. */
    record Cursor(String name) implements Destination {}
}
