package dev.trunkline.catalog;

import dev.trunkline.catalog.CodeGraph.Place;
import dev.trunkline.sql.RoutineSource.Traces;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Finds the {@link TaintingCode} of a database: from the functions whose own source may leave something, backwards over
 * everything that may run them, over all nodes together.
 */
final class TaintingCodeSearch {

    private TaintingCodeSearch() {}

    static TaintingCode of(Iterable<NodeSchema> schemas, CodeGraph graph) {
        List<Place> places = functions(schemas, Traces.SESSION);
        if (places.isEmpty()) {
            return TaintingCode.NONE;
        }
        // What names its tables and functions only when it runs may come to any of these.
        places.addAll(functions(schemas, Traces.OF_UNKNOWN_NAMES));
        return result(schemas, graph.runningAnyOf(places));
    }

    private static List<Place> functions(Iterable<NodeSchema> schemas, Traces traces) {
        List<Place> places = new ArrayList<>();
        for (NodeSchema schema : schemas) {
            for (UserFunction function : schema.functions()) {
                if (function.traces() == traces) {
                    places.add(new Place.Function(function.id()));
                }
            }
        }
        return places;
    }

    private static TaintingCode result(Iterable<NodeSchema> schemas, Set<Place> tainting) {
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
                case Place.Defaults defaults -> {
                    // They leave nothing by themselves.
                }
            }
        }
        return new TaintingCode(functions, read, written, unnamed);
    }
}
