package dev.trunkline.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Lists a configuration as keys and values, in the order of the documentation. What has no value is left out. */
final class SettingsListing {

    private final Map<String, Setting> settings = new LinkedHashMap<>();

    private SettingsListing() {}

    static Map<String, Setting> of(Configuration configuration) {
        SettingsListing listing = new SettingsListing();
        listing.list(configuration);
        return listing.settings;
    }

    private void list(Configuration c) {
        put("listen.host", c.listen().host());
        put("listen.port", c.listen().port());
        put("listen.proxyId", c.listen().proxyId());
        put("listen.reusePort", c.listen().reusePort());
        put("listen.runtimeDirectory", c.listen().runtimeDirectory());
        put("monitoring.host", c.monitoring().host());
        put("monitoring.port", c.monitoring().port());
        put("log.format", c.log().format());
        put("log.level", c.log().level());
        put("log.slowStatement", c.log().slowStatement());
        put("tls.mode", c.tls().mode());
        put("tls.certificate", c.tls().certificate());
        put("tls.key", c.tls().key());
        put("tls.clientCa", c.tls().clientCa());
        put("keepalive.idle", c.keepalive().idle());
        put("keepalive.interval", c.keepalive().interval());
        put("keepalive.count", c.keepalive().count());
        c.databases().values().forEach(this::list);
        c.users().values().forEach(this::list);
        Limits limits = c.limits();
        put("limits.clients", limits.clients());
        put("limits.unauthenticatedClients", limits.unauthenticatedClients());
        put("limits.authenticationTimeout", limits.authenticationTimeout());
        put("limits.messageSize", Quantity.format(limits.messageSize()));
        put("limits.clientBuffer", Quantity.format(limits.clientBuffer()));
        put("limits.preparedStatements", limits.preparedStatements());
        put("limits.notifications", Quantity.format(limits.notifications()));
        put("limits.planCacheSize", Quantity.format(limits.planCacheSize()));
        put("limits.drainTimeout", limits.drainTimeout());
        put("limits.eventLoops", limits.eventLoops());
        put("limits.nodeConnections", limits.nodeConnections());
        put("limits.dnsTtl", limits.dnsTtl());
    }

    private void list(DatabaseConfig d) {
        String name = d.name();
        put("databases.*.virtualShards", d.virtualShards(), name);
        put("databases.*.fanOut", d.fanOut(), name);
        put("databases.*.fanOutWarning", d.fanOutWarning(), name);
        put("databases.*.pool.mode", d.pool().mode(), name);
        put("databases.*.pool.size", d.pool().size(), name);
        put("databases.*.pool.min", d.pool().min(), name);
        put("databases.*.pool.waitTimeout", d.pool().waitTimeout(), name);
        put("databases.*.pool.waitNotify", d.pool().waitNotify(), name);
        put("databases.*.pool.idleTimeout", d.pool().idleTimeout(), name);
        put("databases.*.pool.checkAfterIdle", d.pool().checkAfterIdle(), name);
        put("databases.*.pool.maxAge", d.pool().maxAge(), name);
        put("databases.*.maxConnections", d.maxConnections(), name);
        put("databases.*.control.user", d.control() == null ? null : d.control().user(), name);
        put("databases.*.control.password", d.control() == null ? null : d.control().password(), name);
        // The order counts too: the first is the home node.
        put("databases.*.nodes", String.join(", ", d.nodes().stream().map(NodeConfig::name).toList()), name);
        d.nodes().forEach(node -> list(d, node));
        d.nodes().forEach(node -> put("databases.*.shardMap.*", ranges(d.shardOwners(), node.index()), name,
                node.name()));
        d.tables().values().forEach(table -> list(d, table));
        d.functions().forEach((function, route) -> put("databases.*.functions.*", word(route), name, function));
    }

    private void list(DatabaseConfig d, NodeConfig node) {
        put("databases.*.nodes.*.primary", node.primary(), d.name(), node.name());
        if (!node.replicas().isEmpty()) {
            put("databases.*.nodes.*.replicas", join(node.replicas()), d.name(), node.name());
        }
        put("databases.*.nodes.*.database", node.database(), d.name(), node.name());
        put("databases.*.nodes.*.capacity", Double.toString(node.capacity()).replaceAll("\\.0$", ""), d.name(),
                node.name());
        put("databases.*.nodes.*.maxConnections", node.maxConnections(), d.name(), node.name());
        put("databases.*.nodes.*.user", node.login() == null ? null : node.login().user(), d.name(), node.name());
        put("databases.*.nodes.*.password", node.login() == null ? null : node.login().password(), d.name(),
                node.name());
        put("databases.*.nodes.*.tls.mode", node.tls().mode(), d.name(), node.name());
        put("databases.*.nodes.*.tls.ca", node.tls().ca(), d.name(), node.name());
    }

