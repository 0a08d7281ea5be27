package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.wire.BackendDecoder;
import dev.trunkline.wire.MessageTypes;
import io.netty.buffer.ByteBuf;
import java.util.HashSet;
import java.util.Set;

/**
 * Asks the pinned connection which temp tables the session has. A statement that was to make one may have failed, a ROLLBACK
 * or ON COMMIT DROP may have removed it: a name that went on to mean a temp table would hide a sharded one (semantics.md 9).
 */
final class TempTableQuestion extends NodeQuestion implements MessageSink {

    /** The tables' names, and a row without a name if the schema holds anything else. */
    private static final String SQL = "SELECT relname FROM pg_catalog.pg_class"
            + " WHERE relnamespace = pg_catalog.pg_my_temp_schema() AND relkind IN ('r', 'v', 'p', 'S', 'm', 'f')"
            + " UNION ALL SELECT '' WHERE EXISTS (SELECT FROM pg_catalog.pg_depend"
            + " WHERE refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass"
            + " AND refobjid = pg_catalog.pg_my_temp_schema()"
            + " AND classid <> 'pg_catalog.pg_class'::pg_catalog.regclass)";

    private final Participant holder;
    private final Set<String> names = new HashSet<>();

    private TempTableQuestion(Session session, Participant holder) {
        super(session, holder.backend());
        this.holder = holder;
    }

    static void ask(Session session, Participant holder) {
        TempTableQuestion question = new TempTableQuestion(session, holder);
        question.await(null);
        BackendConnection backend = holder.backend();
        if (backend.isUnsynced()) {
            OwnStatement.run(backend, SQL, question);
        } else {
            backend.query(SQL, question);
        }
        backend.flush();
    }

    @Override
    public void message(BackendConnection from, byte type, ByteBuf frame) {
        if (type == MessageTypes.DATA_ROW) {
            ByteBuf row = from.encoding() == null ? frame : from.encoding().decodeMessage(frame);
            names.add(BackendDecoder.dataRow(row).getFirst().text());
        }
    }

    /** The end of a simple query. */
    @Override
    public void ready(BackendConnection from) {
        end();
    }

    @Override
    public void lost(BackendConnection from) {
        // What others had, the tables' connection may still tell of.
        if (from == backend) {
            super.lost(from);
        }
    }

    @Override
    void answered() {
        boolean more = names.remove("");
        session.tempTables().are(holder, names, more);
    }
}
