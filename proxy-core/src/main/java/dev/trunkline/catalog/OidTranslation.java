package dev.trunkline.catalog;

import java.util.List;
import java.util.Map;

/**
 * How the OIDs of user types and relations on each node differ from the home node's (semantics.md 11). A client sees the
 * home node's. Only OIDs that differ are held; all others translate to themselves.
 */
public final class OidTranslation {

    /** No node differs. */
    public static final OidTranslation NONE = new OidTranslation(List.of());

    private final List<Map<Integer, Integer>> toHome;

    /** {@code toHome.get(node)} maps the node's OIDs to the home node's. */
    public OidTranslation(List<Map<Integer, Integer>> toHome) {
        this.toHome = toHome.stream().map(Map::copyOf).toList();
    }

    /** Whether the node's OIDs all equal the home node's. */
    public boolean identical(int node) {
        return node >= toHome.size() || toHome.get(node).isEmpty();
    }

    /** The home node's OID for a node's. */
    public int toHome(int node, int oid) {
        return identical(node) ? oid : toHome.get(node).getOrDefault(oid, oid);
    }
}
