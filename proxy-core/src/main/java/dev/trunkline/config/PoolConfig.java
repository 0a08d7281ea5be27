package dev.trunkline.config;

import java.time.Duration;

/** The connections to each node for each login. {@code size} bounds them, {@code min} are kept open when idle. */
public record PoolConfig(Mode mode, int size, int min, Duration waitTimeout, Duration idleTimeout, Duration maxAge) {

    /** For how long a session keeps a connection. */
    public enum Mode {
        TRANSACTION,
        SESSION,
        STATEMENT
    }

    public static final PoolConfig DEFAULT = new PoolConfig(Mode.TRANSACTION, 20, 0, Duration.ofSeconds(30),
            Duration.ofMinutes(10), Duration.ofHours(1));

    /** What a user has different; null where nothing is. */
    public record Override(Mode mode, Integer size, Integer min, Duration waitTimeout, Duration idleTimeout,
            Duration maxAge) {}

    /** This pool with a user's differences; null for none. */
    public PoolConfig with(Override user) {
        return user == null
                ? this
                : new PoolConfig(user.mode != null ? user.mode : mode, user.size != null ? user.size : size,
                        user.min != null ? user.min : min, user.waitTimeout != null ? user.waitTimeout : waitTimeout,
                        user.idleTimeout != null ? user.idleTimeout : idleTimeout,
                        user.maxAge != null ? user.maxAge : maxAge);
    }
}
