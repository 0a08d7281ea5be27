package dev.trunkline.plan;

import dev.trunkline.error.ProxyException;
import dev.trunkline.route.KeyRule;
import dev.trunkline.route.NodeRule;
import java.util.List;

/** What is done with a statement: an immutable tree that holds no node and no state of an execution. */
public sealed interface Plan {

    /** The original bytes go to one node, whose messages come back untouched. */
    record OneNode(NodeRule rule) implements Plan {}

    /**
     * The statement runs on several nodes and the rows are merged. {@code keys} restricts the nodes: an empty list means all
     * of them. {@code nodeSql} is the nodes' text, null for the original. {@code reason} is null when there are keys
     * (multi-key: counted, neither warned about nor rejected).
     */
    record FanOut(List<KeyRule> keys, Merge merge, String nodeSql, FanOutReason reason) implements Plan {

        public FanOut {
            keys = List.copyOf(keys);
        }
    }

    /** The session answers, or does what the statement asks on the backends that it has. */
    record LocalReply(SessionAction action) implements Plan {}

    /** An error in place of an answer. */
    record Refuse(ProxyException error) implements Plan {}
}
