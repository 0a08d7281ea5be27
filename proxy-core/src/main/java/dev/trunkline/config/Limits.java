package dev.trunkline.config;

import java.time.Duration;

/** What the proxy grants at most. Sizes are bytes. */
public record Limits(int clients, int unauthenticatedClients, Duration authenticationTimeout, int messageSize,
        int clientBuffer, int preparedStatements, int notifications, int planCacheSize,
        Duration drainTimeout, int eventLoops) {}
