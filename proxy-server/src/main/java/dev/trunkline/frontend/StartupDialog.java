package dev.trunkline.frontend;

import dev.trunkline.auth.ClientLogin;
import dev.trunkline.auth.ClientTls;
import dev.trunkline.config.UserConfig;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.session.ClientOutput;
import dev.trunkline.wire.BackendEncoder;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.AuthenticationOk;
import dev.trunkline.wire.BackendMessage.NegotiateProtocolVersion;
import dev.trunkline.wire.FrameLimits;
import dev.trunkline.wire.FrontendDecoder;
import dev.trunkline.wire.FrontendMessage.CancelRequest;
import dev.trunkline.wire.FrontendMessage.GSSENCRequest;
import dev.trunkline.wire.FrontendMessage.SSLRequest;
import dev.trunkline.wire.FrontendMessage.StartupMessage;
import dev.trunkline.wire.MessageTypes;
import dev.trunkline.wire.ProtocolVersion;
import dev.trunkline.wire.ProtocolViolation;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a client and the proxy say to each other before there is a session: encryption, whom the client wants to be, and the
 * proof of it.
 *
 * <pre>
 *   SSLRequest --> 'S', TLS handshake, or 'N';  GSSENCRequest --> 'N'; then again.  TLS handshake, with ALPN
 *   CancelRequest --> passed on, closed
 *   StartupMessage --> proof --> admitted;  StartupMessage of a trusted user --> admitted
 * </pre>
 *
 * <p>It has a {@link LoginTurn} while the proxy has something to do for it, and only a limited time. Confined to the client's event loop.
 */
final class StartupDialog {

    private static final Logger LOG = LoggerFactory.getLogger(ClientConnection.class);

    private final Reception reception;
    private final LoginTurn turn;
    private final ClientConnection connection;
    private final Admission admission;
    private final ChannelHandlerContext context;
    private final ClientOutput out;
    private final Future<?> timeout;
    private Startup startup;
    /** What the proof is checked by; null until the client has said who it is. */
    private ClientLogin login;
    private boolean tlsAsked;
    private boolean gssapiAsked;
    private boolean encrypted;
    /** Null when TLS was asked for, or is not spoken. */
    private SslHandler direct;
    private boolean over;
    /** Something is waited for, with the proof given. */
    private boolean waits;
    /** What is about to be waited for is there already. */
    private boolean answered;

    StartupDialog(Reception reception, LoginTurn turn, ClientConnection connection, Admission admission,
            ChannelHandlerContext context, ClientOutput out) {
        this.reception = reception;
        this.turn = turn;
        this.connection = connection;
        this.admission = admission;
        this.context = context;
        this.out = out;
        long limit = reception.limits().authenticationTimeout().toMillis();
        this.timeout = context.executor().schedule(this::timedOut, limit, TimeUnit.MILLISECONDS);
    }

    private void timedOut() {
        if (!over) {
            LOG.info("client {}: closed, the log-in took too long", context.channel().remoteAddress());
            context.close();
        }
    }

    /** The dialog is over, whatever came of it. */
    void leave() {
        if (!over) {
            over = true;
            timeout.cancel(false);
            turn.leave();
        }
    }

    /** Whether it is the client that is waited for. */
    boolean awaitsClient() {
        return !over && !waits;
    }

    /** Takes one message; false when it has not all arrived. */
    boolean step(ByteBuf in) {
        if (waits) {
            return false;
        }
        return login == null ? initial(in) : answer(in);
    }

    /** What the client says next is taken after {@link #goOn}, which may have been called already. */
    void await() {
        if (!over && !answered) {
            waits = true;
            connection.reading(false);
        }
        answered = false;
    }

    /** What was waited for is there, or is not waited for any more. */
    void goOn(Runnable rest) {
        answered = !waits;
        waits = false;
        connection.goOn(rest);
    }

    private boolean initial(ByteBuf in) {
        if (reception.tls() != null && !encrypted && !tlsAsked && !gssapiAsked && ClientTls.isHandshake(in)) {
            encryptAtOnce(in);
            return false;
        }
        if (in.readableBytes() < FrameLimits.LENGTH_BYTES) {
            return false;
        }
        int length = FrameLimits.startupBody(in.getInt(in.readerIndex()));
        if (in.readableBytes() < FrameLimits.LENGTH_BYTES + length) {
            return false;
        }
        in.skipBytes(FrameLimits.LENGTH_BYTES);
        switch (FrontendDecoder.decodeInitial(in.readSlice(length))) {
            case SSLRequest request -> encrypt(in.isReadable());
            case GSSENCRequest request -> refuseGssapi(in.isReadable());
            case CancelRequest request -> cancel(request);
            case StartupMessage message -> start(message);
        }
        return true;
    }

