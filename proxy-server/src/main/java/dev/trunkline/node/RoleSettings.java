package dev.trunkline.node;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The defaults of those settings that shape planning, the proxy's own among them, as ALTER ROLE, ALTER DATABASE and the server's configuration give them
 * to a login: what a session has before it sets anything (semantics.md 22). Immutable.
 */
public final class RoleSettings {

    /** Nothing is set anywhere. */
    public static final RoleSettings NONE = new RoleSettings(Map.of());

    private static final Logger LOG = LoggerFactory.getLogger(RoleSettings.class);

    private static final Set<String> SETTINGS = Set.of("search_path", "standard_conforming_strings",
            "default_transaction_isolation", "statement_timeout", "transaction_timeout",
            "idle_in_transaction_session_timeout", "idle_session_timeout", "trunkline.fan_out", "trunkline.shard_key",
            "trunkline.node");

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

    /** By the setting's scope and name: {@code role/db/name}, in which the first two may be empty. */
    private final Map<String, String> values;

    private RoleSettings(Map<String, String> values) {
        this.values = Map.copyOf(values);
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
        try (Statement statement = connection.createStatement()) {
            try (ResultSet r = statement.executeQuery(CONFIGURED)) {
                while (r.next()) {
                    values.put(key("", false, r.getString(1)), r.getString(2));
                }
            }
            try (ResultSet r = statement.executeQuery(ALTERED)) {
                while (r.next()) {
                    String role = r.getString(1);
                    boolean ofDatabase = r.getBoolean(2);
                    for (String setting : (String[]) r.getArray(3).getArray()) {
                        int equals = setting.indexOf('=');
                        String name = setting.substring(0, Math.max(0, equals)).toLowerCase(Locale.ROOT);
                        if (SETTINGS.contains(name)) {
                            values.put(key(role, ofDatabase, name), setting.substring(equals + 1));
                        }
                    }
                }
            }
        }
        return new RoleSettings(values);
    }

    private static String key(String role, boolean ofDatabase, String name) {
        return role + "/" + (ofDatabase ? "db" : "") + "/" + name;
    }

    /** The default of a setting for a login, null where PostgreSQL's own holds. The narrowest scope wins. */
    public String of(String login, String name) {
        String value = values.get(key(login, true, name));
        if (value == null) {
            value = values.get(key(login, false, name));
        }
        if (value == null) {
            value = values.get(key("", true, name));
        }
        return value != null ? value : values.get(key("", false, name));
    }
}
