package dev.trunkline.config;

/** Where {@code /metrics}, {@code /health} and {@code /ready} are served. {@code port} 0 takes any free one. */
public record MonitoringConfig(String host, int port) {}
