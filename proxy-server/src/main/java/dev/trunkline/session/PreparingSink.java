package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.ServerStatement;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.MessageTypes;
import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;

/**
 * Takes a node's replies to the Parse and the Describe of a prepared statement, and remembers them for whoever prepares or
 * describes the same statement before the catalog changes (semantics.md 24).
 */
final class PreparingSink implements MessageSink {

    private final Session session;
    private final ClientStatement statement;
    private final ServerStatement server;
    private final boolean forClient;
    private ByteArrayOutputStream description;

    /** @param forClient whether the client gets the replies, too */
    PreparingSink(Session session, ClientStatement statement, boolean forClient) {
        this.session = session;
        this.statement = statement;
        this.server = statement.server();
        this.forClient = forClient;
    }

    @Override
    public void message(BackendConnection from, byte type, ByteBuf frame) {
        if (forClient) {
            session.out().copy(frame);
        }
        switch (type) {
            case MessageTypes.PARSE_COMPLETE -> {
                if (server.accepted() == null) {
                    accept(null);
                }
            }
            case MessageTypes.PARAMETER_DESCRIPTION -> {
                description = new ByteArrayOutputStream();
                add(frame);
                statement.describedTypes(Preparing.parameterTypes(description.toByteArray()));
            }
            case MessageTypes.ROW_DESCRIPTION, MessageTypes.NO_DATA -> {
                add(frame);
                statement.describedColumns(Preparing.columnTypes(description.toByteArray()));
                accept(description.toByteArray());
                if (forClient) {
                    statement.told(ResultShape.of(frame));
                }
            }
            default -> {
                // Nothing else belongs to these replies.
            }
        }
    }

    private void add(ByteBuf frame) {
        byte[] bytes = new byte[frame.readableBytes()];
        frame.getBytes(frame.readerIndex(), bytes);
        description.writeBytes(bytes);
    }

    private void accept(byte[] described) {
        // The names of a session's temp tables mean its own.
        if (statement.planKey().tempTables().isEmpty()) {
            server.accepted(new ServerStatement.Accepted(described));
        }
    }

    @Override
    public ErrorFields asWritten(ErrorFields fields) {
        return statement.asWritten(fields);
    }
}
