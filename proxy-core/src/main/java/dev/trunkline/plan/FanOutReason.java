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
 */
public record FanOutReason(String code, RelationName table, List<String> columns, String nearest) {

    /**
     * The WARNING's message and hint.
     *
     * @param fanOutMicros
     *            the median of this statement so far, 0 when it has not run
     * @param oneNodeMicros
     *            the median of one-node statements so far, 0 when there were none
     */
    public record Warning(String message, String detail, String hint) {}

    public Warning warning(int nodes, List<String> nodeNames, long fanOutMicros, long oneNodeMicros) {
        String key = String.join(", ", columns);
        String message = "statement goes to all " + nodes + " nodes: nothing restricts " + table + "." + key
                + ", the shard key";
        StringBuilder detail = new StringBuilder("Nodes: ").append(String.join(", ", nodeNames)).append('.');
        if (fanOutMicros > 0) {
            detail.append(" So far it takes ").append(millis(fanOutMicros)).append(" (median)");
            if (oneNodeMicros > 0) {
                detail.append(", one-node statements ").append(millis(oneNodeMicros));
            }
            detail.append('.');
        } else if (oneNodeMicros > 0) {
            detail.append(" One-node statements take ").append(millis(oneNodeMicros)).append(" (median).");
        }
        String hint = "Add " + nearest + " to the statement, or set fanOut: allow for this table if it is meant.";
        return new Warning(message, detail.toString(), hint);
    }

    private static String millis(long micros) {
        return String.format(java.util.Locale.ROOT, "%.1f ms", micros / 1000.0);
    }
}
