package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.wire.BackendDecoder;
import dev.trunkline.wire.BackendMessage.DataRow;
import dev.trunkline.wire.MessageTypes;
import io.netty.buffer.ByteBuf;
import java.util.HashSet;
import java.util.Set;

/**
 * Asks the pinned connection which temp tables the session has. A statement that was to make one may have failed, a ROLLBACK
 * or ON COMMIT DROP may have removed it: a name that went on to mean a temp table would hide a sharded one (semantics.md 9).
 */
final class TempTableQuestion implements StatementRun, MessageSink {

    /** The tables' names, and a row without a name if the schema holds anything else. */
    private static final String SQL = "SELECT relname FROM pg_catalog.pg_class"
            + " WHERE relnamespace = pg_catalog.pg_my_temp_schema() AND relkind IN ('r', 'v', 'p', 'S', 'm', 'f')"
            + " UNION ALL SELECT '' WHERE EXISTS (SELECT FROM pg_catalog.pg_depend"
            + " WHERE refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass"
            + " AND refobjid = pg_catalog.pg_my_temp_schema()"
            + " AND classid <> 'pg_catalog.pg_class'::pg_catalog.regclass)";

    private final Session session;
    private final Participant holder;
    private final Set<String> names = new HashSet<>();
    private boolean wrong;
    private boolean over;

    private TempTableQuestion(Session session, Participant holder) {
        this.session = session;
        this.holder = holder;
    }

    static void ask(Session session, Participant holder) {
        TempTableQuestion question = new TempTableQuestion(session, holder);
        session.run(question);
        session.waiting().begin(SessionState.DRAINING, null);
        BackendConnection backend = holder.backend();
        if (backend.isUnsynced()) {
            TellRun.extended(backend, SQL, question);
        } else {
            backend.query(SQL, question);
        }
        backend.flush();
    }

    @Override
    public void message(BackendConnection from, byte type, ByteBuf frame) {
        if (type == MessageTypes.DATA_ROW) {
            ByteBuf row = from.encoding() == null ? frame : from.encoding().decodeMessage(frame);
            ByteBuf body = row.slice(row.readerIndex() + 5, row.readableBytes() - 5);
            names.add(((DataRow) BackendDecoder.decode(type, body)).values().getFirst().text());
        }
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
        if (backend == holder.backend()) {
            wrong = true;
            answered();
        }
    }

    private void answered() {
        if (over) {
            return;
        }
        over = true;
        session.run(null);
        if (wrong) {
            session.refusals().failCycle();
            return;
        }
        boolean more = names.remove("");
        session.tempTables().are(holder, names, more);
        session.waiting().over();
    }

    @Override
    public void abandon() {
        over = true;
    }
}
