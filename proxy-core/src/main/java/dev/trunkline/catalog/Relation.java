package dev.trunkline.catalog;

import java.util.List;

/**
 * A relation. {@code oid} is the home node's, 0 when no node was asked. {@code columns} stand in the order of
 * {@code attnum} without dropped ones; a relation of the system catalog has none here. {@code primaryKey} is empty when
 * there is none; {@code parent} is the table that it is a partition or inheritance child of, or null.
 */
public record Relation(String schema, String name, RelationKind kind, int oid, List<ColumnInfo> columns,
        List<String> primaryKey, RelationName parent, Distribution distribution) {

    public Relation {
        columns = List.copyOf(columns);
        primaryKey = List.copyOf(primaryKey);
    }

    /** The column of this name, or null. */
    public ColumnInfo column(String columnName) {
        for (ColumnInfo column : columns) {
            if (column.name().equals(columnName)) {
                return column;
            }
        }
        return null;
    }

    /** Schema and name. */
    public RelationName fullName() {
        return new RelationName(schema, name);
    }
}
