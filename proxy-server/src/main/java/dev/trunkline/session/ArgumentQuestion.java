package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.ServerStatement;
import dev.trunkline.error.ProxyError;
import dev.trunkline.plan.SessionAction.Execute.ArgumentCalls;
import dev.trunkline.route.ExecuteArguments.Argument;
import dev.trunkline.value.PgOid;
import dev.trunkline.wire.BackendDecoder;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.ErrorFields;
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
final class ArgumentQuestion extends NodeQuestion implements MessageSink {

    /** PostgreSQL's rows have no more columns. */
    private static final int MOST = 1664;
    /** Nothing but parameters of given types: it means the same to everybody. */
    private static final Object PARAMETERS = new Object();

    private final RewritingSink written;
    private final int[] types;
    private final Consumer<ArgumentValues> taker;
    private List<Argument> found;

    private ArgumentQuestion(Session session, BackendConnection backend, RewritingSink written, int[] types,
            Consumer<ArgumentValues> taker) {
        super(session, backend);
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
        // What goes wrong before it is not about this text.
        if (participant == null || session.replies().mustDrain(next)) {
            return;
        }
        session.replies().switchTo(participant.backend(), next);
        if (!calls.plain()) {
            // As for any statement: in which order its calls come is not looked at.
            session.transaction().use(participant, calls.access(), -1, session.database());
            session.leases().note(participant, calls.effects());
            session.numbers().before(participant, calls.sequences(), null);
            session.numbers().executed(participant, calls.sequences());
        }
        BackendConnection backend = participant.backend();
        ServerStatement parameters = session.database().statementNames().named(select(types.length), types,
                session.database().schema(), PARAMETERS);
        byte[] sql = executed.of(parameters);
        ArgumentQuestion question = new ArgumentQuestion(session, backend,
                executed.sink(session.out(), parameters, sql), types, taker);
        question.await(next);
        question.send(parameters, sql);
    }

    private static void requireKnown(int[] types) {
        if (types.length > MOST) {
            throw ProxyError.NOT_OVER_NODES.with("EXECUTE of " + types.length + " arguments that are not all constants",
                    "Give plain literals, or use the extended protocol's parameters.");
        }
        for (int type : types) {
            if (PgOid.isUserDefined(type)) {
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
            case TRANSACTION -> {
                Participant knowing = calls.sequences().asked() == null
                        ? null
                        : session.numbers().knowing(calls.sequences().asked());
                yield knowing != null ? knowing.node() : session.nodes().preferred(home);
            }
            case ANY -> session.nodes().describing(prepared.plan().rule());
        };
    }

    private static byte[] select(int count) {
        return IntStream.rangeClosed(1, count).mapToObj(i -> "$" + i).collect(Collectors.joining(", ", "SELECT ", ""))
                .getBytes(StandardCharsets.US_ASCII);
    }

    private void send(ServerStatement parameters, byte[] sql) {
        session.preparing().at(backend, parameters);
        short[] formats = new short[types.length];
        for (int i = 0; i < formats.length; i++) {
            formats[i] = (short) (ArgumentValues.isBinary(types[i]) ? 1 : 0);
        }
        OwnStatement.run(backend, sql, formats, DroppingSink.INJECTED, this);
    }

    @Override
    public void message(BackendConnection from, byte type, ByteBuf frame) {
        if (type == MessageTypes.DATA_ROW) {
            List<Bytes> row = BackendDecoder.dataRow(frame);
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
    void answered() {
        taker.accept(new ArgumentValues(types, found));
    }

    @Override
    void unanswered() {
        taker.accept(null);
    }
}
