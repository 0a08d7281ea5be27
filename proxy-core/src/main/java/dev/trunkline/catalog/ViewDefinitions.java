package dev.trunkline.catalog;

import dev.trunkline.config.DatabaseConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Decides which views are read as their queries (semantics.md 7): those that reach what is distributed, and are the same on
 * every node. What then can't be answered is refused for what the query does, not for the view.
 */
final class ViewDefinitions {

    private final DatabaseConfig database;
    private final Map<Integer, NodeSchema> schemas;
    private final SchemaComparison comparison;

    ViewDefinitions(DatabaseConfig database, Map<Integer, NodeSchema> schemas, SchemaComparison comparison) {
        this.database = database;
        this.schemas = schemas;
        this.comparison = comparison;
    }

    /** A view with its definition, or with the reason why it can't be read as one; any other relation as it is. */
    Relation define(Relation relation, RelationFacts facts) {
        boolean candidate = relation.kind() == RelationKind.VIEW && !facts.definition().isEmpty()
                && relation.distribution() instanceof Distribution.Refused
                && !database.tables().containsKey(relation.fullName().toString());
        if (!candidate) {
            return relation;
        }
        String differs = differs(facts);
        if (differs != null) {
            String why = ((Distribution.Refused) relation.distribution()).why();
            return relation.withDistribution(new Distribution.Refused(why + ", and " + differs));
        }
        return relation.withView(ViewDefinition.of(facts.definition()));
    }

    private String differs(RelationFacts view) {
        for (Map.Entry<Integer, NodeSchema> entry : schemas.entrySet()) {
            String node = "node " + database.nodes().get(entry.getKey()).name();
            RelationFacts there = entry.getValue().relation(view.name());
            if (there == null) {
                return "is missing on " + node;
            }
            if (there.kind() != RelationKind.VIEW || !there.definition().equals(view.definition())
                    || !columns(there).equals(columns(view))) {
                return "has another definition on " + node;
            }
        }
        return comparison.compareOids(view.name());
    }

    private static List<String> columns(RelationFacts view) {
        List<String> columns = new ArrayList<>();
        view.columns().forEach(column -> columns.add(column.name() + " " + column.shape()));
        return columns;
    }
}
