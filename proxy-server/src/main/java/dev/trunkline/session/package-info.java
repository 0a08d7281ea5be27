/**
 * A client's session: the order of its statements, its transaction with the nodes taking part, its prepared statements,
 * portals and settings. Start with {@link dev.trunkline.session.Session}.
 */
package dev.trunkline.session;
