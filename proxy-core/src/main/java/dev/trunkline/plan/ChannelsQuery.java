package dev.trunkline.plan;

import dev.trunkline.sql.Expr;
import dev.trunkline.sql.FromItem;
import dev.trunkline.sql.Query;
import dev.trunkline.sql.Statement;
import java.util.List;

/**
 * {@code SELECT pg_listening_channels()} and {@code SELECT ... FROM pg_listening_channels()}: the session knows the answer, and no
 * backend does, since the proxy listens for it.
 */
final class ChannelsQuery {

    private static final String FUNCTION = "pg_listening_channels";

    private ChannelsQuery() {}

    /** The name of the result's column, or null for any other query. */
    static String columnOf(Statement.Select statement) {
        Query query = statement.query();
        boolean plain = query.with().isEmpty() && query.orderBy().isEmpty() && query.limit() == null
                && query.offset() == null && query.locking().isEmpty();
        if (!plain || !(query.body() instanceof Query.Select body) || body.items().size() != 1 || body.into() != null
                || body.where() != null || !body.groupBy().isEmpty() || body.groupingSets() || body.having() != null
                || body.distinct() || body.distinctOn() != null) {
            return null;
        }
        Query.Item item = body.items().getFirst();
        return switch (body.from()) {
            case List<FromItem> none when none.isEmpty() ->
                isCall(item.expr()) ? item.alias() == null ? FUNCTION : item.alias() : null;
            case List<FromItem> one when one.size() == 1
                    && one.getFirst() instanceof FromItem.Functions from && from.calls().size() == 1
                    && isCall(from.calls().getFirst()) ->
                ofFrom(item, from);
            case List<FromItem> others -> null;
        };
    }

    private static String ofFrom(Query.Item item, FromItem.Functions from) {
        String table = from.alias() == null ? FUNCTION : from.alias();
        if (from.columnAliases() != null && from.columnAliases().size() > 1) {
            return null;
        }
        String column = from.columnAliases() == null || from.columnAliases().isEmpty()
                ? table
                : from.columnAliases().getFirst();
        return switch (item.expr()) {
            case Expr.Star star -> star.qualifier() == null || star.qualifier().last().equals(table) ? column : null;
            case Expr.Column named when named.name().last().equals(column) && (named.name().parts().size() == 1
                    || named.name().parts().size() == 2 && named.name().schema().equals(table)) ->
                item.alias() == null ? column : item.alias();
            case null, default -> null;
        };
    }

    private static boolean isCall(Expr expr) {
        return expr instanceof Expr.Function call && call.name().last().equals(FUNCTION) && call.arguments().isEmpty()
                && (call.name().schema() == null || call.name().schema().equals("pg_catalog")) && !call.star()
                && call.filter() == null && call.over() == null && !call.distinct();
    }
}
