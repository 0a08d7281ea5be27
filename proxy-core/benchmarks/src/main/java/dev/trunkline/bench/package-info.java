/**
 * Measures the core's way from a statement's bytes to its destination. {@link dev.trunkline.bench.Workload} has the statements
 * and the database; docs/performance.md has the figures.
 */
package dev.trunkline.bench;
