package dev.trunkline.catalog;

import dev.trunkline.value.ColumnType;

/** A column of a shard key. {@code deterministicCollation} is true for types without a collation. */
public record KeyColumn(String name, ColumnType type, boolean deterministicCollation) {}
