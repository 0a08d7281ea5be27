package dev.trunkline.config;

import java.time.Duration;

/**
 * What the log looks like. {@code level} is null where the command's own default holds; statements that take longer than
 * {@code slowStatement} are logged by fingerprint, none when it is zero.
 */
public record LogConfig(Format format, Level level, Duration slowStatement) {

    /** One line for people, or one JSON object for a collector. */
    public enum Format {
        TEXT,
        JSON
    }

    public enum Level {
        TRACE,
        DEBUG,
        INFO,
        WARN,
        ERROR
    }
}
