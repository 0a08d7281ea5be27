/**
 * Logging in on both sides, without I/O: {@link dev.trunkline.auth.ClientLogin} asks clients for SCRAM-SHA-256 proofs, {@link
 * dev.trunkline.auth.NodeLogin} answers whatever a node asks for. Both take messages and give messages; whoever owns the
 * socket carries them.
 */
package dev.trunkline.auth;
