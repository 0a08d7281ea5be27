package dev.trunkline.value;

/**
 * A family of types in which equal values have equal hashes, whatever their types: a join of two keys of one class finds
 * its partners in one virtual shard. {@code timestamp} and {@code timestamptz} hash alike but compare through the session's
 * time zone, so they are two.
 */
public enum HashClass {
    INTEGER,
    NUMERIC,
    TEXT,
    BPCHAR,
    UUID,
    BYTEA,
    DATE,
    TIMESTAMP,
    TIMESTAMPTZ,
    BOOL
}
