package dev.trunkline.config;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A key that a newer reading of the file has another value for. {@code before} is null for a key that is new, {@code after}
 * for one that is gone; secrets are stars.
 */
public record ConfigurationChange(String key, String before, String after, Changeable changeable) {

    /** What differs, in the order of the file as it was, then what is new. */
    public static List<ConfigurationChange> between(Configuration older, Configuration newer) {
        Map<String, Setting> before = older.settings();
        Map<String, Setting> after = newer.settings();
        List<ConfigurationChange> changes = new ArrayList<>();
        for (String database : union(older.databases().keySet(), newer.databases().keySet())) {
            // A database comes and goes as a whole.
            boolean was = older.databases().containsKey(database);
            if (was != newer.databases().containsKey(database)) {
                changes.add(new ConfigurationChange("databases." + database, was ? "served" : null,
                        was ? null : "served", Changeable.of("databases.*")));
                String below = "databases." + database + ".";
                before.keySet().removeIf(key -> key.startsWith(below));
                after.keySet().removeIf(key -> key.startsWith(below));
            }
        }
        for (String key : union(before.keySet(), after.keySet())) {
            Setting old = before.get(key);
            Setting now = after.get(key);
            if (old == null || now == null || !old.sameValue(now)) {
                changes.add(new ConfigurationChange(key, old == null ? null : old.text(),
                        now == null ? null : now.text(), (old == null ? now : old).changeable()));
            }
        }
        return changes;
    }

    private static Set<String> union(Set<String> some, Set<String> others) {
        Set<String> all = new LinkedHashSet<>(some);
        all.addAll(others);
        return all;
    }

    /** {@code key: before -> after}. */
    @Override
    public String toString() {
        return key + ": " + (before == null ? "(nothing)" : before) + " -> " + (after == null ? "(nothing)" : after);
    }
}
