package dev.trunkline.session;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.error.ProxyError;
import dev.trunkline.plan.PlanKey;
import dev.trunkline.wire.ClientEncoding;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * A session's settings as they stand, with what they mean to planning: the search path, string syntax and temp tables. Those
 * that came with the startup message are what RESET goes back to.
 */
public final class SessionSettings {

    static final String ENCODING = "client_encoding";
    static final String SEARCH_PATH = "search_path";
    /** Lists whose elements SET quotes, so that it takes a list in one text for one element. */
    private static final Set<String> LISTS = Set.of(SEARCH_PATH, "temp_tablespaces");
    private static final String STANDARD_STRINGS = "standard_conforming_strings";

    private final String login;
    private final UnaryOperator<String> defaults;
    private final Settings startup;
    /** What ALTER ROLE and ALTER DATABASE say of the proxy's own settings, as it was at log-in. */
    private final Map<String, String> ownDefaults = new HashMap<>();
    private Settings current;
    private boolean shared;
    private PlanKey planKey;
    /** What the client speaks, or null for UTF-8. */
    private ClientEncoding encoding;
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
        this.encoding = encodingOf(startup);
    }

    /**
     * Settings from the parameters of the startup message, without user, database and the like.
     *
     * @param login the session's user at the nodes, which {@code "$user"} stands for
     * @param defaults what the login has for a setting without setting it, null where PostgreSQL's own default holds
     * @param altered what ALTER ROLE and ALTER DATABASE give the login: for this session it stays so
     */
    public static SessionSettings of(String login, UnaryOperator<String> defaults, Map<String, String> altered,
            Iterable<java.util.Map.Entry<String, String>> parameters, Catalog catalog) {
        Settings settings = Settings.NONE;
        for (var setting : altered.entrySet()) {
            settings = settings.with(setting.getKey(),
                    Settings.configuration(setting.getKey(), setting.getValue(), false));
        }
        for (var parameter : parameters) {
            String name = parameter.getKey().toLowerCase(Locale.ROOT);
            if (name.startsWith(Settings.OWN)) {
                settings = settings.with(OwnSettings.require(name),
                        OwnSettings.checked(name, parameter.getValue(), catalog));
                continue;
            }
            if (PassingSetting.isOne(name)) {
                // In PostgreSQL, too, it is over with the log-in's own transaction.
                continue;
            }
            settings = settings.with(name, LISTS.contains(name)
                    ? Settings.configuration(name, parameter.getValue(), false)
                    : Settings.assignment(name, parameter.getValue()));
        }
        return new SessionSettings(login, defaults, settings);
    }

    Settings current() {
        return current;
    }

    /** Takes the worker's instance of the current ones; only between transactions, which tell by identity what they change. */
    void share(Worker worker) {
        if (!shared) {
            shared = true;
            current = worker.shared(current);
        }
    }

    PlanKey planKey() {
        return planKey;
    }

    /** SET of the session; {@code valueText} null means DEFAULT, which for who the session is goes back to the role, too. */
    void set(String name, String valueText) {
        change(valueText == null ? reset(name) : current.with(name, statement(name, valueText)));
        if (valueText == null && name.equals(Settings.AUTHORIZATION)) {
            change(reset(Settings.ROLE));
        }
    }

    /** SET LOCAL, by a statement that says so to nodes. */
    void setLocal(String name, String statement) {
        change(current.withLocal(name, statement));
    }

    /** set_config, by a statement that says so to nodes. */
    void configure(String name, String statement) {
        change(current.with(name, statement));
    }

    /** What SET LOCAL has said ends with its transaction. */
    void transactionEnded() {
        change(current.withoutLocals());
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
        String value = statement == null ? "" : Settings.value(statement);
        return statement == null || Settings.isConfiguration(statement)
                ? value
                : value.replaceAll("^'|'$", "").replace("''", "'");
    }

    private Settings reset(String name) {
        String initial = startup.get(name);
        return initial == null ? current.without(name) : current.with(name, initial);
    }

    /** The statement that sets a name on a node; {@code valueText} as written, null for DEFAULT. */
    static String statement(String name, String valueText) {
        return isInterval(name, valueText)
                ? "SET TIME ZONE " + valueText
                : "SET " + Settings.quoted(name) + " TO " + valueText;
    }

    /** As above, until the transaction's end; null for DEFAULT, which is what the startup message said. */
    String localStatement(String name, String valueText) {
        String initial = startup.get(name);
        if (valueText == null && initial != null) {
            String value = Settings.value(initial);
            return Settings.isConfiguration(initial)
                    ? Settings.configuration(name, value, true)
                    : localStatement(name, value);
        }
        String value = valueText == null ? "DEFAULT" : valueText;
        return isInterval(name, value)
                ? "SET LOCAL TIME ZONE " + value
                : "SET LOCAL " + Settings.quoted(name) + " TO " + value;
    }

    /** The one value that has a syntax of its own. */
    private static boolean isInterval(String name, String valueText) {
        return name.equals("timezone") && valueText.regionMatches(true, 0, "interval", 0, 8);
    }

    /** What SET or set_config has said of a name since the log-in, or null. */
    String saidSince(String name) {
        String statement = current.now(name);
        return statement == null || statement.equals(startup.get(name)) ? null : Settings.value(statement);
    }

    /** Whether the startup message has set it. */
    boolean isOfStartup(String name) {
        return startup.get(name) != null;
    }

    /** What RESET of a name has to say to a node, given that the startup message may have set it. */
    String resetStatement(String name) {
        String initial = startup.get(name);
        return initial == null ? "RESET " + Settings.quoted(name) : initial;
    }

    /** As above, with what RESET takes along: who the session is goes back to the role of the startup message, too. */
    List<String> resetStatements(String name) {
        return name.equals(Settings.AUTHORIZATION) && isOfStartup(Settings.ROLE)
                ? List.of(resetStatement(name), resetStatement(Settings.ROLE))
                : List.of(resetStatement(name));
    }

    /** One by one: in a pipeline only single statements can be said. */
    List<String> resetAllStatements() {
        List<String> statements = new ArrayList<>(List.of("RESET ALL"));
        statements.addAll(startup.statements());
        return statements;
    }

    /** RESET ALL leaves alone who the session is. */
    void resetAll() {
        Settings reset = startup;
        for (String name : Settings.WHO) {
            String statement = current.get(name);
            reset = statement == null ? reset.without(name) : reset.with(name, statement);
        }
        change(reset);
    }

    /** DISCARD ALL. */
    void discardAll() {
        change(startup);
    }

    void restore(Settings before) {
        change(before);
    }

    private void change(Settings newer) {
        if (newer == current) {
            return;
        }
        boolean planning = !Objects.equals(newer.now(SEARCH_PATH), current.now(SEARCH_PATH))
                || !Objects.equals(newer.now(STANDARD_STRINGS), current.now(STANDARD_STRINGS));
        boolean speaking = !Objects.equals(newer.now(ENCODING), current.now(ENCODING));
        current = newer;
        shared = false;
        if (planning) {
            planKey = makePlanKey();
        }
        if (speaking) {
            encoding = encodingOf(newer);
        }
    }

    static ClientEncoding encodingOf(Settings settings) {
        String statement = settings.now(ENCODING);
        return statement == null ? null : ClientEncoding.of(Settings.value(statement));
    }

    /** Whether nothing but UTF-8 is to be expected of the client: under SQL_ASCII it may say anything. */
    boolean speaksUtf8() {
        return encoding == null && current.now(ENCODING) == null;
    }

    /** What the client speaks, or null for UTF-8. */
    ClientEncoding clientEncoding() {
        return encoding;
    }

    /**
     * Refuses what several nodes' texts are compared for unless the client speaks UTF-8: only so do they compare as the nodes' own.
     */
    void requireUtf8() {
        if (encoding != null) {
            throw ProxyError.NOT_OVER_NODES.with(
                    "a statement for several nodes whose texts are compared, with client_encoding " + encoding.name()
                            + ",",
                    "Restrict it to one shard key, or SET client_encoding TO 'UTF8'.");
        }
    }

    void tempTable(String name) {
        var more = new java.util.HashSet<>(tempTables);
        more.add(name);
        tempTables = Set.copyOf(more);
        planKey = makePlanKey();
    }

    boolean hasTempTable(String name) {
        return tempTables.contains(name);
    }

    /** These are gone. Gives those that are left. */
    Set<String> withoutTempTables(Set<String> gone) {
        var fewer = new java.util.HashSet<>(tempTables);
        fewer.removeAll(gone);
        tempTables(fewer);
        return tempTables;
    }

    boolean hasTempTables() {
        return !tempTables.isEmpty();
    }

    /** Whether there are temp tables beside these and those. */
    boolean hasOtherTempTables(Set<String> these, Set<String> those) {
        return tempTables.stream().anyMatch(name -> !these.contains(name) && !those.contains(name));
    }

    void tempTables(Set<String> names) {
        if (!names.equals(tempTables)) {
            tempTables = Set.copyOf(names);
            planKey = makePlanKey();
        }
    }

    /** A statement has changed the catalog; noted for the end of its transaction. */
    void catalogChanges() {
        catalogChanged = true;
    }

    /** Whether the transaction at hand has changed the catalog so far, perhaps in a part of it that was undone. */
    boolean isCatalogChanging() {
        return catalogChanged;
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
        return new PlanKey(schemas(path), tempTables, standard);
    }

    /** What shapes plans when another search path holds; {@code valueText} null means DEFAULT. */
    PlanKey withSearchPath(PlanKey key, String valueText) {
        String path = valueText;
        if (path == null) {
            String initial = startup.get(SEARCH_PATH);
            path = initial == null ? defaults.apply(SEARCH_PATH) : Settings.value(initial);
        }
        return new PlanKey(schemas(path), key.tempTables(), key.standardConformingStrings()).with(key.hints());
    }

    /** Whether transactions ask for one snapshot unless they say otherwise. */
    boolean defaultsToSnapshot() {
        String isolation = effective("default_transaction_isolation");
        return isolation != null && isolation.toLowerCase(Locale.ROOT).matches(".*(repeatable|serializable).*");
    }

    /** Whether {@code client_min_messages} lets a NOTICE or a WARNING through. */
    boolean wants(String severity) {
        String least = effective("client_min_messages");
        return least == null || switch (least.replace("'", "").toLowerCase(Locale.ROOT)) {
            case "error" -> false;
            case "warning" -> severity.equals("WARNING");
            default -> true;
        };
    }

    /** The value of a setting as text: what the session has set, otherwise the login's default, otherwise null. */
    String effective(String name) {
        String statement = current.now(name);
        if (statement == null) {
            return defaults.apply(name);
        }
        String value = Settings.value(statement);
        return value.equalsIgnoreCase("default") ? defaults.apply(name) : value;
    }

    /** The schemas of a search path. */
    private List<String> schemas(String valueText) {
        String path = valueText == null ? "\"$user\", public" : valueText;
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
