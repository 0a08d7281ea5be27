package dev.trunkline.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Reads the whole file: the sections, then what must agree between them. */
final class ConfigurationReader {

    private static final int MEGABYTE = 1 << 20;
    /** The most that the kernel takes for the times of keepalive. */
    private static final int MOST_KEEPALIVE_SECONDS = 32767;

    /** The admin database's name; no database of the file may have it. */
    private static final String ADMIN_DATABASE = "trunkline";

    private ConfigurationReader() {}

    static Configuration read(String file, String text, UnaryOperator<String> variables)
            throws ConfigurationException {
        Problems problems = new Problems(file);
        YamlValue.Mapping root = new YamlReader(problems).read(text);
        if (problems.anyError() && root.entries().isEmpty()) {
            throw new ConfigurationException(problems.all());
        }
        Configuration read = read(file, root, Reading.of(problems, new Environment(variables)));
        if (problems.anyError()) {
            throw new ConfigurationException(problems.all());
        }
        return read;
    }

    static List<KeyFact> keys() {
        Reading reading = Reading.ofAllKeys();
        read("", new YamlValue.Mapping(List.of(), Position.START), reading);
        return List.copyOf(reading.keys());
    }

    private static Configuration read(String file, YamlValue.Mapping mapping, Reading reading) {
        try (Section root = Section.root(reading, mapping)) {
            ListenConfig listen = listen(root);
            MonitoringConfig monitoring = monitoring(root);
            LogConfig log = log(root);
            TlsConfig tls = tls(root);
            KeepaliveConfig keepalive = keepalive(root);
            Map<String, DatabaseConfig> databases = databases(root);
            Map<String, UserConfig> users = new UserReader(List.copyOf(databases.keySet())).read(root);
            requireControlAccounts(root, databases, users);
            requireOneCapForEachServer(root, databases);
            return new Configuration(file, listen, monitoring, log, tls, keepalive, databases, users, limits(root),
                    reading.problems().all(), Places.of(mapping));
        }
    }

    private static ListenConfig listen(Section root) {
        try (Section s = root.section("listen")) {
            return new ListenConfig(s.text("host", "127.0.0.1"), s.integer("port", 6432, 0, 65535),
                    s.integer("proxyId", 0, 0, 2047), s.flag("reusePort", false),
                    s.text("runtimeDirectory", "directory", null));
        }
    }

    private static MonitoringConfig monitoring(Section root) {
        try (Section s = root.section("monitoring")) {
            return new MonitoringConfig(s.text("host", "127.0.0.1"), s.integer("port", 9432, 0, 65535));
        }
    }

    private static LogConfig log(Section root) {
        try (Section s = root.section("log")) {
            return new LogConfig(s.choice("format", LogConfig.Format.class, LogConfig.Format.TEXT),
                    s.choice("level", LogConfig.Level.class, null), s.duration("slowStatement", Duration.ofSeconds(1)));
        }
    }

    private static TlsConfig tls(Section root) {
        try (Section s = root.section("tls")) {
            TlsConfig tls = new TlsConfig(s.choice("mode", TlsConfig.Mode.class, TlsConfig.Mode.OFF),
                    s.text("certificate", "file", null), s.text("key", "file", null),
                    s.text("clientCa", "file", null));
            if (tls.mode() != TlsConfig.Mode.OFF && (tls.certificate() == null || tls.key() == null)) {
                s.error("mode", "needs tls.certificate and tls.key");
            }
            return tls;
        }
    }

    private static KeepaliveConfig keepalive(Section root) {
        try (Section s = root.section("keepalive")) {
            return new KeepaliveConfig(wholeSeconds(s, "idle", 60), wholeSeconds(s, "interval", 10),
                    s.integer("count", 5, 1, 127));
        }
    }

    /** A time that the kernel takes: from one second to nine hours. */
    private static Duration wholeSeconds(Section s, String key, int defaultValue) {
        Duration value = s.duration(key, Duration.ofSeconds(defaultValue));
        if (value.toMillis() % 1000 != 0 || value.toSeconds() < 1 || value.toSeconds() > MOST_KEEPALIVE_SECONDS) {
            s.error(key, "expected whole seconds from 1s to " + MOST_KEEPALIVE_SECONDS + "s, not "
                    + Quantity.format(value));
        }
        return value;
    }

    private static Map<String, DatabaseConfig> databases(Section root) {
        Map<String, DatabaseConfig> databases = new LinkedHashMap<>();
        for (Section section : root.sections("databases")) {
            try (Section s = section) {
                if (s.name().equals(ADMIN_DATABASE)) {
                    s.error("the name is reserved for the admin database");
                }
                databases.put(s.name(), new DatabaseReader(s).read());
            }
        }
        if (databases.isEmpty()) {
            root.error("databases", "at least one database is needed");
        }
        return databases;
    }

    private static Limits limits(Section root) {
        try (Section s = root.section("limits")) {
            return new Limits(s.integer("clients", 1000, 1, 1_000_000),
                    s.integer("unauthenticatedClients", 200, 1, 1_000_000),
                    s.duration("authenticationTimeout", Duration.ofSeconds(30)),
                    s.size("messageSize", 256 * MEGABYTE, 64 << 10, 1 << 30),
                    s.size("clientBuffer", 256 << 10, 16 << 10, 64 * MEGABYTE),
                    s.integer("preparedStatements", 500, 1, 100_000),
                    s.size("notifications", 16 * MEGABYTE, 16 << 10, 1 << 30),
                    s.size("planCacheSize", 64 * MEGABYTE, MEGABYTE, 1 << 30),
                    s.duration("drainTimeout", Duration.ofSeconds(30)), s.integer("eventLoops", 0, 0, 1024),
                    s.integer("nodeConnections", 1, 1_000_000), s.duration("dnsTtl", Duration.ofSeconds(15)));
        }
    }

    /** A server that nodes of several databases share has one number of connections for all of them. */
    private static void requireOneCapForEachServer(Section root, Map<String, DatabaseConfig> databases) {
        Map<HostPort, String> firstCapped = new HashMap<>();
        Map<HostPort, Integer> caps = new HashMap<>();
        for (DatabaseConfig database : databases.values()) {
            for (NodeConfig node : database.nodes()) {
                String key = database.name() + ".nodes." + node.name() + ".maxConnections";
                if (node.primary() == null || node.maxConnections() == null) {
                    continue;
                }
                Integer known = caps.putIfAbsent(node.primary(), node.maxConnections());
                if (known == null) {
                    firstCapped.put(node.primary(), key);
                } else if (!known.equals(node.maxConnections())) {
                    root.below("databases").below(database.name()).below("nodes").below(node.name())
                            .error("maxConnections", "is " + node.maxConnections() + ", and databases."
                                    + firstCapped.get(node.primary()) + " is " + known + ", for the same server");
                }
            }
        }
    }

    private static void requireControlAccounts(Section root, Map<String, DatabaseConfig> databases,
            Map<String, UserConfig> users) {
        boolean anyAdmin = users.values().stream().anyMatch(user -> user.admin() != UserConfig.AdminRight.NONE);
        if (anyAdmin) {
            return;
        }
        List<String> without = new ArrayList<>();
        for (DatabaseConfig database : databases.values()) {
            boolean everyNodeHasLogin = database.nodes().stream().allMatch(node -> node.login() != null);
            if (database.control() == null && !everyNodeHasLogin && !database.nodes().isEmpty()) {
                without.add(database.name());
            }
        }
        if (!without.isEmpty()) {
            root.error("databases", "the proxy has no account of its own at the nodes of " + String.join(", ", without)
                    + ": set control, or give a user the right admin");
        }
    }
}
