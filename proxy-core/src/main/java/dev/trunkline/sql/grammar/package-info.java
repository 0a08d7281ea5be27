/**
 * Calcite's parser with PostgreSQL's grammar: the parser generated from Calcite's template and the productions in
 * {@code src/main/codegen}, and what they need: tokens, keywords and the nodes of clauses that Calcite doesn't have. Only
 * {@code dev.trunkline.sql} uses it.
 */
package dev.trunkline.sql.grammar;
