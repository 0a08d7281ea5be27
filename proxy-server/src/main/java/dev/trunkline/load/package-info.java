/**
 * The command {@code load}: a file's rows, split by their shard keys and copied into all nodes at once. Start with
 * {@link dev.trunkline.load.Load}.
 */
package dev.trunkline.load;
