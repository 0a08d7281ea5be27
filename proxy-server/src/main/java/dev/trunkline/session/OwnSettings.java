package dev.trunkline.session;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.Node;
import dev.trunkline.config.FanOutPolicy;
import dev.trunkline.error.ProxyError;
import dev.trunkline.plan.PlanKey;
import dev.trunkline.sql.HintText;
import dev.trunkline.route.NodeRule;
import dev.trunkline.route.RoutingHint;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The settings that are the proxy's own, {@code trunkline.*}: the policy on fan-out and the routing hints. SET LOCAL counts
 * before SET, then the startup message, then what ALTER ROLE and ALTER DATABASE give the login. No node hears of them.
 *
 * <p>Confined to the session's event loop.
 */
final class OwnSettings {

    static final String SHARD_KEY = "trunkline.shard_key";
    static final String NODE = "trunkline.node";
    static final Set<String> NAMES = Set.of(FanOutRules.SETTING, SHARD_KEY, NODE);

    private final ServedDatabase database;
    private final SessionSettings settings;
    private final Transaction transaction;
    private Settings readFrom;
    private RoutingHint ofSession;
    private PlanKey keyOf;
    private PlanKey hintedKey;

    OwnSettings(ServedDatabase database, SessionSettings settings, Transaction transaction) {
        this.database = database;
        this.settings = settings;
        this.transaction = transaction;
    }

    /** @throws dev.trunkline.error.ProxyException 42704 unless the proxy has such a setting of its own */
    static String require(String name) {
        if (!NAMES.contains(name)) {
            throw ProxyError.UNDEFINED_SETTING.with(name);
        }
        return name;
    }

    /**
     * The value of a setting as SET has it, in the form that it is kept in: several values become a list in parentheses.
     *
     * @param text as written, or the bare value of a startup message
     */
    static String valueOf(String name, String text, Catalog catalog) {
        List<String> items = SettingValues.of(text);
        if (items == null) {
            throw invalid(name, text, "Write one value, in quotes where it is no plain word.");
        }
        return checked(name, items.size() == 1
                ? items.getFirst()
                : "('" + String.join("', '", items.stream().map(i -> i.replace("'", "''")).toList()) + "')", catalog);
    }

    /** A bare value that a setting may have. */
    static String checked(String name, String value, Catalog catalog) {
        switch (name) {
            case SHARD_KEY -> HintText.key(value);
            case NODE -> node(value, catalog);
            default -> {
                return FanOutRules.word(FanOutRules.policy(value));
            }
        }
        return value;
    }

    private static RuntimeException invalid(String name, String value, String hint) {
        return ProxyError.INVALID_PARAMETER_VALUE.with(
                "invalid value for parameter \"" + name + "\": \"" + value + "\"",
                hint);
    }

    private static int node(String value, Catalog catalog) {
        if (value == null || value.isBlank()) {
            return NodeRule.NO_NODE;
        }
        for (Node node : catalog.nodes()) {
            if (node.name().equals(value)) {
                return node.index();
            }
        }
        throw invalid(NODE, value, "The database's nodes are "
                + String.join(", ", catalog.nodes().stream().map(Node::name).toList()) + ".");
    }

    /** The value that counts, or null where nothing sets it. */
    String get(String name) {
        String local = transaction.own(name);
        return local != null ? local : settings.own(name);
    }

    /** As SHOW has it. */
    String shown(String name, String user) {
        String value = get(name);
        if (!name.equals(FanOutRules.SETTING)) {
            return value == null ? "" : value;
        }
        return value != null
                ? value.toLowerCase(Locale.ROOT)
                : FanOutRules.word(database.fanOutRules().ofUser(user, database.catalog()));
    }

    /** The policy on fan-out that the session has, or null. */
    FanOutPolicy fanOut() {
        String word = get(FanOutRules.SETTING);
        return word == null ? null : FanOutRules.policy(word);
    }

    /** The routing hint of the session's statements, or null. */
    RoutingHint hint() {
        if (transaction.hasOwn()) {
            return hint(get(SHARD_KEY), get(NODE));
        }
        if (readFrom != settings.current()) {
            ofSession = hint(settings.own(SHARD_KEY), settings.own(NODE));
            readFrom = settings.current();
        }
        return ofSession;
    }

    private RoutingHint hint(String key, String node) {
        boolean named = node != null && !node.isBlank();
        List<String> values = HintText.key(key);
        if (values == null && !named) {
            return null;
        }
        return new RoutingHint(values, named ? node(node, database.catalog()) : NodeRule.NO_NODE,
                (values == null ? "" : SHARD_KEY + " = " + key) + (values != null && named ? " with " : "")
                        + (named ? NODE + " = " + node : ""));
    }

    /** What shapes the plans of the session's statements, hints included. */
    PlanKey planKey(PlanKey withoutHints) {
        RoutingHint hint = hint();
        if (hint == null) {
            return withoutHints;
        }
        if (keyOf != withoutHints || hintedKey.hints() != hint.kind()) {
            keyOf = withoutHints;
            hintedKey = withoutHints.with(hint.kind());
        }
        return hintedKey;
    }
}
