package dev.trunkline.backend;

import dev.trunkline.backend.ExpectedReplies.Kind;
import dev.trunkline.wire.ClientEncoding;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.FrontendEncoder;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.ProtocolViolation;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslHandler;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to a node after log-in: what is sent there, what is owed by it, and where its replies go.
 *
 * <pre>
 *   session --stage()/expect()--> [staged bytes] --flush--> node
 *   node --read--> scan headers --run of raw frames--> sink (client)
 *                               --whole message------> sink (collector), owner (errors, ReadyForQuery, parameters)
 * </pre>
 *
 * <p><b>Invariant.</b> For every message sent that the node answers there is one entry in the queue of expected replies, in
 * order; a reply that nobody expects means that the two are out of step, and the connection is closed.
 *
 * <p><b>Thread.</b> Confined to the event loop of its channel, which is also the loop of every client that it is lent to.
 */
public final class BackendConnection extends ChannelInboundHandlerAdapter {

    private static final Logger LOG = LoggerFactory.getLogger(BackendConnection.class);

    private final NodeEndpoint endpoint;
    private final Map<String, String> parameters;
    private final Cancellation cancellation;
    private final ServerStatements statements;
    private final ExpectedReplies expected = new ExpectedReplies();
    private final Replay replay = new Replay(expected);
    private final long createdNanos;

    private ChannelHandlerContext context;
    private InetSocketAddress address;
    private BackendOwner owner;
    private Consumer<BackendConnection> onClosed = b -> {
    };
    private NodeOutput output;
    private final ReplyReader reader = new ReplyReader(this, expected);
    private final ControlMessages control;
    private ErrorFields lastError;
    private byte transactionStatus = 'I';
    private boolean unsynced;
    private boolean closed;
    private boolean closing;
    private int leases;
    private boolean tainted;
    private BackendOwner readFor;
    private Object settings;
    private ClientEncoding encoding;
    private long idleSince;

    BackendConnection(NodeEndpoint endpoint, Map<String, String> parameters, int processId, byte[] cancelKey,
            int preparedStatements, long nowNanos) {
        this.endpoint = endpoint;
        this.parameters = parameters;
        this.cancellation = new Cancellation(processId, cancelKey);
        this.statements = new ServerStatements(preparedStatements);
        this.createdNanos = nowNanos;
        this.control = new ControlMessages(this, expected, statements, replay, reader);
    }

    // ---- what the owner knows and says

    /** Lends the connection. */
    public void lend(BackendOwner to) {
        assert context.executor().inEventLoop();
        assert owner == null : "already lent";
        owner = to;
        leases++;
    }

    /** How often it was lent. */
    public int leases() {
        return leases;
    }

    /** Takes the connection back; it must be at rest. */
    public void takeBack() {
        assert context.executor().inEventLoop();
        owner = null;
    }

    /** Has the bytes from now on counted there. */
    public void countIn(NodeTraffic counted) {
        output.countIn(counted);
    }

    public void whenClosed(Consumer<BackendConnection> listener) {
        onClosed = listener;
    }

    /** Where the node is that it leads to; null when it is no socket. */
    public InetSocketAddress address() {
        return address;
    }

    EventLoop loop() {
        return context.channel().eventLoop();
    }

    public NodeEndpoint endpoint() {
        return endpoint;
    }

    /** What it is doing, and for whom. */
    public ServerStatus status() {
        return ServerStatus.of(this, context.channel());
    }

    public int node() {
        return endpoint.node();
    }

    /** The parameters that the node has reported last. */
    public Map<String, String> parameters() {
        return parameters;
    }

    public int processId() {
        return cancellation.processId();
    }

    /** {@code I}, {@code T} or {@code E}, as of the last ReadyForQuery. */
    public byte transactionStatus() {
        return transactionStatus;
    }

    /** Whether it can be used: neither closed nor about to be, by either side. */
    public boolean isOpen() {
        return !closed && !closing && lastError == null;
    }

    /** Whether replies are owed. */
    public boolean isBusy() {
        return !expected.isEmpty() || reader.isMidMessage();
    }

    /** Whether nothing is under way, nor in a transaction, and nothing waits to be sent. */
    public boolean isAtRest() {
        return expected.isEmpty() && !unsynced && transactionStatus == 'I' && output.gathered() == null;
    }

