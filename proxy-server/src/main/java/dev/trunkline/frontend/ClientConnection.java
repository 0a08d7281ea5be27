package dev.trunkline.frontend;

import dev.trunkline.auth.ClientLogin;
import dev.trunkline.auth.NodeCredential;
import dev.trunkline.config.UserConfig;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.session.ClientInput;
import dev.trunkline.session.ClientOutput;
import dev.trunkline.session.ClientSession;
import dev.trunkline.session.ClientStatus;
import dev.trunkline.session.ReportedParameters;
import dev.trunkline.session.ServedDatabase;
import dev.trunkline.session.Session;
import dev.trunkline.session.SessionIdentity;
import dev.trunkline.session.SessionSettings;
import dev.trunkline.session.Worker;
import dev.trunkline.wire.BackendEncoder;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.AuthenticationOk;
import dev.trunkline.wire.BackendMessage.NegotiateProtocolVersion;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.FrameLimits;
import dev.trunkline.wire.FrontendDecoder;
import dev.trunkline.wire.FrontendMessage.CancelRequest;
import dev.trunkline.wire.FrontendMessage.GSSENCRequest;
import dev.trunkline.wire.FrontendMessage.Initial;
import dev.trunkline.wire.FrontendMessage.SSLRequest;
import dev.trunkline.wire.FrontendMessage.StartupMessage;
import dev.trunkline.wire.MessageTypes;
import dev.trunkline.wire.ProtocolVersion;
import dev.trunkline.wire.ProtocolViolation;
import dev.trunkline.wire.TransactionStatus;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.DecoderException;
import io.netty.util.concurrent.Future;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's socket: the startup dialog, then the cutting of its bytes into messages for the session.
 *
 * <pre>
 *   STARTUP --SSLRequest--> 'S', TLS handshake, STARTUP, or 'N', STARTUP;  STARTUP --GSSENCRequest--> 'N', STARTUP
 *   STARTUP --CancelRequest--> passed on, closed
 *   STARTUP --StartupMessage--> LOGIN --proof--> SERVING;  STARTUP --trusted user--> SERVING
 * </pre>
 *
 * <p>Bytes that the session does not take yet stay in {@code pending}; when that is more than a little, the socket is not
 * read until the session takes messages again. A message is put together up to its length before it is offered, but for
 * CopyData, which goes on in pieces.
 *
 * <p>Confined to its event loop.
 */
public final class ClientConnection extends ChannelInboundHandlerAdapter implements ClientInput {

    private static final Logger LOG = LoggerFactory.getLogger(ClientConnection.class);
    private static final int HEADER = FrameLimits.HEADER_BYTES;
    /** How much a client may send ahead of what the session takes. */
    private static final int MOST_AHEAD = 1 << 16;

    private enum Phase {
        STARTUP,
        LOGIN,
        SERVING,
        CLOSED
    }

    private final Worker worker;
    private final Reception reception;
    private Phase phase = Phase.STARTUP;
    private ChannelHandlerContext context;
    private ByteBuf pending;
    private int copyLeft;
    private Startup startup;
    private ClientLogin login;
    private Clients.Seat seat;
    private ClientSession session;
    private ClientOutput out;
    private Future<?> timeout;
    private boolean encrypted;
    private boolean inDialog;
    private boolean offering;
    private boolean wantsMore;

    public ClientConnection(Worker worker, Reception reception) {
        this.worker = worker;
        this.reception = reception;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        context = ctx;
        out = new ClientOutput(ctx);
        if (!reception.clients().enterDialog()) {
            ctx.close();
            return;
        }
        inDialog = true;
        long limit = reception.limits().authenticationTimeout().toMillis();
        timeout = ctx.executor().schedule(this::dialogTimedOut, limit, TimeUnit.MILLISECONDS);
    }

    private void dialogTimedOut() {
        if (phase == Phase.STARTUP || phase == Phase.LOGIN) {
            LOG.info("client {}: closed, the log-in took too long", context.channel().remoteAddress());
            context.close();
        }
    }

    private void leaveDialog() {
        if (inDialog) {
            inDialog = false;
            timeout.cancel(false);
            reception.clients().leaveDialog();
        }
    }

