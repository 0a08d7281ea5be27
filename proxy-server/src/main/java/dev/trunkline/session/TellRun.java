package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.ReplySink;
import dev.trunkline.backend.ServerStatement;
import dev.trunkline.wire.FrontendEncoder;
import java.util.List;

/**
 * A statement of the session's own that is told to several participants at once: a setting, a savepoint. In an implicit
 * transaction that is under way it goes in the extended protocol, since a simple query would commit it.
 */
final class TellRun implements StatementRun {

    private static final ReplySink TELLING = new DroppingSink();

    private final Session session;
    private final Runnable told;
    private int outstanding;
    private boolean wrong;
    private boolean over;

    private TellRun(Session session, Runnable told) {
        this.session = session;
        this.told = told;
    }

    static void start(Session session, List<Participant> participants, String sql, Runnable told) {
        TellRun run = new TellRun(session, told);
        run.outstanding = participants.size();
        session.run(run);
        session.become(SessionState.ACTIVE);
        session.awaitReady(0, null);
        for (Participant participant : participants) {
            run.tell(participant.backend(), sql);
        }
    }

    private void tell(BackendConnection backend, String sql) {
        if (!backend.isUnsynced()) {
            backend.query(sql, TELLING);
            return;
        }
        FrontendEncoder.parse(backend.stage(), "", sql);
        backend.expectParse(ServerStatement.unnamed(new byte[0], new int[0]), TELLING, null);
        NodeMessages.bind(backend.stage(), "", "");
        backend.expectBind(TELLING);
        FrontendEncoder.execute(backend.stage(), "", 0);
        backend.expectExecute(TELLING);
        FrontendEncoder.flush(backend.stage());
    }

    @Override
    public void failed(BackendConnection backend) {
        wrong = true;
    }

    @Override
    public void drained(BackendConnection backend) {
        answered();
    }

    @Override
    public void ready(BackendConnection backend) {
        answered();
    }

    @Override
    public void lost(BackendConnection backend) {
        wrong = true;
        answered();
    }

    private void answered() {
        if (--outstanding > 0 || over) {
            return;
        }
        over = true;
        session.run(null);
        if (wrong) {
            session.failCycle();
        } else {
            session.guarded(told);
        }
    }

    @Override
    public void abandon() {
        over = true;
    }
}
