/**
 * PostgreSQL's SQL: the lexer, the fingerprint of a statement, Calcite's parser with PostgreSQL's grammar, and the sealed
 * description of a statement that is all the rest of the code sees. The only package that knows Calcite. Start with
 * {@link dev.trunkline.sql.SqlParser} and {@link dev.trunkline.sql.Statement}.
 */
package dev.trunkline.sql;
