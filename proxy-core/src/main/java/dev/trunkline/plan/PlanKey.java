package dev.trunkline.plan;

import dev.trunkline.route.RoutingHint;
import dev.trunkline.sql.Name;
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
    private final RoutingHint.Kind hints;
    private final int hash;

    /**
     * @param searchPath
     *            the schemas that unqualified names are looked up in, {@code "$user"} replaced
     * @param tempTables
     *            the names of the session's temp tables, which shadow all others
     */
    public PlanKey(List<String> searchPath, Set<String> tempTables, boolean standardConformingStrings) {
        this(searchPath, tempTables, standardConformingStrings, RoutingHint.Kind.NONE);
    }

    /**
     * @param hints
     *            what the session's routing hint names; what it is is bound with the values
     */
    public PlanKey(List<String> searchPath, Set<String> tempTables, boolean standardConformingStrings,
            RoutingHint.Kind hints) {
        this.hints = hints;
        this.searchPath = List.copyOf(searchPath);
        this.tempTables = Set.copyOf(tempTables);
        this.standardConformingStrings = standardConformingStrings;
        this.hash = (this.searchPath.hashCode() * 31 + this.tempTables.hashCode()) * 31
                + Boolean.hashCode(standardConformingStrings) + hints.ordinal();
    }

    public List<String> searchPath() {
        return searchPath;
    }

    public Set<String> tempTables() {
        return tempTables;
    }

    /**
     * Whether what is made under this name may be the session's own, though nothing says TEMP: the name is in
     * {@code pg_temp}, or the path names that, and the schemas before it need not exist.
     */
    boolean mayBeTemp(Name name) {
        return name.schema() != null
                ? name.isTemp()
                : searchPath.stream().anyMatch(schema -> schema.startsWith("pg_temp"));
    }

    public boolean standardConformingStrings() {
        return standardConformingStrings;
    }

    public RoutingHint.Kind hints() {
        return hints;
    }

    /** The same with another routing hint, or without one. */
    public PlanKey with(RoutingHint.Kind others) {
        return others == hints ? this : new PlanKey(searchPath, tempTables, standardConformingStrings, others);
    }

    @Override
    public boolean equals(Object other) {
        return this == other || other instanceof PlanKey key && key.hash == hash
                && key.standardConformingStrings == standardConformingStrings && key.hints == hints
                && key.searchPath.equals(searchPath)
                && key.tempTables.equals(tempTables);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return "search_path " + searchPath + (tempTables.isEmpty() ? "" : ", temp tables " + tempTables)
                + (hints == RoutingHint.Kind.NONE ? "" : ", hint " + hints);
    }
}
