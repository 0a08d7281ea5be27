package dev.trunkline.auth;

import dev.trunkline.config.Configuration;
import dev.trunkline.config.ConfigurationException;
import dev.trunkline.config.Problem;
import dev.trunkline.config.TlsConfig;
import dev.trunkline.wire.Bytes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;

/** TLS towards clients: the proxy's certificate, and what logins over it are bound to. Thread-safe. */
public final class ClientTls {

    /** By which a client that begins with the handshake says that it means PostgreSQL (ALPN). */
    public static final String PROTOCOL = "postgresql";
    private static final byte HANDSHAKE = 0x16;

    private final SslContext context;
    private final Bytes channelBinding;
    private final boolean required;

    private ClientTls(SslContext context, Bytes channelBinding, boolean required) {
        this.context = context;
        this.channelBinding = channelBinding;
        this.required = required;
    }

    /**
     * Reads the files.
     *
     * @return null when TLS is off
     */
    public static ClientTls of(Configuration configuration) throws ConfigurationException {
        TlsConfig tls = configuration.tls();
        if (tls.mode() == TlsConfig.Mode.OFF) {
            return null;
        }
        X509Certificate certificate;
        try (InputStream file = Files.newInputStream(Path.of(tls.certificate()))) {
            certificate = (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(file);
        } catch (IOException | CertificateException e) {
            throw unusable(configuration, "certificate", tls.certificate(), e);
        }
        SslContextBuilder builder;
        try {
            builder = SslContextBuilder.forServer(new File(tls.certificate()), new File(tls.key()));
        } catch (IllegalArgumentException e) {
            throw unusable(configuration, "key", tls.key(), e);
        }
        try {
            if (tls.clientCa() != null) {
                builder.trustManager(new File(tls.clientCa())).clientAuth(ClientAuth.REQUIRE);
            }
            return new ClientTls(builder.protocols("TLSv1.3", "TLSv1.2")
                    .applicationProtocolConfig(new ApplicationProtocolConfig(ApplicationProtocolConfig.Protocol.ALPN,
                            SelectorFailureBehavior.FATAL_ALERT, SelectedListenerFailureBehavior.ACCEPT, PROTOCOL))
                    .build(), ChannelBinding.of(certificate),
                    tls.mode() == TlsConfig.Mode.REQUIRED);
        } catch (IOException | IllegalArgumentException e) {
            throw unusable(configuration, tls.clientCa() == null ? "key" : "clientCa",
                    tls.clientCa() == null ? tls.key() : tls.clientCa(), e);
        }
    }

    private static ConfigurationException unusable(Configuration configuration, String key, String file,
            Exception why) {
        Throwable cause = why.getCause() == null ? why : why.getCause();
        return new ConfigurationException(List.of(configuration.problem(Problem.Severity.ERROR,
                "the file " + file + " can't be used: " + cause.getMessage(), "tls", key)));
    }

    /** Whether these bytes begin a handshake; no packet of PostgreSQL's begins so. */
    public static boolean isHandshake(ByteBuf in) {
        return in.isReadable() && in.getByte(in.readerIndex()) == HANDSHAKE;
    }

    public SslHandler handler(ByteBufAllocator allocator) {
        return context.newHandler(allocator);
    }

    /** Null when the certificate gives nothing to bind to. */
    public Bytes channelBinding() {
        return channelBinding;
    }

    /** Whether nobody comes in without. */
    public boolean isRequired() {
        return required;
    }
}
