/**
 * Merges the rows of several nodes into one result: streaming, without I/O, in memory that the number of nodes bounds.
 * Runs of DataRow messages go in as they came from the sockets, runs for the client come out. Start with {@link
 * dev.trunkline.execute.RowMerge}, the whole of what a session sees; {@link dev.trunkline.execute.ValueOrder} says whose
 * order is provably PostgreSQL's.
 */
package dev.trunkline.execute;
