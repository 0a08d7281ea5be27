package dev.trunkline.frontend;

import dev.trunkline.auth.Encryption;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.session.ClientInput;
import dev.trunkline.session.ClientOutput;
import dev.trunkline.session.ClientSession;
import dev.trunkline.session.ClientStatus;
import dev.trunkline.session.Worker;
import dev.trunkline.wire.BackendEncoder;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.FrameLimits;
import dev.trunkline.wire.MessageTypes;
import dev.trunkline.wire.ProtocolViolation;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.DecoderException;
import java.net.SocketAddress;
import java.util.function.Predicate;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's socket: the cutting of its bytes into messages, for the {@link StartupDialog} at first, and then for the session
 * that comes of it.
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
        DIALOG,
        SERVING,
        CLOSED
    }

    private final Worker worker;
    private final Reception reception;
    private Phase phase = Phase.DIALOG;
    private ChannelHandlerContext context;
    private ByteBuf pending;
    private int copyLeft;
    private LoginTurn turn;
    /** Null before its first turn to log in, and as soon as there is a session. */
    private StartupDialog dialog;
    private Clients.Seat seat;
    private ClientSession session;
    private ClientOutput out;
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
        turn = new LoginTurn(reception, this, ctx, out);
        turn.await();
    }

    /** It is the client's turn to log in. */
    void beginDialog() {
        Admission admission = new Admission(worker, reception, this, context.channel().remoteAddress(), out);
        dialog = new StartupDialog(reception, turn, this, admission, context, out);
    }

    /** It is the client's turn again: what it has said in the meantime is taken. */
    void goAhead() {
        process();
        flush();
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
        } catch (RuntimeException | Error e) {
            broken(e);
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
        if (phase == Phase.DIALOG && dialog != null && dialog.awaitsClient()) {
            turn.awaitsMore();
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
            case DIALOG -> turn.isNow() && dialog.step(pending);
            case SERVING -> message();
            case CLOSED -> false;
        };
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

    // ---- the startup dialog's side

    /** The client has got a seat, which it has until it leaves. */
    void seated(Clients.Seat its) {
        seat = its;
    }

    /** From now on its messages go to this session. */
    void serve(ClientSession its) {
        session = its;
        seat.connection = this;
        phase = Phase.SERVING;
        dialog = null;
    }

    /** Goes on with a log-in that has waited, if the client has. */
    void goOn(Runnable rest) {
        if (phase != Phase.DIALOG) {
            return;
        }
        try {
            rest.run();
        } catch (ProxyException e) {
            fatal(e);
        } catch (RuntimeException | Error e) {
            broken(e);
        }
        if (phase == Phase.SERVING) {
            resume();
            flush();
        }
    }

    /** Nothing more is read from the client. */
    void takeNoMore() {
        phase = Phase.CLOSED;
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

    void cancelRunning(Runnable passedOn) {
        if (phase != Phase.SERVING) {
            passedOn.run();
        } else {
            session.cancel(passedOn);
        }
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

    /** Version and cipher; null for plain text. */
    public String encryption() {
        return Encryption.of(context.channel());
    }

    public SocketAddress localAddress() {
        return context.channel().localAddress();
    }

    /** Whether the session has had nothing under way just now. Callable from any thread. */
    boolean wasAtRest() {
        ClientSession its = session;
        return its != null && its.isAtRest();
    }

    @Override
    public void fatal(ProxyException why) {
        fatal(ErrorFields.of("FATAL", why), why.logged());
    }

    /** Tells the client an error that ends its connection. */
    void fatal(ErrorFields why) {
        fatal(why, why.message());
    }

    private void fatal(ErrorFields why, String logged) {
        if (phase == Phase.CLOSED) {
            return;
        }
        LOG.info("client {}: closed: {} {}", context.channel().remoteAddress(), why.sqlState(), logged);
        BackendEncoder.error(out.stage(), why);
        out.flush();
        phase = Phase.CLOSED;
        if (session != null) {
            session.closed();
        }
        leave();
        dropPending();
        Farewell.after(context);
    }

    @Override
    public void broken(Throwable cause) {
        LOG.error("client {}: closed after an unexpected error", context.channel().remoteAddress(), cause);
        ProxyException why = ProxyError.of(cause);
        if (phase == Phase.CLOSED) {
            context.close();
        } else if (session == null) {
            fatal(why);
        } else {
            session.distrust();
            fatal(session.interrupted(why));
        }
    }

    private void leave() {
        if (turn != null) {
            turn.leave();
        }
        if (dialog != null) {
            dialog.leave();
        }
        if (seat != null) {
            reception.clients().leave(seat);
        }
    }

    void closeNow() {
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
        dropPending();
    }

    /** What came and is not taken any more; while messages are being offered, whoever does that sees to it. */
    private void dropPending() {
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
            broken(cause);
            return;
        }
        ctx.close();
    }
}
