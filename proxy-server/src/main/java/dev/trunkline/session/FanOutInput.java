package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.ReplySink;
import dev.trunkline.backend.ServerStatement;
import dev.trunkline.error.ProxyError;
import dev.trunkline.plan.Merge;
import dev.trunkline.wire.BackendDecoder;
import dev.trunkline.wire.BackendMessage.RowDescription;
import dev.trunkline.wire.FrontendEncoder;
import dev.trunkline.wire.FrontendMessage.Target;
import dev.trunkline.wire.MessageTypes;
import io.netty.buffer.ByteBuf;

/**
 * One node's part in a fan-out: what the node was asked for, how far its answer has come, and whether it is read.
 *
 * <pre>
 *   asked --execute--> running --CommandComplete--> complete
 *                        ^  \---PortalSuspended--> paused --execute--> running
 * </pre>
 *
 * <p>Whether the node still owes something is a matter of its connection: it is {@code running} until that is drained.
 */
final class FanOutInput implements ReplySink {

    private static final int HEADER = 5;
    /** A node is not read while so many bytes of its rows wait, ... */
    private static final int MOST_QUEUED = 256 * 1024;
    /** ... until no more than these are left. */
    private static final int LEAST_QUEUED = 64 * 1024;

    private final FanOutRun run;
    private final int index;
    private final Participant participant;
    private boolean running;
    private boolean paused;
    private boolean complete;
    private boolean held;

    FanOutInput(FanOutRun run, int index, Participant participant) {
        this.run = run;
        this.index = index;
        this.participant = participant;
    }

    BackendConnection backend() {
        return participant.backend();
    }

    Participant participant() {
        return participant;
    }

    /** Has the node prepare, bind and describe its statement under a portal's name. */
    void prepare(NodeStatement own, StatementSource source, Merge merge, String portal) {
        byte[] sql = own.sql();
        BackendConnection backend = backend();
        byte[] text = backend.spoken(sql, 0, sql.length);
        FrontendEncoder.parse(backend.stage(), "", text, 0, text.length, source.types());
        backend.expectParse(ServerStatement.unnamed(sql, source.types()), DroppingSink.INJECTED, null);
        ByteBuf values = own.values().isEmpty()
                ? source.values()
                : NodeMessages.withValues(source.values(), own.values());
        try {
            NodeMessages.bind(backend.stage(), portal, "", values, merge.visible(), merge.hidden());
        } finally {
            if (values != source.values()) {
                values.release();
            }
        }
        backend.expectBind(DroppingSink.INJECTED, null);
        FrontendEncoder.describe(backend.stage(), Target.PORTAL, portal);
        backend.expectDescribe(this);
    }

    /** Asks for the next rows, 0 for all. */
    void execute(String portal, int rows) {
        running = true;
        paused = false;
        FrontendEncoder.execute(backend().stage(), portal, rows);
        backend().expectExecute(this);
        FrontendEncoder.flush(backend().stage());
    }

    void close(String portal) {
        FrontendEncoder.close(backend().stage(), Target.PORTAL, portal);
        backend().expectClose(DroppingSink.INJECTED);
        // Another portal may be waiting there for the connection to have nothing to answer.
        FrontendEncoder.flush(backend().stage());
    }

    /** Whether the node can be asked for more of a portal that it has suspended. */
    boolean isPaused() {
        return paused && !running;
    }

    /** Whether rows may come without being asked for. */
    boolean hasMore() {
        return running && !complete && !paused;
    }

    /** The node owes nothing more, or never will; whether it did until now. */
    boolean stopped() {
        boolean was = running;
        running = false;
        return was;
    }

    /** Stops or resumes reading, as the rows that wait are many or few. */
    void holdBack(int queued) {
        if (held ? queued <= LEAST_QUEUED : queued > MOST_QUEUED) {
            held = !held;
            backend().reading(!held);
        }
    }

    /** Reads whatever comes. */
    void read() {
        held = false;
        backend().reading(true);
    }

    @Override
    public Delivery delivery() {
        return run.wantsRows() ? Delivery.ROWS : Delivery.DROP;
    }

    @Override
    public void frames(BackendConnection from, ByteBuf frames) {
        run.rows(index, frames);
    }

    @Override
    public void message(BackendConnection from, byte type, ByteBuf frame) {
        switch (type) {
            case MessageTypes.ROW_DESCRIPTION -> run.described(index,
                    columns(from.encoding() == null ? frame : from.encoding().decodeMessage(frame)));
            case MessageTypes.COMMAND_COMPLETE -> {
                complete = true;
                run.completed(index, frame);
            }
            case MessageTypes.PORTAL_SUSPENDED -> {
                paused = true;
                run.paused();
            }
            case MessageTypes.NO_DATA -> {
                // A write that is measured, without RETURNING.
            }
            default -> run.refused(ProxyError.NODE_PROTOCOL_VIOLATION.with(from.endpoint().nodeName()));
        }
    }

    private static RowDescription columns(ByteBuf frame) {
        ByteBuf body = frame.slice(frame.readerIndex() + HEADER, frame.readableBytes() - HEADER);
        return (RowDescription) BackendDecoder.decode(MessageTypes.ROW_DESCRIPTION, body);
    }
}
