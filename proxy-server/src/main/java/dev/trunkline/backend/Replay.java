package dev.trunkline.backend;

import dev.trunkline.wire.ErrorFields;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/**
 * What a connection was sent since it was at rest, kept until the node's first answer. When that answer says that a prepared
 * statement is not there any more, or has been overtaken by a change of the schema, the statement is prepared again and all
 * is sent a second time: nobody has seen anything, and nothing has run. One for each connection, used again and again.
 */
final class Replay {

    /** Longer pipelines than this are not worth a copy. */
    private static final int LONGEST = 64 * 1024;
    private static final int USUAL = 1024;

    private byte[] sent = new byte[128];
    private int length;
    private ServerStatement statement;
    private boolean columnsMayChange;
    private long answered;

    /**
     * Starts with a Bind, or what else names a statement, to a connection at rest.
     *
     * @param bound the statement that is bound
     * @param anyColumns whether the client takes any columns, or knows those that there were and relies on them
     * @param answeredBefore how many replies there have been
     */
    void start(ServerStatement bound, boolean anyColumns, long answeredBefore) {
        statement = bound;
        columnsMayChange = anyColumns;
        answered = answeredBefore;
        length = 0;
        if (sent.length > USUAL) {
            sent = new byte[USUAL];
        }
    }

    void stop() {
        statement = null;
    }

    boolean isOn() {
        return statement != null;
    }

    /** These bytes are about to be sent. */
    void add(ByteBuf bytes, long answeredNow) {
        int more = bytes == null ? 0 : bytes.readableBytes();
        if (answeredNow != answered || length + more > LONGEST) {
            stop();
        } else if (more > 0) {
            if (length + more > sent.length) {
                sent = Arrays.copyOf(sent, Math.max(sent.length * 2, length + more));
            }
            bytes.getBytes(bytes.readerIndex(), sent, length, more);
            length += more;
        }
    }

    /** Whether preparing again mends this error, if it is the first answer. */
    boolean mends(ErrorFields error, long answeredNow) {
        if (statement == null || answeredNow != answered) {
            return false;
        }
        return "26000".equals(error.sqlState()) || columnsMayChange && "0A000".equals(error.sqlState());
    }

    ServerStatement statement() {
        return statement;
    }

    /** Sends it all again; it can't be done a third time. */
    void sendAgain(ByteBuf out) {
        out.writeBytes(sent, 0, length);
        stop();
    }
}