    private void encrypt(boolean sentMore) {
        if (tlsAsked) {
            throw unsupported(ProtocolVersion.SSL_REQUEST);
        }
        tlsAsked = true;
        if (reception.tls() == null || encrypted) {
            refuseEncryption(sentMore, "SSL request");
            return;
        }
        requireNoMore(sentMore, "SSL request");
        gssapiAsked = true;
        encrypted = true;
        out.stage().writeByte('S');
        out.flush();
        context.pipeline().addFirst("tls", reception.tls().handler(context.alloc()));
        out.encrypted();
    }

    /** The client has begun with the handshake itself (sslnegotiation=direct). */
    private void encryptAtOnce(ByteBuf in) {
        encrypted = true;
        direct = reception.tls().handler(context.alloc());
        context.pipeline().addFirst("tls", direct);
        out.encrypted();
        context.pipeline().fireChannelRead(in.readRetainedSlice(in.readableBytes()));
    }

    private void refuseGssapi(boolean sentMore) {
        if (gssapiAsked) {
            throw unsupported(ProtocolVersion.GSSENC_REQUEST);
        }
        gssapiAsked = true;
        refuseEncryption(sentMore, "GSSAPI encryption request");
    }

    private void refuseEncryption(boolean sentMore, String request) {
        out.stage().writeByte('N');
        out.flush();
        requireNoMore(sentMore, request);
    }

    /** What was sent before the answer must not be taken for what comes after it (CVE-2021-23214). */
    private static void requireNoMore(boolean sentMore, String request) {
        if (sentMore) {
            throw ProxyError.PROTOCOL_VIOLATION.with("received unencrypted data after " + request).withDetail(
                    "This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.");
        }
    }

    private static ProxyException unsupported(int version) {
        return ProxyError.UNSUPPORTED_PROTOCOL
                .with(ProtocolVersion.major(version) + "." + ProtocolVersion.minor(version));
    }

    private void cancel(CancelRequest request) {
        // The client takes the end of the connection for the sign that the request has arrived, and that what it sends next
        // is not cancelled any more. That takes as long as it takes.
        timeout.cancel(false);
        connection.takeNoMore();
        reception.cancels().deliver(request, connection.loop(), connection::closeNow);
    }

    private void start(StartupMessage message) {
        if (direct != null && !ClientTls.PROTOCOL.equals(direct.applicationProtocol())) {
            // It may be meant for another server, whose answers are to be taken for ours (ALPACA).
            throw ProtocolViolation.noClient("TLS without ALPN, and not asked for");
        }
        if (ProtocolVersion.major(message.version()) != 3) {
            throw unsupported(message.version());
        }
        if (reception.tls() != null && reception.tls().isRequired() && !encrypted) {
            throw ProxyError.INVALID_AUTHORIZATION.with("the proxy takes connections with TLS only",
                    "Connect with sslmode=require or stronger.");
        }
        startup = Startup.of(message);
        if (startup.negotiate()) {
            BackendEncoder.encode(new NegotiateProtocolVersion(startup.version(), startup.unknownOptions()),
                    out.stage());
        }
        UserConfig user = reception.user(startup.user());
        if (reception.trusts(user, context.channel().remoteAddress())) {
            BackendEncoder.encode(new AuthenticationOk(), out.stage());
            admission.admit(user, startup, this);
            return;
        }
        login = reception.login(startup.user(), encrypted);
        BackendEncoder.encode(login.opening(), out.stage());
    }

    private boolean answer(ByteBuf in) {
        if (in.readableBytes() < FrameLimits.HEADER_BYTES) {
            return false;
        }
        byte type = in.getByte(in.readerIndex());
        int length = FrameLimits.authenticationBody(type, in.getInt(in.readerIndex() + 1));
        if (in.readableBytes() < FrameLimits.HEADER_BYTES + length) {
            return false;
        }
        in.skipBytes(FrameLimits.HEADER_BYTES);
        ByteBuf body = in.readSlice(length);
        if (type == MessageTypes.TERMINATE) {
            connection.closeNow();
            return false;
        }
        for (BackendMessage reply : login.answer(body)) {
            BackendEncoder.encode(reply, out.stage());
        }
        if (login.authenticated()) {
            admission.admit(reception.user(startup.user()), startup, this);
        }
        return true;
    }
}
