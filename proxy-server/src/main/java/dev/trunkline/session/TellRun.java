package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.ReplySink;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A statement of the session's own that is told to several participants at once: a setting, a savepoint. In an implicit
 * transaction that is under way it goes in the extended protocol, since a simple query would commit it.
 */
final class TellRun implements StatementRun {

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
        start(session, participants, statements, DroppingSink.TELLING, told);
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
            statements.forEach(sql -> OwnStatement.run(backend, sql, sink));
        } else {
            backend.query(String.join(";", statements), sink);
        }
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
