package dev.trunkline.execute;

/**
 * A column by which the nodes' rows are sorted, most often a hidden one in binary.
 *
 * @param column its number in the nodes' rows
 * @param nullsFirst where NULLs stand, as the nodes were told; PostgreSQL's default is last, and first with DESC
 * @param byteOrder whether text in it is known to stand under a collation that sorts by bytes
 */
public record SortKey(int column, boolean descending, boolean nullsFirst, boolean byteOrder) {}
