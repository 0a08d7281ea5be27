package dev.trunkline.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Collects problems while a file is read, so that all are reported at once. */
final class Problems {

    private final String file;
    private final List<Problem> found = new ArrayList<>();

    Problems(String file) {
        this.file = file;
    }

    void error(Position position, String path, String text) {
        error(position, path, text, null);
    }

    void error(Position position, String path, String text, String suggestion) {
        found.add(new Problem(Problem.Severity.ERROR, file, position, path, text, suggestion));
    }

    void warning(Position position, String path, String text) {
        found.add(new Problem(Problem.Severity.WARNING, file, position, path, text, null));
    }

    boolean anyError() {
        return found.stream().anyMatch(Problem::isError);
    }

    /** In the order of the file. */
    List<Problem> all() {
        return found.stream().sorted(Comparator.comparing(Problem::position)).toList();
    }

    static String join(String path, String key) {
        return path.isEmpty() ? key : path + "." + key;
    }
}
