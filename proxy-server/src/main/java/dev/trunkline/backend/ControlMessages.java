package dev.trunkline.backend;

import dev.trunkline.backend.ExpectedReplies.Kind;
import dev.trunkline.backend.ReplySink.Delivery;
import dev.trunkline.wire.BackendDecoder;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.ClientEncoding;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.FrontendEncoder;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.MessageTypes;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What a node says that is more than bytes for a sink: errors, ReadyForQuery, parameters, notices. Each may change what is known
 * of the connection, and its owner is told. Owned by the connection's event loop.
 */
final class ControlMessages {

    private static final int HEADER = 5;

    private final BackendConnection connection;
    private final ExpectedReplies expected;
    private final ServerStatements statements;
    private final Replay replay;
    private final ReplyReader reader;

    ControlMessages(BackendConnection connection, ExpectedReplies expected, ServerStatements statements, Replay replay,
            ReplyReader reader) {
        this.connection = connection;
        this.expected = expected;
        this.statements = statements;
        this.replay = replay;
        this.reader = reader;
    }

    /** Takes one message, whole: {@code frame} with its header. */
    void take(byte type, ByteBuf frame) {
        BackendOwner owner = connection.owner();
        ReplySink sink = expected.sink();
        switch (type) {
            case 'Z' -> readyForQuery(frame.getByte(frame.readerIndex() + HEADER), false);
            case 'E' -> error(frame);
            case 'S' -> parameterStatus(frame);
            case 'A' -> {
                if (owner != null) {
                    owner.notification(connection, frame);
                }
            }
            case 'N' -> {
                if (owner != null && (sink == null || sink.passesNotices())) {
                    owner.notice(connection, frame);
                }
            }
            case 'G' -> {
                if (sink == null || owner == null) {
                    throw new ReplyReader.OutOfStep(type, expected.kind());
                }
                if (sink.delivery() == Delivery.STREAM) {
                    sink.frames(connection, frame.retainedSlice());
                }
                owner.copyIn(connection);
            }
            case 'R', 'K', 'W', 'v' -> throw new ReplyReader.OutOfStep(type, expected.kind());
            default -> {
                if (sink == null) {
                    throw new ReplyReader.OutOfStep(type, null);
                }
                sink.message(connection, type, frame);
                reader.taken(type);
            }
        }
    }

    /** Whether the ReadyForQuery at hand may go to the owner's client as it is. */
    boolean relaysReady(byte status) {
        BackendOwner owner = connection.owner();
        return owner != null && owner.relaysReady(connection, status);
    }

    /** ReadyForQuery; {@code relayed} when the client has it already. */
    void readyForQuery(byte status, boolean relayed) {
        Kind kind = expected.kind();
        if (kind != Kind.SYNC && kind != Kind.QUERY) {
            throw new ReplyReader.OutOfStep((byte) 'Z', kind);
        }
        ReplySink sink = expected.sink();
        boolean skipped = expected.extra() == replay;
        expected.remove();
        if (skipped) {
            return;
        }
        connection.transactionStatus(status);
        BackendOwner owner = connection.owner();
        if (owner != null) {
            owner.ready(connection, sink, status, relayed);
        }
        if (expected.kind() == Kind.FAKE) {
            reader.giveFakesTheirTurn();
        }
    }

    /** Nothing more is owed. */
    void drained() {
        BackendOwner owner = connection.owner();
        if (owner != null) {
            owner.drained(connection);
        }
    }

    private void error(ByteBuf frame) {
        Kind kind = expected.kind();
        ErrorFields fields = errorFields(frame);
        if (kind == null || isFatal(fields)) {
            connection.endsWith(fields);
            return;
        }
        boolean stale = isStale(fields);
        if (stale) {
            // What waits counts, too: with it there may be more than is kept.
            connection.flush();
        }
        if (stale && (kind == Kind.BIND || kind == Kind.DESCRIBE || kind == Kind.QUERY && !expected.sink().hasTold())
                && replay.mends(fields)) {
            prepareAgain(kind);
            return;
        }
        if (stale && kind == Kind.PARSE && expected.extra() instanceof ServerStatement refused) {
            statements.doubt(refused);
        }
        ReplySink sink = expected.sink();
        if (kind != Kind.QUERY && kind != Kind.SYNC) {
            expected.skipToSync(statements);
            if (expected.kind() == Kind.QUERY) {
                // It skips the query, too, which follows a BEGIN that has failed; ReadyForQuery comes for Sync alone.
                FrontendEncoder.sync(connection.stage());
                connection.flush();
            }
        }
        if (stale) {
            // Also what was to go, and has stayed because that was skipped.
            statements.doubtAll();
        }
        BackendOwner owner = connection.owner();
        if (owner != null) {
            owner.failed(connection, sink, fields, frame);
            if (expected.isEmpty()) {
                drained();
            }
        }
    }

