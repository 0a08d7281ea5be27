package dev.trunkline.sql;

import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads hints as they are written: those of a routing comment, {@code key=42, node=a, fan_out=allow}, and a shard key, which
 * is one value or, for a key of several columns, a list in parentheses. A value with blanks or punctuation stands in quotes.
 */
public final class HintText {

    private static final Set<String> NAMES = Set.of("key", "node", "fan_out");

    private final String text;
    private int at;

    private HintText(String text) {
        this.text = text;
    }

    /**
     * What a routing comment says after {@code trunkline:}, by name. Of a name that is written twice the last counts.
     *
     * @throws ProxyException
     *             22023 for what is no hint
     */
    public static Map<String, List<String>> comment(String comment) {
        HintText hints = new HintText(comment);
        Map<String, List<String>> found = new LinkedHashMap<>();
        while (hints.skip(",;")) {
            String name = hints.word("=").toLowerCase(java.util.Locale.ROOT);
            if (!NAMES.contains(name)) {
                throw wrong("unrecognized routing hint \"" + name + "\"",
                        "A routing comment knows key, node and fan_out.");
            }
            if (!hints.skip("") || hints.text.charAt(hints.at) != '=') {
                throw wrong("routing hint \"" + name + "\" has no value", "Write it as " + name + "=...");
            }
            hints.at++;
            List<String> values = hints.values();
            if (values.isEmpty() || values.size() > 1 && !name.equals("key")) {
                throw wrong("routing hint \"" + name + "\" has " + (values.isEmpty() ? "no value" : "several values"),
                        "Write it as " + name + "=...");
            }
            found.put(name, values);
        }
        return found;
    }

    /** The columns' values of a shard key that a setting has; null for an empty text, which means that there is none. */
    public static List<String> key(String setting) {
        if (setting == null || setting.isBlank()) {
            return null;
        }
        String stripped = setting.strip();
        if (!stripped.startsWith("(")) {
            return List.of(setting);
        }
        HintText hint = new HintText(stripped);
        List<String> values = hint.values();
        if (hint.skip("") || values.isEmpty()) {
            throw unreadableKey(setting);
        }
        return values;
    }

    private static ProxyException unreadableKey(String setting) {
        return wrong("invalid shard key in a routing hint: \"" + setting + "\"",
                "Write one value, or a list like (42, 'eu') for a key of several columns.");
    }

    private static ProxyException wrong(String message, String hint) {
        return ProxyError.INVALID_PARAMETER_VALUE.with(message, hint);
    }

    /** Passes blanks and the given separators; false at the end. */
    private boolean skip(String separators) {
        while (at < text.length()
                && (Character.isWhitespace(text.charAt(at)) || separators.indexOf(text.charAt(at)) >= 0)) {
            at++;
        }
        return at < text.length();
    }

    private String word(String end) {
        int from = at;
        while (at < text.length() && !Character.isWhitespace(text.charAt(at))
                && (",;()" + end).indexOf(text.charAt(at)) < 0) {
            at++;
        }
        return text.substring(from, at);
    }

    private List<String> values() {
        List<String> values = new ArrayList<>();
        if (!skip("")) {
            return values;
        }
        if (text.charAt(at) != '(') {
            String value = value();
            if (value != null) {
                values.add(value);
            }
            return values;
        }
        do {
            at++;
            String value = skip("") ? value() : null;
            if (value == null) {
                throw unreadableKey(text);
            }
            values.add(value);
        } while (skip("") && text.charAt(at) == ',');
        if (at >= text.length() || text.charAt(at) != ')') {
            throw unreadableKey(text);
        }
        at++;
        return values;
    }

    /** A value, in quotes or bare; null where there is none. */
    private String value() {
        char quote = text.charAt(at);
        if (quote != '\'' && quote != '"') {
            String word = word("");
            if (word.indexOf('\'') >= 0 || word.indexOf('"') >= 0) {
                throw unreadableKey(text);
            }
            return word.isEmpty() ? null : word;
        }
        StringBuilder value = new StringBuilder();
        for (at++; at < text.length(); at++) {
            if (text.charAt(at) == quote) {
                if (at + 1 >= text.length() || text.charAt(at + 1) != quote) {
                    at++;
                    return value.toString();
                }
                at++;
            }
            value.append(text.charAt(at));
        }
        throw unreadableKey(text);
    }
}
