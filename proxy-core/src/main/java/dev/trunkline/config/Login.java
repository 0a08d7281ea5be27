package dev.trunkline.config;

/** With what to log in at a node; {@code password} is null where the node trusts. */
public record Login(String user, Secret password) {}
