package dev.trunkline.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What came of executing a statement: EXPLAIN (ROUTE, ANALYZE).
 *
 * @param mergeNanos the time in which rows were put together
 * @param rows how many the client would have been sent
 * @param totalNanos from the first connection asked for to the last answer
 */
public record RouteAnalysis(List<NodePart> nodes, long mergeNanos, long rows, long totalNanos) {

    public RouteAnalysis {
        nodes = List.copyOf(nodes);
    }

    /**
     * One node's part.
     *
     * @param connectNanos until there was a connection: waiting for one, opening one
     * @param firstRowNanos from sending the statement to its first row; -1 without a row
     * @param totalNanos from sending the statement to its end
     * @param rows that it gave, or changed
     * @param bytes of its rows
     */
    public record NodePart(String node, long connectNanos, long firstRowNanos, long totalNanos, long rows,
            long bytes) {}

    /** Lines for people. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        for (NodePart part : nodes) {
            lines.add("Node " + part.node + ": connect " + millis(part.connectNanos) + " ms, "
                    + (part.firstRowNanos < 0 ? "" : "first row " + millis(part.firstRowNanos) + " ms, ") + "total "
                    + millis(part.totalNanos) + " ms, " + part.rows + (part.rows == 1 ? " row, " : " rows, ")
                    + part.bytes + " bytes");
        }
        lines.add("Merge: " + millis(mergeNanos) + " ms, " + rows + (rows == 1 ? " row" : " rows"));
        lines.add("Execution Time: " + millis(totalNanos) + " ms");
        return lines;
    }

    String json() {
        return "{\"nodes\": " + nodes.stream().map(part -> "{\"node\": " + Json.quoted(part.node)
                + ", \"connectMillis\": " + millis(part.connectNanos) + ", \"firstRowMillis\": "
                + (part.firstRowNanos < 0 ? "null" : millis(part.firstRowNanos)) + ", \"totalMillis\": "
                + millis(part.totalNanos) + ", \"rows\": " + part.rows + ", \"bytes\": " + part.bytes + "}")
                .collect(Collectors.joining(", ", "[", "]")) + ", \"mergeMillis\": " + millis(mergeNanos)
                + ", \"rows\": " + rows + ", \"totalMillis\": " + millis(totalNanos) + "}";
    }

    private static String millis(long nanos) {
        return String.format(Locale.ROOT, "%.3f", nanos / 1e6);
    }
}
