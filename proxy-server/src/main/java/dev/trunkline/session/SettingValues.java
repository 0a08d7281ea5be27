package dev.trunkline.session;

import java.util.ArrayList;
import java.util.List;

/**
 * The values of a SET as they are written: words, strings in single quotes, names in double quotes, with commas between them.
 * Read character by character: a regular expression would need a stack as deep as a string is long, and clients send long ones.
 */
final class SettingValues {

    private final String text;
    private int at;

    private SettingValues(String text) {
        this.text = text;
    }

    /** The values without their quotes; null when the text is no such list. */
    static List<String> of(String text) {
        return new SettingValues(text).all();
    }

    private List<String> all() {
        List<String> values = new ArrayList<>();
        while (true) {
            skipBlanks();
            String value = at == text.length() ? null : one();
            if (value == null) {
                return null;
            }
            values.add(value);
            skipBlanks();
            if (at == text.length()) {
                return values;
            }
            if (text.charAt(at++) != ',') {
                return null;
            }
        }
    }

    private void skipBlanks() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
    }

    private String one() {
        return switch (text.charAt(at)) {
            case '\'' -> string();
            case '"' -> name();
            default -> word();
        };
    }

    private String string() {
        StringBuilder value = new StringBuilder();
        for (int from = at + 1;;) {
            int quote = text.indexOf('\'', from);
            if (quote < 0) {
                return null;
            }
            value.append(text, from, quote);
            if (quote + 1 == text.length() || text.charAt(quote + 1) != '\'') {
                at = quote + 1;
                return value.toString();
            }
            value.append('\'');
            from = quote + 2;
        }
    }

    private String name() {
        int quote = text.indexOf('"', at + 1);
        if (quote < 0) {
            return null;
        }
        String value = text.substring(at + 1, quote);
        at = quote + 1;
        return value;
    }

    private String word() {
        int from = at;
        while (at < text.length() && ",'\"".indexOf(text.charAt(at)) < 0 && !Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return at == from ? null : text.substring(from, at);
    }
}