    /** Whether extended messages were sent that no Sync has followed. */
    public boolean isUnsynced() {
        return unsynced;
    }

    public long createdNanos() {
        return createdNanos;
    }

    public long idleSince() {
        return idleSince;
    }

    public void idleSince(long nanos) {
        idleSince = nanos;
    }

    /** The settings that the session last in possession has applied; null for a fresh connection. */
    public Object settings() {
        return settings;
    }

    public void settings(Object applied) {
        settings = applied;
    }

    /** What is spoken here beside UTF-8, in which statements are kept; null when nothing is. */
    public ClientEncoding encoding() {
        return encoding;
    }

    public void encoding(ClientEncoding spoken) {
        encoding = spoken;
    }

    /** A text of ours as it is spoken here. */
    public byte[] spoken(byte[] utf8, int start, int end) {
        return encoding == null || ClientEncoding.isAscii(utf8, start, end)
                ? start == 0 && end == utf8.length ? utf8 : Arrays.copyOfRange(utf8, start, end)
                : encoding.fromUtf8(utf8, start, end);
    }

    /** Whether something ran here that may have left traces, so that a reset is due before the next lease. */
    public boolean isTainted() {
        return tainted;
    }

    public void taint() {
        tainted = true;
    }

    /** After DISCARD ALL. */
    public void wasReset() {
        tainted = false;
        settings = null;
        encoding = null;
        statements.clear();
    }

    /** How what runs here is cancelled. */
    public Cancellation cancellation() {
        return cancellation;
    }

    public boolean isWritable() {
        return context.channel().isWritable();
    }

    /** Stops or resumes reading, for back-pressure. */
    public void reading(boolean wanted) {
        if (context.channel().config().isAutoRead() != wanted) {
            context.channel().config().setAutoRead(wanted);
        }
    }

    public boolean has(ServerStatement statement) {
        return statements.has(statement);
    }

    // ---- sending

    /** The buffer that small messages are put into; written at the next {@link #flush}. */
    public ByteBuf stage() {
        return output.gather();
    }

    /** Sends a buffer after what is staged; takes ownership. */
    public void send(ByteBuf frames) {
        output.add(frames);
    }

    /** As above, of a buffer that stays its owner's. */
    public void send(ByteBuf in, int start, int length) {
        output.add(in, start, length);
    }

    /** Writes what is staged to the socket. */
    public void flush() {
        output.flush();
    }

    /** As above, when the loop has handled everything that was ready. */
    public void flushSoon() {
        output.flushAtEndOfTurn();
    }

    /** Prepares a statement that the connection does not hold. */
    public void parse(ServerStatement statement, ReplySink sink, Undo ifSkipped) {
        if (statements.takeDoubt(statement)) {
            drop(statement, new ServerStatements.Doubted(statement));
        }
        byte[] sql = encoding == null ? statement.sql() : spoken(statement.sql(), 0, statement.sql().length);
        FrontendEncoder.parse(stage(), statement.name(), sql, 0, sql.length,
                statement.parameterTypes());
        expectParse(statement, sink, ifSkipped);
        for (ServerStatement evicted = statements.evict(); evicted != null; evicted = statements.evict()) {
            drop(evicted, evicted);
        }
    }

    public void expectParse(ServerStatement statement, ReplySink sink, Undo ifSkipped) {
        unsynced = true;
        statements.add(statement);
        expected.add(Kind.PARSE, sink, statement, ifSkipped);
    }

    private void drop(ServerStatement statement, Object dropped) {
        unsynced = true;
        FrontendEncoder.close(stage(), FrontendMessage.Target.STATEMENT, statement.name());
        expected.add(Kind.CLOSE, ReplySink.DROP, dropped, null);
    }

    /**
     * A Bind, or what else names a statement that the node has, comes next. If it is the first message after rest or after BEGIN, what follows can
     * be sent again should the statement turn out to be gone. {@code anyColumns}: the client takes any, or relies on those that it knows.
     */
    public boolean usesKnown(ServerStatement statement, boolean anyColumns) {
        return replay.start(statement, anyColumns, isAtRest(), output.gathered());
    }

    /** As above, right behind it: the next message only describes a statement. */
    public void usesAlso(ServerStatement statement) {
        replay.also(statement);
    }

    /** How many statements of a name the node holds for this connection. */
    public int preparedStatements() {
        return statements.count();
    }

