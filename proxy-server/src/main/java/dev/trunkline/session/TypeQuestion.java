package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.error.ProxyError;
import dev.trunkline.value.PgOid;
import dev.trunkline.wire.BackendDecoder;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.MessageTypes;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Asks the home node for the OIDs of types that a PREPARE names and that are none of PostgreSQL's own. */
final class TypeQuestion implements StatementRun, MessageSink {

    private final Session session;
    private final Consumer<int[]> taker;
    private final Runnable next;
    private int[] found;
    private boolean over;

    private TypeQuestion(Session session, Consumer<int[]> taker, Runnable next) {
        this.session = session;
        this.taker = taker;
        this.next = next;
    }

    /** Always false: {@code next} goes on when the answer has been taken. */
    static boolean ask(Session session, List<String> types, Consumer<int[]> taker, Runnable next) {
        int node = session.nodes().preferred(session.database().catalog().homeNode());
        Participant participant = session.participant(node, next);
        if (participant == null || !session.replies().switchTo(participant.backend(), next)) {
            return false;
        }
        TypeQuestion question = new TypeQuestion(session, taker, next);
        session.run(question);
        session.become(SessionState.ACTIVE);
        String sql = types.stream().map(
                type -> "'" + type.replace("'", "''") + "'::pg_catalog.regtype::pg_catalog.oid")
                .collect(Collectors.joining(", ", "SELECT ", ""));
        OwnStatement.run(participant.backend(), sql, question);
        participant.backend().flush();
        return false;
    }

    @Override
    public void message(BackendConnection from, byte type, ByteBuf frame) {
        if (type == MessageTypes.DATA_ROW) {
            found = BackendDecoder.dataRow(frame).stream().map(Bytes::text).mapToInt(Integer::parseUnsignedInt)
                    .toArray();
        }
    }

    @Override
    public ErrorFields asWritten(BackendConnection backend, ErrorFields fields) {
        return RewrittenText.withoutPosition(fields);
    }

    @Override
    public void failed(BackendConnection backend) {
        end();
    }

    @Override
    public void drained(BackendConnection backend) {
        if (over) {
            return;
        }
        over = true;
        session.run(null);
        session.guarded(this::take);
    }

    private void take() {
        for (int type : found) {
            if (session.database().nodes().size() > 1 && PgOid.isUserDefined(type)) {
                // A type's number is another one on each node.
                throw ProxyError.NOT_OVER_NODES.with("PREPARE with a parameter of a type of your own",
                        "Leave the type out, or cast the parameter in the statement.");
            }
        }
        taker.accept(found);
        next.run();
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
