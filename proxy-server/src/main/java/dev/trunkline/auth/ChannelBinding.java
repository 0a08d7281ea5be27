package dev.trunkline.auth;

import dev.trunkline.wire.Bytes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Locale;

/** {@code tls-server-end-point} (RFC 5929): the hash of the server's certificate, to which a login is bound. */
public final class ChannelBinding {

    private ChannelBinding() {}

    /** Null where the certificate's signature has no hash of its own, such as Ed25519: then nothing can be bound. */
    public static Bytes of(X509Certificate certificate) {
        String algorithm = certificate.getSigAlgName().toUpperCase(Locale.ROOT);
        int with = algorithm.indexOf("WITH");
        if (with < 0) {
            return null;
        }
        String hash = algorithm.substring(0, with);
        String digest = switch (hash) {
            case "MD5", "SHA1" -> "SHA-256";
            default -> hash.startsWith("SHA") && !hash.contains("-") ? "SHA-" + hash.substring(3) : hash;
        };
        try {
            return Bytes.of(MessageDigest.getInstance(digest).digest(certificate.getEncoded()));
        } catch (NoSuchAlgorithmException | CertificateEncodingException e) {
            return null;
        }
    }
}
