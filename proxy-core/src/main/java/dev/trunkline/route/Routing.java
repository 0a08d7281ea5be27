package dev.trunkline.route;

import java.util.Locale;

/** Where a statement goes, as a rule: known when planning, and sometimes narrowed when the values are bound. */
public enum Routing {
    /** The node of one shard key, or the one node that all the tables live on. */
    ONE_NODE,
    /** The nodes of a list of shard keys. */
    MULTI_KEY,
    /** Every node: no shard key restricts the statement. */
    FAN_OUT,
    /** Any node: only reference tables are read. */
    ANY_NODE,
    /** The home node: catalog queries, statements without tables, unknown tables. */
    HOME,
    /** The proxy itself. */
    LOCAL,
    /** No row on any node can match; whichever node is asked gives the exact answer. */
    NO_NODE,
    REFUSED;

    private final String text = name().toLowerCase(Locale.ROOT).replace('_', '-');

    /** As users see it: {@code one-node}. */
    public String text() {
        return text;
    }
}