    // ---- reading

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        append((ByteBuf) message);
        process();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        flush();
    }

    private void flush() {
        if (session != null) {
            session.flushReplies();
        } else if (out != null) {
            out.flush();
        }
    }

    private void append(ByteBuf in) {
        if (pending == null) {
            pending = in;
            return;
        }
        int have = pending.readableBytes();
        int more = in.readableBytes();
        if (pending.refCnt() > 1 || pending.maxWritableBytes() < more || pending.writableBytes() < more) {
            int size = Math.max(have + more, Math.min(wantedBytes(), MOST_AHEAD * 16));
            ByteBuf bigger = context.alloc().buffer(Math.max(size, (have + more) * (have > MOST_AHEAD ? 2 : 1)));
            bigger.writeBytes(pending);
            pending.release();
            pending = bigger;
        }
        pending.writeBytes(in);
        in.release();
    }

    /** The whole size of the message that the pending bytes begin with, as far as that is known. */
    private int wantedBytes() {
        if (phase != Phase.SERVING || pending.readableBytes() < HEADER) {
            return 0;
        }
        return Math.max(0, 1 + pending.getInt(pending.readerIndex() + 1));
    }

    private void process() {
        if (offering) {
            wantsMore = true;
            return;
        }
        offering = true;
        try {
            do {
                wantsMore = false;
                while (pending != null && phase != Phase.CLOSED && step()) {
                    // One message after the other.
                }
            } while (wantsMore);
        } catch (ProtocolViolation e) {
            if (e.silent()) {
                LOG.info("client {}: closed: {}", context.channel().remoteAddress(), e.getMessage());
                close();
            } else {
                fatal(e.error());
            }
        } catch (ProxyException e) {
            fatal(e);
        } finally {
            offering = false;
        }
        if (pending != null) {
            if (phase == Phase.CLOSED || !pending.isReadable()) {
                pending.release();
                pending = null;
            } else {
                leaveReadBuffer();
            }
        }
        if (phase != Phase.CLOSED) {
            holdBack();
        }
    }

    /** Copies a little that is left, so that the loop can go on reading into the same buffer. */
    private void leaveReadBuffer() {
        int left = pending.readableBytes();
        if (pending.refCnt() > 1 && left < pending.capacity() / 4) {
            ByteBuf own = context.alloc().buffer(left).writeBytes(pending);
            pending.release();
            pending = own;
        }
    }

    /** A client that sends ahead of what is taken is not read any more. */
    private void holdBack() {
        boolean ahead = pending != null && pending.readableBytes() > MOST_AHEAD && session != null
                && !takesInput();
        if (ahead) {
            reading(false);
        }
    }

    /** Whether the next message may be offered: a client that does not read its replies is not listened to. */
    private boolean takesInput() {
        return session.takesInput() && context.channel().isWritable();
    }

    private boolean step() {
        return switch (phase) {
            case STARTUP -> initial();
            case LOGIN -> answer();
            case SERVING -> message();
            case CLOSED -> false;
        };
    }

    // ---- the startup dialog

    private boolean initial() {
        if (pending.readableBytes() < FrameLimits.LENGTH_BYTES) {
            return false;
        }
        int length = FrameLimits.startupBody(pending.getInt(pending.readerIndex()));
        if (pending.readableBytes() < FrameLimits.LENGTH_BYTES + length) {
            return false;
        }
        pending.skipBytes(FrameLimits.LENGTH_BYTES);
        Initial first = FrontendDecoder.decodeInitial(pending.readSlice(length));
        switch (first) {
            case SSLRequest request -> encrypt();
            case GSSENCRequest request -> refuseEncryption();
            case CancelRequest request -> cancel(request);
            case StartupMessage message -> start(message);
        }
        return phase != Phase.CLOSED;
    }

    private void encrypt() {
        if (reception.tls() == null || encrypted) {
            refuseEncryption();
            return;
        }
        if (pending.isReadable()) {
            // What was sent before the handshake must not be taken for what comes under it (CVE-2021-23214).
            throw ProxyError.PROTOCOL_VIOLATION.with("received unencrypted data after SSL request");
        }
        encrypted = true;
        out.stage().writeByte('S');
        out.flush();
        context.pipeline().addFirst("tls", reception.tls().handler(context.alloc()));
        out.encrypted();
    }

    private void refuseEncryption() {
        out.stage().writeByte('N');
        out.flush();
    }

    private void cancel(CancelRequest request) {
        // Nothing more is read. The client takes the end of the connection for the sign that the request has arrived, and
        // that what it sends next is not cancelled any more.
        phase = Phase.CLOSED;
        reception.cancels().deliver(request, loop(), this::closeNow);
    }

    void cancelRunning(Runnable passedOn) {
        if (phase != Phase.SERVING) {
            passedOn.run();
        } else {
            session.cancel(passedOn);
        }
    }

    private void start(StartupMessage message) {
        if (ProtocolVersion.major(message.version()) != 3) {
            throw ProxyError.UNSUPPORTED_PROTOCOL.with(ProtocolVersion.major(message.version()) + "."
                    + ProtocolVersion.minor(message.version()));
        }
        if (reception.tls() != null && reception.tls().isRequired() && !encrypted) {
            throw ProxyError.INVALID_AUTHORIZATION.with("the proxy takes connections with TLS only",
                    "Connect with sslmode=require or stronger.");
        }
        startup = Startup.of(message);
        if (startup.negotiate()) {
            BackendEncoder.encode(new NegotiateProtocolVersion(ProtocolVersion.V3_0, startup.unknownOptions()),
                    out.stage());
        }
        UserConfig user = reception.user(startup.user());
        if (reception.trusts(user, context.channel().remoteAddress())) {
            BackendEncoder.encode(new AuthenticationOk(), out.stage());
            admit(user);
            return;
        }
        login = reception.login(startup.user(), encrypted);
        phase = Phase.LOGIN;
        BackendEncoder.encode(login.opening(), out.stage());
    }

    private boolean answer() {
        if (pending.readableBytes() < HEADER) {
            return false;
        }
        byte type = pending.getByte(pending.readerIndex());
        int length = FrameLimits.authenticationBody(type, pending.getInt(pending.readerIndex() + 1));
        if (pending.readableBytes() < HEADER + length) {
            return false;
        }
        pending.skipBytes(HEADER);
        ByteBuf body = pending.readSlice(length);
        if (type == MessageTypes.TERMINATE) {
            closeNow();
            return false;
        }
        for (BackendMessage reply : login.answer(body)) {
            BackendEncoder.encode(reply, out.stage());
        }
        if (login.authenticated()) {
            admit(reception.user(startup.user()));
        }
        return true;
    }

    private void admit(UserConfig user) {
        if (user == null) {
            // The file was read again during the log-in, and knows the user no more.
            throw ProxyError.INVALID_PASSWORD.with(startup.user());
        }
        boolean admin = reception.isAdmin(user, startup.database());
        ServedDatabase database = admin ? null : reception.database(user, startup.database());
        seat = reception.clients().take();
        if (seat == null) {
            throw ProxyError.TOO_MANY_CLIENTS.with();
        }
        leaveDialog();
        Map<String, String> parameters = parameters(
                admin ? reception.adminParameters() : database.startupParameters());
        parameters.forEach((name, value) -> BackendEncoder.parameterStatus(out.stage(), name, value));
        BackendEncoder.backendKeyData(out.stage(), seat.processId, seat.cancelKey);
        BackendEncoder.readyForQuery(out.stage(), TransactionStatus.IDLE);
        session = admin ? administer(user, parameters) : serve(user, database, parameters);
        seat.connection = this;
        phase = Phase.SERVING;
        login = null;
        LOG.debug("client {}: user {} on database {}, session {}", context.channel().remoteAddress(), user.name(),
                startup.database(), seat.processId);
    }

    private ClientSession serve(UserConfig user, ServedDatabase database, Map<String, String> parameters) {
        List<NodeCredential> logins = reception.credentials(user, database.name());
        String atHome = logins.get(database.catalog().homeNode()).user();
        SessionSettings settings = SessionSettings.of(atHome, setting -> database.roleDefault(atHome, setting),
                startup.settings().entrySet(), database.catalog());
        SessionIdentity identity = new SessionIdentity(seat.processId, user.name(), database,
                context.channel().remoteAddress(), logins, user.pool());
        return new Session(worker, identity, this, out, settings, new ReportedParameters(parameters));
    }

    private ClientSession administer(UserConfig user, Map<String, String> parameters) {
        return reception.admin().open(new AdminAccess.Visitor(seat.processId, user.name(), user.admin(),
                context.channel().remoteAddress(), context.channel().eventLoop(), parameters), this, out);
    }

    /** What the client is told at log-in: what the nodes report, but for what it has asked for itself. */
    private Map<String, String> parameters(Map<String, String> reported) {
        Map<String, String> parameters = new LinkedHashMap<>(reported);
        parameters.put("client_encoding", startup.clientEncoding());
        parameters.put("session_authorization", startup.user());
        parameters.put("application_name", startup.settings().getOrDefault("application_name", ""));
        for (String name : parameters.keySet().toArray(String[]::new)) {
            String wanted = startup.settings().get(name.toLowerCase(Locale.ROOT));
            if (wanted != null) {
                parameters.put(name, name.equals("DateStyle") ? dateStyle(wanted, parameters.get(name)) : wanted);
            }
        }
        return parameters;
    }

    /** PostgreSQL reports both parts of DateStyle, also when only one was set. */
    private static String dateStyle(String wanted, String before) {
        int comma = before.indexOf(',');
        return wanted.indexOf(',') >= 0 || comma < 0 ? wanted : wanted + before.substring(comma);
    }

    // ---- messages

    private boolean message() {
        if (copyLeft > 0) {
            int n = Math.min(copyLeft, pending.readableBytes());
            copyLeft -= n;
            session.copyBytes(pending.readRetainedSlice(n));
            return pending.isReadable();
        }
        int available = pending.readableBytes();
        if (available < HEADER || !takesInput()) {
            return false;
        }
        int start = pending.readerIndex();
        byte type = pending.getByte(start);
        int length = FrameLimits.frontendBody(type, pending.getInt(start + 1));
        if (available < HEADER + length) {
            if (type == MessageTypes.COPY_DATA && session.takesCopyData()) {
                copyLeft = HEADER + length - available;
                session.copyBytes(pending.readRetainedSlice(available));
                return false;
            }
            if (HEADER + length > reception.limits().messageSize()) {
                throw ProxyError.PROTOCOL_VIOLATION.with("message of " + length + " bytes is larger than the limit of "
                        + reception.limits().messageSize() + " bytes");
            }
            return false;
        }
        if (!session.accept(type, pending, start, HEADER + length)) {
            return false;
        }
        if (phase != Phase.SERVING) {
            return false;
        }
        pending.readerIndex(start + HEADER + length);
        return pending.isReadable();
    }

    // ---- the session's side

    @Override
    public void resume() {
        if (phase != Phase.SERVING) {
            return;
        }
        if (pending != null) {
            process();
        }
        if (pending == null || pending.readableBytes() <= MOST_AHEAD || takesInput()) {
            reading(true);
        }
    }

    @Override
    public boolean syncFollows() {
        return pending != null && pending.isReadable() && pending.getByte(pending.readerIndex()) == MessageTypes.SYNC;
    }

    @Override
    public void reading(boolean wanted) {
        if (context.channel().config().isAutoRead() != wanted) {
            context.channel().config().setAutoRead(wanted);
        }
    }

    @Override
    public void close() {
        out.flush();
        closeNow();
    }

    /** Ends the session now, whatever it is doing. */
    public void dismiss(ProxyException why) {
        loop().execute(() -> {
            if (phase == Phase.SERVING) {
                fatal(session.interrupted(why));
            }
        });
    }

    /** Ends the session if it is so, and no request has begun to arrive. */
    void dismissIf(Predicate<ClientSession> is, ProxyException why) {
        loop().execute(() -> {
            if (phase == Phase.SERVING && pending == null && is.test(session)) {
                fatal(why);
            }
        });
    }

    /** Has what runs for the session cancelled. */
    void interrupt() {
        loop().execute(() -> cancelRunning(() -> {
            // Nobody waits for it.
        }));
    }

    public EventLoop loop() {
        return context.channel().eventLoop();
    }

    /** What its session is doing; on its event loop. Null before the log-in and after the end. */
    public ClientStatus status(long nowNanos) {
        return phase == Phase.SERVING ? session.status(nowNanos) : null;
    }

    /** Whether the session has had nothing under way just now. Callable from any thread. */
    boolean wasAtRest() {
        ClientSession its = session;
        return its != null && its.isAtRest();
    }

    @Override
    public void fatal(ProxyException why) {
        if (phase == Phase.CLOSED) {
            return;
        }
        LOG.info("client {}: closed: {} {}", context.channel().remoteAddress(), why.sqlState(), why.getMessage());
        BackendEncoder.error(out.stage(), ErrorFields.of("FATAL", why));
        out.flush();
        phase = Phase.CLOSED;
        if (session != null) {
            session.closed();
        }
        leave();
        Farewell.after(context);
    }

    private void leave() {
        leaveDialog();
        if (seat != null) {
            reception.clients().leave(seat);
        }
    }

    private void closeNow() {
        phase = Phase.CLOSED;
        context.close();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (session != null) {
            boolean is = ctx.channel().isWritable();
            session.clientWritable(is);
            if (is) {
                resume();
                // What nodes got by that waits for nobody else: this may be the end of a flush.
                flush();
            }
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        phase = Phase.CLOSED;
        leave();
        if (session != null) {
            session.closed();
        } else if (out != null) {
            out.release();
        }
        if (pending != null && !offering) {
            pending.release();
            pending = null;
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof DecoderException && cause.getCause() instanceof SSLException) {
            LOG.info("client {}: closed: {}", ctx.channel().remoteAddress(), cause.getCause().getMessage());
        } else if (!(cause instanceof java.io.IOException)) {
            LOG.error("client {}: closed after an unexpected error", ctx.channel().remoteAddress(), cause);
        }
        ctx.close();
    }
}
