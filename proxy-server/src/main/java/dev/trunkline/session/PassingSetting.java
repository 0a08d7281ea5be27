package dev.trunkline.session;

import java.util.Locale;
import java.util.Set;

/**
 * Settings that SET has like others, but that are none of the session's: the modes of the transaction at hand, and the seed of
 * {@code random()}. PostgreSQL refuses to reset them, so no connection may be asked to.
 */
final class PassingSetting {

    private static final String ISOLATION = "transaction_isolation";
    private static final String READ_ONLY = "transaction_read_only";
    private static final String DEFERRABLE = "transaction_deferrable";
    private static final Set<String> NAMES = Set.of(ISOLATION, READ_ONLY, DEFERRABLE, "seed");

    private PassingSetting() {}

    static boolean isOne(String name) {
        return NAMES.contains(name);
    }

    /** Whether it is a mode of the transaction. */
    static boolean isMode(String name) {
        return NAMES.contains(name) && !name.equals("seed");
    }

    /** A mode as SET TRANSACTION writes it, from a value that a node has taken. */
    static String modes(String name, String valueText) {
        String value = valueText.strip().replaceAll("^'|'$", "").strip().toUpperCase(Locale.ROOT);
        return switch (name) {
            case ISOLATION -> "ISOLATION LEVEL " + value;
            case READ_ONLY -> isOn(value) ? "READ ONLY" : "READ WRITE";
            default -> isOn(value) ? "DEFERRABLE" : "NOT DEFERRABLE";
        };
    }

    /** PostgreSQL takes the beginnings of words, too: {@code o} is neither. */
    private static boolean isOn(String value) {
        return value.equals("1") || value.equals("ON")
                || !value.isEmpty() && ("TRUE".startsWith(value) || "YES".startsWith(value));
    }

    /** Whether what a mode asks for is one snapshot. */
    static boolean isSnapshot(String modes) {
        return modes.endsWith("REPEATABLE READ") || modes.endsWith("SERIALIZABLE");
    }

    static boolean isIsolation(String name) {
        return name.equals(ISOLATION);
    }
}
