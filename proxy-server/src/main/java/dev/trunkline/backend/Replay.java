package dev.trunkline.backend;

import dev.trunkline.backend.ExpectedReplies.Kind;
import dev.trunkline.wire.ErrorFields;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a connection was sent since it was at rest, or since a BEGIN that nothing but this follows, kept until the node's first
 * answer. When that answer says that a prepared statement is not there any more, or has been overtaken by a change of the schema,
 * the statement is prepared again and all is sent a second time: nobody has seen anything, and nothing has run. A transaction is
 * rolled back and begun again before. One for each connection, used again and again.
 */
final class Replay {

    /** Longer pipelines than this are not worth a copy, nor are longer beginnings of a transaction. */
    private static final int LONGEST = 64 * 1024;
    private static final int USUAL = 1024;

    private final ExpectedReplies expected;
    private byte[] sent = new byte[128];
    private int length;
    /** The statement that the first reply is about, null when nothing is kept. */
    private ServerStatement statement;
    /** Those that the next replies are about. */
    private final List<ServerStatement> others = new ArrayList<>(0);
    private boolean columnsMayChange;
    /** How many replies come before the first. */
    private long before;
    /** How many bytes wait to be sent that came before. */
    private int staged;
    /** How many statements BEGIN and what belongs to it are that came before, 0 for none. */
    private int begun;
    private byte[] begin = new byte[64];
    private int beginLength;
    private int beginStatements;
    private ReplySink beginSink;
    private long begunAt = -1;

    Replay(ExpectedReplies expected) {
        this.expected = expected;
    }

    /** BEGIN and what belongs to it, each a Parse, a Bind and an Execute, have been put together for a connection at rest, and nothing else. */
    void begun(ByteBuf waiting) {
        if (waiting.readableBytes() > LONGEST) {
            begunAt = -1;
            return;
        }
        beginLength = waiting.readableBytes();
        if (beginLength > begin.length || begin.length > Math.max(USUAL, beginLength)) {
            begin = new byte[beginLength];
        }
        waiting.getBytes(waiting.readerIndex(), begin, 0, beginLength);
        beginStatements = expected.size() / 3;
        beginSink = expected.sink();
        begunAt = expected.added();
    }

    /**
     * Starts with a Bind, or what else names a statement, if it is the first to do so since rest or BEGIN; false if it is not.
     *
     * @param used the statement that is named
     * @param anyColumns whether the client takes any columns, or knows those that there were and relies on them
     * @param atRest whether nothing has come before
     * @param waiting what waits to be sent, null for nothing
     */
    boolean start(ServerStatement used, boolean anyColumns, boolean atRest, ByteBuf waiting) {
        if (!atRest && expected.added() != begunAt) {
            return false;
        }
        statement = used;
        others.clear();
        columnsMayChange = anyColumns;
        before = expected.added();
        staged = waiting == null ? 0 : waiting.readableBytes();
        begun = atRest ? 0 : beginStatements;
        length = 0;
        if (sent.length > USUAL) {
            sent = new byte[USUAL];
        }
        return true;
    }

    /** The next message names another statement, and runs nothing either. */
    void also(ServerStatement used) {
        others.add(used);
    }

    void stop() {
        statement = null;
    }

    boolean isOn() {
        return statement != null;
    }

    /** These bytes are about to be sent. */
    void add(ByteBuf bytes) {
        int more = bytes == null ? 0 : bytes.readableBytes() - staged;
        if (expected.removed() > before + others.size() || length + more > LONGEST) {
            stop();
        } else if (more > 0) {
            if (length + more > sent.length) {
                sent = Arrays.copyOf(sent, Math.max(sent.length * 2, length + more));
            }
            bytes.getBytes(bytes.readerIndex() + staged, sent, length, more);
            length += more;
        }
        staged = 0;
    }

    /** Whether preparing again mends this error, if it is about one of the statements. */
    boolean mends(ErrorFields error) {
        if (statement == null || expected.removed() < before || expected.removed() > before + others.size()) {
            return false;
        }
        return "26000".equals(error.sqlState()) || columnsMayChange && "0A000".equals(error.sqlState());
    }

    /** What is to be prepared again: the change that one has met may have met the others. */
    List<ServerStatement> statements() {
        List<ServerStatement> all = new ArrayList<>(1 + others.size());
        all.add(statement);
        all.addAll(others);
        return all;
    }

    /** How many statements have to be sent by {@link #beginAgain}, 0 outside of a transaction. */
    int begun() {
        return begun;
    }

    void beginAgain(ByteBuf out) {
        out.writeBytes(begin, 0, beginLength);
    }

    /** Puts what {@link #beginAgain} sends before all that is expected. */
    void expectBegin() {
        for (int i = begun - 1; i >= 0; i--) {
            ReplySink sink = i == 0 ? beginSink : ReplySink.DROP;
            expected.addFirst(Kind.EXECUTE, sink, null);
            expected.addFirst(Kind.BIND, sink, null);
            expected.addFirst(Kind.PARSE, sink, null);
        }
    }

    /** Puts what the node has answered already, and {@link #sendAgain} asks once more, before all that is expected: descriptions. */
    void expectAnsweredAgain() {
        for (long answered = expected.removed() - before; answered > 0; answered--) {
            expected.addFirst(Kind.DESCRIBE, ReplySink.DROP, null);
        }
    }

    /** Sends it all again; it can't be done a third time. */
    void sendAgain(ByteBuf out) {
        out.writeBytes(sent, 0, length);
        stop();
    }
}
