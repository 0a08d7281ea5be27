package dev.trunkline.catalog;

import java.util.List;

/**
 * A relation. {@code oid} is the home node's, 0 when no node was asked. {@code columns} stand in the order of
 * {@code attnum} without dropped ones; a relation of the system catalog has none here. {@code primaryKey} is empty when
 * there is none; {@code parent} is the table that it is a partition or inheritance child of, or null. {@code view} is the
 * query that a view is read as where its distribution alone refuses it, or null.
 */
public record Relation(String schema, String name, RelationKind kind, int oid, List<ColumnInfo> columns,
        List<String> primaryKey, RelationName parent, Distribution distribution, ViewDefinition view) {

    public Relation {
        columns = List.copyOf(columns);
        primaryKey = List.copyOf(primaryKey);
    }

    /** A relation that is not read as a query. */
    public Relation(String schema, String name, RelationKind kind, int oid, List<ColumnInfo> columns,
            List<String> primaryKey, RelationName parent, Distribution distribution) {
        this(schema, name, kind, oid, columns, primaryKey, parent, distribution, null);
    }

    Relation withDistribution(Distribution other) {
        return new Relation(schema, name, kind, oid, columns, primaryKey, parent, other, view);
    }

    Relation withView(ViewDefinition definition) {
        return new Relation(schema, name, kind, oid, columns, primaryKey, parent, distribution, definition);
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
