package dev.trunkline.plan;

import java.util.List;
import java.util.Set;

/**
 * What shapes a plan beside the statement: the session's settings and temp tables. Immutable; a session makes a new one when
 * something changes, so that comparing is mostly comparing references.
 */
public final class PlanKey {

    public static final PlanKey DEFAULT = new PlanKey(List.of("public"), Set.of(), true);

    private final List<String> searchPath;
    private final Set<String> tempTables;
    private final boolean standardConformingStrings;
    private final int hash;

    /**
     * @param searchPath
     *            the schemas that unqualified names are looked up in, {@code "$user"} replaced
     * @param tempTables
     *            the names of the session's temp tables, which shadow all others
     */
    public PlanKey(List<String> searchPath, Set<String> tempTables, boolean standardConformingStrings) {
        this.searchPath = List.copyOf(searchPath);
        this.tempTables = Set.copyOf(tempTables);
        this.standardConformingStrings = standardConformingStrings;
        this.hash = (this.searchPath.hashCode() * 31 + this.tempTables.hashCode()) * 31
                + Boolean.hashCode(standardConformingStrings);
    }

    public List<String> searchPath() {
        return searchPath;
    }

    public Set<String> tempTables() {
        return tempTables;
    }

    public boolean standardConformingStrings() {
        return standardConformingStrings;
    }

    @Override
    public boolean equals(Object other) {
        return this == other || other instanceof PlanKey key && key.hash == hash
                && key.standardConformingStrings == standardConformingStrings && key.searchPath.equals(searchPath)
                && key.tempTables.equals(tempTables);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return "search_path " + searchPath + (tempTables.isEmpty() ? "" : ", temp tables " + tempTables);
    }
}
