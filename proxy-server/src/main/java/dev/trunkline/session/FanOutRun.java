package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.config.FanOutPolicy;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.execute.RowMerge;
import dev.trunkline.plan.Merge;
import dev.trunkline.plan.Plan;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.route.Destination;
import dev.trunkline.wire.BackendEncoder;
import dev.trunkline.wire.BackendMessage.RowDescription;
import dev.trunkline.wire.ErrorFields;
import io.netty.buffer.ByteBuf;

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
 * <p>Whatever merges rows pulls them: it takes rows while the client reads, and a node whose rows wait for other nodes' is not
 * read above a mark. With a row limit each node is asked for as many rows at a time, so that all are at rest while the portal
 * is suspended. When the merge is finished before the nodes are (LIMIT), the rest is dropped ({@link EarlyEnd}).
 *
 * <p>A concatenation with a row limit asks the nodes one after the other, each for what is still wanted, so that no node is
 * left in the middle of an answer while the portal is suspended.
 */
final class FanOutRun implements StatementRun {

    private final Session session;
    private final StatementPlan plan;
    private final Plan.FanOut fanOut;
    private final Destination.Many destination;
    private final StatementSource source;
    private final Destination placed;
    private NodeStatement[] statements;
    private final FanOutPolicy policy;
    private final FanOutWatch watch;
    private final Runnable done;
    private final FanOutInputs inputs;
    private final EarlyEnd early;
    private final RowMerge merge;
    private final MergedRows rows;
    private final boolean sequential;
    /** The portal's name at the nodes: only one that may be suspended, or stands beside an unnamed one, has one. */
    private final String portalName;
    private final boolean gathers;
    private int joined;
    private int open;
    private int turn;
    private boolean suspended;
    private boolean started;
    private boolean wrong;
    private boolean over;
    private long startedNanos = System.nanoTime();
    private long spentNanos;

    /**
     * A run that has not begun; its policy on fan-out has been asked, and may have thrown.
     *
     * @param placed where the statement goes; something else than {@code destination} for one that is not a fan-out
     */
    FanOutRun(Session session, StatementPlan plan, Destination placed, Destination.Many destination,
            StatementSource source, int maxRows, FanOutOutput output, FanOutWatch watch, Runnable done) {
        this.session = session;
        this.plan = plan;
        this.placed = placed;
        this.fanOut = placed == destination
                ? plan.fanOut()
                : new Plan.FanOut(plan.rule(), new Merge.Concat(), null, null);
        this.destination = destination;
        this.source = source;
        this.watch = watch;
        this.done = done;
        this.sequential = maxRows > 0 && fanOut.merge() instanceof Merge.Concat;
        this.gathers = fanOut.merge().gathers();
        this.portalName = maxRows > 0 && !gathers || session.portals().unnamedIsAtNode()
                ? session.portals().nameAtNodes(source.portalName())
                : "";
        this.merge = RowMerge.of(fanOut.merge(), session.database().nodeNames(destination.nodes()),
                RowCounts.of(fanOut.merge(), source.values(), source.types()));
        this.rows = new MergedRows(merge, output, watch, source.describe(), maxRows);
        this.inputs = new FanOutInputs(destination.nodes().length, merge, session.database().metrics(),
                session.worker().connector());
        this.early = new EarlyEnd(session, this, inputs);
        this.policy = destination.keyed() || !runs(fanOut.merge())
                ? FanOutPolicy.ALLOW
                : session.fanOutWarnings().admit(plan, destination, session);
    }

    static void start(Session session, StatementPlan plan, Destination.Many destination, StatementSource source,
            int maxRows, Runnable done) {
        if (plan.fanOut().listing()
                && !StatementListing.know(session, () -> start(session, plan, destination, source, maxRows, done))) {
            return;
        }
        if (plan.fanOut().merge().readsTexts() || NodeStatement.bindsTexts(destination)) {
            session.settings().requireUtf8();
        }
        session.routed(plan.routing(destination), plan);
        FanOutOutput output = new FanOutOutput.ToClient(session, plan.fanOut().merge() instanceof Merge.Explained);
        FanOutRun run = new FanOutRun(session, plan, destination, destination, source, maxRows, output,
                FanOutWatch.NOBODY, done);
        session.become(SessionState.ACTIVE);
        run.join();
    }

    private static boolean runs(Merge merge) {
        return !(merge instanceof Merge.Explained explained) || explained.runs();
    }

