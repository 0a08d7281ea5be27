package dev.trunkline.auth;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import javax.net.ssl.SSLSession;

/** How a connection is encrypted, in words. */
public final class Encryption {

    private Encryption() {}

    /** Version and cipher, as {@code TLSv1.3/TLS_AES_256_GCM_SHA384}; null for plain text. */
    public static String of(Channel channel) {
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        if (tls == null) {
            return null;
        }
        SSLSession session = tls.engine().getSession();
        return session.getProtocol() + "/" + session.getCipherSuite();
    }
}
