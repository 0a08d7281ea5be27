package dev.trunkline.node;

import java.time.Instant;

/**
 * Whether a node may be used, and since when. {@code reason} says why it is down: null when up. A node is down until its
 * schema has been seen to fit.
 */
public record NodeState(Status status, String reason, Instant since) {

    /** The words that {@code SHOW NODES} prints, in lower case. */
    public enum Status {
        UP,
        DOWN
    }

    public boolean isUp() {
        return status == Status.UP;
    }
}
