/**
 * What Trunkline knows about a database: its nodes, relations and functions, how each relation is distributed, and which
 * node owns which virtual shard. Everything here is immutable; a change of the schema makes a new {@link
 * dev.trunkline.catalog.Catalog} with a higher version, a change of the map a new {@link dev.trunkline.catalog.ShardMap}
 * with a higher epoch. Start with {@link dev.trunkline.catalog.Catalog}; {@link dev.trunkline.catalog.CatalogBuilder} makes
 * one without a node.
 */
package dev.trunkline.catalog;
