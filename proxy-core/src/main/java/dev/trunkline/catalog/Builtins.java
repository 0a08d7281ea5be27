package dev.trunkline.catalog;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * PostgreSQL's own functions, relations and types, of every supported version together, for use without a node. A catalog
 * that was discovered holds the node's own instead.
 */
public final class Builtins {

    /** A built-in type. {@code display} is as {@code format_type} spells it. */
    public record Type(String name, int oid, String display, boolean collatable) {}

    /** A function's result, 0 where it returns rows, and its arguments, by the OIDs of their types. */
    public record Signature(int result, List<Integer> arguments) {

        public Signature {
            arguments = List.copyOf(arguments);
        }
    }

    private static final Builtins POSTGRES = read();

    private final Map<String, FunctionFacts> functions;
    private final List<RelationName> relations;
    private final Map<String, Type> types;
    private final Map<Integer, String> names = new HashMap<>();
    private final Map<String, Signature> signatures;

    private Builtins(Map<String, FunctionFacts> functions, List<RelationName> relations, Map<String, Type> types,
            Map<String, Signature> signatures) {
        this.functions = Map.copyOf(functions);
        this.relations = List.copyOf(relations);
        this.types = Map.copyOf(types);
        types.values().forEach(type -> names.put(type.oid(), type.display()));
        this.signatures = Map.copyOf(signatures);
    }

    public static Builtins postgres() {
        return POSTGRES;
    }

    public Map<String, FunctionFacts> functions() {
        return functions;
    }

    /** The tables and views of {@code pg_catalog} and {@code information_schema}. */
    public List<RelationName> relations() {
        return relations;
    }

    /** The type with this {@code pg_type.typname}, or null. */
    public Type type(String name) {
        return types.get(name);
    }

    /** The name of a type as {@code format_type} spells it, or null for a type that isn't built in. */
    public String typeName(int oid) {
        return names.get(oid);
    }

    /** The signature of a function where only one overload in every version takes so many arguments, or null. */
    public Signature signature(String function, int arguments) {
        return signatures.get(function + '/' + arguments);
    }

    private static Builtins read() {
        Map<String, FunctionFacts> functions = new HashMap<>();
        List<RelationName> relations = new ArrayList<>();
        Map<String, Type> types = new HashMap<>();
        Map<String, Signature> signatures = new HashMap<>();
        try (InputStream in = Builtins.class.getResourceAsStream("builtins.txt");
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("#")) {
                    continue;
                }
                String[] field = line.split("\\|");
                switch (field[0]) {
                    case "function" -> functions.put(field[1], function(field));
                    case "relation" -> relations.add(new RelationName(field[1], field[2]));
                    case "type" -> types.put(field[1],
                            new Type(field[1], Integer.parseInt(field[2]), field[3], Boolean.parseBoolean(field[4])));
                    case "signature" -> {
                        Signature signature = new Signature(Integer.parseInt(field[2]),
                                Arrays.stream(field[3].split(",")).map(Integer::valueOf).toList());
                        signatures.put(field[1] + '/' + signature.arguments().size(), signature);
                    }
                    default -> throw new IllegalStateException("builtins.txt: " + line);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Builtins(functions, relations, types, signatures);
    }

    private static FunctionFacts function(String[] field) {
        EnumSet<FunctionFacts.Kind> kinds = EnumSet.noneOf(FunctionFacts.Kind.class);
        for (String kind : field[2].split(",")) {
            kinds.add(FunctionFacts.Kind.valueOf(kind.toUpperCase(Locale.ROOT)));
        }
        return new FunctionFacts(field[1], kinds,
                FunctionFacts.Volatility.valueOf(field[3].toUpperCase(Locale.ROOT)), true,
                Boolean.parseBoolean(field[4]), null);
    }
}
