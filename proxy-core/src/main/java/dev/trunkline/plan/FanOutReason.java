package dev.trunkline.plan;

import dev.trunkline.catalog.RelationName;
import java.util.List;

/**
 * Why a statement goes to every node: the key that nothing restricts, and what would. {@code code} is one of a few words,
 * fit to label a metric.
 *
 * @param table
 *            the table whose missing key decides, and its policy
 * @param columns
 *            its key
 * @param nearest
 *            the predicate that would make the statement one-node, as a text: {@code orders.customer_id = ...}
 * @param because
 *            what the statement or the schema says already that makes it enough; may be null
 */
public record FanOutReason(String code, RelationName table, List<String> columns, String nearest, String because) {

    public FanOutReason(String code, RelationName table, List<String> columns, String nearest) {
        this(code, table, columns, nearest, null);
    }

    /** What a client is told: as a WARNING, a NOTICE or, where the policy is reject, an error. */
    public record Warning(String message, String detail, String hint) {}

    public Warning warning(int nodes, int virtualShards, List<String> nodeNames, FanOutCost cost) {
        String message = "statement goes to all " + nodes + " nodes (" + virtualShards
                + " virtual shards): nothing restricts " + table + "." + String.join(", ", columns)
                + ", the shard key";
        return new Warning(message, "Nodes: " + String.join(", ", nodeNames) + "." + cost.text(), fix());
    }

    /** What would make it cheaper, or stop the warning. */
    public String fix() {
        return (because == null ? "Add " : because + ": add ") + nearest
                + " to the statement, or set fanOut: allow for this table if it is meant.";
    }
}
