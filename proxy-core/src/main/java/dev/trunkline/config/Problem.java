package dev.trunkline.config;

/**
 * Something wrong with the configuration, or with what it describes: {@code FILE:LINE:COLUMN: key.path: text; did you mean
 * X?}. {@code path} is empty where the file as a whole is meant; {@code suggestion} is null where none fits. Never holds a
 * password.
 */
public record Problem(Severity severity, String file, Position position, String path, String text, String suggestion) {

    public enum Severity {
        /** The file can't be used. */
        ERROR,
        /** The file can be used; somebody should look. */
        WARNING
    }

    public boolean isError() {
        return severity == Severity.ERROR;
    }

    @Override
    public String toString() {
        return file + ":" + position.line() + ":" + position.column() + ": " + (path.isEmpty() ? "" : path + ": ")
                + (isError() ? "" : "warning: ") + text
                + (suggestion == null ? "" : "; did you mean " + suggestion + "?");
    }
}
