package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.ReplySink;
import dev.trunkline.backend.ServerStatement;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.MessageTypes;
import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;

/**
 * Takes a node's replies to the Parse and the Describe of a prepared statement, and remembers them for whoever prepares or
 * describes the same statement before the catalog changes (semantics.md 24).
 */
final class PreparingSink implements ReplySink {

    private final Session session;
    private final ClientStatement statement;
    private final boolean forClient;
    private final long catalogVersion;
    private final long schemaChanges;
    private ByteArrayOutputStream description;

    /** @param forClient whether the client gets the replies, too */
    PreparingSink(Session session, ClientStatement statement, boolean forClient) {
        this.session = session;
        this.statement = statement;
        this.forClient = forClient;
        this.catalogVersion = session.database().catalog().version();
        this.schemaChanges = session.database().schemaChanges();
    }

    @Override
    public Delivery delivery() {
        return Delivery.EACH;
    }

    @Override
    public void frames(BackendConnection from, ByteBuf frames) {
        frames.release();
    }

    @Override
    public void message(BackendConnection from, byte type, ByteBuf frame) {
        if (forClient) {
            session.out().copy(frame);
        }
        switch (type) {
            case MessageTypes.PARSE_COMPLETE -> {
                if (known() == null) {
                    accept(null);
                }
            }
            case MessageTypes.PARAMETER_DESCRIPTION -> {
                description = new ByteArrayOutputStream();
                add(frame);
            }
            case MessageTypes.ROW_DESCRIPTION, MessageTypes.NO_DATA -> {
                add(frame);
                accept(description.toByteArray());
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

    private ServerStatement.Accepted known() {
        return statement.server().accepted(catalogVersion, schemaChanges, statement.planKey());
    }

    private void accept(byte[] described) {
        // The names of a session's temp tables mean its own.
        if (statement.planKey().tempTables().isEmpty()) {
            statement.server().accepted(new ServerStatement.Accepted(catalogVersion, schemaChanges,
                    statement.planKey(), described));
        }
    }

    @Override
    public ErrorFields asWritten(ErrorFields fields) {
        return statement.asWritten(fields);
    }
}