    public void expectBind(ReplySink sink, Undo ifSkipped) {
        unsynced = true;
        expected.add(Kind.BIND, sink, null, ifSkipped);
    }

    public void expectClose(ReplySink sink) {
        unsynced = true;
        expected.add(Kind.CLOSE, sink, null, null);
    }

    public void expectDescribe(ReplySink sink) {
        unsynced = true;
        expected.add(Kind.DESCRIBE, sink, null, null);
    }

    public void expectExecute(ReplySink sink) {
        unsynced = true;
        expected.add(Kind.EXECUTE, sink, null, null);
    }

    /** Puts our own bytes into the order of replies; takes ownership. They vanish if the node skips to Sync before. */
    public void expectFake(ReplySink sink, ByteBuf reply, Undo ifSkipped) {
        if (expected.isEmpty()) {
            sink.frames(this, reply);
        } else {
            expected.add(Kind.FAKE, sink, reply, ifSkipped);
        }
    }

    public void expectSync(ReplySink sink) {
        unsynced = false;
        expected.add(Kind.SYNC, sink, null, null);
    }

    /** Expects everything up to ReadyForQuery: the reply to Query and FunctionCall. */
    public void expectQuery(ReplySink sink) {
        unsynced = false;
        statements.forgetUnnamed();
        expected.add(Kind.QUERY, sink, null, null);
    }

    /** Sends a simple query of our own. */
    public void query(String sql, ReplySink sink) {
        if (encoding == null) {
            FrontendEncoder.query(stage(), sql);
        } else {
            byte[] text = encoding.fromText(sql);
            FrontendEncoder.query(stage(), text, 0, text.length);
        }
        expectQuery(sink);
    }

    /** What has been sent since rest is BEGIN, with what belongs to it: until something else is sent, nothing is lost if it is undone. */
    public void hasBegun() {
        replay.begun(output.gathered());
    }

    public void close() {
        if (!closed) {
            closing = true;
            context.close();
        }
    }

    /** Says goodbye and closes. */
    public void terminate() {
        if (!closed) {
            closing = true;
            FrontendEncoder.terminate(stage());
            flush();
            context.close();
        }
    }

    // ---- receiving

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        address = ctx.channel().remoteAddress() instanceof InetSocketAddress socket ? socket : null;
        output = new NodeOutput(ctx, ctx.pipeline().get(SslHandler.class) == null, replay);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        output.traffic().received(in.readableBytes());
        readFor = owner;
        try {
            reader.read(in);
        } catch (ReplyReader.OutOfStep | ProtocolViolation e) {
            LOG.warn("node {}: {}; connection closed", endpoint, e.getMessage());
            ctx.close();
        } finally {
            in.release();
        }
        if (owner != readFor) {
            // The next owner's replies may come before this read is complete.
            flushReader();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        flushReader();
    }

    private void flushReader() {
        BackendOwner reader = readFor;
        readFor = null;
        if (reader instanceof FlushTarget target) {
            target.flushReplies();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (ctx.channel().isWritable() && owner != null) {
            owner.writable(this);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (closed) {
            return;
        }
        closed = true;
        boolean owing = isBusy();
        boolean midMessage = reader.isMidStream();
        reader.release();
        output.release();
        expected.clear(statements);
        onClosed.accept(this);
        BackendOwner last = owner;
        owner = null;
        if (last != null) {
            last.lost(this, owing, midMessage, lastError);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof java.io.IOException) {
            LOG.info("node {}: {}", endpoint, cause.getMessage());
        } else {
            LOG.error("node {}: connection closed after an unexpected error", endpoint, cause);
            if (owner != null) {
                owner.broken(this, cause);
            }
        }
        ctx.close();
    }

    /** Whose the connection is now; null when it is lent to nobody. */
    BackendOwner owner() {
        return owner;
    }

    /** What takes the messages that are more than bytes for a sink. */
    ControlMessages control() {
        return control;
    }

    /** The node is at rest, in or outside of a transaction. */
    void transactionStatus(byte status) {
        transactionStatus = status;
    }

    /**
     * The connection ends with this error, whether the node closes it or can't any more: the owner hears of it when it is
     * gone.
     */
    void endsWith(ErrorFields error) {
        lastError = error;
        LOG.info("node {}: {} {}", endpoint, error.sqlState(), error.message());
        close();
    }
}
