package dev.trunkline.pool;

import dev.trunkline.auth.NodeCredential;
import dev.trunkline.config.PoolConfig;

/**
 * What connections have to have in common to be shared: the node, the login there, and the user's own rules.
 *
 * @param user what the user has different in sharing connections, or null
 * @param bounded the user, if connections for it are bounded and therefore its own; otherwise null
 */
public record PoolKey(int node, NodeCredential login, PoolConfig.Override user, String bounded) {}
