package dev.trunkline.catalog;

/**
 * The collation of a column. {@code deterministic}: equal texts have equal bytes. {@code byteOrder}: it sorts by bytes
 * (C, POSIX, C.UTF-8 and the builtin provider), so that the proxy can merge its order.
 */
public record Collation(String name, boolean deterministic, boolean byteOrder) {

    public static final Collation C = new Collation("C", true, true);
}