    /** Leases the nodes one after the other; goes on when all are there. */
    void join() {
        while (joined < inputs.count()) {
            watch.asks(joined);
            Participant participant = session.participant(destination.nodes()[joined], this::join);
            if (participant == null) {
                return;
            }
            inputs.set(joined, new FanOutInput(this, joined, participant));
            joined++;
        }
        for (joined = 0; joined < inputs.count(); joined++) {
            if (session.transaction().at(destination.nodes()[joined]) != inputs.get(joined).participant()) {
                // It was lost while the others were waited for.
                join();
                return;
            }
        }
        for (int i = 0; i < inputs.count(); i++) {
            session.use(inputs.get(i).participant(), plan, placed);
            if (placed != destination) {
                session.actions().sent(plan, inputs.get(i).participant());
            }
        }
        warn();
        begin();
        statements = NodeStatement.of(fanOut, source, destination.parts(), inputs.count(),
                session.worker().lexed(), session.planKey().standardConformingStrings());
        if (fanOut.listing()) {
            statements[0] = statements[0].behind(StatementListing.with(session));
        }
        for (int i = 0; i < inputs.count(); i++) {
            watch.sends(i);
            inputs.get(i).prepare(statements[i], source, fanOut.merge(), portalName);
            if (!sequential || i == 0) {
                execute(i, gathers ? 0 : rows.limit());
            }
        }
        session.flushReplies();
    }

    private void warn() {
        ErrorFields warning = session.fanOutWarnings().warning(plan, destination, policy);
        if (warning != null) {
            session.replies().notice(warning);
        }
    }

    private void execute(int i, int most) {
        open++;
        inputs.get(i).execute(portalName, most);
    }

    /** From here on the replies are the run's own: none takes its turn behind what a node still says. */
    private void begin() {
        started = true;
        session.replies().complete();
        session.run(this);
        session.become(SessionState.ACTIVE);
    }

    /** Goes on after PortalSuspended. Nodes that went in turn still do, since the rows before were in turn. */
    void resume(int maxRows) {
        startedNanos = System.nanoTime();
        rows.goOn(maxRows);
        begin();
        if (sequential) {
            execute(turn, maxRows);
        } else {
            guarded(this::pump);
            advance();
        }
    }

    // ---- what the nodes say

    boolean wantsRows() {
        return !wrong && !early.hasCome();
    }

    void rows(int input, ByteBuf frames) {
        if (!wantsRows() || over) {
            frames.release();
            return;
        }
        watch.rows(input, frames);
        guarded(() -> {
            rows.take(input, frames);
            pump();
        });
    }

    void described(int input, RowDescription columns) {
        guarded(() -> rows.describe(input, columns));
    }

    void completed(int input, ByteBuf frame) {
        watch.completes(input, frame);
        guarded(() -> {
            merge.complete(input);
            pump();
        });
    }

    void paused() {
        suspended = sequential;
    }

    void refused(ProxyException why) {
        guarded(() -> {
            throw why;
        });
    }

    /** Hands on what can be: while the client reads, up to its row limit. */
    private void pump() {
        rows.handOn();
        if (merge.finished() && !early.hasCome() && inputs.any(FanOutInput::hasMore)) {
            early.comes();
        } else if (rows.left() > 0) {
            feed();
            inputs.holdBack();
        } else {
            // The nodes come to rest, each with no more than it was asked for.
            inputs.readAll();
        }
        inputs.countQueued();
    }

    private void release() {
        merge.release();
        inputs.countQueued();
    }

    /** Asks the nodes for more whose rows so far are used up. */
    private void feed() {
        if (sequential) {
            return;
        }
        boolean asked = false;
        for (int i = 0; i < inputs.count(); i++) {
            if (inputs.get(i).isPaused() && merge.queuedBytes(i) == 0 && !inputs.get(i).backend().isBusy()) {
                execute(i, gathers ? 0 : rows.limit());
                asked = true;
            }
        }
        if (asked) {
            session.flushReplies();
        }
    }

    /** Whether nodes may still answer, and have not failed. */
    boolean isGoingWell() {
        return !over && !wrong;
    }

    @Override
    public boolean forgives(BackendConnection backend) {
        return early.isForgiving() && !wrong;
    }

    @Override
    public boolean paces(boolean writable) {
        if (!started || over) {
            return false;
        }
        if (writable && !wrong && !early.hasCome()) {
            inputs.readAll();
            guarded(this::pump);
            advance();
            session.flushReplies();
        }
        return true;
    }

