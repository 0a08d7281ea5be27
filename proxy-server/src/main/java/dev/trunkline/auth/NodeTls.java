package dev.trunkline.auth;

import dev.trunkline.config.NodeConfig;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.File;
import javax.net.ssl.SSLException;

/** TLS towards a node, in the modes of libpq's {@code sslmode}. Thread-safe. */
public final class NodeTls {

    private final SslContext context;
    private final boolean required;

    private NodeTls(SslContext context, boolean required) {
        this.context = context;
        this.required = required;
    }

    /**
     * @return null when the node is spoken to without
     * @throws SSLException when the authority's file can't be used
     */
    public static NodeTls of(NodeConfig.Tls tls) throws SSLException {
        if (tls.mode() == NodeConfig.Tls.Mode.DISABLE) {
            return null;
        }
        SslContextBuilder builder = SslContextBuilder.forClient().protocols("TLSv1.3", "TLSv1.2");
        try {
            if (tls.ca() != null) {
                builder.trustManager(new File(tls.ca()));
            } else if (tls.mode() == NodeConfig.Tls.Mode.PREFER || tls.mode() == NodeConfig.Tls.Mode.REQUIRE) {
                builder.trustManager(InsecureTrustManagerFactory.INSTANCE);
            }
        } catch (IllegalArgumentException e) {
            throw new SSLException(e.getCause() == null ? e.getMessage() : e.getCause().getMessage(), e);
        }
        // Without a name to compare, any certificate of the authority will do, as with libpq.
        builder.endpointIdentificationAlgorithm(tls.mode() == NodeConfig.Tls.Mode.VERIFY_FULL ? "HTTPS" : null);
        return new NodeTls(builder.build(), tls.mode() != NodeConfig.Tls.Mode.PREFER);
    }

    public SslHandler handler(ByteBufAllocator allocator, String host, int port) {
        return context.newHandler(allocator, host, port);
    }

    /** Whether a node that offers none is not spoken to. */
    public boolean isRequired() {
        return required;
    }
}
