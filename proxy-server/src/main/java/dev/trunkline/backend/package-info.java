/**
 * Connections to the nodes: log-in, the queue of expected replies, forwarding of result rows in runs, and the prepared
 * statements that a connection holds. Start with {@link dev.trunkline.backend.BackendConnection}.
 */
package dev.trunkline.backend;
