package dev.trunkline.pool;

import dev.trunkline.error.ProxyException;

/**
 * Why those in a pool's line wait, and what to do about it.
 *
 * @param detail null when there is nothing to say
 * @param hint null where the error's own fits, which is about limits
 */
record Shortage(String detail, String hint) {

    static Shortage paused(String database) {
        return new Shortage("Database " + database + " is paused.", "RESUME in the admin database ends the pause.");
    }

    static Shortage opening() {
        return new Shortage("A connection is being opened.",
                "The node takes long to accept connections: look at its load, and at the network.");
    }

    /** @param bound null when no limit is reached */
    static Shortage of(Budget bound) {
        return new Shortage(bound == null
                ? null
                : "All " + bound.bound() + " connections that " + bound.key() + " allows are in use.", null);
    }

    /** An error or notice with this explanation. */
    ProxyException explain(ProxyException told) {
        ProxyException detailed = told.withDetail(detail);
        return hint == null ? detailed : detailed.withHint(hint);
    }
}
