package dev.trunkline.config;

import java.util.Locale;

/** When a changed key of the file takes effect in a proxy that runs. */
public enum Changeable {

    /** When the file is read again. */
    RELOAD,
    /** When the proxy is started again. */
    RESTART,
    /** Never by an edit: it says where rows are, and an edit moves none (semantics.md 14). */
    NEVER;

    /** The word of SHOW CONFIG. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Of a key, by its pattern as {@link Configuration#keys} has it.
     *
     * @throws IllegalArgumentException for a key that nobody has thought about
     */
    static Changeable of(String pattern) {
        return switch (pattern) {
            case "databases.*.virtualShards", "databases.*.nodes", "databases.*.nodes.*.primary",
                    "databases.*.nodes.*.database", "databases.*.shardMap.*", "databases.*.tables.*.shardKey",
                    "databases.*.tables.*.placement", "databases.*.tables.*.ranges.*", "databases.*.tables.*.lists.*",
                    "databases.*.tables.*.pins.*", "databases.*.tables.*.domain", "databases.*.tables.*.colocatedWith",
                    "databases.*.tables.*.reference", "databases.*.tables.*.node" ->
                NEVER;
            case "listen.host", "listen.port", "listen.proxyId", "listen.reusePort", "listen.runtimeDirectory",
                    "keepalive.idle", "keepalive.interval", "keepalive.count", "log.format", "monitoring.host",
                    "monitoring.port",
                    "tls.mode",
                    "tls.certificate", "tls.key", "tls.clientCa", "databases.*", "databases.*.pool.mode",
                    "databases.*.control.user", "databases.*.control.password", "databases.*.nodes.*.replicas",
                    "databases.*.nodes.*.tls.mode", "databases.*.nodes.*.tls.ca", "limits.clientBuffer",
                    "limits.preparedStatements", "limits.planCacheSize", "limits.eventLoops",
                    "limits.dnsTtl" ->
                RESTART;
            case "log.level", "log.slowStatement", "databases.*.fanOut", "databases.*.fanOutWarning",
                    "databases.*.pool.size", "databases.*.pool.min", "databases.*.pool.waitTimeout",
                    "databases.*.pool.waitNotify", "databases.*.pool.idleTimeout", "databases.*.pool.checkAfterIdle",
                    "databases.*.pool.maxAge", "databases.*.maxConnections", "databases.*.nodes.*.capacity",
                    "databases.*.nodes.*.maxConnections",
                    "databases.*.nodes.*.user", "databases.*.nodes.*.password", "databases.*.tables.*.fanOut",
                    "databases.*.functions.*", "users.*.password", "users.*.verifier", "users.*.admin",
                    "users.*.databases", "users.*.fanOut", "users.*.pool.mode", "users.*.pool.size",
                    "users.*.pool.min", "users.*.pool.waitTimeout", "users.*.pool.waitNotify",
                    "users.*.pool.idleTimeout",
                    "users.*.pool.checkAfterIdle", "users.*.pool.maxAge", "users.*.maxConnections",
                    "users.*.nodeUser", "users.*.nodePassword", "limits.clients", "limits.unauthenticatedClients",
                    "limits.authenticationTimeout", "limits.messageSize", "limits.notifications",
                    "limits.drainTimeout", "limits.nodeConnections" ->
                RELOAD;
            default -> throw new IllegalArgumentException("nobody has said when a change of " + pattern + " holds");
        };
    }
}
