package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.ReplySink;
import dev.trunkline.backend.ServerStatement;
import dev.trunkline.wire.FrontendEncoder;
import dev.trunkline.wire.FrontendMessage.Target;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A statement of the session's own that is told to several participants at once: a setting, a savepoint. In an implicit
 * transaction that is under way it goes in the extended protocol, since a simple query would commit it.
 */
final class TellRun implements StatementRun {

    /** What PostgreSQL would remark on transaction control is said by the session, once. */
    static final ReplySink TELLING = new DroppingSink(true);
    /** A portal of our own: the client may have the unnamed one open. */
    private static final String PORTAL = "trunkline";

    private final Session session;
    private final ReplySink sink;
    private final Runnable told;
    private final Set<BackendConnection> outstanding = new HashSet<>();
    private boolean wrong;
    private boolean over;

    private TellRun(Session session, ReplySink sink, Runnable told) {
        this.session = session;
        this.sink = sink;
        this.told = told;
    }

    static void start(Session session, List<Participant> participants, List<String> statements, Runnable told) {
        start(session, participants, statements, TELLING, told);
    }

    /** Asks one participant; {@code told} runs when the sink has the answer. */
    static void ask(Session session, Participant participant, String sql, ReplySink sink, Runnable told) {
        start(session, List.of(participant), List.of(sql), sink, told);
    }

    private static void start(Session session, List<Participant> participants, List<String> statements, ReplySink sink,
            Runnable told) {
        TellRun run = new TellRun(session, sink, told);
        session.run(run);
        session.become(SessionState.ACTIVE);
        session.cycle().awaitReady(0, null);
        for (Participant participant : participants) {
            run.outstanding.add(participant.backend());
            run.tell(participant.backend(), statements, session.cycle().isPartOfMore());
        }
    }

    private void tell(BackendConnection backend, List<String> statements, boolean partOfMore) {
        if (backend.isUnsynced() || partOfMore) {
            statements.forEach(sql -> extended(backend, sql, sink));
        } else {
            backend.query(String.join(";", statements), sink);
        }
    }

    /** Puts a statement before what a node is sent next, which it runs only if this one has gone well. */
    static void unawaited(BackendConnection backend, String sql, ReplySink sink) {
        byte[] utf8 = sql.getBytes(StandardCharsets.UTF_8);
        byte[] text = backend.spoken(utf8, 0, utf8.length);
        FrontendEncoder.parse(backend.stage(), "", text, 0, text.length, new int[0]);
        backend.expectParse(ServerStatement.unnamed(new byte[0], new int[0]), sink, null);
        NodeMessages.bind(backend.stage(), "", "");
        backend.expectBind(sink, null);
        FrontendEncoder.execute(backend.stage(), "", 0);
        backend.expectExecute(sink);
    }

    /** Runs a statement without committing what came before it; {@code drained} tells that it is over. */
    static void extended(BackendConnection backend, String sql, ReplySink sink) {
        byte[] utf8 = sql.getBytes(StandardCharsets.UTF_8);
        byte[] text = backend.spoken(utf8, 0, utf8.length);
        FrontendEncoder.parse(backend.stage(), "", text, 0, text.length, new int[0]);
        backend.expectParse(ServerStatement.unnamed(new byte[0], new int[0]), TELLING, null);
        NodeMessages.bind(backend.stage(), PORTAL, "");
        backend.expectBind(TELLING, null);
        FrontendEncoder.execute(backend.stage(), PORTAL, 0);
        backend.expectExecute(sink);
        FrontendEncoder.close(backend.stage(), Target.PORTAL, PORTAL);
        backend.expectClose(TELLING);
        FrontendEncoder.flush(backend.stage());
    }

    @Override
    public void failed(BackendConnection backend) {
        wrong = true;
    }

    @Override
    public void drained(BackendConnection backend) {
        answered(backend);
    }

    @Override
    public void ready(BackendConnection backend) {
        answered(backend);
    }

    @Override
    public void lost(BackendConnection backend) {
        // Whether it was told or not: its part of the transaction is gone.
        wrong = true;
        answered(backend);
    }

    private void answered(BackendConnection backend) {
        outstanding.remove(backend);
        if (!outstanding.isEmpty() || over) {
            return;
        }
        over = true;
        session.run(null);
        if (wrong) {
            session.refusals().failCycle();
        } else {
            session.guarded(told);
        }
    }

    @Override
    public void abandon() {
        over = true;
    }
}
