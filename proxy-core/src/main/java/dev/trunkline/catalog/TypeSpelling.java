package dev.trunkline.catalog;

import dev.trunkline.sql.TypeName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A column's type as DDL spells it, resolved to OID and {@code atttypmod} without asking a node. A type that is not built in
 * has OID 0.
 */
record TypeSpelling(int oid, String display, int modifier, boolean collatable, boolean serial) {

    private static final Pattern WRITTEN = Pattern.compile("([^(\\[]+?)\\s*(?:\\(([0-9, -]+)\\))?\\s*((?:\\[\\])*)");

    private static final Map<String, String> ALIASES = Map.ofEntries(Map.entry("smallint", "int2"),
            Map.entry("integer", "int4"), Map.entry("int", "int4"), Map.entry("bigint", "int8"),
            Map.entry("real", "float4"), Map.entry("double precision", "float8"), Map.entry("decimal", "numeric"),
            Map.entry("boolean", "bool"), Map.entry("character varying", "varchar"), Map.entry("char", "bpchar"),
            Map.entry("character", "bpchar"), Map.entry("timestamp without time zone", "timestamp"),
            Map.entry("timestamp with time zone", "timestamptz"), Map.entry("time without time zone", "time"),
            Map.entry("time with time zone", "timetz"));

    private static final Map<String, String> SERIALS = Map.of("serial", "int4", "serial4", "int4", "bigserial", "int8",
            "serial8", "int8", "smallserial", "int2", "serial2", "int2");

    /** Of a text like {@code numeric(10,2)} or {@code text[]}. */
    static TypeSpelling of(String text) {
        Matcher m = WRITTEN.matcher(text.strip());
        if (!m.matches()) {
            throw new IllegalArgumentException("not a type: " + text);
        }
        List<Integer> modifiers = new ArrayList<>();
        if (m.group(2) != null) {
            for (String number : m.group(2).split(",")) {
                modifiers.add(Integer.parseInt(number.strip()));
            }
        }
        String name = m.group(1).strip();
        if ((name.equals("char") || name.equals("character")) && modifiers.isEmpty()) {
            modifiers.add(1);
        }
        return of(name, modifiers, !m.group(3).isEmpty());
    }

    /** Of a parsed type. */
    static TypeSpelling of(TypeName type) {
        return of(type.name().last(), type.modifiers(), type.arrayDimensions() > 0);
    }

    private static TypeSpelling of(String written, List<Integer> modifiers, boolean array) {
        String element = SERIALS.getOrDefault(written, ALIASES.getOrDefault(written, written));
        Builtins.Type type = Builtins.postgres().type(array ? "_" + element : element);
        int modifier = modifier(element, modifiers);
        if (type == null) {
            return new TypeSpelling(0, written, modifier, false, false);
        }
        return new TypeSpelling(type.oid(), type.display(), modifier, type.collatable(), SERIALS.containsKey(written));
    }

    /** As each type's typmodin function packs it. */
    private static int modifier(String type, List<Integer> modifiers) {
        if (modifiers.isEmpty()) {
            return -1;
        }
        int first = modifiers.getFirst();
        return switch (type) {
            case "varchar", "bpchar" -> first + 4;
            case "numeric" -> ((first << 16) | ((modifiers.size() > 1 ? modifiers.get(1) : 0) & 0x7ff)) + 4;
            case "bit", "varbit", "timestamp", "timestamptz", "time", "timetz" -> first;
            default -> -1;
        };
    }
}
