package dev.trunkline.sql.grammar;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * A word that PostgreSQL's grammar knows (kwlist.h), with the places where it may still be a name. Unreserved words that
 * are bare labels, the harmless majority, appear here only if the grammar has a token for them.
 */
public record Keyword(String word, Category category, boolean bareLabel, int kind) {

    /** Where a keyword may be a name. */
    public enum Category {
        /** Anywhere. */
        UNRESERVED,
        /** Columns and tables, not functions or types. */
        COLUMN_NAME,
        /** Functions and types, not columns or tables. */
        FUNCTION_OR_TYPE,
        /** Only after AS, after a dot, or quoted. */
        RESERVED
    }

    private static final Map<String, Keyword> ALL = new HashMap<>(512);

    static {
        // Keywords come first among the kinds of tokens, as <NAME>; a trailing _ keeps clear of JavaCC's own words.
        for (int kind = 1; kind < PostgresParserConstants.NOT_A_KEYWORD; kind++) {
            String image = PostgresParserConstants.tokenImage[kind];
            String word = image.substring(1, image.length() - 1).toLowerCase(Locale.ROOT);
            word = word.endsWith("_") ? word.substring(0, word.length() - 1) : word;
            ALL.put(word, new Keyword(word, Category.UNRESERVED, true, kind));
        }
        define(Category.RESERVED, true, "all analyse analyze and any asc asymmetric both case cast check collate column"
                + " constraint current_catalog current_date current_role current_time current_timestamp current_user"
                + " default deferrable desc distinct do else end false foreign in initially lateral leading localtime"
                + " localtimestamp not null only or placing primary references select session_user some symmetric"
                + " system_user table then trailing true unique user using variadic when");
        define(Category.RESERVED, false, "array as create except fetch for from grant group having intersect into limit"
                + " offset on order returning to union where window with");
        define(Category.FUNCTION_OR_TYPE, true,
                "authorization binary collation concurrently cross current_schema freeze"
                        + " full ilike inner is join left like natural outer right similar tablesample verbose");
        define(Category.FUNCTION_OR_TYPE, false, "isnull notnull overlaps");
        define(Category.COLUMN_NAME, true,
                "between bigint bit boolean coalesce dec decimal exists extract float greatest"
                        + " grouping inout int integer interval json json_array json_arrayagg json_exists json_object"
                        + " json_objectagg json_query json_scalar json_serialize json_table json_value least merge_action"
                        + " national nchar none normalize nullif numeric out overlay position real row setof smallint substring"
                        + " time timestamp treat trim values varchar xmlattributes xmlconcat xmlelement xmlexists xmlforest"
                        + " xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable");
        define(Category.COLUMN_NAME, false, "char character precision");
        define(Category.UNRESERVED, false, "day filter hour minute month over second varying within without year");
    }

    private static void define(Category category, boolean bareLabel, String words) {
        for (String word : words.split(" ")) {
            Keyword known = ALL.get(word);
            ALL.put(word, new Keyword(word, category, bareLabel,
                    known == null ? PostgresParserConstants.IDENTIFIER : known.kind));
        }
    }

    /** The keyword that this lower-case word is, or null. */
    public static Keyword of(String word) {
        return ALL.get(word);
    }
}
