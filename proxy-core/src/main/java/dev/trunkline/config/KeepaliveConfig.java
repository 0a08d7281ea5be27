package dev.trunkline.config;

import java.time.Duration;

/**
 * When the other end of a connection that says nothing counts as gone: after {@code count} probes without an answer, the first
 * after {@code idle}, then one each {@code interval}. Whole seconds, as the kernel has it.
 */
public record KeepaliveConfig(Duration idle, Duration interval, int count) {

    /** The time after which the other end is gone that acknowledges nothing. */
    public Duration patience() {
        return idle.plus(interval.multipliedBy(count));
    }
}
