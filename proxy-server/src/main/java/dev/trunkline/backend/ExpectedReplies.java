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

    private static final int USUAL = 16;
    /** More room than this is given back. */
    private static final int KEPT = 1024;

    private Kind[] kinds = new Kind[USUAL];
    private ReplySink[] sinks = new ReplySink[USUAL];
    private Object[] extras = new Object[USUAL];
    private Undo[] skips = new Undo[USUAL];
    private int head;
    private int size;
    private long added;
    private long removed;

    boolean isEmpty() {
        return size == 0;
    }

    int size() {
        return size;
    }

    /**
     * {@code extra} is the {@link ServerStatement} of a PARSE, what a CLOSE of ours drops ({@link ServerStatements#stays}), or the
     * bytes of a FAKE; {@code ifSkipped} may be null.
     */
    void add(Kind kind, ReplySink sink, Object extra, Undo ifSkipped) {
        if (size == kinds.length) {
            resize(size * 2);
        }
        int at = head + size & kinds.length - 1;
        kinds[at] = kind;
        sinks[at] = sink;
        extras[at] = extra;
        skips[at] = ifSkipped;
        size++;
        added += kind == Kind.FAKE ? 0 : 1;
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
        removed += kinds[head] == Kind.FAKE ? 0 : 1;
        kinds[head] = null;
        sinks[head] = null;
        extras[head] = null;
        skips[head] = null;
        head = head + 1 & kinds.length - 1;
        size--;
        if (size == 0 && kinds.length > KEPT) {
            resize(USUAL);
        }
    }

    /** How many entries are done with, but for those of ours. */
    long removed() {
        return removed;
    }

    /** How many entries there have been, but for those of ours. */
    long added() {
        return added;
    }

    /** Puts an entry before all others. */
    void addFirst(Kind kind, ReplySink sink, Object extra) {
        if (size == kinds.length) {
            resize(size * 2);
        }
        head = head - 1 & kinds.length - 1;
        kinds[head] = kind;
        sinks[head] = sink;
        extras[head] = extra;
        skips[head] = null;
        size++;
        added++;
    }

    /** Whether a statement is dropped. */
    boolean drops(ServerStatement statement) {
        for (int i = 0; i < size; i++) {
            if (kinds[at(i)] == Kind.CLOSE && extras[at(i)] == statement) {
                return true;
            }
        }
        return false;
    }

    /** Whether a Sync is among them. */
    boolean hasSync() {
        for (int i = 0; i < size; i++) {
            if (kinds[at(i)] == Kind.SYNC) {
                return true;
            }
        }
        return false;
    }

    /**
     * Drops what a node skips after an error: everything up to the next Sync, which stays. The first entry is the one that was
     * refused. What was done is undone last first, since the later may stand on the earlier.
     */
    void skipToSync(ServerStatements held) {
        int count = 0;
        while (count < size && kinds[at(count)] != Kind.SYNC && kinds[at(count)] != Kind.QUERY) {
            count++;
        }
        drop(count, held, true);
    }

    void clear(ServerStatements held) {
        drop(size, held, false);
    }

    private void drop(int count, ServerStatements held, boolean firstRefused) {
        Undo[] undos = new Undo[count];
        for (int i = count - 1; i >= 0; i--) {
            int at = at(i);
            if (kinds[at] == Kind.PARSE && extras[at] instanceof ServerStatement statement) {
                held.remove(statement);
            } else if (kinds[at] == Kind.CLOSE) {
                held.stays(extras[at]);
            } else if (kinds[at] == Kind.FAKE) {
                ((ByteBuf) extras[at]).release();
            }
            undos[i] = skips[at];
        }
        for (int i = 0; i < count; i++) {
            remove();
        }
        for (int i = count - 1; i >= 0; i--) {
            if (undos[i] != null) {
                undos[i].undo(firstRefused && i == 0);
            }
        }
    }

    private int at(int index) {
        return head + index & kinds.length - 1;
    }

    private void resize(int room) {
        Kind[] k = new Kind[room];
        ReplySink[] s = new ReplySink[room];
        Object[] e = new Object[room];
        Undo[] r = new Undo[room];
        for (int i = 0; i < size; i++) {
            int at = at(i);
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
