/**
 * The control plane: one small JDBC pool for each node, over which schemas are read and compared, changes are noticed and
 * health is watched. No client's row ever passes here, and no event loop waits here. Start with {@link
 * dev.trunkline.node.NodeControl}; {@link dev.trunkline.node.ConfigurationCheck} is the command {@code check}.
 */
package dev.trunkline.node;
