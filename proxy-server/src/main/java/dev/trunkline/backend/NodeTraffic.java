package dev.trunkline.backend;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** The bytes that one event loop's connections of a pool have exchanged with their node: written by that loop, read by any. */
public final class NodeTraffic {

    private static final VarHandle TO_NODE;
    private static final VarHandle FROM_NODE;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            TO_NODE = lookup.findVarHandle(NodeTraffic.class, "toNode", long.class);
            FROM_NODE = lookup.findVarHandle(NodeTraffic.class, "fromNode", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private long toNode;
    private long fromNode;

    void sent(long bytes) {
        TO_NODE.setOpaque(this, toNode + bytes);
    }

    void received(int bytes) {
        FROM_NODE.setOpaque(this, fromNode + bytes);
    }

    public long toNode() {
        return (long) TO_NODE.getOpaque(this);
    }

    public long fromNode() {
        return (long) FROM_NODE.getOpaque(this);
    }
}
