package dev.trunkline.catalog;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a relation or function reaches (semantics.md 7): through a view's query, rules, triggers, foreign keys, inheritance
 * and the source of functions, over all nodes together. A function's source is searched for names, so it may be found to
 * reach what it doesn't; never the other way round, unless it puts names together at run time.
 */
final class Dependencies {

    private final Map<RelationName, Set<RelationName>> direct = new LinkedHashMap<>();
    private final Map<RelationName, Set<RelationName>> foreignKeys = new LinkedHashMap<>();
    private final Map<RelationName, Set<String>> calls = new HashMap<>();
    private final Map<String, Set<RelationName>> functionReads = new LinkedHashMap<>();
    private final Map<String, Set<String>> functionCalls = new HashMap<>();

    Dependencies(Iterable<NodeSchema> schemas) {
        Map<String, Set<RelationName>> byLastName = new HashMap<>();
        Map<String, Set<String>> functionsByName = new HashMap<>();
        for (NodeSchema schema : schemas) {
            for (RelationFacts relation : schema.relations()) {
                byLastName.computeIfAbsent(relation.name().name(), n -> new HashSet<>()).add(relation.name());
            }
            for (UserFunction function : schema.functions()) {
                functionsByName.computeIfAbsent(function.facts().name(), n -> new HashSet<>()).add(function.id());
            }
        }
        for (NodeSchema schema : schemas) {
            schema.relations().forEach(this::add);
            for (UserFunction function : schema.functions()) {
                Set<RelationName> reads = functionReads.computeIfAbsent(function.id(), id -> new LinkedHashSet<>());
                reads.addAll(function.reads());
                Set<String> called = functionCalls.computeIfAbsent(function.id(), id -> new HashSet<>());
                called.addAll(function.calls());
                for (String word : function.words()) {
                    reads.addAll(byLastName.getOrDefault(word, Set.of()));
                    called.addAll(functionsByName.getOrDefault(word, Set.of()));
                }
            }
        }
    }

    private void add(RelationFacts relation) {
        Set<RelationName> reads = direct.computeIfAbsent(relation.name(), n -> new LinkedHashSet<>());
        reads.addAll(relation.reads());
        for (ConstraintFacts constraint : relation.constraints()) {
            if (constraint.target() != null) {
                foreignKeys.computeIfAbsent(relation.name(), n -> new LinkedHashSet<>()).add(constraint.target());
            }
        }
        Set<String> called = calls.computeIfAbsent(relation.name(), n -> new HashSet<>());
        called.addAll(relation.calls());
        relation.triggers().forEach(trigger -> called.add(trigger.function()));
        for (RelationName parent : relation.parents()) {
            // Reading the parent reads the child.
            direct.computeIfAbsent(parent, n -> new LinkedHashSet<>()).add(relation.name());
        }
    }

    /**
     * Every relation that a statement on this one may touch, without itself. Those that only a foreign key leads to are
     * looked up there, and changed by its actions; {@code withForeignKeys} includes them.
     */
    Set<RelationName> reachedBy(RelationName relation, boolean withForeignKeys) {
        Set<RelationName> reached = new LinkedHashSet<>();
        follow(relation, reached, new HashSet<>(), withForeignKeys);
        reached.remove(relation);
        return reached;
    }

    /** Every relation that a call of the function may touch. */
    Set<RelationName> reachedByFunction(String id) {
        Set<RelationName> reached = new LinkedHashSet<>();
        followFunction(id, reached, new HashSet<>(), true);
        return reached;
    }

    /** The functions that a relation calls, also through others. */
    Set<String> functionsOf(RelationName relation) {
        Set<String> found = new TreeSet<>();
        for (String id : calls.getOrDefault(relation, Set.of())) {
            collect(id, found);
        }
        return found;
    }

    /** The functions that a function calls itself. */
    Set<String> callsOf(String id) {
        return functionCalls.getOrDefault(id, Set.of());
    }

    /** The relations that a function uses itself. */
    Set<RelationName> readsOf(String id) {
        return functionReads.getOrDefault(id, Set.of());
    }

    private void collect(String id, Set<String> found) {
        if (found.add(id)) {
            functionCalls.getOrDefault(id, Set.of()).forEach(next -> collect(next, found));
        }
    }

    private void follow(RelationName relation, Set<RelationName> reached, Set<String> functionsSeen,
            boolean withForeignKeys) {
        Set<RelationName> next = new LinkedHashSet<>(direct.getOrDefault(relation, Set.of()));
        if (withForeignKeys) {
            next.addAll(foreignKeys.getOrDefault(relation, Set.of()));
        }
        for (RelationName read : next) {
            if (reached.add(read)) {
                follow(read, reached, functionsSeen, withForeignKeys);
            }
        }
        for (String id : calls.getOrDefault(relation, Set.of())) {
            followFunction(id, reached, functionsSeen, withForeignKeys);
        }
    }

    private void followFunction(String id, Set<RelationName> reached, Set<String> functionsSeen,
            boolean withForeignKeys) {
        if (!functionsSeen.add(id)) {
            return;
        }
        for (RelationName read : functionReads.getOrDefault(id, Set.of())) {
            if (reached.add(read)) {
                follow(read, reached, functionsSeen, withForeignKeys);
            }
        }
        functionCalls.getOrDefault(id, Set.of())
                .forEach(next -> followFunction(next, reached, functionsSeen, withForeignKeys));
    }

    /** The children of relations, over all nodes: {@code parent -> children}. */
    static Map<RelationName, Set<RelationName>> children(List<NodeSchema> schemas) {
        Map<RelationName, Set<RelationName>> children = new LinkedHashMap<>();
        for (NodeSchema schema : schemas) {
            for (RelationFacts relation : schema.relations()) {
                for (RelationName parent : relation.parents()) {
                    children.computeIfAbsent(parent, p -> new LinkedHashSet<>()).add(relation.name());
                }
            }
        }
        return children;
    }
}
