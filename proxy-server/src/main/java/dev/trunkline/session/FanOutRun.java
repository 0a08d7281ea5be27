package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.ReplySink;
import dev.trunkline.backend.ServerStatement;
import dev.trunkline.config.FanOutPolicy;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.execute.RowMerge;
import dev.trunkline.plan.Merge;
import dev.trunkline.plan.Plan;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.route.Destination;
import dev.trunkline.route.Routing;
import dev.trunkline.wire.BackendDecoder;
import dev.trunkline.wire.BackendEncoder;
import dev.trunkline.wire.BackendMessage.RowDescription;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.FrontendEncoder;
import dev.trunkline.wire.FrontendMessage.Target;
import dev.trunkline.wire.MessageTypes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * A statement that runs on several nodes at once. The nodes are spoken to in the extended protocol, whatever the client
 * speaks (semantics.md 26), and none is synced before the cycle's end.
 *
 * <pre>
 *   lease every node (in the nodes' order) -> warn -> Parse, Bind, Describe, Execute, Flush to each
 *     rows of each node --> merge --> client;  the last CommandComplete --> one CommandComplete
 *     first error       --> client;  the others are cancelled and their rows dropped
 * </pre>
 *
 * A concatenation with a row limit asks the nodes one after the other, each for what is still wanted, so that no node is
 * left in the middle of an answer while the portal is suspended.
 */
final class FanOutRun implements StatementRun {

    /** Where a statement and its values come from, and what the client wants to see besides the rows. */
    record Source(byte[] sql, int[] types, ByteBuf values, boolean describe, Portal portal) {

        private static final int[] NO_TYPES = {};

        /** A statement of the simple protocol. */
        static Source simple(byte[] sql) {
            return new Source(sql, NO_TYPES, null, true, null);
        }

        /** A bound portal; {@code describe} when its description is still owed. */
        static Source portal(Portal portal, boolean describe) {
            return new Source(portal.statement().sql(), portal.statement().server().parameterTypes(), portal.values(),
                    describe, portal);
        }

        String portalName() {
            return portal == null ? "" : portal.name();
        }
    }

    private final Session session;
    private final StatementPlan plan;
    private final Plan.FanOut fanOut;
    private final Destination.Many destination;
    private final Source source;
    private final FanOutPolicy policy;
    private final Runnable done;
    private final Participant[] participants;
    private final RowMerge merge;
    private final boolean sequential;
    private int joined;
    private int open;
    private int turn;
    private int maxRows;
    private long rowsBefore;
    private boolean described;
    private boolean suspended;
    private boolean started;
    private boolean wrong;
    private boolean over;
    private long startedNanos = System.nanoTime();
    private long spentNanos;
    private final boolean[] owing;

    private FanOutRun(Session session, StatementPlan plan, Destination.Many destination, Source source, int maxRows,
            FanOutPolicy policy, Runnable done) {
        this.session = session;
        this.plan = plan;
        this.fanOut = plan.fanOut();
        this.destination = destination;
        this.source = source;
        this.policy = policy;
        this.done = done;
        this.participants = new Participant[destination.nodes().length];
        this.owing = new boolean[destination.nodes().length];
        this.maxRows = maxRows;
        this.sequential = maxRows > 0 && fanOut.merge() instanceof Merge.Concat;
        this.merge = RowMerge.of(fanOut.merge(), participants.length);
        this.described = !source.describe();
    }

    static void start(Session session, StatementPlan plan, Destination.Many destination, Source source, int maxRows,
            Runnable done) {
        FanOutPolicy policy = FanOutPolicy.ALLOW;
        if (!destination.keyed()) {
            policy = session.database().fanOutRules().of(plan, session.database().catalog(),
                    session.identity().user(), session.own().fanOut());
            session.database().metrics().fanOut(plan, policy == FanOutPolicy.REJECT);
        }
        session.routed(destination.keyed() ? Routing.MULTI_KEY : Routing.FAN_OUT, plan);
        if (policy == FanOutPolicy.REJECT) {
            throw session.fanOutWarnings().rejection(plan, destination);
        }
        session.become(SessionState.ACTIVE);
        new FanOutRun(session, plan, destination, source, maxRows, policy, done).join();
    }

    /** Leases the nodes one after the other; goes on when all are there. */
    private void join() {
        while (joined < participants.length) {
            Participant participant = session.participant(destination.nodes()[joined], this::join);
            if (participant == null) {
                return;
            }
            participants[joined++] = participant;
        }
        for (joined = 0; joined < participants.length; joined++) {
            if (session.transaction().at(destination.nodes()[joined]) != participants[joined]) {
                // It was lost while the others were waited for.
                join();
                return;
            }
        }
        for (Participant participant : participants) {
            session.use(participant, plan, destination);
        }
        warn();
        session.run(this);
        session.become(SessionState.ACTIVE);
        started = true;
        for (int i = 0; i < participants.length; i++) {
            prepare(i);
            if (!sequential || i == 0) {
                execute(i, sequential ? maxRows : 0);
            }
        }
        session.flushReplies();
    }

    private void warn() {
        ErrorFields warning = switch (policy) {
            case WARN -> session.fanOutWarnings().warning(plan, destination, "WARNING");
            case NOTICE -> session.fanOutWarnings().warning(plan, destination, "NOTICE");
            case ALLOW, REJECT -> null;
        };
        if (warning != null) {
            session.notice(warning);
        }
    }

    private void prepare(int i) {
        BackendConnection backend = participants[i].backend();
        byte[] sql = fanOut.nodeSql() == null ? source.sql() : fanOut.nodeSql().getBytes(StandardCharsets.UTF_8);
        FrontendEncoder.parse(backend.stage(), "", sql, 0, sql.length, source.types());
        backend.expectParse(ServerStatement.unnamed(sql, source.types()), Session.INJECTED, null);
        int visible = fanOut.merge() instanceof Merge.Aggregate aggregate ? aggregate.visible() : -1;
        int hidden = fanOut.merge() instanceof Merge.Aggregate aggregate ? aggregate.hidden() : 0;
        NodeMessages.bind(backend.stage(), portalName(), "", source.values(), visible, hidden);
        backend.expectBind(Session.INJECTED);
        FrontendEncoder.describe(backend.stage(), Target.PORTAL, portalName());
        backend.expectDescribe(new Input(i));
    }

    private void execute(int i, int rows) {
        open++;
        owing[i] = true;
        BackendConnection backend = participants[i].backend();
        FrontendEncoder.execute(backend.stage(), portalName(), rows);
        backend.expectExecute(new Input(i));
        FrontendEncoder.flush(backend.stage());
    }

    /** Goes on after PortalSuspended. The nodes still go in turn, since the rows before were in turn. */
    void resume(int rows) {
        startedNanos = System.nanoTime();
        maxRows = rows;
        rowsBefore = merge.rows();
        session.run(this);
        session.become(SessionState.ACTIVE);
        execute(turn, rows);
    }

    /** What one node says. */
    private final class Input implements ReplySink {

        private final int index;

        Input(int index) {
            this.index = index;
        }

        @Override
        public Delivery delivery() {
            return wrong ? Delivery.DROP : Delivery.ROWS;
        }

        @Override
        public void frames(BackendConnection from, ByteBuf frames) {
            if (wrong || over) {
                frames.release();
                return;
            }
            guarded(() -> {
                merge.rows(index, frames);
                pump();
            });
        }

        @Override
        public void message(BackendConnection from, byte type, ByteBuf frame) {
            guarded(() -> {
                switch (type) {
                    case MessageTypes.ROW_DESCRIPTION -> describe(index, frame);
                    case MessageTypes.COMMAND_COMPLETE -> {
                        merge.complete(index);
                        pump();
                    }
                    case MessageTypes.PORTAL_SUSPENDED -> suspended = true;
                    default -> throw ProxyError.NODE_PROTOCOL_VIOLATION.with(from.endpoint().nodeName());
                }
            });
        }
    }

    private void describe(int input, ByteBuf frame) {
        ByteBuf body = frame.slice(frame.readerIndex() + 5, frame.readableBytes() - 5);
        RowDescription columns = (RowDescription) BackendDecoder.decode(MessageTypes.ROW_DESCRIPTION, body);
        RowDescription merged = merge.describe(input, columns);
        if (!described) {
            described = true;
            BackendEncoder.encode(merged, session.out().stage());
        }
    }

    private void pump() {
        for (ByteBuf run = take(); run != null; run = take()) {
            session.out().frames(null, run);
        }
    }

    private ByteBuf take() {
        return merge.take(UnpooledByteBufAllocator.DEFAULT, RowMerge.ALL);
    }

    /** A refusal of the merge ends the run as a node's error does. */
    private void guarded(Runnable step) {
        try {
            step.run();
        } catch (ProxyException e) {
            session.answerError(e);
            failed(null);
        }
    }

    @Override
    public void drained(BackendConnection backend) {
        if (over || !started || !isAnswered(backend)) {
            return;
        }
        if (sequential && !wrong) {
            nextInTurn();
        } else {
            finish();
        }
    }

    private void nextInTurn() {
        int left = maxRows == 0 ? 0 : maxRows - (int) (merge.rows() - rowsBefore);
        if (suspended || maxRows > 0 && left <= 0 && turn + 1 < participants.length) {
            if (!suspended) {
                turn++;
            }
            suspend();
            return;
        }
        turn++;
        if (turn == participants.length) {
            finish();
        } else {
            execute(turn, left);
            session.flushReplies();
        }
    }

    private void suspend() {
        suspended = false;
        spentNanos += System.nanoTime() - startedNanos;
        source.portal().suspended(this);
        session.run(null);
        session.reply(BackendEncoder::portalSuspended);
        done.run();
    }

    private void finish() {
        over = true;
        if (!destination.keyed()) {
            session.database().metrics().fanOutEnded(plan, wrong, merge.rows(),
                    spentNanos + System.nanoTime() - startedNanos);
        }
        if (wrong) {
            merge.release();
            // A cancel that arrives late must not hit what the session does next.
            Session.afterCancels(backends(), 0, this::failed);
            return;
        }
        session.run(null);
        session.guarded(this::complete);
    }

    private List<BackendConnection> backends() {
        return Arrays.stream(participants).map(Participant::backend).toList();
    }

    private void failed() {
        if (session.state() != SessionState.CLOSED) {
            session.run(null);
            session.failCycle();
            session.flushReplies();
        }
    }

    private void complete() {
        long rows = merge.rows() - rowsBefore;
        merge.release();
        if (source.portal() != null) {
            source.portal().done();
            if (sequential && !portalName().isEmpty()) {
                closeAtNodes();
            }
        }
        if (maxRows > 0 && rows >= maxRows && !sequential) {
            session.reply(BackendEncoder::portalSuspended);
        } else {
            session.commandComplete("SELECT " + rows);
        }
        done.run();
    }

    @Override
    public void failed(BackendConnection backend) {
        if (wrong) {
            return;
        }
        wrong = true;
        for (Participant participant : participants) {
            if (participant != null && participant.backend() != backend && participant.backend().isBusy()) {
                session.worker().connector().cancel(participant.backend());
            }
        }
    }

    @Override
    public void ready(BackendConnection backend) {
        // Only the end of the cycle syncs.
    }

    @Override
    public void lost(BackendConnection backend) {
        failed(backend);
        if (!over && (open == 0 || isAnswered(backend))) {
            finish();
        }
    }

    /** Notes that a node owes nothing more; true when it was the last that did. */
    private boolean isAnswered(BackendConnection backend) {
        for (int i = 0; i < participants.length; i++) {
            if (owing[i] && participants[i].backend() == backend) {
                owing[i] = false;
                return --open == 0;
            }
        }
        return false;
    }

    /** Whether a suspended run goes on at a participant. */
    boolean uses(Participant participant) {
        return Arrays.asList(participants).contains(participant);
    }

    /** The client closes the portal before its end. */
    void closeAtNodes() {
        for (Participant participant : participants) {
            FrontendEncoder.close(participant.backend().stage(), Target.PORTAL, portalName());
            participant.backend().expectClose(Session.INJECTED);
        }
    }

    /** At the nodes only a portal that may be suspended needs the client's name for it. */
    private String portalName() {
        return sequential ? source.portalName() : "";
    }

    @Override
    public void abandon() {
        over = true;
        merge.release();
    }
}