    /** A refusal of the merge ends the run as a node's error does. What has refused a row is not asked for another one. */
    private void guarded(Runnable step) {
        if (wrong) {
            return;
        }
        try {
            step.run();
        } catch (ProxyException e) {
            session.refusals().answer(e);
            failed(null);
            if (e.error() == ProxyError.NODE_PROTOCOL_VIOLATION || e.error() == ProxyError.NODE_ROW_MALFORMED) {
                // Which node has said it, or what it says next, is not to be relied on.
                inputs.backends().forEach(BackendConnection::close);
            }
        }
    }

    @Override
    public void drained(BackendConnection backend) {
        if (over || !started) {
            return;
        }
        stopped(backend);
        if (!wrong && !early.hasCome()) {
            guarded(this::pump);
        }
        advance();
    }

    private void stopped(BackendConnection backend) {
        if (inputs.stopped(backend)) {
            open--;
        }
    }

    /** Ends or suspends the run when no node is answering. */
    private void advance() {
        if (over || open > 0) {
            return;
        }
        if (wrong || early.hasCome()) {
            finish();
        } else if (sequential) {
            if (merge.queuedBytes(turn) == 0) {
                nextInTurn();
            }
        } else if (merge.finished()) {
            finish();
        } else if (rows.limit() > 0 && rows.left() == 0) {
            suspend();
        }
    }

    private void nextInTurn() {
        if (suspended || rows.left() == 0 && turn + 1 < inputs.count()) {
            if (!suspended) {
                turn++;
            }
            suspend();
            return;
        }
        turn++;
        if (turn == inputs.count()) {
            finish();
        } else {
            execute(turn, rows.toAskFor());
            session.flushReplies();
        }
    }

    private void suspend() {
        suspended = false;
        spentNanos += System.nanoTime() - startedNanos;
        inputs.readAll();
        source.portal().suspended(this);
        session.run(null);
        session.replies().add(BackendEncoder::portalSuspended);
        done.run();
    }

    private void finish() {
        over = true;
        inputs.readAll();
        if (!destination.keyed() && runs(fanOut.merge())) {
            session.database().metrics().fanOutEnded(plan, wrong, merge.rows(),
                    spentNanos + System.nanoTime() - startedNanos);
        }
        if (wrong) {
            release();
            goOnAfterCancels(session.refusals()::failCycle);
        } else if (early.hasCancelled()) {
            goOnAfterCancels(() -> session.guarded(this::complete));
        } else {
            session.run(null);
            session.guarded(this::complete);
        }
    }

    /** A cancel request that arrives late must not hit what the session does next. */
    private void goOnAfterCancels(Runnable next) {
        Interruptions.afterCancels(inputs.backends(), 0, () -> {
            if (session.state() != SessionState.CLOSED) {
                session.run(null);
                next.run();
                session.flushReplies();
            }
        });
    }

    private void complete() {
        long given = rows.given();
        release();
        if (source.portal() != null) {
            source.portal().done();
            closeAtNodes();
        }
        if (rows.limit() > 0 && given >= rows.limit() && !sequential) {
            session.replies().add(BackendEncoder::portalSuspended);
        } else {
            rows.end(given);
        }
        done.run();
    }

    @Override
    public ErrorFields asWritten(BackendConnection backend, ErrorFields fields) {
        int input = started ? inputs.backends().indexOf(backend) : -1;
        return input < 0
                ? fields
                : RewrittenText.after(RewrittenText.asWritten(fields, source.sql(), statements[input].sql()),
                        source.before());
    }

    @Override
    public long sinceNanos() {
        return over || wrong ? 0 : startedNanos;
    }

    @Override
    public void cancel(ProxyException why) {
        refused(why);
    }

    @Override
    public void failed(BackendConnection backend) {
        if (wrong) {
            return;
        }
        wrong = true;
        inputs.readAll();
        inputs.cancelBusy(backend);
    }

    @Override
    public void ready(BackendConnection backend) {
        // Only the end of the cycle syncs.
    }

    @Override
    public void lost(BackendConnection backend) {
        failed(backend);
        stopped(backend);
        if (!over && open == 0) {
            finish();
        }
    }

    /** Whether a suspended run goes on at a participant. */
    boolean uses(Participant participant) {
        return inputs.any(input -> input.participant() == participant);
    }

    /** The portal is wanted no more. One without a name may be another's by now. */
    void closeAtNodes() {
        for (int i = 0; i < inputs.count() && !portalName.isEmpty(); i++) {
            inputs.get(i).close(portalName);
        }
    }

    @Override
    public void abandon() {
        over = true;
        inputs.readAll();
        release();
    }
}