    private void list(DatabaseConfig d, TableConfig table) {
        if (table.sharded()) {
            put("databases.*.tables.*.shardKey", String.join(", ", table.shardKey()), d.name(), table.name());
        }
        if (table.sharded() && table.colocatedWith() == null) {
            placement(d, table);
        }
        put("databases.*.tables.*.colocatedWith", table.colocatedWith(), d.name(), table.name());
        if (table.reference()) {
            put("databases.*.tables.*.reference", true, d.name(), table.name());
        }
        put("databases.*.tables.*.node", table.node(), d.name(), table.name());
        put("databases.*.tables.*.fanOut", table.fanOut(), d.name(), table.name());
    }

    private void placement(DatabaseConfig d, TableConfig table) {
        String kind = switch (table.placement()) {
            case PlacementConfig.Hash hash -> {
                hash.pins().forEach((key, shard) -> put("databases.*.tables.*.pins.*",
                        d.nodes().get(d.ownShards().get(shard - d.virtualShards()).node()).name(), d.name(),
                        table.name(), key));
                yield "hash";
            }
            case PlacementConfig.Ranges ranges -> {
                Map<String, List<String>> byNode = new LinkedHashMap<>();
                ranges.ranges().forEach(
                        range -> byNode.computeIfAbsent(range.node(), n -> new ArrayList<>()).add(range.toString()));
                byNode.forEach((node, texts) -> put("databases.*.tables.*.ranges.*", String.join(", ", texts),
                        d.name(), table.name(), node));
                yield "range";
            }
            case PlacementConfig.Lists lists -> {
                Map<String, List<String>> byNode = new LinkedHashMap<>();
                lists.keys().forEach(
                        listed -> byNode.computeIfAbsent(listed.node(), n -> new ArrayList<>()).add(listed.key()));
                if (lists.otherwise() >= 0) {
                    String node = d.nodes().get(d.ownShards().get(lists.otherwise() - d.virtualShards()).node()).name();
                    byNode.computeIfAbsent(node, n -> new ArrayList<>()).add("default");
                }
                byNode.forEach((node, keys) -> put("databases.*.tables.*.lists.*", String.join(", ", keys), d.name(),
                        table.name(), node));
                yield "list";
            }
        };
        put("databases.*.tables.*.placement", kind, d.name(), table.name());
    }

    private void list(UserConfig u) {
        String name = u.name();
        put("users.*.password", u.password(), name);
        put("users.*.verifier", u.verifier(), name);
        put("users.*.admin", u.admin(), name);
        put("users.*.databases", u.databases() == null ? null : String.join(", ", u.databases()), name);
        put("users.*.fanOut", u.fanOut(), name);
        if (u.pool() != null) {
            put("users.*.pool.mode", u.pool().mode(), name);
            put("users.*.pool.size", u.pool().size(), name);
            put("users.*.pool.min", u.pool().min(), name);
            put("users.*.pool.waitTimeout", u.pool().waitTimeout(), name);
            put("users.*.pool.waitNotify", u.pool().waitNotify(), name);
            put("users.*.pool.idleTimeout", u.pool().idleTimeout(), name);
            put("users.*.pool.checkAfterIdle", u.pool().checkAfterIdle(), name);
            put("users.*.pool.maxAge", u.pool().maxAge(), name);
        }
        put("users.*.maxConnections", u.maxConnections(), name);
        put("users.*.nodeUser", u.nodeLogin() == null ? null : u.nodeLogin().user(), name);
        put("users.*.nodePassword", u.nodeLogin() == null ? null : u.nodeLogin().password(), name);
    }

    private void put(String pattern, Object value, String... names) {
        if (value == null) {
            return;
        }
        StringBuilder key = new StringBuilder();
        int next = 0;
        for (String part : pattern.split("\\.")) {
            key.append(key.isEmpty() ? "" : ".").append(part.equals("*") ? names[next++] : part);
        }
        Secret secret = value instanceof Secret s ? s : null;
        settings.put(key.toString(), new Setting(key.toString(), pattern, text(value), secret));
    }

    private static String text(Object value) {
        return switch (value) {
            case Enum<?> word -> Section.word(word);
            case Duration duration -> Quantity.format(duration);
            default -> value.toString();
        };
    }

    private static String word(FunctionRoute route) {
        return switch (route) {
            case FunctionRoute.Any any -> "any";
            case FunctionRoute.Home home -> "home";
            case FunctionRoute.Key key -> "key(" + key.argument() + ")";
            case FunctionRoute.Refuse refuse -> "refuse";
        };
    }

    private static String join(List<HostPort> endpoints) {
        List<String> texts = new ArrayList<>();
        endpoints.forEach(endpoint -> texts.add(endpoint.toString()));
        return String.join(", ", texts);
    }

    /** The virtual shards of a node as the file writes them: {@code 0-127,200}; null when it has none. */
    private static String ranges(List<Integer> owners, int node) {
        BitSet own = new BitSet();
        for (int shard = 0; shard < owners.size(); shard++) {
            own.set(shard, owners.get(shard) == node);
        }
        StringBuilder text = new StringBuilder();
        for (int first = own.nextSetBit(0); first >= 0;) {
            int end = own.nextClearBit(first);
            text.append(text.isEmpty() ? "" : ",").append(first);
            if (end - first > 1) {
                text.append('-').append(end - 1);
            }
            first = own.nextSetBit(end);
        }
        return text.isEmpty() ? null : text.toString();
    }
}
