package dev.trunkline.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * A mapping of the file while it is read. Each call names a key, its type and its default, so that the code that reads the
 * file is also the list of its keys: whatever was not named when {@link #close} is called is unknown. A wrong value is a
 * problem, and reads as the default.
 */
final class Section implements AutoCloseable {

    private final Reading reading;
    private final String path;
    private final String pattern;
    private final String name;
    private final YamlValue.Mapping mapping;
    private final boolean present;
    private final Set<String> known = new LinkedHashSet<>();

    private Section(Reading reading, String path, String pattern, String name, YamlValue.Mapping mapping,
            boolean present) {
        this.reading = reading;
        this.path = path;
        this.pattern = pattern;
        this.name = name;
        this.mapping = mapping;
        this.present = present;
    }

    static Section root(Reading reading, YamlValue.Mapping mapping) {
        return new Section(reading, "", "", "", mapping, true);
    }

    /** The key under which the section stands. */
    String name() {
        return name;
    }

    /** Whether the file has the section at all. */
    boolean present() {
        return present;
    }

    boolean has(String key) {
        return mapping.get(key) != null;
    }

    /** Where the section begins: its key. */
    Position position() {
        return mapping.position();
    }

    /** Where the value of a key stands; the key itself for a mapping, the section where the key is missing. */
    Position position(String key) {
        YamlValue value = mapping.get(key);
        return value == null ? position() : value instanceof YamlValue.Mapping ? keyPosition(key) : value.position();
    }

    void error(String key, String text) {
        error(key, text, null);
    }

    void error(String key, String text, String suggestion) {
        reading.problems().error(position(key), Problems.join(path, key), text, suggestion);
    }

    void error(String text) {
        reading.problems().error(position(), path, text);
    }

    void warning(String key, String text) {
        reading.problems().warning(position(key), Problems.join(path, key), text);
    }

    /** A section below this one; empty if the file has none, so that its defaults hold. */
    Section section(String key) {
        known.add(key);
        YamlValue value = mapping.get(key);
        return below(key, Problems.join(pattern, key), value);
    }

    /** The sections below a key whose names the user chooses, such as the nodes. */
    List<Section> sections(String key) {
        known.add(key);
        String below = Problems.join(pattern, key) + ".*";
        if (reading.listing()) {
            return List.of(new Section(reading, below, below, "*", new YamlValue.Mapping(List.of(), position()), true));
        }
        List<Section> sections = new ArrayList<>();
        Section all = below(key, Problems.join(pattern, key), mapping.get(key));
        for (YamlValue.Entry entry : all.mapping.entries()) {
            YamlValue.Mapping empty = new YamlValue.Mapping(List.of(), entry.keyPosition());
            YamlValue.Mapping own = switch (entry.value()) {
                case YamlValue.Mapping m -> new YamlValue.Mapping(m.entries(), entry.keyPosition());
                case YamlValue.Scalar s when s.text() == null -> empty;
                case YamlValue.Scalar s -> wrong(all.path, entry, "expected keys and values", empty);
                case YamlValue.Sequence s -> wrong(all.path, entry, "expected keys and values, not a list", empty);
            };
            sections.add(new Section(reading, Problems.join(all.path, entry.key()), below, entry.key(), own, true));
        }
        return sections;
    }

    private <T> T wrong(String parent, YamlValue.Entry entry, String text, T instead) {
        reading.problems().error(entry.value().position(), Problems.join(parent, entry.key()), text);
        return instead;
    }

    private Section below(String key, String childPattern, YamlValue value) {
        String childPath = Problems.join(path, key);
        Position at = keyPosition(key);
        YamlValue.Mapping own = switch (value) {
            case null -> new YamlValue.Mapping(List.of(), at);
            case YamlValue.Mapping m -> new YamlValue.Mapping(m.entries(), at);
            case YamlValue.Scalar s -> {
                if (s.text() != null) {
                    reading.problems().error(s.position(), childPath, "expected keys and values");
                }
                yield new YamlValue.Mapping(List.of(), at);
            }
            case YamlValue.Sequence s -> {
                reading.problems().error(s.position(), childPath, "expected keys and values, not a list");
                yield new YamlValue.Mapping(List.of(), at);
            }
        };
        return new Section(reading, childPath, childPattern, key, own, value != null);
    }

    private Position keyPosition(String key) {
        for (YamlValue.Entry entry : mapping.entries()) {
            if (entry.key().equals(key)) {
                return entry.keyPosition();
            }
        }
        return position();
    }

    /** A text; the default may be null. */
    String text(String key, String type, String defaultValue) {
        know(key, type, defaultValue == null ? "" : defaultValue);
        String text = scalar(key);
        return text == null ? defaultValue : text;
    }

    String text(String key, String defaultValue) {
        return text(key, "text", defaultValue);
    }

    Secret secret(String key) {
        know(key, "text", "");
        String text = scalar(key);
        return text == null ? null : new Secret(text);
    }

    int integer(String key, int defaultValue, int least, int most) {
        know(key, "number", Integer.toString(defaultValue));
        String text = scalar(key);
        if (text == null) {
            return defaultValue;
        }
        if (text.matches("-?\\d{1,10}")) {
            long value = Long.parseLong(text);
            if (value >= least && value <= most) {
                return (int) value;
            }
            error(key, "expected a number from " + least + " to " + most + ", not " + text);
        } else {
            error(key, "expected a whole number, not \"" + text + "\"");
        }
        return defaultValue;
    }

    /** A whole number, or null where the key is missing. */
    Integer integer(String key, int least, int most) {
        know(key, "number", "");
        return has(key) ? Integer.valueOf(integer(key, least, least, most)) : null;
    }

    double positive(String key, double defaultValue) {
        know(key, "number", defaultValue == Math.rint(defaultValue)
                ? Long.toString((long) defaultValue)
                : Double.toString(defaultValue));
        String text = scalar(key);
        if (text == null) {
            return defaultValue;
        }
        if (!text.matches("\\d{1,15}(\\.\\d{1,15})?") || Double.parseDouble(text) == 0) {
            error(key, "expected a number above 0, not \"" + text + "\"");
            return defaultValue;
        }
        return Double.parseDouble(text);
    }

    boolean flag(String key, boolean defaultValue) {
        know(key, "true|false", Boolean.toString(defaultValue));
        String text = scalar(key);
        if (text == null) {
            return defaultValue;
        }
        if (!text.equals("true") && !text.equals("false")) {
            error(key, "expected true or false, not \"" + text + "\"");
            return defaultValue;
        }
        return text.equals("true");
    }

    /** A duration; a null default stands for "as above". */
    Duration duration(String key, Duration defaultValue) {
        know(key, "duration", defaultValue == null ? "" : Quantity.format(defaultValue));
        String text = scalar(key);
        if (text == null) {
            return defaultValue;
        }
        Duration value = Quantity.duration(text);
        if (value == null) {
            error(key, "expected a duration like 100ms, 5s, 10m or 1h, not \"" + text + "\"");
            return defaultValue;
        }
        return value;
    }

    /** A number of bytes, within limits. */
    int size(String key, int defaultValue, int least, int most) {
        know(key, "size", Quantity.format(defaultValue));
        String text = scalar(key);
        if (text == null) {
            return defaultValue;
        }
        Long value = Quantity.size(text);
        if (value == null) {
            error(key, "expected a size like 512B, 64kB, 16MB or 1GB, not \"" + text + "\"");
            return defaultValue;
        }
        if (value < least || value > most) {
            error(key, "expected a size from " + Quantity.format(least) + " to " + Quantity.format(most) + ", not "
                    + text);
            return defaultValue;
        }
        return value.intValue();
    }

    /** One of an enum's constants; the default may be null. */
    <E extends Enum<E>> E choice(String key, Class<E> type, E defaultValue) {
        List<String> words = Arrays.stream(type.getEnumConstants()).map(Section::word).toList();
        know(key, String.join("|", words), defaultValue == null ? "" : word(defaultValue));
        String text = scalar(key);
        if (text == null) {
            return defaultValue;
        }
        int index = words.indexOf(text);
        if (index < 0) {
            error(key, "expected one of " + String.join(", ", words) + ", not \"" + text + "\"",
                    Spelling.nearest(text, words));
            return defaultValue;
        }
        return type.getEnumConstants()[index];
    }

    /** A constant in camel case, unless it has a spelling of its own. */
    static String word(Enum<?> constant) {
        if (!constant.toString().equals(constant.name())) {
            return constant.toString();
        }
        String[] words = constant.name().toLowerCase(Locale.ROOT).split("_");
        StringBuilder camel = new StringBuilder(words[0]);
        for (int i = 1; i < words.length; i++) {
            camel.append(Character.toUpperCase(words[i].charAt(0))).append(words[i], 1, words[i].length());
        }
        return camel.toString();
    }

    /** A list of texts; a single text is a list of one. Null if the key is missing. */
    List<String> texts(String key, String type) {
        know(key, type, "");
        YamlValue value = mapping.get(key);
        if (!(value instanceof YamlValue.Sequence sequence)) {
            String text = scalar(key);
            return text == null ? null : List.of(text);
        }
        List<String> texts = new ArrayList<>();
        for (YamlValue item : sequence.items()) {
            if (item instanceof YamlValue.Scalar scalar && scalar.text() != null) {
                String text = reading.environment()
                        .replace(scalar.text(), scalar.position(), Problems.join(path, key), reading.problems());
                if (text != null) {
                    texts.add(text);
                }
            } else {
                reading.problems().error(item.position(), Problems.join(path, key), "expected a text");
            }
        }
        return texts;
    }

    /** The texts under names that the user chooses, such as the functions; a list's items are joined by commas. */
    Map<String, String> named(String key, String type) {
        Map<String, String> texts = new LinkedHashMap<>();
        lists(key, type).forEach((name, values) -> texts.put(name, String.join(",", values)));
        return texts;
    }

    /** The texts under names that the user chooses; a single text is a list of one. Empty if the key is missing. */
    Map<String, List<String>> lists(String key, String type) {
        known.add(key);
        reading.know(Problems.join(pattern, key) + ".*", type, "");
        Map<String, List<String>> lists = new LinkedHashMap<>();
        if (reading.listing()) {
            return lists;
        }
        Section all = below(key, Problems.join(pattern, key), mapping.get(key));
        for (YamlValue.Entry entry : all.mapping.entries()) {
            List<String> values = all.texts(entry.key(), type);
            if (values == null) {
                all.error(entry.key(), "expected a text");
            } else {
                lists.put(entry.key(), values);
            }
        }
        return lists;
    }

    /** The section under a key, for reporting what is wrong in it. */
    Section below(String key) {
        return below(key, Problems.join(pattern, key), mapping.get(key));
    }

    /** A known key of any shape, which this version can't honour. */
    void unsupported(String key, String type, String instead) {
        know(key, type, "");
        if (has(key)) {
            error(key, "not supported by this version: " + instead);
        }
    }

    private void know(String key, String type, String defaultText) {
        known.add(key);
        reading.know(Problems.join(pattern, key), type, defaultText);
    }

    private String scalar(String key) {
        return switch (mapping.get(key)) {
            case null -> null;
            case YamlValue.Scalar scalar when scalar.text() == null -> null;
            case YamlValue.Scalar scalar -> reading.environment()
                    .replace(scalar.text(), scalar.position(), Problems.join(path, key), reading.problems());
            case YamlValue.Mapping m -> {
                reading.problems().error(keyPosition(key), Problems.join(path, key), "expected a value, not keys");
                yield null;
            }
            case YamlValue.Sequence s -> {
                error(key, "expected a single value, not a list");
                yield null;
            }
        };
    }

    /** Reports the keys that nobody asked for. */
    @Override
    public void close() {
        for (YamlValue.Entry entry : mapping.entries()) {
            if (!known.contains(entry.key())) {
                reading.problems().error(entry.keyPosition(), Problems.join(path, entry.key()), "unknown key",
                        Spelling.nearest(entry.key(), known));
            }
        }
    }
}
