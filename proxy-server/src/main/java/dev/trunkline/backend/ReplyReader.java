package dev.trunkline.backend;

import dev.trunkline.backend.ExpectedReplies.Kind;
import dev.trunkline.backend.ReplySink.Delivery;
import io.netty.buffer.ByteBuf;

/**
 * Cuts what a node sends into what its messages' readers want: runs of raw frames for a sink that streams, whole messages for
 * everybody else.
 *
 * <p>Replies to a {@link Delivery#STREAM} sink are never taken apart: the five-byte headers are read in place, and the largest
 * stretch of messages that needs no attention is handed on as a part of the read buffer. A message may be cut by the end of
 * the buffer; {@code bodyLeft} carries over what is still to come. Only the messages that the session must see are put
 * together in {@code stash}.
 *
 * <p>Confined to the connection's event loop.
 */
final class ReplyReader {

    /** A message that the session must see whole may not be larger than this; rows may. */
    private static final int LARGEST_CONTROL_MESSAGE = 1 << 24;
    /** PostgreSQL has no greater messages. */
    private static final int LARGEST_ROW = 1 << 30;
    private static final int MOST_AT_ONCE = 1 << 16;
    private static final int HEADER = 5;

    private final BackendConnection connection;
    private final ExpectedReplies expected;
    private ByteBuf stash;
    private int bodyLeft;
    private byte bodyType;
    private boolean bodyDropped;
    private ReplySink bodySink;

    ReplyReader(BackendConnection connection, ExpectedReplies expected) {
        this.connection = connection;
        this.expected = expected;
    }

    /** Whether the rest of a message is still to come. */
    boolean isMidMessage() {
        return bodyLeft > 0;
    }

    /** Whether a sink has got the beginning of a message and not its end. */
    boolean isMidStream() {
        return bodyLeft > 0 && !bodyDropped;
    }

    /** Takes all that has arrived; the buffer stays its owner's. */
    void read(ByteBuf in) {
        if (stash != null) {
            completeStash(in);
            if (stash != null) {
                return;
            }
        }
        int at = in.readerIndex();
        int end = in.writerIndex();
        int runStart = at;
        ReplySink runSink = null;
        while (at < end) {
            if (bodyLeft > 0) {
                int n = Math.min(bodyLeft, end - at);
                if (bodyDropped) {
                    emit(in, runStart, at, runSink);
                    runSink = null;
                    runStart = at + n;
                } else if (runSink == null) {
                    runSink = bodySink;
                    runStart = at;
                }
                at += n;
                bodyLeft -= n;
                if (bodyLeft == 0) {
                    bodySink = null;
                    if (endsEntry(bodyType)) {
                        emit(in, runStart, at, runSink);
                        runSink = null;
                        runStart = at;
                        giveFakesTheirTurn();
                    }
                }
                continue;
            }
            if (end - at < HEADER) {
                emit(in, runStart, at, runSink);
                stash(in, at, end, HEADER);
                return;
            }
            byte type = in.getByte(at);
            int length = bodyLength(in.getInt(at + 1), type);
            ReplySink sink = expected.sink();
            Delivery delivery = deliveryOf(type, sink);
            boolean whole = (long) at + HEADER + length <= end;
            if (delivery == Delivery.STREAM || delivery == Delivery.ROWS && whole) {
                if (runSink != sink) {
                    emit(in, runStart, at, runSink);
                    runSink = sink;
                    runStart = at;
                }
                int n = Math.min(HEADER + length, end - at);
                at += n;
                bodyLeft = HEADER + length - n;
                bodyDropped = false;
                bodySink = bodyLeft > 0 ? sink : null;
                bodyType = type;
                if (bodyLeft == 0 && endsEntry(type)) {
                    emit(in, runStart, at, runSink);
                    runSink = null;
                    runStart = at;
                    giveFakesTheirTurn();
                }
                continue;
            }
            if (delivery == Delivery.DROP) {
                emit(in, runStart, at, runSink);
                runSink = null;
                int n = Math.min(HEADER + length, end - at);
                at += n;
                runStart = at;
                bodyLeft = HEADER + length - n;
                bodyDropped = true;
                bodyType = type;
                if (bodyLeft == 0 && endsEntry(type)) {
                    giveFakesTheirTurn();
                }
                continue;
            }
            if (!whole) {
                emit(in, runStart, at, runSink);
                checkStashable(type, length);
                stash(in, at, end, HEADER + length);
                return;
            }
            if (type == 'Z') {
                checkReady(in, at, length);
                checkSurplus(in, at + HEADER + length, end);
            }
            if (type == 'Z' && runSink == sink && runSink != null
                    && connection.control().relaysReady(in.getByte(at + HEADER))) {
                at += HEADER + length;
                emit(in, runStart, at, runSink);
                runSink = null;
                runStart = at;
                connection.control().readyForQuery(in.getByte(at - 1), true);
                continue;
            }
            emit(in, runStart, at, runSink);
            runSink = null;
            connection.control().take(type, in.slice(at, HEADER + length));
            at += HEADER + length;
            runStart = at;
        }
        emit(in, runStart, at, runSink);
    }

    /** ReadyForQuery has one of three letters. */
    private static void checkReady(ByteBuf in, int at, int length) {
        if (length != 1 || "ITE".indexOf(in.getByte(at + HEADER)) < 0) {
            throw new OutOfStep("ReadyForQuery that is none");
        }
    }

