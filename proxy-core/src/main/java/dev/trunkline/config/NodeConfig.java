package dev.trunkline.config;

import java.util.List;
import java.util.Locale;

/**
 * A node of a database. {@code index} is its ordinal in the file; the first is the home node. {@code login} is the node's
 * own, used for users that bring none, or null. {@code maxConnections} bounds the connections to the server, whatever
 * their database and user; null for no bound.
 */
public record NodeConfig(int index, String name, HostPort primary, List<HostPort> replicas, String database,
        double capacity, Integer maxConnections, Login login, Tls tls) {

    /** TLS towards the node; {@code ca} is a PEM file, or null. */
    public record Tls(Mode mode, String ca) {

        /** As libpq's {@code sslmode}. */
        public enum Mode {
            DISABLE,
            PREFER,
            REQUIRE,
            VERIFY_CA,
            VERIFY_FULL;

            @Override
            public String toString() {
                return name().toLowerCase(Locale.ROOT).replace('_', '-');
            }
        }
    }

    public NodeConfig {
        replicas = List.copyOf(replicas);
    }
}
