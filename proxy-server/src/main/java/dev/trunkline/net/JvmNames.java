package dev.trunkline.net;

import java.security.Security;

/** The JVM's own memory of the addresses of names, which would hold one for longer than {@code limits.dnsTtl}, perhaps for ever. */
public final class JvmNames {

    private JvmNames() {}

    /** Has the JVM ask for every name anew. To be called before the first look-up. */
    public static void remembersNone() {
        Security.setProperty("networkaddress.cache.ttl", "0");
        Security.setProperty("networkaddress.cache.negative.ttl", "0");
    }
}
