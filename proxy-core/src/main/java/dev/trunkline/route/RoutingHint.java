package dev.trunkline.route;

import java.util.List;

/**
 * Where a client says that a statement goes: to the node of a shard key, to a node, or both, which must agree.
 *
 * @param key
 *            a value for each column of the key, as text; null where the hint names none
 * @param node
 *            the node's index, {@link NodeRule#NO_NODE} where the hint names none
 * @param text
 *            the hint as its client knows it: {@code key=42}
 */
public record RoutingHint(List<String> key, int node, String text) {

    /** What a hint names: part of what shapes a plan, while the value is bound late. */
    public enum Kind {
        NONE,
        KEY,
        NODE,
        KEY_AND_NODE;

        public boolean byKey() {
            return this == KEY || this == KEY_AND_NODE;
        }

        public boolean byNode() {
            return this == NODE || this == KEY_AND_NODE;
        }

        public static Kind of(boolean key, boolean node) {
            return key ? node ? KEY_AND_NODE : KEY : node ? NODE : NONE;
        }
    }

    public RoutingHint {
        key = key == null ? null : List.copyOf(key);
    }

    public Kind kind() {
        return Kind.of(key != null, node != NodeRule.NO_NODE);
    }
}
