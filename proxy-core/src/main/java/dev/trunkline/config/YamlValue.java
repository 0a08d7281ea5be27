package dev.trunkline.config;

import java.util.List;

/** A value of the YAML file with its place. Scalars are text: what they mean is decided by the key that they belong to. */
sealed interface YamlValue {

    Position position();

    /** {@code text} is null for YAML's null: {@code ~}, {@code null} and nothing at all. */
    record Scalar(String text, Position position) implements YamlValue {}

    record Sequence(List<YamlValue> items, Position position) implements YamlValue {}

    record Mapping(List<Entry> entries, Position position) implements YamlValue {

        /** The value of a key, or null. */
        YamlValue get(String key) {
            for (Entry entry : entries) {
                if (entry.key().equals(key)) {
                    return entry.value();
                }
            }
            return null;
        }
    }

    record Entry(String key, Position keyPosition, YamlValue value) {}
}
