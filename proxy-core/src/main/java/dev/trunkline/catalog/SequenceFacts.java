package dev.trunkline.catalog;

/**
 * The sequence behind a column's default on one node: its values are {@code residue} modulo {@code increment}.
 * {@code identity}: it belongs to an identity column, and is altered through it.
 */
public record SequenceFacts(RelationName name, boolean identity, long increment, long residue) {}
