package dev.trunkline.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Where each key of the file stands, so that what is found on the nodes can be reported there. */
public final class Places {

    private final Map<List<String>, Position> positions = new HashMap<>();

    private Places() {}

    static Places of(YamlValue.Mapping root) {
        Places places = new Places();
        places.collect(List.of(), root);
        return places;
    }

    private void collect(List<String> path, YamlValue.Mapping mapping) {
        for (YamlValue.Entry entry : mapping.entries()) {
            List<String> below = new ArrayList<>(path);
            below.add(entry.key());
            switch (entry.value()) {
                case YamlValue.Mapping m -> {
                    positions.put(below, entry.keyPosition());
                    collect(below, m);
                }
                case YamlValue.Scalar s -> positions.put(below, s.position());
                case YamlValue.Sequence s -> positions.put(below, s.position());
            }
        }
    }

    /** A problem at the key, or at the nearest key above it that the file has. */
    Problem problem(Problem.Severity severity, String file, String text, String... path) {
        List<String> keys = Arrays.asList(path);
        for (int length = keys.size(); length > 0; length--) {
            Position position = positions.get(keys.subList(0, length));
            if (position != null) {
                return new Problem(severity, file, position, String.join(".", keys.subList(0, length)), text, null);
            }
        }
        return new Problem(severity, file, Position.START, "", text, null);
    }

    boolean has(String... path) {
        return positions.containsKey(Arrays.asList(path));
    }
}