    /**
     * The node skips to Sync, or is done with a query. What it has not run is sent again behind that, after the statement; the
     * replies are awaited as they were, and those to what comes in between are dropped. A transaction that had only begun begins again.
     */
    private void prepareAgain(Kind refused) {
        List<ServerStatement> again = replay.statements();
        statements.doubtAll();
        if (refused != Kind.QUERY && !expected.hasSync()) {
            FrontendEncoder.sync(connection.stage());
        }
        boolean inTransaction = replay.begun() > 0;
        if (inTransaction) {
            FrontendEncoder.query(connection.stage(), "ROLLBACK");
            replay.beginAgain(connection.stage());
        }
        for (ServerStatement statement : again) {
            if (!expected.drops(statement)) {
                statements.takeDoubt(statement);
                statements.add(statement);
            }
            FrontendEncoder.close(connection.stage(), FrontendMessage.Target.STATEMENT, statement.name());
            byte[] sql = connection.spoken(statement.sql(), 0, statement.sql().length);
            FrontendEncoder.parse(connection.stage(), statement.name(), sql, 0, sql.length,
                    statement.parameterTypes());
        }
        replay.expectAnsweredAgain();
        if (refused == Kind.QUERY && !inTransaction) {
            // Otherwise the node would skip the query as well, should it refuse the statement; behind a BEGIN it must.
            FrontendEncoder.sync(connection.stage());
            expected.addFirst(Kind.SYNC, ReplySink.DROP, replay);
        }
        replay.sendAgain(connection.stage());
        for (ServerStatement statement : again.reversed()) {
            expected.addFirst(Kind.PARSE, ReplySink.DROP, statement);
            expected.addFirst(Kind.CLOSE, ReplySink.DROP, new ServerStatements.Doubted(statement));
        }
        if (inTransaction) {
            replay.expectBegin();
            expected.addFirst(Kind.QUERY, ReplySink.DROP, replay);
        }
        expected.addFirst(Kind.SYNC, ReplySink.DROP, replay);
        connection.flush();
        BackendOwner owner = connection.owner();
        if (owner != null) {
            owner.preparedAgain(connection);
        }
    }

    private ErrorFields errorFields(ByteBuf node) {
        ClientEncoding encoding = connection.encoding();
        ByteBuf frame = encoding == null ? node : encoding.decodeMessage(node);
        ByteBuf body = frame.slice(frame.readerIndex() + HEADER, frame.readableBytes() - HEADER);
        return ((BackendMessage.ErrorResponse) BackendDecoder.decode(MessageTypes.ERROR_RESPONSE, body)).fields();
    }

    /** Whether a prepared statement is not what it was: its tables have changed, or somebody has dropped it. */
    private static boolean isStale(ErrorFields fields) {
        return switch (fields.sqlState()) {
            case "0A000" -> "RevalidateCachedQuery".equals(fields.get(ErrorFields.ROUTINE));
            case "26000", "42P05" -> true;
            case null, default -> false;
        };
    }

    private static boolean isFatal(ErrorFields fields) {
        return "FATAL".equals(fields.severity()) || "PANIC".equals(fields.severity());
    }

    private void parameterStatus(ByteBuf frame) {
        int from = frame.readerIndex() + HEADER;
        int zero = frame.indexOf(from, frame.writerIndex(), (byte) 0);
        int last = frame.indexOf(zero + 1, frame.writerIndex(), (byte) 0);
        if (zero < 0 || last < 0) {
            throw new ReplyReader.OutOfStep((byte) 'S', expected.kind());
        }
        String name = frame.toString(from, zero - from, StandardCharsets.UTF_8);
        String value = frame.toString(zero + 1, last - zero - 1, StandardCharsets.UTF_8);
        connection.parameters().put(name, value);
        BackendOwner owner = connection.owner();
        if (owner != null) {
            owner.parameterChanged(connection, name, value);
        }
    }
}
