package dev.trunkline.catalog;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Which code of the user's runs which, by triggers, rules, views, policies, defaults and calls, over all nodes together. */
final class CodeGraph {

    /** Something that may run code: a function, or a relation when it is read or written. */
    sealed interface Place {
        record Function(String id) implements Place {}

        record Read(RelationName relation) implements Place {}

        record Write(RelationName relation) implements Place {}

        /** The columns' defaults, as far as they are no calls of the user's functions. */
        record Defaults(RelationName relation) implements Place {}
    }

    /** Actions of a foreign key that write the table that it belongs to. */
    private static final Pattern ACTIONS = Pattern.compile(" ON (UPDATE|DELETE) (CASCADE|SET NULL|SET DEFAULT)");

    /** Words of statements that fire event triggers. */
    private static final Set<String> DDL = Set.of("create", "alter", "drop", "grant", "revoke", "comment", "security",
            "refresh", "reindex", "import");

    private final Map<Place, Set<Place>> runBy = new HashMap<>();

    CodeGraph(Iterable<NodeSchema> schemas, Dependencies dependencies) {
        for (NodeSchema schema : schemas) {
            schema.relations().forEach(this::add);
            for (UserFunction function : schema.functions()) {
                Place place = new Place.Function(function.id());
                dependencies.callsOf(function.id()).forEach(called -> runs(place, new Place.Function(called)));
                dependencies.readsOf(function.id()).forEach(used -> writes(place, used));
                if (!Collections.disjoint(function.words(), DDL)) {
                    schema.unnamedCalls().byDdl().forEach(called -> runs(place, new Place.Function(called)));
                }
            }
        }
    }

    /** These and everything that may come to run one of them. */
    Set<Place> runningAnyOf(Collection<Place> places) {
        Set<Place> found = new LinkedHashSet<>(places);
        Deque<Place> open = new ArrayDeque<>(found);
        while (!open.isEmpty()) {
            for (Place place : runBy.getOrDefault(open.poll(), Set.of())) {
                if (found.add(place)) {
                    open.add(place);
                }
            }
        }
        return found;
    }

    private void runs(Place place, Place what) {
        runBy.computeIfAbsent(what, p -> new HashSet<>()).add(place);
    }

    private void writes(Place place, RelationName used) {
        runs(place, new Place.Write(used));
        runs(place, new Place.Defaults(used));
    }

    private void add(RelationFacts relation) {
        Place read = new Place.Read(relation.name());
        Place write = new Place.Write(relation.name());
        runs(write, read);
        relation.calledByReading().forEach(function -> runs(read, new Place.Function(function)));
        relation.calls().forEach(function -> runs(write, new Place.Function(function)));
        relation.triggers().forEach(trigger -> runs(write, new Place.Function(trigger.function())));
        for (RelationName used : relation.reads()) {
            if (relation.kind() != RelationKind.MATERIALIZED_VIEW) {
                runs(read, new Place.Read(used));
            }
            writes(write, used);
        }
        for (RelationName parent : relation.parents()) {
            runs(new Place.Read(parent), read);
            runs(new Place.Write(parent), write);
        }
        for (ConstraintFacts constraint : relation.constraints()) {
            if (constraint.target() != null && ACTIONS.matcher(constraint.definition()).find()) {
                runs(new Place.Write(constraint.target()), write);
            }
        }
    }
}
