package dev.trunkline.route;

import dev.trunkline.error.ProxyException;
import java.util.ArrayList;
import java.util.List;

/** How the node of a statement is found when it is bound. It names no node that a map could move. */
public sealed interface NodeRule {

    /** No node is required by anything but the keys. */
    int NO_NODE = -1;
    /** The session's pinned node: the statement uses temp tables. */
    int PINNED = -2;

    /** Whether binding reads literals of the text. */
    default boolean readsLiterals() {
        return false;
    }

    /**
     * The node that all the keys share. {@code required} is the index of the node that another table of the statement lives
     * on, {@link #NO_NODE} or {@link #PINNED}. {@code severalNodes} is the refusal when the keys lie on several nodes; null
     * when the plan has a fan-out for that. {@code noKey} is the refusal when a value turns out to be no key; null when the
     * plan has a fan-out over every node for that.
     */
    record ByKey(List<KeyRule> keys, int required, ProxyException severalNodes,
            ProxyException noKey) implements NodeRule {

        public ByKey {
            keys = List.copyOf(keys);
        }

        @Override
        public boolean readsLiterals() {
            for (int i = 0; i < keys.size(); i++) {
                if (keys.get(i).readsLiterals()) {
                    return true;
                }
            }
            return false;
        }
    }

    /** Every node: no key restricts the statement. */
    record EveryNode() implements NodeRule {}

    /** The home node, also inside a transaction. */
    record Home() implements NodeRule {}

    /** The transaction's node if it has one, the home node otherwise: statements without tables. */
    record TransactionNode() implements NodeRule {}

    /** Any node, preferably the transaction's: reads of reference tables. */
    record AnyNode() implements NodeRule {}

    /** The node that an unsharded table lives on. */
    record OnNode(int node) implements NodeRule {}

    /**
     * The node of the session's temp tables. {@code required} is the index of the node that another table of the statement
     * lives on, or {@link #NO_NODE}; {@code elsewhere} is the refusal when that is another one.
     */
    record PinnedNode(int required, ProxyException elsewhere) implements NodeRule {}

    /**
     * The node that a routing hint names, as far as the statement itself leaves it open; a hint that contradicts the statement
     * is refused. {@code hint} is the statement's own comment, null for the session's, which is bound with the values. {@code
     * own} is where the statement itself says that it goes, null where it says nothing. {@code open} are the keys that it
     * leaves open, one for each colocation group, without alternatives; {@code parts} are the single columns of such keys that it
     * gives.
     */
    record Hinted(RoutingHint hint, NodeRule own, List<KeyRule> open,
            List<KeyPart> parts) implements NodeRule {

        public Hinted {
            open = List.copyOf(open);
            parts = List.copyOf(parts);
        }

        @Override
        public boolean readsLiterals() {
            return keysRead().stream().anyMatch(KeyRule::readsLiterals);
        }
    }

    /** One column of a key of several, by its place in the key. */
    record KeyPart(int column, KeyRule rule) {}

    /** The keys that binding reads from the statement's values. */
    default List<KeyRule> keysRead() {
        return switch (this) {
            case ByKey byKey -> byKey.keys();
            case Hinted hinted -> {
                List<KeyRule> all = new ArrayList<>(hinted.own() == null ? List.of() : hinted.own().keysRead());
                hinted.parts().forEach(part -> all.add(part.rule()));
                yield all;
            }
            case EveryNode every -> List.of();
            case Home home -> List.of();
            case TransactionNode transaction -> List.of();
            case AnyNode any -> List.of();
            case OnNode on -> List.of();
            case PinnedNode pinned -> List.of();
            case CursorNode cursor -> List.of();
        };
    }

    /** The node on which the session's cursor of this name is open. */
    record CursorNode(String cursor) implements NodeRule {}
}
