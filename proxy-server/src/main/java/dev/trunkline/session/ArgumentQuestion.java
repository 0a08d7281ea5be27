package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.ServerStatement;
import dev.trunkline.error.ProxyError;
import dev.trunkline.plan.SessionAction.Execute.ArgumentCalls;
import dev.trunkline.route.ExecuteArguments.Argument;
import dev.trunkline.wire.BackendDecoder;
import dev.trunkline.wire.BackendMessage.DataRow;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.FrontendEncoder;
import dev.trunkline.wire.FrontendMessage.Target;
import dev.trunkline.wire.MessageTypes;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Has one node evaluate the arguments of an EXECUTE, where they decide on which node its statement runs, or have to be the same on
 * several. PostgreSQL's own EXECUTE does it, of a statement that returns its parameters and has the types of the client's: so
 * arguments are assigned to them, refused and complained of as in PostgreSQL, and nothing else runs if they can't be had.
 *
 * <pre>
 *   Parse tl_9 "SELECT $1, $2" (its types), Parse "EXECUTE tl_9(now(), 1 + 2)", Bind, Execute, Flush --> one row
 * </pre>
 */
final class ArgumentQuestion implements StatementRun, MessageSink {

    private static final int HEADER = 5;
    private static final int FIRST_OWN_OID = 16384;
    /** PostgreSQL's rows have no more columns. */
    private static final int MOST = 1664;
    private static final String PORTAL = "trunkline";
    /** Nothing but parameters of given types: it means the same to everybody. */
    private static final Object PARAMETERS = new Object();

    private final Session session;
    private final BackendConnection backend;
    private final RewritingSink written;
    private final int[] types;
    private final Consumer<ArgumentValues> taker;
    private List<Argument> found;
    private boolean wrong;
    private boolean over;

    private ArgumentQuestion(Session session, BackendConnection backend, RewritingSink written, int[] types,
            Consumer<ArgumentValues> taker) {
        this.session = session;
        this.backend = backend;
        this.written = written;
        this.types = types;
        this.taker = taker;
    }

    /**
     * Asks; the session waits. When the answer has been taken, {@code next} goes on, or (null) the message is offered again. The answer is
     * null if there is none, which the client has been told; nothing goes on then.
     *
     * @param executed one that is open
     */
    static void ask(Session session, ExecutedStatement executed, Consumer<ArgumentValues> taker, Runnable next) {
        int[] types = executed.types();
        requireKnown(types);
        ArgumentCalls calls = executed.calls();
        Participant participant = session.participant(node(session, calls, executed.prepared()), next);
        if (participant == null || !session.replies().switchTo(participant.backend(), next)) {
            return;
        }
        if (!calls.plain()) {
            // As for any statement: in which order its calls come is not looked at.
            boolean drawn = participant.mayHaveDrawn();
            session.transaction().use(participant, calls.access(), -1, session.database());
            session.leases().note(participant, calls.effects(), drawn);
            if (calls.mayDraw()) {
                participant.mayDraw();
            }
        }
        BackendConnection backend = participant.backend();
        ServerStatement parameters = session.database().statementNames().named(select(types.length), types,
                session.database().schema(), PARAMETERS);
        byte[] sql = executed.of(parameters);
        ArgumentQuestion question = new ArgumentQuestion(session, backend,
                executed.sink(session.out(), parameters, sql), types, taker);
        session.run(question);
        session.waiting().begin(SessionState.DRAINING, next);
        question.send(parameters, sql);
    }

    private static void requireKnown(int[] types) {
        if (types.length > MOST) {
            throw ProxyError.NOT_OVER_NODES.with("EXECUTE of " + types.length + " arguments that are not all constants",
                    "Give plain literals, or use the extended protocol's parameters.");
        }
        for (int type : types) {
            if (Integer.compareUnsigned(type, FIRST_OWN_OID) >= 0) {
                throw ProxyError.NOT_OVER_NODES.with(
                        "EXECUTE with arguments that have to be computed, one of them of a type of your own,",
                        "Give plain literals, or cast the parameter in the statement: $1::text::your_type.");
            }
        }
    }

    private static int node(Session session, ArgumentCalls calls, ClientStatement prepared) {
        int home = session.database().catalog().homeNode();
        return switch (calls.place()) {
            case HOME -> home;
            case TRANSACTION -> session.nodes().preferred(home);
            case ANY -> session.nodes().describing(prepared.plan().rule());
        };
    }

    private static byte[] select(int count) {
        return IntStream.rangeClosed(1, count).mapToObj(i -> "$" + i).collect(Collectors.joining(", ", "SELECT ", ""))
                .getBytes(StandardCharsets.US_ASCII);
    }

    private void send(ServerStatement parameters, byte[] sql) {
        session.preparing().at(backend, parameters);
        byte[] text = backend.spoken(sql, 0, sql.length);
        FrontendEncoder.parse(backend.stage(), "", text, 0, text.length, new int[0]);
        backend.expectParse(ServerStatement.unnamed(sql, new int[0]), DroppingSink.INJECTED, null);
        short[] formats = new short[types.length];
        for (int i = 0; i < formats.length; i++) {
            formats[i] = (short) (ArgumentValues.isBinary(types[i]) ? 1 : 0);
        }
        NodeMessages.bind(backend.stage(), PORTAL, "", formats);
        backend.expectBind(DroppingSink.INJECTED, null);
        FrontendEncoder.execute(backend.stage(), PORTAL, 0);
        backend.expectExecute(this);
        FrontendEncoder.close(backend.stage(), Target.PORTAL, PORTAL);
        backend.expectClose(DroppingSink.INJECTED);
        FrontendEncoder.flush(backend.stage());
    }

    @Override
    public void message(BackendConnection from, byte type, ByteBuf frame) {
        if (type == MessageTypes.DATA_ROW) {
            ByteBuf body = frame.slice(frame.readerIndex() + HEADER, frame.readableBytes() - HEADER);
            List<Bytes> row = ((DataRow) BackendDecoder.decode(type, body)).values();
            found = new ArrayList<>(row.size());
            for (int i = 0; i < row.size(); i++) {
                found.add(value(from, row.get(i), types[i]));
            }
        }
    }

    private static Argument value(BackendConnection from, Bytes value, int type) {
        if (value == null) {
            return new Argument.Null();
        }
        byte[] bytes = value.array();
        if (ArgumentValues.isBinary(type)) {
            return new Argument.Binary(bytes);
        }
        return new Argument.Text(from.encoding() == null ? bytes : from.encoding().toUtf8(bytes, 0, bytes.length));
    }

    @Override
    public ErrorFields asWritten(BackendConnection from, ErrorFields fields) {
        return written.asWritten(fields);
    }

    @Override
    public void failed(BackendConnection from) {
        wrong = true;
    }

    @Override
    public void drained(BackendConnection from) {
        // Another one may have owed the answer to a Close of an earlier message.
        if (from == backend) {
            answered();
        }
    }

    @Override
    public void ready(BackendConnection from) {
        // Only the end of the cycle syncs.
    }

    @Override
    public void lost(BackendConnection from) {
        wrong = true;
        answered();
    }

    private void answered() {
        if (over) {
            return;
        }
        over = true;
        session.run(null);
        taker.accept(wrong ? null : new ArgumentValues(types, found));
        if (wrong) {
            session.refusals().failCycle();
            return;
        }
        session.waiting().over();
    }

    @Override
    public void abandon() {
        over = true;
    }
}