    /**
     * What a node has said behind the last reply that it owes is no answer to what the next owner will ask, who may be lent the
     * connection before this read is over: only what nodes say of their own accord may come.
     */
    private void checkSurplus(ByteBuf in, int from, int end) {
        int at = from;
        while (expected.size() == 1 && at < end) {
            byte type = in.getByte(at);
            switch (type) {
                case 'S', 'N', 'A', 'E' -> at = end - at < HEADER
                        ? end
                        : (int) Math.min(end, at + 1L + Math.max(4, in.getInt(at + 1)));
                default -> throw new OutOfStep(type, null);
            }
        }
    }

    private void emit(ByteBuf in, int start, int end, ReplySink sink) {
        if (sink != null && end > start) {
            sink.stream(connection, in, start, end - start);
        }
    }

    /** Which way a message takes: EACH means that it is put together and looked at. */
    private Delivery deliveryOf(byte type, ReplySink sink) {
        switch (type) {
            case 'Z', 'E', 'S', 'A', 'G', 'R', 'K', 'W', 'v' -> {
                return Delivery.EACH;
            }
            default -> {
                if (sink == null) {
                    return Delivery.EACH;
                }
                Delivery delivery = sink.delivery();
                if (delivery == Delivery.ROWS && type != 'D') {
                    return Delivery.EACH;
                }
                return delivery == Delivery.DROP && type == 'N' ? Delivery.EACH : delivery;
            }
        }
    }

    /** Takes note of a message that is over. Returns whether it ended its entry and nothing or a fake is next. */
    private boolean endsEntry(byte type) {
        Kind kind = expected.kind();
        switch (type) {
            case 'N' -> {
                return false;
            }
            case 'D', 'd', 'c', 'H' -> {
                if (kind != Kind.QUERY && kind != Kind.EXECUTE) {
                    throw new OutOfStep(type, kind);
                }
                return false;
            }
            case 't' -> {
                if (kind != Kind.DESCRIBE) {
                    throw new OutOfStep(type, kind);
                }
                return false;
            }
            case '1' -> ended(kind, Kind.PARSE, type);
            case '2' -> ended(kind, Kind.BIND, type);
            case '3' -> ended(kind, Kind.CLOSE, type);
            case 'n' -> ended(kind, Kind.DESCRIBE, type);
            case 'T' -> {
                if (kind == Kind.QUERY) {
                    return false;
                }
                ended(kind, Kind.DESCRIBE, type);
            }
            case 'C', 'I' -> {
                if (kind == Kind.QUERY) {
                    return false;
                }
                ended(kind, Kind.EXECUTE, type);
            }
            case 's' -> ended(kind, Kind.EXECUTE, type);
            case 'V' -> {
                if (kind != Kind.QUERY) {
                    throw new OutOfStep(type, kind);
                }
                return false;
            }
            default -> throw new OutOfStep(type, kind);
        }
        return expected.isEmpty() || expected.kind() == Kind.FAKE;
    }

    private void ended(Kind actual, Kind wanted, byte type) {
        if (actual != wanted) {
            throw new OutOfStep(type, actual);
        }
        expected.remove();
    }

    /** Gives our own replies their turn, and tells the owner when nothing more is owed. */
    void giveFakesTheirTurn() {
        while (expected.kind() == Kind.FAKE) {
            ReplySink sink = expected.sink();
            ByteBuf reply = (ByteBuf) expected.extra();
            expected.remove();
            sink.frames(connection, reply);
        }
        if (expected.isEmpty() && bodyLeft == 0) {
            connection.control().drained();
        }
    }

    // ---- messages cut by the end of a buffer

    private void stash(ByteBuf in, int from, int end, int capacity) {
        // A length that is only claimed takes no memory: the buffer grows with what arrives.
        stash = in.alloc().buffer(Math.clamp(capacity, 64, MOST_AT_ONCE));
        stash.writeBytes(in, from, end - from);
    }

    /** Completes the stashed message from new bytes, as far as they go, and hands it on. */
    private void completeStash(ByteBuf in) {
        while (stash != null) {
            int have = stash.readableBytes();
            int need = HEADER;
            if (have >= HEADER) {
                byte type = stash.getByte(stash.readerIndex());
                int length = bodyLength(stash.getInt(stash.readerIndex() + 1), type);
                Delivery delivery = deliveryOf(type, expected.sink());
                if (delivery == Delivery.STREAM || delivery == Delivery.DROP || have == HEADER + length) {
                    ByteBuf message = stash;
                    stash = null;
                    try {
                        if (type == 'Z') {
                            checkSurplus(in, in.readerIndex(), in.writerIndex());
                        }
                        read(message);
                    } finally {
                        message.release();
                    }
                    return;
                }
                checkStashable(type, length);
                need = HEADER + length;
            }
            int n = Math.min(need - have, in.readableBytes());
            if (n == 0) {
                return;
            }
            stash.writeBytes(in, n);
        }
    }

    private static int bodyLength(int declared, byte type) {
        if (declared < 4) {
            throw new OutOfStep("message '" + (char) type + "' of length " + declared);
        }
        return declared - 4;
    }

    private static void checkStashable(byte type, int length) {
        if (length > (type == 'D' ? LARGEST_ROW : LARGEST_CONTROL_MESSAGE)) {
            throw new OutOfStep("message '" + (char) type + "' of length " + length);
        }
    }

    /** A message was taken whole by its sink. */
    void taken(byte type) {
        if (endsEntry(type)) {
            giveFakesTheirTurn();
        }
    }

    void release() {
        if (stash != null) {
            stash.release();
            stash = null;
        }
    }

    /** The node said something that does not follow from what was sent to it. */
    static final class OutOfStep extends RuntimeException {

        private static final long serialVersionUID = 1L;

        OutOfStep(String text) {
            super(text, null, false, false);
        }

        OutOfStep(byte type, Kind expected) {
            this("unexpected message '" + (char) type + "' while expecting " + expected);
        }
    }
}
