package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.plan.PlanKey;
import dev.trunkline.plan.SessionAction;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.sql.LexedText;
import dev.trunkline.sql.PreparedText;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.FrontendEncoder;

/**
 * SQL's PREPARE: the session knows the statement from now on, as if the protocol had prepared it. A node is asked whether it is
 * right, and for the types of its parameters, unless that is known.
 *
 * <pre>
 *   types that only a node knows -> plan -> Parse, Describe, Flush at a node -> known to the session
 * </pre>
 */
final class PrepareRun implements StatementRun {

    private final Session session;
    private final SessionAction.Prepare prepare;
    private final byte[] written;
    private final byte[] whole;
    private final PreparedText text;
    private final byte[] sql;
    private final boolean standardStrings;
    private final Runnable done;
    private final Runnable next = this::go;
    private int[] types;
    private ClientStatement statement;
    private boolean over;

    private PrepareRun(Session session, SessionAction.Prepare prepare, StatementSource source, Runnable done) {
        this.session = session;
        this.prepare = prepare;
        this.written = source.sql();
        this.whole = source.whole();
        this.standardStrings = session.planKey().standardConformingStrings();
        this.text = PreparedText.ofPrepare(written, standardStrings);
        this.sql = text.statement();
        this.done = done;
    }

    static void start(Session session, SessionAction.Prepare prepare, StatementSource source, Runnable done) {
        new PrepareRun(session, prepare, source, done).go();
    }

    /** Goes as far as nothing has to be awaited. */
    private void go() {
        if (types == null && !findTypes()) {
            return;
        }
        if (statement == null && !plan()) {
            return;
        }
        session.preparing().renew(statement);
        StatementPlan plan = statement.plan();
        if (plan.refusal() != null) {
            int position = plan.refusal().position();
            throw position == 0 ? plan.refusal() : plan.refusal().withPosition(position + text.charactersBefore());
        }
        if (session.preparing().isDescribed(statement)) {
            known();
            return;
        }
        BackendConnection backend = session.preparing().describingAt(statement, next);
        if (backend == null) {
            return;
        }
        session.become(SessionState.ACTIVE);
        session.run(this);
        session.preparing().at(backend, statement);
        session.preparing().describe(backend, statement, false);
        FrontendEncoder.flush(backend.stage());
        backend.flush();
    }

    private boolean findTypes() {
        if (!prepare.types().contains(SessionAction.Prepare.UNKNOWN_TYPE)) {
            types = prepare.types().stream().mapToInt(Integer::intValue).toArray();
            return true;
        }
        return TypeQuestion.ask(session, text.types(), found -> types = found, next);
    }

    /** Finds the plan; false when it is being made. */
    private boolean plan() {
        LexedText lexed = session.worker().lexed();
        lexed.lex(sql, 0, sql.length, standardStrings);
        PlanKey key = session.planKey();
        StatementPlan plan = session.plans().find(lexed.fingerprint(0), key, sql, lexed.statementStart(0),
                lexed.statementEnd(0), made -> planned(made, key), next);
        if (plan != null) {
            planned(plan, key);
        }
        return plan != null;
    }

    private void planned(StatementPlan plan, PlanKey key) {
        statement = session.preparing().statement(prepare.name(), sql, types, standardStrings, plan, key);
    }

    private void known() {
        // PostgreSQL, too, looks at the statement first and at its name then.
        session.statements().requireFree(prepare.name());
        session.statements().put(statement.madeBy(whole));
        session.replies().commandComplete("PREPARE");
        done.run();
    }

    @Override
    public ErrorFields asWritten(BackendConnection backend, ErrorFields fields) {
        return RewrittenText.asWritten(statement.asWritten(fields), written, sql);
    }

    @Override
    public void failed(BackendConnection backend) {
        end();
    }

    @Override
    public void drained(BackendConnection backend) {
        if (!over) {
            over = true;
            session.run(null);
            session.guarded(this::known);
        }
    }

    @Override
    public void ready(BackendConnection backend) {
        // Only the end of the cycle syncs.
    }

    @Override
    public void lost(BackendConnection backend) {
        end();
    }

    private void end() {
        if (!over) {
            over = true;
            session.run(null);
            session.refusals().failCycle();
        }
    }

    @Override
    public void abandon() {
        over = true;
    }
}
