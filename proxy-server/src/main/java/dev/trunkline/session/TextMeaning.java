package dev.trunkline.session;

import dev.trunkline.backend.StatementNames;
import dev.trunkline.plan.PlanKey;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What decides what a statement's text means to a session now: which tables its names stand for, and which values its string
 * constants, which PostgreSQL reads when it parses the text. Sessions to which a text means the same share what nodes prepare of it.
 */
final class TextMeaning {

    /** The settings by which PostgreSQL reads constants, and operators of them, when it parses. */
    private static final List<String> OF_CONSTANTS = List.of("timezone", "datestyle", "intervalstyle",
            "timezone_abbreviations", "lc_monetary", "xmloption", "array_nulls", "backslash_quote");
    private static final String OF_COMPARISONS = "transform_null_equals";

    /** Names, and what those settings are set to. */
    private record Constants(Object names, Map<String, String> settings) {}

    private record Names(PlanKey key, String comparisons) {}

    private final Session session;
    private PlanKey key;
    private Settings settings;
    private Object names;
    private Object constants;

    TextMeaning(Session session) {
        this.session = session;
    }

    /** One object for all sessions to which a text means the same; {@code withConstants} when it may have string constants. */
    Object now(boolean withConstants) {
        SessionSettings of = session.settings();
        if (key != of.planKey() || settings != of.current()) {
            StatementNames known = session.database().statementNames();
            key = of.planKey();
            settings = of.current();
            names = known.meaning(new Names(key, settings.now(OF_COMPARISONS)));
            Map<String, String> set = new HashMap<>();
            for (String name : OF_CONSTANTS) {
                String statement = settings.now(name);
                if (statement != null) {
                    set.put(name, statement);
                }
            }
            constants = set.isEmpty() ? names : known.meaning(new Constants(names, set));
        }
        return withConstants ? constants : names;
    }
}
