package dev.trunkline.config;

/** Where clients connect. {@code port} 0 takes any free one. {@code proxyId} (0 to 2047) is part of cancel keys and transaction ids. */
public record ListenConfig(String host, int port, int proxyId) {}
