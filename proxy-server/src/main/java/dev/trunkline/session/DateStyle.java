package dev.trunkline.session;

import java.util.Locale;

/**
 * The setting DateStyle, whose value has two parts, a style and an order: PostgreSQL takes either, and keeps the other. On a connection
 * that others use the other part is not what the session left, so it is always said as a whole.
 */
public final class DateStyle {

    /** As nodes report it. */
    public static final String NAME = "DateStyle";
    /** As it is set. */
    static final String SETTING = "datestyle";

    private DateStyle() {}

    /** What a node reports after it was set to that, at log-in; a wrong value is reported as what was before. */
    public static String reported(String wanted, String before) {
        String whole = whole(wanted, before);
        return whole == null ? before : whole;
    }

    /** Both parts, the first of which may bring the second; null for what the node should read, and perhaps refuse, by itself. */
    static String whole(String wanted, String before) {
        String style = null;
        String order = null;
        for (String part : wanted.toLowerCase(Locale.ROOT).split(",", -1)) {
            String word = part.strip();
            String styleOfWord = style(word);
            String orderOfWord = order(word);
            if (styleOfWord == null && orderOfWord == null || styleOfWord != null && style != null
                    || orderOfWord != null && order != null) {
                return null;
            }
            style = styleOfWord == null ? style : styleOfWord;
            order = orderOfWord == null ? order : orderOfWord;
        }
        if (order == null) {
            order = "German".equals(style) ? "DMY" : before.replaceFirst(".*, *", "");
        }
        return (style == null ? before.replaceFirst(",.*", "") : style) + ", " + order;
    }

    private static String style(String word) {
        return switch (word) {
            case "iso" -> "ISO";
            case "sql" -> "SQL";
            case "postgres", "postgresql" -> "Postgres";
            case "german" -> "German";
            default -> null;
        };
    }

    private static String order(String word) {
        return switch (word) {
            case "ymd", "dmy", "mdy" -> word.toUpperCase(Locale.ROOT);
            case "euro", "european" -> "DMY";
            case "us", "noneuro", "noneuropean" -> "MDY";
            default -> null;
        };
    }
}
