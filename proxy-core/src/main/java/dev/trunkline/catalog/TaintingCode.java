package dev.trunkline.catalog;

import java.util.Collections;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;

/**
 * The user's code that may leave session state on the connection it ran on (semantics.md 22), found by reading its source, and
 * the relations that run it.
 *
 * @param functions
 *            the last names of the functions that may, by themselves or by what they call
 * @param read
 *            the relations that run such a function when they are read: views, policies
 * @param written
 *            the relations that run one when they are written: triggers, rules, defaults, constraints, indexes
 * @param unnamed
 *            those functions that belong to an operator, a cast or a domain, so that they may run where no name shows it, each with
 *            what it belongs to
 */
public record TaintingCode(Set<String> functions, Set<RelationName> read, Set<RelationName> written,
        SortedMap<String, SortedSet<String>> unnamed) {

    public static final TaintingCode NONE = new TaintingCode(Set.of(), Set.of(), Set.of(),
            Collections.emptySortedMap());

    public TaintingCode {
        functions = Set.copyOf(functions);
        read = Set.copyOf(read);
        written = Set.copyOf(written);
        unnamed = Collections.unmodifiableSortedMap(new TreeMap<>(unnamed));
    }

    public boolean isEmpty() {
        return functions.isEmpty();
    }

    /** Whether any statement may run such code. */
    public boolean runsAnywhere() {
        return !unnamed.isEmpty();
    }

    /** Whether reading the relation, or writing it, may run such code. */
    public boolean runsAt(RelationName relation, boolean writes) {
        return read.contains(relation) || writes && written.contains(relation);
    }
}
