package dev.trunkline.frontend;

import dev.trunkline.auth.ClientLogin;
import dev.trunkline.config.UserConfig;
import dev.trunkline.error.ProxyError;
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
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a client and the proxy say to each other before there is a session: encryption, whom the client wants to be, and the
 * proof of it.
 *
 * <pre>
 *   SSLRequest --> 'S', TLS handshake, or 'N';  GSSENCRequest --> 'N'; then again
 *   CancelRequest --> passed on, closed
 *   StartupMessage --> proof --> admitted;  StartupMessage of a trusted user --> admitted
 * </pre>
 *
 * <p>It takes a place among those that are not yet logged in, and only a limited time. Confined to the client's event loop.
 */
final class StartupDialog {

    private static final Logger LOG = LoggerFactory.getLogger(ClientConnection.class);

    private final Reception reception;
    private final ClientConnection connection;
    private final Admission admission;
    private final ChannelHandlerContext context;
    private final ClientOutput out;
    private final Future<?> timeout;
    private Startup startup;
    /** What the proof is checked by; null until the client has said who it is. */
    private ClientLogin login;
    private boolean encrypted;
    private boolean over;

    /** The clients have been asked for a place by {@link Clients#enterDialog}. */
    StartupDialog(Reception reception, ClientConnection connection, Admission admission, ChannelHandlerContext context,
            ClientOutput out) {
        this.reception = reception;
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
            reception.clients().leaveDialog();
        }
    }

    /** Takes one message; false when it has not all arrived. */
    boolean step(ByteBuf in) {
        return login == null ? initial(in) : answer(in);
    }

    private boolean initial(ByteBuf in) {
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
            case GSSENCRequest request -> refuseEncryption();
            case CancelRequest request -> cancel(request);
            case StartupMessage message -> start(message);
        }
        return true;
    }

    private void encrypt(boolean sentMore) {
        if (reception.tls() == null || encrypted) {
            refuseEncryption();
            return;
        }
        if (sentMore) {
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
        // The client takes the end of the connection for the sign that the request has arrived, and that what it sends next
        // is not cancelled any more. That takes as long as it takes.
        timeout.cancel(false);
        connection.takeNoMore();
        reception.cancels().deliver(request, connection.loop(), connection::closeNow);
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
