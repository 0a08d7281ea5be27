package dev.trunkline.config;

import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Replaces {@code ${NAME}} and {@code ${NAME:-default}} in the values of the file; {@code $$} stands for a dollar sign before a brace. */
final class Environment {

    private static final Pattern REFERENCE = Pattern
            .compile("\\$(\\$(?=\\{)|\\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?})");

    private final UnaryOperator<String> variables;

    /** {@code variables} gives the value of a name, or null. */
    Environment(UnaryOperator<String> variables) {
        this.variables = variables;
    }

    /** The text with everything replaced, or null after reporting a name that is not set. */
    String replace(String text, Position position, String path, Problems problems) {
        if (text.indexOf("${") < 0) {
            return text;
        }
        StringBuilder replaced = new StringBuilder();
        Matcher m = REFERENCE.matcher(text);
        int from = 0;
        boolean complete = true;
        while (m.find()) {
            replaced.append(text, from, m.start());
            from = m.end();
            if (m.group(2) == null) {
                replaced.append('$');
                continue;
            }
            String value = variables.apply(m.group(2));
            if (value == null || value.isEmpty() && m.group(3) != null) {
                value = m.group(3);
            }
            if (value == null) {
                problems.error(position, path, "the environment has no variable " + m.group(2)
                        + ", and no default is given as ${" + m.group(2) + ":-default}");
                complete = false;
            } else {
                replaced.append(value);
            }
        }
        replaced.append(text, from, text.length());
        return complete ? replaced.toString() : null;
    }
}
