package dev.trunkline.catalog;

import java.util.List;

/** Where the rows of a relation live. */
public sealed interface Distribution {

    /**
     * Spread by shard key. {@code key} has one column, or several for a composite key. Tables with the same
     * {@code colocationGroup} keep equal keys on the same node.
     */
    record Sharded(List<KeyColumn> key, String colocationGroup, Placement placement) implements Distribution {

        public Sharded {
            key = List.copyOf(key);
        }
    }

    /** A full copy on every node. */
    record Reference() implements Distribution {}

    /** Whole on one node; {@code node} is its index. */
    record Unsharded(int node) implements Distribution {}

    /**
     * Not to be touched by any statement in a database of several nodes (semantics.md 7). {@code why} completes the
     * sentence "relation x ...": {@code reads the sharded table orders}.
     */
    record Refused(String why) implements Distribution {}
}
