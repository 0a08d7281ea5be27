package dev.trunkline.sql;

import java.util.Arrays;
import java.util.List;

/** Files of statements: one a line; lines that start with # are headings. */
final class Corpus {

    private Corpus() {}

    static List<String> statements(String text) {
        return Arrays.stream(text.replaceAll("(?m)^#.*$", "").split("\\R")).map(String::strip)
                .filter(line -> !line.isEmpty()).toList();
    }
}
