package dev.trunkline.catalog;

import dev.trunkline.config.Problem;

/**
 * A column whose default would give the same ids on several nodes (semantics.md 10), and the problem that was reported for
 * it. What would help depends on the highest id of any node, which discovery doesn't look for.
 */
public record CollidingIds(RelationName table, String column, SequenceFacts sequence, Problem problem) {}
