/** Listening sockets and event loops. */
package dev.trunkline.net;
