package dev.trunkline.backend;

import dev.trunkline.auth.ChannelBinding;
import dev.trunkline.auth.NodeCredential;
import dev.trunkline.auth.NodeLogin;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.wire.BackendDecoder;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.BackendMessage.Authentication;
import dev.trunkline.wire.BackendMessage.BackendKeyData;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.BackendMessage.ParameterStatus;
import dev.trunkline.wire.BackendMessage.ReadyForQuery;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.FrontendEncoder;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.FrontendMessage.StartupMessage;
import dev.trunkline.wire.ProtocolViolation;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLPeerUnverifiedException;

/**
 * Logs in at a node; when the node is ready for queries, a {@link BackendConnection} takes its place in the pipeline.
 * Confined to the event loop of its channel.
 */
final class LoginHandler extends ChannelInboundHandlerAdapter {

    private static final int PROTOCOL_3_0 = 3 << 16;
    private static final int HEADER = 5;
    private static final int LARGEST_MESSAGE = 1 << 20;
    private static final int TIMEOUT_SECONDS = 10;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final NodeEndpoint endpoint;
    private final NodeCredential credential;
    /** Null for what PostgreSQL gives a client that asks for none. */
    private final String applicationName;
    private final int preparedStatements;
    private final Consumer<BackendConnection> connected;
    private final Consumer<ProxyException> failed;
    private final Map<String, String> parameters = new HashMap<>();
    private NodeLogin login;
    private ByteBuf pending;
    private Future<?> timeout;
    private int processId;
    private byte[] cancelKey = {};
    private boolean over;

    LoginHandler(NodeEndpoint endpoint, NodeCredential credential, String applicationName, int preparedStatements,
            Consumer<BackendConnection> connected, Consumer<ProxyException> failed) {
        this.endpoint = endpoint;
        this.credential = credential;
        this.applicationName = applicationName;
        this.preparedStatements = preparedStatements;
        this.connected = connected;
        this.failed = failed;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        timeout = ctx.executor().schedule(() -> fail(ctx, ProxyError.NODE_DOWN.with(endpoint.nodeName())
                .withDetail(endpoint + ": the log-in took longer than " + TIMEOUT_SECONDS + " s.")), TIMEOUT_SECONDS,
                TimeUnit.SECONDS);
    }

    /** The node could not even be connected to. */
    void notConnected(ProxyException why) {
        if (!over) {
            over = true;
            if (timeout != null) {
                timeout.cancel(false);
            }
            failed.accept(why);
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) throws SSLPeerUnverifiedException {
        boolean loopback = ctx.channel().remoteAddress() instanceof InetSocketAddress address
                && address.getAddress().isLoopbackAddress();
        SslHandler tls = ctx.pipeline().get(SslHandler.class);
        login = new NodeLogin(endpoint.nodeName(), credential,
                tls != null ? NodeLogin.Link.TLS : loopback ? NodeLogin.Link.LOOPBACK : NodeLogin.Link.PLAIN,
                tls == null ? null : binding(tls), RANDOM);
        Map<String, String> startup = new LinkedHashMap<>();
        startup.put("user", credential.user());
        startup.put("database", endpoint.database());
        if (applicationName != null) {
            startup.put("application_name", applicationName);
        }
        startup.put("client_encoding", "UTF8");
        // A session without a connection idles; one that waits to be lent does not.
        startup.put("idle_session_timeout", "0");
        send(ctx, new StartupMessage(PROTOCOL_3_0, startup));
    }

    private static Bytes binding(SslHandler tls) throws SSLPeerUnverifiedException {
        return ChannelBinding.of((X509Certificate) tls.engine().getSession().getPeerCertificates()[0]);
    }

    private static void send(ChannelHandlerContext ctx, FrontendMessage message) {
        ByteBuf out = ctx.alloc().buffer();
        FrontendEncoder.encode(message, out);
        ctx.writeAndFlush(out, ctx.voidPromise());
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        if (pending == null) {
            pending = in;
        } else {
            pending.writeBytes(in);
            in.release();
        }
        try {
            while (!over && next(ctx)) {
                // One message after the other.
            }
        } catch (ProxyException e) {
            fail(ctx, e);
        } catch (ProtocolViolation e) {
            fail(ctx, ProxyError.NODE_PROTOCOL_VIOLATION.with(endpoint.nodeName()).withDetail(e.getMessage()));
        }
        if (pending != null && (over || !pending.isReadable())) {
            pending.release();
            pending = null;
        }
    }

    private boolean next(ChannelHandlerContext ctx) {
        if (pending.readableBytes() < HEADER) {
            return false;
        }
        int at = pending.readerIndex();
        int length = pending.getInt(at + 1);
        if (length < 4 || length > LARGEST_MESSAGE) {
            throw ProxyError.NODE_PROTOCOL_VIOLATION.with(endpoint.nodeName());
        }
        if (pending.readableBytes() < 1 + length) {
            return false;
        }
        byte type = pending.readByte();
        pending.skipBytes(4);
        ByteBuf body = pending.readSlice(length - 4);
        switch (BackendDecoder.decode(type, body)) {
            case Authentication authentication -> {
                FrontendMessage reply = login.reply(authentication);
                if (reply != null) {
                    send(ctx, reply);
                }
            }
            case ParameterStatus status -> parameters.put(status.name(), status.value());
            case BackendKeyData key -> {
                processId = key.processId();
                cancelKey = key.secretKey().array();
            }
            case ReadyForQuery ready -> ready(ctx);
            case ErrorResponse error -> throw refused(error.fields());
            case BackendMessage other -> {
                // Notices and the like.
            }
        }
        return true;
    }

    private ProxyException refused(ErrorFields fields) {
        String said = fields.sqlState() + " " + fields.message();
        boolean starting = "57P03".equals(fields.sqlState());
        ProxyException why = starting
                ? ProxyError.NODE_DOWN.with(endpoint.nodeName())
                : ProxyError.NODE_LOGIN_FAILED.with(endpoint.nodeName(), fields.message());
        return why.withDetail(endpoint + " said: " + said + ".");
    }

    private void ready(ChannelHandlerContext ctx) {
        if (!login.authenticated()) {
            throw ProxyError.NODE_PROTOCOL_VIOLATION.with(endpoint.nodeName());
        }
        over = true;
        timeout.cancel(false);
        BackendConnection connection = new BackendConnection(endpoint, parameters, processId, cancelKey,
                preparedStatements,
                System.nanoTime());
        ctx.pipeline().replace(this, "backend", connection);
        connected.accept(connection);
    }

    private void fail(ChannelHandlerContext ctx, ProxyException why) {
        if (!over) {
            over = true;
            timeout.cancel(false);
            ctx.close();
            failed.accept(why);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        fail(ctx, ProxyError.NODE_DOWN.with(endpoint.nodeName())
                .withDetail(endpoint + ": the connection was closed during log-in."));
        if (pending != null) {
            pending.release();
            pending = null;
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        fail(ctx, cause instanceof ProxyException why
                ? why
                : ProxyError.NODE_DOWN.with(endpoint.nodeName())
                        .withDetail(endpoint + ": " + BackendConnector.reason(cause) + "."));
        ctx.close();
    }
}
