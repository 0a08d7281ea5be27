package dev.trunkline.catalog;

import java.util.List;

/**
 * A constraint, or a unique index without one. {@code columns} holds an empty name for an expression; {@code target} and
 * {@code targetColumns} are a foreign key's, else null and empty.
 */
public record ConstraintFacts(String name, Kind kind, List<String> columns, RelationName target,
        List<String> targetColumns, String definition) {

    public enum Kind {
        PRIMARY_KEY("PRIMARY KEY"),
        UNIQUE("UNIQUE constraint"),
        UNIQUE_INDEX("UNIQUE index"),
        EXCLUDE("EXCLUDE constraint"),
        FOREIGN_KEY("FOREIGN KEY"),
        CHECK("CHECK constraint");

        private final String words;

        Kind(String words) {
            this.words = words;
        }

        /** As messages call it. */
        String words() {
            return words;
        }

        /** Whether it looks at several rows of the table. */
        boolean overRows() {
            return this == PRIMARY_KEY || this == UNIQUE || this == UNIQUE_INDEX || this == EXCLUDE;
        }
    }

    public ConstraintFacts {
        columns = List.copyOf(columns);
        targetColumns = List.copyOf(targetColumns);
    }
}
