package dev.trunkline.catalog;

import dev.trunkline.sql.DetachedQuery;
import dev.trunkline.sql.Query;
import dev.trunkline.sql.SqlParser;
import dev.trunkline.sql.Statement;
import java.util.List;

/**
 * The query that a view stands for, the same on every node, with what unqualified names mean in it: relations of the system
 * or, in a script of DDL, of the schema {@code public}. A statement on the view is planned as one on this query.
 */
public record ViewDefinition(Query query) {

    /** The schemas that unqualified names are looked up in; nodes print a view's query with all names qualified. */
    public static final List<String> SEARCH_PATH = List.of("public");

    /** The definition that a view's query in SQL makes; null where it isn't understood, or nests too deeply. */
    static ViewDefinition of(String sql) {
        String text = sql.strip();
        String query = text.endsWith(";") ? text.substring(0, text.length() - 1) : text;
        try {
            return new SqlParser().parse(query) instanceof Statement.Select select
                    ? new ViewDefinition(DetachedQuery.of(select.query(), query))
                    : null;
        } catch (StackOverflowError deep) {
            return null;
        }
    }
}
