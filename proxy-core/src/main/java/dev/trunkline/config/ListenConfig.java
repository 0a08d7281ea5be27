package dev.trunkline.config;

/**
 * Where clients connect. {@code port} 0 takes any free one. {@code proxyId} (0 to 2047) is part of cancel keys and transaction
 * ids; with {@code reusePort} it is the first number that is tried.
 *
 * @param reusePort whether another process may listen on the same port, to take it over
 * @param runtimeDirectory where the processes of one port find each other; null for one in the directory of temporary files
 */
public record ListenConfig(String host, int port, int proxyId, boolean reusePort, String runtimeDirectory) {}
