package dev.trunkline.catalog;

import java.util.List;
import java.util.Set;

/**
 * A relation on one node.
 *
 * @param parents
 *            of what it is a partition or inheritance child
 * @param replicaIdentity
 *            the columns that identify a row in logical replication; null for all (FULL)
 * @param reads
 *            the relations that its query or its rules read or write (views, materialized views, rules)
 * @param calls
 *            the functions of the user's that its query, rules, triggers, defaults and constraints call, by
 *            {@link UserFunction#id}
 * @param calledByReading
 *            those of them that a query on it calls: in a view, in policies
 * @param updatable
 *            of a view: whether it can be written through
 * @param definition
 *            of a view: its query; empty for others
 * @param ruled
 *            of a table: whether it has rules
 */
public record RelationFacts(RelationName name, RelationKind kind, int oid, List<ColumnFacts> columns,
        List<ConstraintFacts> constraints, List<RelationName> parents, List<TriggerFacts> triggers,
        List<String> replicaIdentity, Set<RelationName> reads, Set<String> calls, Set<String> calledByReading,
        boolean updatable, String definition, boolean ruled) {

    public RelationFacts {
        columns = List.copyOf(columns);
        constraints = List.copyOf(constraints);
        parents = List.copyOf(parents);
        triggers = List.copyOf(triggers);
        replicaIdentity = replicaIdentity == null ? null : List.copyOf(replicaIdentity);
        reads = Set.copyOf(reads);
        calls = Set.copyOf(calls);
        calledByReading = Set.copyOf(calledByReading);
    }

    /** A trigger of the user's; {@code before} may change the row. */
    public record TriggerFacts(String name, boolean before, boolean instead, String function, String definition) {}

    /** The column of this name, or null. */
    public ColumnFacts column(String columnName) {
        for (ColumnFacts column : columns) {
            if (column.name().equals(columnName)) {
                return column;
            }
        }
        return null;
    }

    /** As it would be where it has another OID. */
    RelationFacts withOid(int other) {
        return new RelationFacts(name, kind, other, columns, constraints, parents, triggers, replicaIdentity, reads,
                calls, calledByReading, updatable, definition, ruled);
    }

    List<String> primaryKey() {
        for (ConstraintFacts constraint : constraints) {
            if (constraint.kind() == ConstraintFacts.Kind.PRIMARY_KEY) {
                return constraint.columns();
            }
        }
        return List.of();
    }
}
