/**
 * The clients' side: the startup dialog, log-in, and the cutting of a client's bytes into messages for its session. Start
 * with {@link dev.trunkline.frontend.ClientConnection}.
 */
package dev.trunkline.frontend;
