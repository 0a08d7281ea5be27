package dev.trunkline.config;

/**
 * A key of the file with the value that it has, given or by default.
 *
 * @param key
 *            with the names of the file: {@code databases.shop.pool.size}
 * @param pattern
 *            with {@code *} for the names
 * @param text
 *            the value as the file would write it; stars for a secret
 * @param secret
 *            the value of a secret, to be compared and never printed; null otherwise
 */
public record Setting(String key, String pattern, String text, Secret secret) {

    public Changeable changeable() {
        return Changeable.of(pattern);
    }

    boolean sameValue(Setting other) {
        return text.equals(other.text) && java.util.Objects.equals(secret, other.secret);
    }
}
