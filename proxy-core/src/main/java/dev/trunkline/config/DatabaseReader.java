package dev.trunkline.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads one database: its nodes, its map, its tables and functions. */
final class DatabaseReader {

    private static final Pattern KEY_ROUTE = Pattern.compile("key\\((\\d{1,3})\\)");
    private static final int DEFAULT_PORT = 5432;

    private final Section s;

    DatabaseReader(Section section) {
        this.s = section;
    }

    DatabaseConfig read() {
        int virtualShards = virtualShards();
        FanOutPolicy fanOut = s.choice("fanOut", FanOutPolicy.class, FanOutPolicy.WARN);
        DatabaseConfig.FanOutWarning warning = s.choice("fanOutWarning", DatabaseConfig.FanOutWarning.class,
                DatabaseConfig.FanOutWarning.ONCE_PER_SESSION);
        PoolConfig pool = pool();
        Integer maxConnections = s.integer("maxConnections", 1, 1_000_000);
        Login control = control();
        List<NodeConfig> nodes = nodes();
        List<Integer> owners = new ShardMapReader(s, virtualShards, nodes).read();
        PlacementReader placements = new PlacementReader(nodes, virtualShards);
        Map<String, TableConfig> tables = new TableReader(s, nodes, placements).read();
        if (tables.values().stream().anyMatch(TableConfig::sharded) && nodes.size() > 1
                && virtualShards / nodes.size() < 10) {
            s.warning("virtualShards", virtualShards + " virtual shards over " + nodes.size()
                    + " nodes are fewer than 10 for each: they can't be balanced finely, and their number never changes");
        }
        return new DatabaseConfig(s.name(), virtualShards, fanOut, warning, pool, maxConnections, control, nodes,
                owners,
                placements.ownShards(),
                tables,
                functions());
    }

    private int virtualShards() {
        int number = s.integer("virtualShards", 256, 1, 65536);
        if (Integer.bitCount(number) != 1) {
            int below = Integer.highestOneBit(number);
            s.error("virtualShards", "expected a power of two, not " + number,
                    number - below < 2 * below - number ? Integer.toString(below) : Integer.toString(2 * below));
            return 2 * below;
        }
        return number;
    }

    private PoolConfig pool() {
        PoolConfig d = PoolConfig.DEFAULT;
        try (Section p = s.section("pool")) {
            PoolConfig pool = new PoolConfig(p.choice("mode", PoolConfig.Mode.class, d.mode()),
                    p.integer("size", d.size(), 1, 10_000), p.integer("min", d.min(), 0, 10_000),
                    p.duration("waitTimeout", d.waitTimeout()), p.duration("waitNotify", d.waitNotify()),
                    p.duration("idleTimeout", d.idleTimeout()), p.duration("checkAfterIdle", d.checkAfterIdle()),
                    p.duration("maxAge", d.maxAge()));
            if (pool.min() > pool.size()) {
                p.error("min", "must not be above size, which is " + pool.size());
            }
            return pool;
        }
    }

    private Login control() {
        try (Section c = s.section("control")) {
            return login(c);
        }
    }

    private static Login login(Section section) {
        String user = section.text("user", null);
        Secret password = section.secret("password");
        if (user == null && password != null) {
            section.error("password", "needs user");
        }
        return user == null ? null : new Login(user, password);
    }

    private List<NodeConfig> nodes() {
        List<NodeConfig> nodes = new ArrayList<>();
        Map<String, String> places = new HashMap<>();
        for (Section section : s.sections("nodes")) {
            try (Section n = section) {
                NodeConfig node = node(n, nodes.size());
                nodes.add(node);
                String earlier = node.primary() == null
                        ? null
                        : places.putIfAbsent(node.primary() + "/" + node.database(), node.name());
                if (earlier != null) {
                    n.error("primary", "is the same database as node " + earlier);
                }
            }
        }
        if (nodes.isEmpty()) {
            s.error("nodes", "at least one node is needed");
        }
        return nodes;
    }

    private NodeConfig node(Section n, int index) {
        HostPort primary = null;
        String text = n.text("primary", "host:port", null);
        if (text != null) {
            primary = endpoint(n, "primary", text);
        } else if (!n.has("primary")) {
            n.error("primary", "is needed: the host:port of the node's primary");
        }
        List<HostPort> replicas = new ArrayList<>();
        List<String> replicaTexts = n.texts("replicas", "list of host:port");
        for (String replica : replicaTexts == null ? List.<String>of() : replicaTexts) {
            HostPort endpoint = endpoint(n, "replicas", replica);
            if (endpoint != null) {
                replicas.add(endpoint);
            }
        }
        String database = n.text("database", null);
        double capacity = n.positive("capacity", 1);
        Integer maxConnections = n.integer("maxConnections", 1, 1_000_000);
        Login login = login(n);
        try (Section t = n.section("tls")) {
            NodeConfig.Tls tls = new NodeConfig.Tls(
                    t.choice("mode", NodeConfig.Tls.Mode.class, NodeConfig.Tls.Mode.DISABLE),
                    t.text("ca", "file", null));
            return new NodeConfig(index, n.name(), primary, replicas, database == null ? s.name() : database, capacity,
                    maxConnections, login, tls);
        }
    }

    private static HostPort endpoint(Section n, String key, String text) {
        HostPort endpoint = HostPort.parse(text, DEFAULT_PORT);
        if (endpoint == null) {
            n.error(key, "expected host:port, not \"" + text + "\"");
        }
        return endpoint;
    }

    private Map<String, FunctionRoute> functions() {
        Map<String, FunctionRoute> routes = new LinkedHashMap<>();
        s.named("functions", "any|home|key(n)|refuse").forEach((name, text) -> {
            Matcher key = KEY_ROUTE.matcher(text);
            FunctionRoute route = switch (text) {
                case "any" -> new FunctionRoute.Any();
                case "home" -> new FunctionRoute.Home();
                case "refuse" -> new FunctionRoute.Refuse();
                default -> key.matches() && Integer.parseInt(key.group(1)) > 0
                        ? new FunctionRoute.Key(Integer.parseInt(key.group(1)))
                        : null;
            };
            if (route == null) {
                s.section("functions").error(name,
                        "expected any, home, refuse or key(n) with the number of an argument, not \"" + text + "\"",
                        Spelling.nearest(text, List.of("any", "home", "refuse", "key(1)")));
            } else {
                routes.put(name, route);
            }
        });
        return routes;
    }
}
