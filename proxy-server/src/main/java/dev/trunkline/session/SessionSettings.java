package dev.trunkline.session;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.plan.PlanKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * A session's settings as they stand, with what they mean to planning: the search path, string syntax and temp tables. Those
 * that came with the startup message are what RESET goes back to.
 */
public final class SessionSettings {

    private static final String SEARCH_PATH = "search_path";
    private static final String STANDARD_STRINGS = "standard_conforming_strings";

    private final String login;
    private final UnaryOperator<String> defaults;
    private final Settings startup;
    /** What ALTER ROLE and ALTER DATABASE say of the proxy's own settings, as it was at log-in. */
    private final Map<String, String> ownDefaults = new HashMap<>();
    private Settings current;
    private PlanKey planKey;
    private Set<String> tempTables = Set.of();
    private boolean catalogChanged;

    private SessionSettings(String login, UnaryOperator<String> defaults, Settings startup) {
        this.login = login;
        this.defaults = defaults;
        this.startup = startup;
        this.current = startup;
        for (String name : OwnSettings.NAMES) {
            String value = defaults.apply(name);
            if (value != null) {
                ownDefaults.put(name, value);
            }
        }
        this.planKey = makePlanKey();
    }

    /**
     * Settings from the parameters of the startup message, without user, database and the like.
     *
     * @param login the session's user at the nodes, which {@code "$user"} stands for
     * @param defaults what the login has for a setting without setting it, null where PostgreSQL's own default holds
     */
    public static SessionSettings of(String login, UnaryOperator<String> defaults,
            Iterable<java.util.Map.Entry<String, String>> parameters, Catalog catalog) {
        Settings settings = Settings.NONE;
        for (var parameter : parameters) {
            String name = parameter.getKey().toLowerCase(Locale.ROOT);
            if (name.startsWith(Settings.OWN)) {
                settings = settings.with(OwnSettings.require(name),
                        OwnSettings.checked(name, parameter.getValue(), catalog));
                continue;
            }
            settings = settings.with(name, SEARCH_PATH.equals(name)
                    ? "SET search_path TO " + parameter.getValue()
                    : Settings.assignment(name, parameter.getValue()));
        }
        return new SessionSettings(login, defaults, settings);
    }

    Settings current() {
        return current;
    }

    PlanKey planKey() {
        return planKey;
    }

    /** SET of the session; {@code valueText} null means DEFAULT. */
    void set(String name, String valueText) {
        change(valueText == null ? reset(name) : current.with(name, statement(name, valueText)));
    }

    /** SET of one of the proxy's own settings; null means DEFAULT. */
    void setOwn(String name, String value) {
        change(value == null ? reset(name) : current.with(name, value));
    }

    /** One of the proxy's own settings as SET, the startup message or the login's defaults have it, or null. */
    String own(String name) {
        String value = current.get(name);
        return value != null ? value : ownDefaults.get(name);
    }

    /** The application's name as a client has set it, empty when it has not. */
    String applicationName() {
        String statement = current.get("application_name");
        int to = statement == null ? -1 : statement.toUpperCase(Locale.ROOT).indexOf(" TO ");
        return to < 0 ? "" : statement.substring(to + 4).strip().replaceAll("^'|'$", "").replace("''", "'");
    }

    private Settings reset(String name) {
        String initial = startup.get(name);
        return initial == null ? current.without(name) : current.with(name, initial);
    }

    /** The statement that sets a name on a node; {@code valueText} as written, null for DEFAULT. */
    static String statement(String name, String valueText) {
        return "SET " + Settings.quoted(name) + " TO " + valueText;
    }

    /** What RESET of a name has to say to a node, given that the startup message may have set it. */
    String resetStatement(String name) {
        String initial = startup.get(name);
        return initial == null ? "RESET " + Settings.quoted(name) : initial;
    }

    List<String> resetAllStatements() {
        List<String> statements = new ArrayList<>(List.of("RESET ALL"));
        statements.addAll(startup.statements());
        return statements;
    }

    void resetAll() {
        change(startup);
    }

    void restore(Settings before) {
        change(before);
    }

    private void change(Settings newer) {
        if (newer == current) {
            return;
        }
        boolean planning = !java.util.Objects.equals(newer.get(SEARCH_PATH), current.get(SEARCH_PATH))
                || !java.util.Objects.equals(newer.get(STANDARD_STRINGS), current.get(STANDARD_STRINGS));
        current = newer;
        if (planning) {
            planKey = makePlanKey();
        }
    }

    void tempTable(String name) {
        var more = new java.util.HashSet<>(tempTables);
        more.add(name);
        tempTables = Set.copyOf(more);
        planKey = makePlanKey();
    }

    boolean hasTempTables() {
        return !tempTables.isEmpty();
    }

    void tempTables(Set<String> names) {
        if (!names.equals(tempTables)) {
            tempTables = Set.copyOf(names);
            planKey = makePlanKey();
        }
    }

    /** How long a transaction may idle as far as the session has said; 0 for ever. */
    long idleInTransactionNanos() {
        String statement = current.get("idle_in_transaction_session_timeout");
        return statement == null ? 0 : Settings.nanos(statement);
    }

    /** A statement has changed the catalog; noted for the end of its transaction. */
    void catalogChanges() {
        catalogChanged = true;
    }

    /** Whether a transaction that has ended changed the catalog; asked once. */
    boolean takeCatalogChange() {
        boolean changed = catalogChanged;
        catalogChanged = false;
        return changed;
    }

    private PlanKey makePlanKey() {
        String strings = effective(STANDARD_STRINGS);
        boolean standard = strings == null || !strings.matches("(?i)'?(off|false|no|0|f|n)'?");
        String path = effective(SEARCH_PATH);
        return new PlanKey(schemas(path == null ? "\"$user\", public" : path), tempTables, standard);
    }

    /** Whether transactions ask for one snapshot unless they say otherwise. */
    boolean defaultsToSnapshot() {
        String isolation = effective("default_transaction_isolation");
        return isolation != null && isolation.toLowerCase(Locale.ROOT).matches(".*(repeatable|serializable).*");
    }

    /** The value of a setting as text: what the session has set, otherwise the login's default, otherwise null. */
    private String effective(String name) {
        String statement = current.get(name);
        if (statement == null) {
            return defaults.apply(name);
        }
        String value = statement.substring(statement.toLowerCase(Locale.ROOT).indexOf(" to ") + 4).strip();
        return value.equalsIgnoreCase("default") ? defaults.apply(name) : value;
    }

    /** The schemas of a search path. */
    private List<String> schemas(String path) {
        List<String> schemas = new ArrayList<>();
        for (String part : path.split(",")) {
            String item = part.strip();
            String schema = item.length() > 1 && (item.startsWith("\"") || item.startsWith("'"))
                    ? item.substring(1, item.length() - 1).replace("\"\"", "\"").replace("''", "'")
                    : item.toLowerCase(Locale.ROOT);
            if (!schema.isEmpty()) {
                schemas.add(schema.equals("$user") ? login : schema);
            }
        }
        return schemas;
    }
}
