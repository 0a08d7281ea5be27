package dev.trunkline.auth;

import com.ongres.stringprep.Option;
import com.ongres.stringprep.Profile;
import dev.trunkline.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.text.Normalizer;
import java.util.EnumSet;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What logs a user in with SCRAM-SHA-256 in place of the password: ClientKey and ServerKey of RFC 5802, for one salt and
 * iteration count. As secret as the password itself.
 */
public record ScramKeys(Bytes clientKey, Bytes serverKey) {

    static final int KEY_BYTES = 32;

    /** RFC 4013, 2.3 to 2.5: prohibited and unassigned characters, and the rules of right to left. */
    private static final Profile PROHIBITED = () -> EnumSet.of(Option.FORBID_NON_ASCII_SPACES,
            Option.FORBID_ASCII_CONTROL, Option.FORBID_NON_ASCII_CONTROL, Option.FORBID_PRIVATE_USE,
            Option.FORBID_NON_CHARACTER, Option.FORBID_SURROGATE, Option.FORBID_INAPPROPRIATE_FOR_PLAIN_TEXT,
            Option.FORBID_INAPPROPRIATE_FOR_CANON_REP, Option.FORBID_CHANGE_DISPLAY_AND_DEPRECATED,
            Option.FORBID_TAGGING, Option.CHECK_BIDI);
    /** RFC 3454, table C.1.2. */
    private static final Pattern NON_ASCII_SPACE = Pattern
            .compile("[\\u00A0\\u1680\\u2000-\\u200B\\u202F\\u205F\\u3000]");
    /** RFC 3454, table B.1. */
    private static final Pattern MAPPED_TO_NOTHING = Pattern
            .compile("[\\u00AD\\u034F\\u1806\\u180B-\\u180D\\u200C\\u200D\\u2060\\uFE00-\\uFE0F\\uFEFF]");

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

    /**
     * SASLprep (RFC 4013) as PostgreSQL does it: what is prohibited is looked for in the text that is mapped and not yet
     * normalized, while the RFC and the library look at what comes out. A password that is refused is taken as it is.
     */
    static byte[] prepare(String password) {
        String spaced = NON_ASCII_SPACE.matcher(password).replaceAll(" ");
        String mapped = MAPPED_TO_NOTHING.matcher(spaced).replaceAll("");
        boolean allowed = !mapped.isEmpty();
        if (allowed) {
            try {
                PROHIBITED.prepareStored(mapped);
            } catch (IllegalArgumentException prohibited) {
                allowed = false;
            }
        }
        String prepared = allowed ? Normalizer.normalize(mapped, Normalizer.Form.NFKC) : password;
        return prepared.getBytes(StandardCharsets.UTF_8);
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
