package dev.trunkline.catalog;

/**
 * The collation of a column. {@code deterministic}: equal texts have equal bytes. {@code byteOrder}: it sorts by bytes
 * (C, POSIX, C.UTF-8 and the builtin provider), so that the proxy can merge its order.
 *
 * @param rule whose rules they are, {@code libc de_DE.UTF-8}; of {@code default} those of the node's database; null where
 *        no node was asked
 * @param version which version of the rules the node has; null where they have none
 */
public record Collation(String name, boolean deterministic, boolean byteOrder, String rule, String version) {

    public static final Collation C = new Collation("C", true, true);

    public Collation(String name, boolean deterministic, boolean byteOrder) {
        this(name, deterministic, byteOrder, null, null);
    }

    /** What decides how it compares, besides the version: the same text on nodes that compare alike. */
    String shape() {
        return byteOrder
                ? name
                : name + (rule == null ? "" : " (" + rule + ")") + (deterministic ? "" : " nondeterministic");
    }
}
