package dev.trunkline.plan;

import dev.trunkline.catalog.Relation;

/** A relation that a statement names, once for each use. {@code written}: it is the target of a write. */
public record TableUse(Relation relation, boolean written) {}
