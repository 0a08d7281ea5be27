/**
 * Backend connections lent to sessions: one pool for each event loop, node and login, under budgets that all loops share.
 * Start with {@link dev.trunkline.pool.Pool}.
 */
package dev.trunkline.pool;
