package dev.trunkline.admin;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.trunkline.error.ProxyError;
import java.util.List;
import java.util.Locale;
import org.slf4j.LoggerFactory;

/** How much the proxy logs: the level of its own loggers, not of the libraries'. */
public final class LogLevel {

    private static final List<String> WORDS = List.of("trace", "debug", "info", "warn", "error");
    private static final String OURS = "dev.trunkline";

    private LogLevel() {}

    static String get() {
        return logger().getEffectiveLevel().toString().toLowerCase(Locale.ROOT);
    }

    /** @throws dev.trunkline.error.ProxyException 22023 for a word that is no level */
    public static void set(String word) {
        String lower = word.toLowerCase(Locale.ROOT);
        if (!WORDS.contains(lower)) {
            throw ProxyError.INVALID_PARAMETER_VALUE.with(
                    "invalid value for parameter \"log_level\": \"" + word + "\"",
                    "Available values: " + String.join(", ", WORDS) + ".");
        }
        logger().setLevel(Level.toLevel(lower));
    }

    private static Logger logger() {
        return (Logger) LoggerFactory.getLogger(OURS);
    }
}
