package dev.trunkline.catalog;

/**
 * The sequence behind a column's default on one node: its values are {@code residue} modulo {@code increment}.
 * {@code identity}: it belongs to an identity column, and is altered through it. {@code owned}: it belongs to the column, so that
 * {@code pg_get_serial_sequence} names it.
 */
public record SequenceFacts(RelationName name, boolean identity, long increment, long residue, boolean owned) {

    public SequenceFacts withOwned(boolean is) {
        return new SequenceFacts(name, identity, increment, residue, is);
    }
}
