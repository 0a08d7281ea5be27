package dev.trunkline.node;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The defaults of those settings that shape planning, the proxy's own among them, as ALTER ROLE, ALTER DATABASE and the server's configuration give them
 * to a login: what a session has before it sets anything (semantics.md 22). Immutable.
 */
public final class RoleSettings {

    /** Nothing is set anywhere. */
    public static final RoleSettings NONE = new RoleSettings(Map.of(), Map.of(), Set.of());

    private static final Logger LOG = LoggerFactory.getLogger(RoleSettings.class);

    /** What RESET goes back to, as well: a session has them from its beginning to its end, whatever is altered meanwhile. */
    private static final Set<String> OF_SESSION = Set.of("search_path", "standard_conforming_strings",
            "default_transaction_isolation", "default_transaction_read_only", "statement_timeout",
            "transaction_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout", "client_encoding",
            "application_name", "timezone", "datestyle", "intervalstyle");
    private static final String OWN = "trunkline.";

    private static final String ALTERED = """
            select coalesce(r.rolname, ''), s.setdatabase <> 0, s.setconfig
              from pg_catalog.pg_db_role_setting s
              left join pg_catalog.pg_roles r on r.oid = s.setrole
             where s.setdatabase in (0, (select oid from pg_catalog.pg_database where datname = current_database()))
               and (s.setrole = 0 or r.oid is not null)
            """;
    private static final String CONFIGURED = """
            select name, reset_val from pg_catalog.pg_settings
             where source in ('configuration file', 'command line', 'environment variable', 'global')
               and (name in ('search_path', 'standard_conforming_strings', 'default_transaction_isolation',
                             'statement_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout',
                             'idle_session_timeout')
                    or name like 'trunkline.%')
            """;
    private static final String SUPERUSERS = "select rolname from pg_catalog.pg_roles where rolsuper";

    /** By the setting's scope and name: {@code role/db/name}, in which the first two may be empty. */
    private final Map<String, String> values;
    private final Map<String, String> configured;
    private final Set<String> superusers;

    private RoleSettings(Map<String, String> values, Map<String, String> configured, Set<String> superusers) {
        this.values = Map.copyOf(values);
        this.configured = Map.copyOf(configured);
        this.superusers = Set.copyOf(superusers);
    }

    /** What the first node that is up says; {@code otherwise} if none does. Blocks. */
    public static RoleSettings read(NodeControl control, int nodes, RoleSettings otherwise) {
        for (int node = 0; node < nodes; node++) {
            if (control.state(node).isUp()) {
                try (Connection connection = control.pool(node).connection()) {
                    return read(connection);
                } catch (SQLException e) {
                    LOG.info("the settings of the roles could not be read: {}", e.getMessage());
                }
            }
        }
        return otherwise;
    }

    static RoleSettings read(Connection connection) throws SQLException {
        Map<String, String> values = new HashMap<>();
        Map<String, String> configured = new HashMap<>();
        Set<String> superusers = new HashSet<>();
        try (Statement statement = connection.createStatement()) {
            try (ResultSet r = statement.executeQuery(CONFIGURED)) {
                while (r.next()) {
                    configured.put(r.getString(1), r.getString(2));
                }
            }
            try (ResultSet r = statement.executeQuery(SUPERUSERS)) {
                while (r.next()) {
                    superusers.add(r.getString(1));
                }
            }
            try (ResultSet r = statement.executeQuery(ALTERED)) {
                while (r.next()) {
                    String role = r.getString(1);
                    boolean ofDatabase = r.getBoolean(2);
                    for (String setting : (String[]) r.getArray(3).getArray()) {
                        int equals = setting.indexOf('=');
                        String name = setting.substring(0, Math.max(0, equals)).toLowerCase(Locale.ROOT);
                        if (OF_SESSION.contains(name) || name.startsWith(OWN)) {
                            values.put(key(role, ofDatabase, name), setting.substring(equals + 1));
                        }
                    }
                }
            }
        }
        spellAsReported(values, connection);
        return new RoleSettings(values, configured, superusers);
    }

    /** A value is told to clients as PostgreSQL spells it; one that is wrong counts for nobody, as at a log-in. */
    private static void spellAsReported(Map<String, String> values, Connection connection) throws SQLException {
        try (PreparedStatement set = connection.prepareStatement("select pg_catalog.set_config(?, ?, true)")) {
            for (Map.Entry<String, String> value : List.copyOf(values.entrySet())) {
                String name = value.getKey().substring(value.getKey().lastIndexOf('/') + 1);
                if (name.startsWith(OWN)) {
                    continue;
                }
                set.setString(1, name);
                set.setString(2, value.getValue());
                try (ResultSet spelled = set.executeQuery()) {
                    spelled.next();
                    values.put(value.getKey(), spelled.getString(1));
                } catch (SQLException e) {
                    LOG.info("ALTER ROLE or ALTER DATABASE sets {} to no value: {}", name, e.getMessage());
                    values.remove(value.getKey());
                }
            }
        }
    }

    private static String key(String role, boolean ofDatabase, String name) {
        return role + "/" + (ofDatabase ? "db" : "") + "/" + name;
    }

    /** The default of a setting for a login, null where PostgreSQL's own holds. The narrowest scope wins. */
    public String of(String login, String name) {
        String value = altered(login, name);
        return value != null ? value : configured.get(name);
    }

    private String altered(String login, String name) {
        String value = values.get(key(login, true, name));
        if (value == null) {
            value = values.get(key(login, false, name));
        }
        if (value == null) {
            value = values.get(key("", true, name));
        }
        return value != null ? value : values.get(key("", false, name));
    }

    /** What ALTER ROLE and ALTER DATABASE give a login, by the settings' names, as PostgreSQL spells the values. */
    public Map<String, String> ofSession(String login) {
        if (values.isEmpty()) {
            return Map.of();
        }
        Map<String, String> altered = new TreeMap<>();
        for (String name : OF_SESSION) {
            String value = altered(login, name);
            if (value != null) {
                altered.put(name, value);
            }
        }
        return altered;
    }

    /** Whether a login is a superuser. */
    public boolean isSuperuser(String login) {
        return superusers.contains(login);
    }
}
