package dev.trunkline.catalog;

import dev.trunkline.catalog.CodeGraph.Place;
import dev.trunkline.catalog.SequenceUse.Asked;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The user's code that may take numbers from sequences, or ask for some, found by reading its source, and the relations that run it.
 * What their own defaults do is not counted: that depends on the columns that are given.
 *
 * @param functions
 *            by the last names of functions, what they may do, by themselves or by what they call
 * @param read
 *            what may be done when relations are read
 * @param written
 *            what may be done when relations are written
 * @param inserted
 *            the relations where code that may take numbers makes up the row that is inserted: by BEFORE and INSTEAD OF triggers, views and
 *            rules
 * @param ruled
 *            the relations where something else may happen than what a statement says: views, and tables with rules
 */
public record SequenceCode(Map<String, SequenceUse> functions, Map<RelationName, SequenceUse> read,
        Map<RelationName, SequenceUse> written, Set<RelationName> inserted, Set<RelationName> ruled) {

    public static final SequenceCode NONE = new SequenceCode(Map.of(), Map.of(), Map.of(), Set.of(), Set.of());

    public SequenceCode {
        functions = Map.copyOf(functions);
        read = Map.copyOf(read);
        written = Map.copyOf(written);
        inserted = Set.copyOf(inserted);
        ruled = Set.copyOf(ruled);
    }

    /** What running the functions of a name may do. */
    public SequenceUse of(String function) {
        return functions.getOrDefault(function, SequenceUse.NONE);
    }

    /** What reading the relation, or writing it, may do. */
    public SequenceUse at(RelationName relation, boolean writes) {
        SequenceUse reading = read.getOrDefault(relation, SequenceUse.NONE);
        return writes ? reading.and(written.getOrDefault(relation, SequenceUse.NONE)) : reading;
    }

    static SequenceCode of(Iterable<NodeSchema> schemas, CodeGraph graph) {
        Map<Place, SequenceUse> places = new HashMap<>();
        seeds(schemas).forEach((seed, use) -> graph.runningAnyOf(List.of(seed))
                .forEach(place -> places.merge(place, use, SequenceUse::and)));
        return result(schemas, places);
    }

    /** What code does by itself. */
    private static Map<Place, SequenceUse> seeds(Iterable<NodeSchema> schemas) {
        Map<String, RelationName> sequences = sequences(schemas);
        Map<Place, SequenceUse> seeds = new HashMap<>();
        for (NodeSchema schema : schemas) {
            for (UserFunction function : schema.functions()) {
                note(seeds, new Place.Function(function.id()), function.draws(),
                        SequenceCalls.asked(function.sequenceCalls(), sequences));
            }
            for (RelationFacts relation : schema.relations()) {
                if (relation.kind() == RelationKind.VIEW) {
                    note(seeds, new Place.Read(relation.name()), false,
                            SequenceCalls.asked(relation.definition(), sequences));
                }
                for (ColumnFacts column : relation.columns()) {
                    SequenceUse use = DefaultNumbers.of(column);
                    note(seeds, new Place.Defaults(relation.name()),
                            use.isCertain() || use.doubt() == SequenceUse.Doubt.OWN, use.asked());
                }
            }
        }
        return seeds;
    }

    private static void note(Map<Place, SequenceUse> seeds, Place place, boolean draws, Asked asked) {
        SequenceUse use = draws ? SequenceUse.ASIDE : SequenceUse.NONE;
        use = asked == null ? use : use.and(SequenceUse.askingInside(asked));
        if (use != SequenceUse.NONE) {
            seeds.merge(place, use, SequenceUse::and);
        }
    }

    /** The sequences by their last names; null where there are several of one. */
    private static Map<String, RelationName> sequences(Iterable<NodeSchema> schemas) {
        Map<String, RelationName> sequences = new HashMap<>();
        for (NodeSchema schema : schemas) {
            for (RelationFacts relation : schema.relations()) {
                if (relation.kind() == RelationKind.SEQUENCE) {
                    String name = relation.name().name();
                    boolean other = sequences.containsKey(name) && !relation.name().equals(sequences.get(name));
                    sequences.put(name, other ? null : relation.name());
                }
            }
        }
        return sequences;
    }

    private static SequenceCode result(Iterable<NodeSchema> schemas, Map<Place, SequenceUse> places) {
        Map<String, SequenceUse> functions = new HashMap<>();
        Map<RelationName, SequenceUse> read = new HashMap<>();
        Map<RelationName, SequenceUse> written = new HashMap<>();
        Set<RelationName> inserted = new HashSet<>();
        Set<RelationName> ruled = new HashSet<>();
        for (NodeSchema schema : schemas) {
            for (UserFunction function : schema.functions()) {
                SequenceUse use = places.get(new Place.Function(function.id()));
                if (use != null) {
                    functions.merge(function.facts().name(), use, SequenceUse::and);
                }
            }
            for (RelationFacts relation : schema.relations()) {
                SequenceUse reading = places.get(new Place.Read(relation.name()));
                SequenceUse writing = places.get(new Place.Write(relation.name()));
                if (reading != null) {
                    read.merge(relation.name(), reading, SequenceUse::and);
                }
                if (writing != null) {
                    written.merge(relation.name(), writing, SequenceUse::and);
                }
                if (relation.kind() == RelationKind.VIEW || relation.ruled()) {
                    ruled.add(relation.name());
                }
                if (writing != null && makesUpRows(relation, writing, places)) {
                    inserted.add(relation.name());
                }
            }
        }
        return new SequenceCode(functions, read, written, inserted, ruled);
    }

    private static boolean makesUpRows(RelationFacts relation, SequenceUse writing, Map<Place, SequenceUse> places) {
        boolean ruled = relation.kind() == RelationKind.VIEW || relation.ruled();
        return ruled && writing.doubt() != SequenceUse.Doubt.NONE || relation.triggers().stream()
                .anyMatch(trigger -> (trigger.before() || trigger.instead())
                        && places.getOrDefault(new Place.Function(trigger.function()), SequenceUse.NONE)
                                .doubt() != SequenceUse.Doubt.NONE);
    }
}
