package dev.trunkline.catalog;

import dev.trunkline.config.DatabaseConfig;
import dev.trunkline.config.TableConfig;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Decides where a relation lives that is neither sharded nor a reference table (semantics.md 7): on one node if nothing about
 * it touches what is distributed, else nowhere.
 */
final class UnshardedRelations {

    private final DatabaseConfig database;
    private final Map<Integer, NodeSchema> schemas;
    private final Dependencies dependencies;
    private final Map<RelationName, Distribution> distributed;

    UnshardedRelations(DatabaseConfig database, Map<Integer, NodeSchema> schemas, Dependencies dependencies,
            Map<RelationName, Distribution> distributed) {
        this.database = database;
        this.schemas = schemas;
        this.dependencies = dependencies;
        this.distributed = distributed;
    }

    /** {@code listed} is the relation's entry in the file, or null. */
    Distribution distribute(RelationFacts relation, TableConfig listed) {
        RelationName name = relation.name();
        for (RelationName reached : dependencies.reachedBy(name, true)) {
            switch (distributed.get(reached)) {
                case Distribution.Sharded sharded -> {
                    return new Distribution.Refused(verb(relation) + " the sharded table " + reached);
                }
                case Distribution.Refused refused -> {
                    return new Distribution.Refused(verb(relation) + " " + reached + ", which " + refused.why());
                }
                case Distribution.Reference reference -> {
                }
                case Distribution.Unsharded unsharded -> {
                }
                case null -> {
                }
            }
        }
        if (relation.kind() == RelationKind.FOREIGN_TABLE && listed == null) {
            return new Distribution.Refused(
                    "is a foreign table, whose rows may lie anywhere; list it with its node if it"
                            + " touches nothing that is distributed");
        }
        return overReferenceTables(relation, listed);
    }

    private Distribution overReferenceTables(RelationFacts relation, TableConfig listed) {
        Set<RelationName> reference = new TreeSet<>(Comparator.comparing(RelationName::toString));
        Set<Integer> nodes = new TreeSet<>();
        boolean others = false;
        for (RelationName reached : dependencies.reachedBy(relation.name(), false)) {
            if (distributed.get(reached) instanceof Distribution.Reference) {
                reference.add(reached);
            } else if (isStored(reached)) {
                others = true;
                nodes.add(node(database.tables().get(reached.toString())));
            }
        }
        if (nodes.size() > 1) {
            return new Distribution.Refused("uses tables that lie on different nodes");
        }
        int node = listed != null || nodes.isEmpty() ? node(listed) : nodes.iterator().next();
        if (listed != null && !nodes.isEmpty() && !nodes.contains(node)) {
            return new Distribution.Refused("uses tables that lie on another node");
        }
        if (reference.isEmpty() || relation.kind() == RelationKind.MATERIALIZED_VIEW) {
            return new Distribution.Unsharded(node);
        }
        // Whoever writes through it, or fires it, would change the reference table on one node only.
        if (relation.kind() == RelationKind.VIEW && !others && everywhere(relation)) {
            return new Distribution.Reference();
        }
        return relation.kind() == RelationKind.VIEW && !relation.updatable()
                ? new Distribution.Unsharded(node)
                : new Distribution.Refused(verb(relation) + " the reference table " + reference.iterator().next());
    }

    private boolean isStored(RelationName name) {
        return schemas.values().stream().map(schema -> schema.relation(name))
                .anyMatch(relation -> relation != null && (relation.kind().isTable()
                        || relation.kind() == RelationKind.FOREIGN_TABLE
                        || relation.kind() == RelationKind.MATERIALIZED_VIEW));
    }

    /** The same view may have another OID elsewhere. */
    private boolean everywhere(RelationFacts relation) {
        return schemas.values().stream().map(schema -> schema.relation(relation.name()))
                .allMatch(there -> there != null && there.withOid(relation.oid()).equals(relation));
    }

    private int node(TableConfig listed) {
        return listed == null || listed.node() == null ? 0 : database.node(listed.node()).index();
    }

    private static String verb(RelationFacts relation) {
        return switch (relation.kind()) {
            case VIEW, MATERIALIZED_VIEW -> "reads";
            case TABLE, PARTITIONED_TABLE, FOREIGN_TABLE, SEQUENCE, CATALOG -> "depends on";
        };
    }
}
