package dev.trunkline.backend;

import io.netty.buffer.ByteBuf;

/**
 * The queue of replies that a node still owes, in order: forward, drop or fake. A ring of parallel arrays, because an entry
 * is made and forgotten for every message. Confined to the connection's event loop.
 */
final class ExpectedReplies {

    /** What ends the entry. */
    enum Kind {
        /** ParseComplete. */
        PARSE,
        /** BindComplete. */
        BIND,
        /** CloseComplete. */
        CLOSE,
        /** RowDescription or NoData, for a statement after ParameterDescription. */
        DESCRIBE,
        /** CommandComplete, EmptyQueryResponse or PortalSuspended. */
        EXECUTE,
        /** ReadyForQuery after Sync. */
        SYNC,
        /** ReadyForQuery after Query or FunctionCall. */
        QUERY,
        /** Nothing from the node: bytes of ours that take their turn. */
        FAKE
    }

    private Kind[] kinds = new Kind[16];
    private ReplySink[] sinks = new ReplySink[16];
    private Object[] extras = new Object[16];
    private Runnable[] skips = new Runnable[16];
    private int head;
    private int size;

    boolean isEmpty() {
        return size == 0;
    }

    /**
     * {@code extra} is the {@link ServerStatement} of a PARSE, the one that a CLOSE of ours drops, or the bytes of a FAKE;
     * {@code ifSkipped} may be null.
     */
    void add(Kind kind, ReplySink sink, Object extra, Runnable ifSkipped) {
        if (size == kinds.length) {
            grow();
        }
        int at = head + size & kinds.length - 1;
        kinds[at] = kind;
        sinks[at] = sink;
        extras[at] = extra;
        skips[at] = ifSkipped;
        size++;
    }

    Kind kind() {
        return size == 0 ? null : kinds[head];
    }

    ReplySink sink() {
        return size == 0 ? null : sinks[head];
    }

    Object extra() {
        return extras[head];
    }

    void remove() {
        kinds[head] = null;
        sinks[head] = null;
        extras[head] = null;
        skips[head] = null;
        head = head + 1 & kinds.length - 1;
        size--;
    }

    /** Drops what a node skips after an error: everything up to the next Sync, which stays. */
    void skipToSync(ServerStatements held) {
        while (size > 0 && kinds[head] != Kind.SYNC && kinds[head] != Kind.QUERY) {
            dropHead(held);
        }
    }

    void clear(ServerStatements held) {
        while (size > 0) {
            dropHead(held);
        }
    }

    private void dropHead(ServerStatements held) {
        if (kinds[head] == Kind.PARSE && extras[head] instanceof ServerStatement statement) {
            held.remove(statement);
        } else if (kinds[head] == Kind.CLOSE && extras[head] instanceof ServerStatement statement) {
            held.keep(statement);
        } else if (kinds[head] == Kind.FAKE) {
            ((ByteBuf) extras[head]).release();
        }
        Runnable skipped = skips[head];
        remove();
        if (skipped != null) {
            skipped.run();
        }
    }

    private void grow() {
        int n = kinds.length;
        Kind[] k = new Kind[n * 2];
        ReplySink[] s = new ReplySink[n * 2];
        Object[] e = new Object[n * 2];
        Runnable[] r = new Runnable[n * 2];
        for (int i = 0; i < size; i++) {
            int at = head + i & n - 1;
            k[i] = kinds[at];
            s[i] = sinks[at];
            e[i] = extras[at];
            r[i] = skips[at];
        }
        kinds = k;
        sinks = s;
        extras = e;
        skips = r;
        head = 0;
    }
}
