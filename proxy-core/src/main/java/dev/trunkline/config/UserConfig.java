package dev.trunkline.config;

import java.util.List;

/**
 * A user that may log in. With neither {@code password} nor {@code verifier} it is trusted on loopback and refused elsewhere.
 * {@code maxConnections} bounds the connections to nodes for this user, over all databases; null for no bound.
 * {@code databases} is null for all; {@code fanOut} and {@code pool} are null where the database's hold; {@code nodeLogin}
 * is null unless the user has another name at the nodes.
 */
public record UserConfig(String name, Secret password, Secret verifier, AdminRight admin, List<String> databases,
        FanOutPolicy fanOut, PoolConfig.Override pool, Integer maxConnections, Login nodeLogin) {

    /** What a user may do in the admin database. */
    public enum AdminRight {
        NONE,
        READ,
        FULL
    }

    /** Whether the user may connect to the database. */
    public boolean mayUse(String database) {
        return databases == null || databases.contains(database);
    }
}
