package dev.trunkline.plan;

import dev.trunkline.route.BoundValues;
import dev.trunkline.route.KeyValue;
import dev.trunkline.route.NodeRule;
import dev.trunkline.value.PgOid;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The values that a comment before a statement gives its parameters: {@code -- params: 7, 'x', null}. */
record ExplainParameters(List<String> values, List<Boolean> quoted, String sql) {

    private static final Pattern COMMENT = Pattern.compile("\\A(\\s*)--[ \\t]*params:([^\\n]*)(?:\\n|\\z)");
    private static final Pattern OTHER_COMMENT = Pattern.compile("\\A\\s*--[^\\n]*(?:\\n|\\z)");
    private static final Pattern VALUE = Pattern.compile("\\s*(?:'((?:[^']++|'')*+)'|([^,']*))\\s*(?:,|\\z)");

    /** Takes the comment off a statement's text. */
    static ExplainParameters before(String text) {
        List<String> values = new ArrayList<>();
        List<Boolean> quoted = new ArrayList<>();
        String rest = text;
        while (true) {
            Matcher comment = COMMENT.matcher(rest);
            if (comment.find()) {
                read(comment.group(2), values, quoted);
                return new ExplainParameters(values, quoted, rest.substring(comment.end()).strip());
            }
            Matcher other = OTHER_COMMENT.matcher(rest);
            if (!other.find()) {
                return new ExplainParameters(values, quoted, text.strip());
            }
            rest = rest.substring(other.end());
        }
    }

    private static void read(String list, List<String> values, List<Boolean> quoted) {
        Matcher value = VALUE.matcher(list);
        int at = 0;
        while (at < list.length() && value.find(at) && value.start() == at) {
            String text = value.group(1) != null ? value.group(1).replace("''", "'") : value.group(2).strip();
            boolean isNull = value.group(1) == null && text.equalsIgnoreCase("null");
            values.add(isNull ? null : text);
            quoted.add(value.group(1) != null);
            at = value.end();
        }
    }

    /** Whether there is a value for each of these parameters. */
    boolean cover(int[] numbers) {
        for (int number : numbers) {
            if (number > values.size()) {
                return false;
            }
        }
        return true;
    }

    /** The values as a driver would send them in text: a number by its own type where the statement leaves the type open. */
    BoundValues bind(BoundValues bound, StatementPlan plan) {
        int count = values.size();
        int[] offsets = new int[count];
        int[] lengths = new int[count];
        int[] oids = new int[count];
        StringBuilder body = new StringBuilder();
        for (int i = 0; i < count; i++) {
            offsets[i] = body.toString().getBytes(StandardCharsets.UTF_8).length;
            lengths[i] = -1;
            if (values.get(i) != null) {
                body.append(values.get(i));
                lengths[i] = values.get(i).getBytes(StandardCharsets.UTF_8).length;
                oids[i] = quoted.get(i) || isSure(i + 1, plan) ? PgOid.UNSPECIFIED : numberType(values.get(i));
            }
        }
        return bound.parameters(body.toString().getBytes(StandardCharsets.UTF_8), offsets, lengths, new short[0], 0,
                oids,
                count);
    }

    private static int numberType(String text) {
        if (text.matches("[+-]?[0-9]{1,9}")) {
            return PgOid.INT4;
        }
        return text.matches("[+-]?[0-9]{1,18}")
                ? PgOid.INT8
                : text.matches("[+-]?[0-9.]+")
                        ? PgOid.NUMERIC
                        : PgOid.UNSPECIFIED;
    }

    private static boolean isSure(int number, StatementPlan plan) {
        return !(plan.rule() instanceof NodeRule.ByKey byKey) || byKey.keys().stream()
                .flatMap(key -> key.alternatives().stream()).flatMap(List::stream)
                .allMatch(value -> !(value instanceof KeyValue.Parameter p && p.number() == number
                        && !p.takesColumnType()));
    }
}
