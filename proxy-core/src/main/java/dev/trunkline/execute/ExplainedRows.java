package dev.trunkline.execute;

import dev.trunkline.plan.Json;
import dev.trunkline.plan.Merge;
import dev.trunkline.wire.BackendMessage.RowDescription;
import dev.trunkline.wire.MessageTypes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * What several nodes say to EXPLAIN, put beneath the tree of the merge, a name before each node's plan:
 *
 * <pre>
 * FanOut every node
 *   merge: OrderedMerge by column 2 -> Limit 10
 *   Node a
 *     Limit  (cost=...)
 *       ->  Sort  (cost=...)
 *   Node b
 *     ...
 * </pre>
 */
final class ExplainedRows implements RowMerge {

    private final Merge.Explained explained;
    private final List<String> nodes;
    private final List<List<String>> plans = new ArrayList<>();
    private final Budget budget = new Budget("EXPLAIN", BUDGET);
    private final NodeColumns nodeColumns = new NodeColumns();
    private final Row view = new Row();
    private int left;
    private Deque<String> lines;
    private boolean released;
    private int takenRows;
    private long rows;

    ExplainedRows(Merge.Explained explained, List<String> nodes) {
        this.explained = explained;
        this.nodes = nodes;
        this.left = nodes.size();
        nodes.forEach(node -> plans.add(new ArrayList<>()));
    }

    @Override
    public RowDescription describe(int input, RowDescription columns) {
        nodeColumns.isFirst(columns);
        return nodeColumns.first();
    }

    @Override
    public void rows(int input, ByteBuf run) {
        try {
            budget.take(run.readableBytes());
            for (int at = run.readerIndex(); at < run.writerIndex();) {
                int size = InputRuns.frameSize(run, at);
                view.point(run, at + InputRuns.HEADER, at + size);
                plans.get(input).add(new String(view.bytes(0), StandardCharsets.UTF_8));
                at += size;
            }
        } finally {
            run.release();
        }
    }

    @Override
    public void complete(int input) {
        if (--left == 0) {
            lines = new ArrayDeque<>(explained.json() ? List.of(document()) : tree());
        }
    }

    private List<String> tree() {
        List<String> tree = new ArrayList<>(explained.explained().describe().lines().toList());
        for (int i = 0; i < nodes.size(); i++) {
            tree.add("  Node " + nodes.get(i));
            plans.get(i).forEach(line -> tree.add("    " + line));
        }
        return tree;
    }

    /** One document like PostgreSQL's, whose plan has those of the nodes, each with the node's name before all else. */
    private String document() {
        StringBuilder json = new StringBuilder("[\n  {\n    \"Plan\": {\n      \"Node Type\": \"FanOut\",\n"
                + "      \"Merge\": [");
        List<String> tree = explained.explained().describe().lines().toList();
        for (int i = 0; i < tree.size(); i++) {
            json.append(i == 0 ? "" : ",").append("\n        ").append(Json.quoted(tree.get(i).strip()));
        }
        json.append("\n      ],\n      \"Nodes\": [");
        for (int i = 0; i < nodes.size(); i++) {
            String plan = String.join("\n", plans.get(i));
            int start = plan.indexOf('{');
            int end = plan.lastIndexOf('}');
            if (start < 0 || end < start) {
                throw InputRuns.notRows();
            }
            json.append(i == 0 ? "\n" : ",\n").append("        {\n          \"Node\": ")
                    .append(Json.quoted(nodes.get(i)))
                    .append(',').append(plan, start + 1, end + 1);
        }
        return json.append("\n      ]\n    }\n  }\n]").toString();
    }

    @Override
    public int queuedBytes(int input) {
        return 0;
    }

    @Override
    public ByteBuf take(ByteBufAllocator allocator, int most) {
        takenRows = 0;
        if (released || lines == null || lines.isEmpty()) {
            return null;
        }
        ByteBuf run = allocator.buffer();
        while (takenRows < most && !lines.isEmpty()) {
            byte[] line = lines.poll().getBytes(StandardCharsets.UTF_8);
            run.writeByte(MessageTypes.DATA_ROW).writeInt(4 + 2 + 4 + line.length).writeShort(1).writeInt(line.length)
                    .writeBytes(line);
            takenRows++;
        }
        rows += takenRows;
        return run;
    }

    @Override
    public int takenRows() {
        return takenRows;
    }

    @Override
    public long rows() {
        return rows;
    }

    @Override
    public boolean finished() {
        return released || lines != null && lines.isEmpty();
    }

    @Override
    public void release() {
        released = true;
        plans.forEach(List::clear);
        lines = null;
        budget.release();
    }
}
