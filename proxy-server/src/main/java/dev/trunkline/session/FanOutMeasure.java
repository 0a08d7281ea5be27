package dev.trunkline.session;

import dev.trunkline.plan.RouteAnalysis;
import dev.trunkline.wire.BackendMessage.RowDescription;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Measures a fan-out instead of answering with its rows, which are dropped: EXPLAIN (ROUTE, ANALYZE). */
final class FanOutMeasure implements FanOutWatch, FanOutOutput {

    private static final int HEADER = 5;

    private static final class Node {

        private long askedNanos;
        private long sentNanos;
        private long firstRowNanos;
        private long completeNanos;
        private long rows;
        private long bytes;
    }

    private final List<String> names;
    private final Node[] nodes;
    private final Consumer<RouteAnalysis> then;
    private final long startedNanos = System.nanoTime();
    private long mergeNanos;
    private long mergeStartedNanos;

    FanOutMeasure(List<String> names, Consumer<RouteAnalysis> then) {
        this.names = names;
        this.then = then;
        this.nodes = new Node[names.size()];
        for (int i = 0; i < nodes.length; i++) {
            nodes[i] = new Node();
        }
    }

    @Override
    public void asks(int input) {
        if (nodes[input].askedNanos == 0) {
            nodes[input].askedNanos = System.nanoTime();
        }
    }

    @Override
    public void sends(int input) {
        nodes[input].sentNanos = System.nanoTime();
    }

    @Override
    public void rows(int input, ByteBuf frames) {
        Node node = nodes[input];
        if (node.firstRowNanos == 0) {
            node.firstRowNanos = System.nanoTime();
        }
        node.bytes += frames.readableBytes();
        for (int at = frames.readerIndex(); at < frames.writerIndex(); at += 1 + frames.getInt(at + 1)) {
            node.rows++;
        }
    }

    @Override
    public void completes(int input, ByteBuf frame) {
        nodes[input].completeNanos = System.nanoTime();
        String tag = frame.toString(frame.readerIndex() + HEADER, frame.readableBytes() - HEADER - 1,
                StandardCharsets.UTF_8);
        if (!tag.startsWith("SELECT ")) {
            // What a write has changed, whatever it returns of it.
            nodes[input].rows = Long.parseLong(tag.substring(tag.lastIndexOf(' ') + 1));
        }
    }

    @Override
    public void mergeStarts() {
        mergeStartedNanos = System.nanoTime();
    }

    @Override
    public void mergeStops() {
        mergeNanos += System.nanoTime() - mergeStartedNanos;
    }

    @Override
    public boolean isWritable() {
        return true;
    }

    @Override
    public void describe(RowDescription columns) {
        // The explanation has a column of its own.
    }

    @Override
    public void rows(ByteBuf run) {
        run.release();
    }

    @Override
    public void end(long rows) {
        long endedNanos = System.nanoTime();
        List<RouteAnalysis.NodePart> parts = new ArrayList<>();
        for (int i = 0; i < nodes.length; i++) {
            Node node = nodes[i];
            // A node whose rest was not wanted has not completed.
            long complete = node.completeNanos == 0 ? endedNanos : node.completeNanos;
            parts.add(new RouteAnalysis.NodePart(names.get(i), connectNanos(i),
                    node.firstRowNanos == 0 ? -1 : node.firstRowNanos - node.sentNanos, complete - node.sentNanos,
                    node.rows, node.bytes));
        }
        then.accept(new RouteAnalysis(parts, mergeNanos, rows, endedNanos - startedNanos));
    }

    /** Connections are asked for one after the other: each is there when the next one is asked for. */
    private long connectNanos(int i) {
        long until = i + 1 < nodes.length ? nodes[i + 1].askedNanos : nodes[0].sentNanos;
        return until - nodes[i].askedNanos;
    }
}
