package dev.trunkline.catalog;

import java.util.Set;

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
 *            whether one belongs to an operator, a cast or a domain, so that it may run where no name shows it
 */
public record TaintingCode(Set<String> functions, Set<RelationName> read, Set<RelationName> written,
        boolean unnamed) {

    public static final TaintingCode NONE = new TaintingCode(Set.of(), Set.of(), Set.of(), false);

    public TaintingCode {
        functions = Set.copyOf(functions);
        read = Set.copyOf(read);
        written = Set.copyOf(written);
    }

    public boolean isEmpty() {
        return functions.isEmpty();
    }

    /** Whether reading the relation, or writing it, may run such code. */
    public boolean runsAt(RelationName relation, boolean writes) {
        return read.contains(relation) || writes && written.contains(relation);
    }
}
