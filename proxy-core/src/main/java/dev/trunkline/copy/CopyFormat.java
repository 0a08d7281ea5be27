package dev.trunkline.copy;

import dev.trunkline.catalog.Sql;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The options of a COPY that say how its rows are written, checked as PostgreSQL checks them.
 *
 * @param quote
 *            and {@code escape}: only of meaning in CSV
 * @param forceNull
 *            the columns in which a quoted null text is NULL too (CSV)
 * @param forceNotNull
 *            the columns in which the null text is a text like any other (CSV)
 */
public record CopyFormat(boolean csv, byte delimiter, String nullText, byte quote, byte escape, List<String> forceNull,
        List<String> forceNotNull) {

    /** What PostgreSQL takes for part of an escape, or of a value, in the text format. */
    private static final String NO_DELIMITER_IN_TEXT = "\\.abcdefghijklmnopqrstuvwxyz0123456789";

    public CopyFormat {
        forceNull = List.copyOf(forceNull);
        forceNotNull = List.copyOf(forceNotNull);
    }

    /**
     * What was said, and PostgreSQL's defaults for what was not (null).
     *
     * @throws IllegalArgumentException
     *             if the options don't fit each other; the message is PostgreSQL's
     */
    public static CopyFormat of(boolean csv, String delimiter, String nullText, String quote, String escape,
            List<String> forceNull, List<String> forceNotNull) {
        require(csv || quote == null, "COPY quote available only in CSV mode");
        require(csv || escape == null, "COPY escape available only in CSV mode");
        require(csv || forceNull.isEmpty(), "COPY force null available only in CSV mode");
        require(csv || forceNotNull.isEmpty(), "COPY force not null available only in CSV mode");
        byte delimiting = single("delimiter", delimiter, csv ? "," : "\t");
        byte quoting = single("quote", quote, "\"");
        byte escaping = single("escape", escape, String.valueOf((char) quoting));
        String nothing = nullText != null ? nullText : csv ? "" : "\\N";
        require(delimiting != '\r' && delimiting != '\n', "COPY delimiter cannot be newline or carriage return");
        require(!nothing.contains("\r") && !nothing.contains("\n"),
                "COPY null representation cannot use newline or carriage return");
        require(csv || NO_DELIMITER_IN_TEXT.indexOf(delimiting) < 0,
                "COPY delimiter cannot be \"" + (char) delimiting + "\"");
        require(!csv || delimiting != quoting, "COPY delimiter and quote must be different");
        require(nothing.indexOf(delimiting) < 0, "COPY delimiter character must not appear in the NULL specification");
        require(!csv || nothing.indexOf(quoting) < 0, "CSV quote character must not appear in the NULL specification");
        return new CopyFormat(csv, delimiting, nothing, quoting, escaping, forceNull, forceNotNull);
    }

    private static byte single(String option, String given, String otherwise) {
        byte[] bytes = (given == null ? otherwise : given).getBytes(StandardCharsets.UTF_8);
        require(bytes.length == 1, "COPY " + option + " must be a single one-byte character");
        return bytes[0];
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }

    /** The options for a node, in parentheses. There is no header: it is read here. */
    public String toSql() {
        List<String> options = new ArrayList<>();
        options.add("FORMAT " + (csv ? "csv" : "text"));
        options.add("ENCODING 'UTF8'");
        options.add("DELIMITER " + literal(String.valueOf((char) delimiter)));
        options.add("NULL " + literal(nullText));
        if (csv) {
            options.add("QUOTE " + literal(String.valueOf((char) quote)));
            options.add("ESCAPE " + literal(String.valueOf((char) escape)));
            columns(options, "FORCE_NULL", forceNull);
            columns(options, "FORCE_NOT_NULL", forceNotNull);
        }
        return "(" + String.join(", ", options) + ")";
    }

    private static void columns(List<String> options, String name, List<String> columns) {
        if (!columns.isEmpty()) {
            options.add(name + " (" + String.join(", ", columns.stream().map(Sql::quote).toList()) + ")");
        }
    }

    private static String literal(String text) {
        return "E'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
