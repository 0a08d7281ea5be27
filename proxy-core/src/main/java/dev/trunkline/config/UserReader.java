package dev.trunkline.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** Reads {@code users}. */
final class UserReader {

    private static final Pattern VERIFIER = Pattern
            .compile("SCRAM-SHA-256\\$\\d+:[A-Za-z0-9+/=]+\\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+");

    private final List<String> databases;

    UserReader(List<String> databases) {
        this.databases = databases;
    }

    Map<String, UserConfig> read(Section root) {
        Map<String, UserConfig> users = new LinkedHashMap<>();
        for (Section section : root.sections("users")) {
            try (Section s = section) {
                users.put(s.name(), user(s));
            }
        }
        if (users.isEmpty()) {
            root.error("users", "at least one user is needed");
        }
        return users;
    }

    private UserConfig user(Section s) {
        Secret password = s.secret("password");
        Secret verifier = s.secret("verifier");
        if (password != null && verifier != null) {
            s.error("verifier", "password and verifier exclude each other");
        }
        if (verifier != null && !VERIFIER.matcher(verifier.value()).matches()) {
            s.error("verifier", "expected a verifier as in pg_authid: SCRAM-SHA-256$iterations:salt$stored:server");
        }
        UserConfig.AdminRight admin = admin(s);
        List<String> allowed = s.texts("databases", "list of databases");
        if (allowed != null) {
            for (String database : allowed) {
                if (!databases.contains(database)) {
                    s.error("databases", "no database \"" + database + "\"", Spelling.nearest(database, databases));
                }
            }
        }
        FanOutPolicy fanOut = s.choice("fanOut", FanOutPolicy.class, null);
        PoolConfig.Override pool = pool(s);
        Integer maxConnections = s.integer("maxConnections", 1, 1_000_000);
        String nodeUser = s.text("nodeUser", null);
        Secret nodePassword = s.secret("nodePassword");
        if (nodePassword != null && nodeUser == null) {
            s.error("nodePassword", "needs nodeUser");
        }
        return new UserConfig(s.name(), password, verifier, admin, allowed == null ? null : List.copyOf(allowed),
                fanOut, pool, maxConnections, nodeUser == null ? null : new Login(nodeUser, nodePassword));
    }

    /** {@code true} and {@code false} are spellings of {@code full} and {@code none}. */
    private static UserConfig.AdminRight admin(Section s) {
        String text = s.text("admin", "none|read|full", "none");
        switch (text) {
            case "true" -> {
                return UserConfig.AdminRight.FULL;
            }
            case "false" -> {
                return UserConfig.AdminRight.NONE;
            }
            default -> {
                List<String> words = List.of("none", "read", "full");
                if (words.contains(text)) {
                    return UserConfig.AdminRight.valueOf(text.toUpperCase(Locale.ROOT));
                }
                s.error("admin", "expected one of none, read, full, not \"" + text + "\"",
                        Spelling.nearest(text, words));
                // Some right was meant: no second complaint that nobody has any.
                return UserConfig.AdminRight.FULL;
            }
        }
    }

    private static PoolConfig.Override pool(Section user) {
        try (Section s = user.section("pool")) {
            PoolConfig.Override pool = new PoolConfig.Override(s.choice("mode", PoolConfig.Mode.class, null),
                    s.integer("size", 1, 10_000), s.integer("min", 0, 10_000), s.duration("waitTimeout", null),
                    s.duration("waitNotify", null), s.duration("idleTimeout", null),
                    s.duration("checkAfterIdle", null), s.duration("maxAge", null));
            if (pool.min() != null && pool.size() != null && pool.min() > pool.size()) {
                s.error("min", "must not be above size, which is " + pool.size());
            }
            return s.present() ? pool : null;
        }
    }
}
