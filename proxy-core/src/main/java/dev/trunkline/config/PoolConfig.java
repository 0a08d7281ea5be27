package dev.trunkline.config;

import java.time.Duration;

/**
 * The connections to each node for each login. {@code size} bounds them, {@code min} are kept open when idle. A statement
 * that waits for one hears of it after {@code waitNotify} and fails after {@code waitTimeout}; a connection that has idled
 * for {@code checkAfterIdle} is asked whether it still works before it is lent. Zero stands for never.
 */
public record PoolConfig(Mode mode, int size, int min, Duration waitTimeout, Duration waitNotify, Duration idleTimeout,
        Duration checkAfterIdle, Duration maxAge) {

    /** For how long a session keeps a connection. */
    public enum Mode {
        TRANSACTION,
        SESSION,
        STATEMENT
    }

    public static final PoolConfig DEFAULT = new PoolConfig(Mode.TRANSACTION, 20, 0, Duration.ofSeconds(30),
            Duration.ofSeconds(5), Duration.ofMinutes(10), Duration.ofSeconds(30), Duration.ofHours(1));

    /** What a user has different; null where nothing is. */
    public record Override(Mode mode, Integer size, Integer min, Duration waitTimeout, Duration waitNotify,
            Duration idleTimeout, Duration checkAfterIdle, Duration maxAge) {}

    /** This pool with a user's differences; null for none. */
    public PoolConfig with(Override user) {
        return user == null
                ? this
                : new PoolConfig(or(user.mode, mode), or(user.size, size), or(user.min, min),
                        or(user.waitTimeout, waitTimeout), or(user.waitNotify, waitNotify),
                        or(user.idleTimeout, idleTimeout), or(user.checkAfterIdle, checkAfterIdle),
                        or(user.maxAge, maxAge));
    }

    private static <T> T or(T own, T otherwise) {
        return own != null ? own : otherwise;
    }
}
