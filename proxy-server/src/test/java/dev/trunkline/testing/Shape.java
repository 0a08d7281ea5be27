package dev.trunkline.testing;

import dev.trunkline.wire.Bytes;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/**
 * A message as a conversation writes it: its name, its parts in order, and its named parts. A pattern is a shape too, of
 * which {@code *} fits anything, a named part that is left out is not looked at, and a last {@code ...} fits all that
 * follows.
 */
record Shape(String name, List<Part> parts, Map<String, Part> named) {

    sealed interface Part {

        /** A quoted text or {@code x'hex'}. */
        record Text(Bytes bytes) implements Part {

            @Override
            public String toString() {
                return Shape.quoted(bytes);
            }
        }

        /** A number or a bare word. */
        record Word(String word) implements Part {

            @Override
            public String toString() {
                return word;
            }
        }

        record Null() implements Part {

            @Override
            public String toString() {
                return "null";
            }
        }

        record Any() implements Part {

            @Override
            public String toString() {
                return "*";
            }
        }

        record Rest() implements Part {

            @Override
            public String toString() {
                return "...";
            }
        }

        record Seq(List<Part> parts) implements Part {

            @Override
            public String toString() {
                var text = new StringJoiner(" ", "[", "]");
                parts.forEach(p -> text.add(p.toString()));
                return text.toString();
            }
        }
    }

    Shape {
        parts = List.copyOf(parts);
        named = Map.copyOf(new LinkedHashMap<>(named));
    }

    static Shape of(String name, Part... parts) {
        return new Shape(name, List.of(parts), Map.of());
    }

    /** Whether a message of the shape {@code actual} is one that this pattern means. */
    boolean fits(Shape actual) {
        return (name.equals("*") || name.equals(actual.name)) && fits(parts, actual.parts)
                && named.entrySet().stream().allMatch(e -> actual.named.containsKey(e.getKey())
                        && fits(e.getValue(), actual.named.get(e.getKey())));
    }

    private static boolean fits(List<Part> pattern, List<Part> actual) {
        boolean open = !pattern.isEmpty() && pattern.getLast() instanceof Part.Rest;
        int fixed = open ? pattern.size() - 1 : pattern.size();
        if (open ? actual.size() < fixed : actual.size() != fixed) {
            return false;
        }
        for (int i = 0; i < fixed; i++) {
            if (!fits(pattern.get(i), actual.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean fits(Part pattern, Part actual) {
        return switch (pattern) {
            case Part.Any any -> true;
            case Part.Seq seq -> actual instanceof Part.Seq other && fits(seq.parts, other.parts);
            case Part.Word word -> actual instanceof Part.Word other && attributes(word.word, other.word);
            case Part.Text text -> text.equals(actual);
            case Part.Null none -> none.equals(actual);
            case Part.Rest rest -> throw new IllegalArgumentException("... may only stand at the end");
        };
    }

    /** A column is {@code name:type/attribute/attribute...}; those that the pattern leaves out are not looked at. */
    private static boolean attributes(String pattern, String actual) {
        if (pattern.equals(actual)) {
            return true;
        }
        return actual.indexOf('/') > 0 && List.of(actual.split("/")).containsAll(List.of(pattern.split("/")));
    }

    Part part(int index) {
        if (index >= parts.size()) {
            throw new IllegalArgumentException(name + " lacks part " + (index + 1));
        }
        return parts.get(index);
    }

    String text(int index) {
        return switch (part(index)) {
            case Part.Text t -> t.bytes.text();
            case Part.Word w -> w.word;
            case Part.Null p -> throw wrong(p);
            case Part.Any p -> throw wrong(p);
            case Part.Rest p -> throw wrong(p);
            case Part.Seq p -> throw wrong(p);
        };
    }

    int number(int index) {
        return Integer.parseInt(text(index));
    }

    /** A value, null for {@code null}. */
    static Bytes value(Part part) {
        return switch (part) {
            case Part.Text t -> t.bytes;
            case Part.Null n -> null;
            case Part.Word w -> Bytes.utf8(w.word);
            case Part.Any p -> throw wrong(p);
            case Part.Rest p -> throw wrong(p);
            case Part.Seq p -> throw wrong(p);
        };
    }

    List<Part> sequence(int index) {
        return index < parts.size() ? sequence(part(index)) : List.of();
    }

    List<Part> sequence(String key) {
        return named.containsKey(key) ? sequence(named.get(key)) : List.of();
    }

    private static List<Part> sequence(Part part) {
        if (part instanceof Part.Seq seq) {
            return seq.parts;
        }
        throw wrong(part);
    }

    private static IllegalArgumentException wrong(Part part) {
        return new IllegalArgumentException(part + " does not stand here");
    }

    @Override
    public String toString() {
        var text = new StringBuilder(name);
        parts.forEach(p -> text.append(' ').append(p));
        named.entrySet().stream().sorted(Map.Entry.comparingByKey())
                .forEach(e -> text.append(' ').append(e.getKey()).append('=').append(e.getValue()));
        return text.toString();
    }

    static String quoted(Bytes bytes) {
        String text = bytes.text();
        boolean printable = Bytes.utf8(text).equals(bytes)
                && text.chars().allMatch(c -> c >= ' ' && c != 0x7F || c == '\n' || c == '\t' || c == '\r');
        if (!printable) {
            return "x'" + HexFormat.of().formatHex(bytes.array()) + "'";
        }
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\t", "\\t")
                .replace("\r", "\\r") + '"';
    }
}
