package dev.trunkline.config;

import java.time.Duration;

/**
 * What the proxy grants at most. Sizes are bytes. {@code nodeConnections} bounds the connections to all nodes together, null
 * for no bound; {@code dnsTtl} is how long the addresses of a node's name hold.
 */
public record Limits(int clients, int unauthenticatedClients, Duration authenticationTimeout, int messageSize,
        int clientBuffer, int preparedStatements, int notifications, int planCacheSize, Duration drainTimeout,
        int eventLoops, Integer nodeConnections, Duration dnsTtl) {}
