package dev.trunkline.plan;

import java.util.List;
import java.util.Set;

/**
 * What shapes a plan beside the statement: the session's settings and temp tables. Sessions intern theirs and make a new one
 * when something changes, so that comparing is mostly comparing references.
 *
 * @param searchPath
 *            the schemas that unqualified names are looked up in, {@code "$user"} replaced
 * @param tempTables
 *            the names of the session's temp tables, which shadow all others
 */
public record PlanKey(List<String> searchPath, Set<String> tempTables, boolean standardConformingStrings) {

    public static final PlanKey DEFAULT = new PlanKey(List.of("public"), Set.of(), true);

    public PlanKey {
        searchPath = List.copyOf(searchPath);
        tempTables = Set.copyOf(tempTables);
    }
}
