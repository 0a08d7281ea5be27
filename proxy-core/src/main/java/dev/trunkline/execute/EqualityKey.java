package dev.trunkline.execute;

/**
 * A column by which rows are equal or not, for DISTINCT and GROUP BY.
 *
 * @param column its number in the nodes' rows
 * @param deterministic whether text in it is known to stand under a deterministic collation, where equal texts have equal
 *        bytes
 */
public record EqualityKey(int column, boolean deterministic) {}
