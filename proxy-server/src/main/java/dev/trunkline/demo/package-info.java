/**
 * Real PostgreSQL nodes from embedded binaries, and the sample shop that {@code trunkline demo} runs on them. Start with
 * {@link dev.trunkline.demo.EmbeddedPostgres}, which the tests use as well.
 */
package dev.trunkline.demo;
