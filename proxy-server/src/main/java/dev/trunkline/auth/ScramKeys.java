package dev.trunkline.auth;

import com.ongres.scram.common.StringPreparation;
import dev.trunkline.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What logs a user in with SCRAM-SHA-256 in place of the password: ClientKey and ServerKey of RFC 5802, for one salt and
 * iteration count. As secret as the password itself.
 */
public record ScramKeys(Bytes clientKey, Bytes serverKey) {

    static final int KEY_BYTES = 32;

    /**
     * The keys of a password. As PostgreSQL does, the password is prepared with SASLprep, and taken as it is where that
     * refuses it. Costs 2 hashes an iteration: some milliseconds at 4096.
     */
    public static ScramKeys derive(String password, byte[] salt, int iterations) {
        byte[] salted = saltedPassword(prepare(password), salt, iterations);
        return new ScramKeys(Bytes.of(hmac(salted, ascii("Client Key"))), Bytes.of(hmac(salted, ascii("Server Key"))));
    }

    /** What a server keeps: enough to check a proof, too little to make one. */
    public ScramVerifier verifier(Bytes salt, int iterations) {
        return new ScramVerifier(iterations, salt, Bytes.of(sha256(clientKey.array())), serverKey);
    }

    static byte[] prepare(String password) {
        if (password.isEmpty()) {
            return new byte[0];
        }
        // The zero width space is in two tables of RFC 3454. PostgreSQL makes a space of it, the library nothing.
        String spaced = password.replace('\u200B', ' ');
        try {
            char[] prepared = StringPreparation.SASL_PREPARATION.normalize(spaced.toCharArray());
            return new String(prepared).getBytes(StandardCharsets.UTF_8);
        } catch (IllegalArgumentException | IndexOutOfBoundsException refused) {
            // Prohibited or unassigned characters, or (the second exception) nothing left: taken as it is.
            return password.getBytes(StandardCharsets.UTF_8);
        }
    }

    /** Hi() of RFC 5802: PBKDF2 with one block. */
    private static byte[] saltedPassword(byte[] password, byte[] salt, int iterations) {
        if (iterations < 1) {
            throw new IllegalArgumentException("SCRAM needs at least one iteration");
        }
        Mac mac = mac(password);
        mac.update(salt);
        byte[] u = mac.doFinal(new byte[]{0, 0, 0, 1});
        byte[] result = u.clone();
        for (int i = 1; i < iterations; i++) {
            u = mac.doFinal(u);
            for (int k = 0; k < KEY_BYTES; k++) {
                result[k] ^= u[k];
            }
        }
        return result;
    }

    static byte[] hmac(byte[] key, byte[] message) {
        return mac(key).doFinal(message);
    }

    static byte[] sha256(byte[] message) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(message);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    static byte[] xor(byte[] a, byte[] b) {
        var result = new byte[a.length];
        for (int i = 0; i < a.length; i++) {
            result[i] = (byte) (a[i] ^ b[i]);
        }
        return result;
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static Mac mac(byte[] key) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            // SecretKeySpec refuses an empty key; HMAC pads keys with zeros, so that one zero is the same key.
            mac.init(new SecretKeySpec(key.length == 0 ? new byte[1] : key, "HmacSHA256"));
            return mac;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HmacSHA256", e);
        }
    }
}
