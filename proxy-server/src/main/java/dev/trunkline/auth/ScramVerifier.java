package dev.trunkline.auth;

import dev.trunkline.wire.Bytes;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What pg_authid keeps of a user's password: {@code SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey}. */
public record ScramVerifier(int iterations, Bytes salt, Bytes storedKey, Bytes serverKey) {

    /** PostgreSQL's scram_iterations. */
    public static final int DEFAULT_ITERATIONS = 4096;
    /** PostgreSQL's SCRAM_DEFAULT_SALT_LEN. */
    static final int SALT_BYTES = 16;

    private static final Pattern FORM = Pattern
            .compile("SCRAM-SHA-256\\$(\\d{1,9}):([A-Za-z0-9+/=]+)\\$([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)");

    /** Makes a verifier of a password, with a new salt. */
    public static ScramVerifier of(String password, SecureRandom random) {
        var salt = new byte[SALT_BYTES];
        random.nextBytes(salt);
        return of(password, salt, DEFAULT_ITERATIONS);
    }

    public static ScramVerifier of(String password, byte[] salt, int iterations) {
        return ScramKeys.derive(password, salt, iterations).verifier(Bytes.of(salt), iterations);
    }

    /** Whether the text has a verifier's form, as PostgreSQL looks at it: anything else is a password. */
    public static boolean isVerifier(String text) {
        try {
            parse(text);
            return true;
        } catch (IllegalArgumentException notOne) {
            return false;
        }
    }

    /** @throws IllegalArgumentException saying what is wrong, without the text */
    public static ScramVerifier parse(String text) {
        Matcher m = FORM.matcher(text);
        if (!m.matches()) {
            throw new IllegalArgumentException(
                    "not of the form SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey");
        }
        int iterations = Integer.parseInt(m.group(1));
        if (iterations < 1) {
            throw new IllegalArgumentException("the iteration count is not positive");
        }
        return new ScramVerifier(iterations, decode("salt", m.group(2), 0),
                decode("StoredKey", m.group(3), ScramKeys.KEY_BYTES),
                decode("ServerKey", m.group(4), ScramKeys.KEY_BYTES));
    }

    private static Bytes decode(String what, String base64, int length) {
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("the " + what + " is not base64", e);
        }
        if (length > 0 && bytes.length != length) {
            throw new IllegalArgumentException("the " + what + " has " + bytes.length + " bytes and not " + length);
        }
        return Bytes.of(bytes);
    }

    /** The text that {@link #parse} reads and that PostgreSQL takes in {@code CREATE ROLE ... PASSWORD}. */
    public String format() {
        var encoder = Base64.getEncoder();
        return "SCRAM-SHA-256$" + iterations + ":" + encoder.encodeToString(salt.array()) + "$"
                + encoder.encodeToString(storedKey.array()) + ":" + encoder.encodeToString(serverKey.array());
    }
}
