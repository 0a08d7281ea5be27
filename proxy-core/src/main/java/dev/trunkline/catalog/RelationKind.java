package dev.trunkline.catalog;

/** What a relation is. {@link #CATALOG} covers everything in {@code pg_catalog} and {@code information_schema}. */
public enum RelationKind {
    TABLE,
    PARTITIONED_TABLE,
    VIEW,
    MATERIALIZED_VIEW,
    FOREIGN_TABLE,
    SEQUENCE,
    CATALOG;

    /** Whether the relation stores rows of its own or of its partitions, so that it can be distributed. */
    public boolean isTable() {
        return this == TABLE || this == PARTITIONED_TABLE;
    }
}
