package dev.trunkline.config;

/**
 * Something wrong with the configuration, or with what it describes: {@code FILE:LINE:COLUMN: key.path: text; did you mean
 * X?}. {@code path} is empty where the file as a whole is meant; {@code suggestion} is null where none fits. Never holds a
 * password.
 */
public record Problem(Severity severity, String file, Position position, String path, String text, String suggestion) {

    public enum Severity {
        /** The file can't be used: nothing starts with it. */
        ERROR,
        /** The file can be served, but not all that it promises: some statements are refused, or a constraint holds on each node alone. */
        FAULT,
        /** The file can be used; somebody should look. */
        WARNING
    }

    /** Whether nothing starts with it. */
    public boolean isError() {
        return severity == Severity.ERROR;
    }

    /** Whether it is more than a warning. */
    public boolean isProblem() {
        return severity != Severity.WARNING;
    }

    @Override
    public String toString() {
        return file + ":" + position.line() + ":" + position.column() + ": " + (path.isEmpty() ? "" : path + ": ")
                + (isProblem() ? "" : "warning: ") + text
                + (suggestion == null ? "" : "; did you mean " + suggestion + "?");
    }
}
