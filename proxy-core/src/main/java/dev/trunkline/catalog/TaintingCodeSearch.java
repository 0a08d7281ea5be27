package dev.trunkline.catalog;

import dev.trunkline.sql.RoutineSource.Traces;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Finds the {@link TaintingCode} of a database: from the functions whose own source may leave something, backwards over
 * everything that may run them, over all nodes together.
 */
final class TaintingCodeSearch {

    /** Something that may run code: a function, or a relation when it is read or written. */
    private sealed interface Place {
        record Function(String id) implements Place {}

        record Read(RelationName relation) implements Place {}

        record Write(RelationName relation) implements Place {}
    }

    /** Actions of a foreign key that write the table that it belongs to. */
    private static final Pattern ACTIONS = Pattern.compile(" ON (UPDATE|DELETE) (CASCADE|SET NULL|SET DEFAULT)");

    /** Words of statements that fire event triggers. */
    private static final Set<String> DDL = Set.of("create", "alter", "drop", "grant", "revoke", "comment", "security",
            "refresh", "reindex", "import");

    private final Iterable<NodeSchema> schemas;
    private final Dependencies dependencies;
    private final Map<Place, Set<Place>> runBy = new HashMap<>();
    private final Set<Place> tainting = new LinkedHashSet<>();
    private final Deque<Place> open = new ArrayDeque<>();

    private TaintingCodeSearch(Iterable<NodeSchema> schemas, Dependencies dependencies) {
        this.schemas = schemas;
        this.dependencies = dependencies;
    }

    static TaintingCode of(Iterable<NodeSchema> schemas, Dependencies dependencies) {
        TaintingCodeSearch search = new TaintingCodeSearch(schemas, dependencies);
        search.start(Traces.SESSION);
        return search.tainting.isEmpty() ? TaintingCode.NONE : search.result();
    }

    private void start(Traces traces) {
        for (NodeSchema schema : schemas) {
            for (UserFunction function : schema.functions()) {
                if (function.traces() == traces) {
                    found(new Place.Function(function.id()));
                }
            }
        }
    }

    private void found(Place place) {
        if (tainting.add(place)) {
            open.add(place);
        }
    }

    private TaintingCode result() {
        // What names its tables and functions only when it runs may come to any of these.
        start(Traces.OF_UNKNOWN_NAMES);
        for (NodeSchema schema : schemas) {
            schema.relations().forEach(this::add);
            for (UserFunction function : schema.functions()) {
                Place place = new Place.Function(function.id());
                dependencies.callsOf(function.id()).forEach(called -> runs(place, new Place.Function(called)));
                dependencies.readsOf(function.id()).forEach(used -> runs(place, new Place.Write(used)));
                if (!Collections.disjoint(function.words(), DDL)) {
                    schema.unnamedCalls().byDdl().forEach(called -> runs(place, new Place.Function(called)));
                }
            }
        }
        while (!open.isEmpty()) {
            runBy.getOrDefault(open.poll(), Set.of()).forEach(this::found);
        }
        Set<String> functions = new HashSet<>();
        SortedMap<String, SortedSet<String>> unnamed = new TreeMap<>();
        for (NodeSchema schema : schemas) {
            for (UserFunction function : schema.functions()) {
                if (tainting.contains(new Place.Function(function.id()))) {
                    functions.add(function.facts().name());
                    List<String> owners = schema.unnamedCalls().anywhere().getOrDefault(function.id(), List.of());
                    if (!owners.isEmpty()) {
                        unnamed.computeIfAbsent(function.id(), id -> new TreeSet<>()).addAll(owners);
                    }
                }
            }
        }
        Set<RelationName> read = new HashSet<>();
        Set<RelationName> written = new HashSet<>();
        for (Place place : tainting) {
            switch (place) {
                case Place.Read at -> read.add(at.relation());
                case Place.Write at -> written.add(at.relation());
                case Place.Function function -> {
                    // Its name is in already.
                }
            }
        }
        return new TaintingCode(functions, read, written, unnamed);
    }

    private void runs(Place place, Place what) {
        runBy.computeIfAbsent(what, p -> new HashSet<>()).add(place);
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
            runs(write, new Place.Write(used));
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
