package dev.trunkline.parity;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A SELECT in parts, so that its answer can be judged where PostgreSQL leaves it open: which of equal rows come first.
 *
 * @param tail what follows the select list up to HAVING
 * @param limit negative for none
 * @param offset negative for none
 * @param parameters whether LIMIT and OFFSET are parameters
 */
record MergeStatement(boolean distinct, String items, String tail, List<Key> order, long limit, long offset,
        boolean parameters, int fetch) {

    private static final Pattern WHERE = Pattern.compile(" WHERE .*?(?= GROUP BY|$)");

    /** An item of ORDER BY: as written, and as an expression without names and numbers of the select list. */
    record Key(String written, String expression, String suffix) {

        static Key of(String expression, String suffix) {
            return new Key(expression, expression, suffix);
        }
    }

    static MergeStatement of(String items, String tail, Key... order) {
        return new MergeStatement(false, items, tail, List.of(order), -1, -1, false, 0);
    }

    MergeStatement asDistinct() {
        return new MergeStatement(true, items, tail, order, limit, offset, parameters, fetch);
    }

    MergeStatement limited(long most, long after) {
        return new MergeStatement(distinct, items, tail, order, most, after, parameters, fetch);
    }

    MergeStatement withParameters() {
        return new MergeStatement(distinct, items, tail, order, limit, offset, true, fetch);
    }

    MergeStatement fetching(int rows) {
        return new MergeStatement(distinct, items, tail, order, limit, offset, parameters, rows);
    }

    String sql() {
        StringBuilder sql = new StringBuilder("SELECT ").append(distinct ? "DISTINCT " : "").append(items).append(' ')
                .append(tail);
        if (!order.isEmpty()) {
            sql.append(" ORDER BY ").append(
                    order.stream().map(k -> k.written() + " " + k.suffix()).collect(Collectors.joining(", ")));
        }
        if (limit >= 0) {
            sql.append(" LIMIT ").append(parameters ? "$1" : limit);
        }
        if (offset >= 0) {
            sql.append(" OFFSET ").append(parameters ? limit >= 0 ? "$2" : "$1" : offset);
        }
        return sql.toString();
    }

    List<StatementFile.Parameter> values() {
        List<StatementFile.Parameter> values = new ArrayList<>();
        if (parameters && limit >= 0) {
            values.add(new StatementFile.Parameter("" + limit, null));
        }
        if (parameters && offset >= 0) {
            values.add(new StatementFile.Parameter("" + offset, null));
        }
        return values;
    }

    /** All rows, each with the place of its sort keys behind it: rows of one place may come in any order. */
    String ranked() {
        String rank = order.isEmpty()
                ? "'0'::text"
                : "(dense_rank() OVER (ORDER BY "
                        + order.stream().map(k -> k.expression() + " " + k.suffix()).collect(Collectors.joining(", "))
                        + "))::text";
        return "SELECT " + (distinct ? "DISTINCT " : "") + items + ", " + rank + " " + tail;
    }

    /** Statements with one thing less each. */
    List<MergeStatement> simpler() {
        List<MergeStatement> all = new ArrayList<>();
        all.add(new MergeStatement(distinct, items, tail, order, limit, offset, parameters, 0));
        all.add(new MergeStatement(distinct, items, tail, order, limit, offset, false, fetch));
        all.add(new MergeStatement(distinct, items, tail, order, -1, offset, parameters, fetch));
        all.add(new MergeStatement(distinct, items, tail, order, limit, -1, parameters, fetch));
        all.add(new MergeStatement(false, items, tail, order, limit, offset, parameters, fetch));
        all.add(new MergeStatement(distinct, items, WHERE.matcher(tail).replaceFirst(""), order, limit, offset,
                parameters, fetch));
        for (int i = 0; i < order.size(); i++) {
            List<Key> fewer = new ArrayList<>(order);
            fewer.remove(i);
            all.add(new MergeStatement(distinct, items, tail, fewer, limit, offset, parameters, fetch));
        }
        String[] each = items.split(", (?![^(]*[)])");
        for (int i = 0; i < each.length && each.length > 1; i++) {
            List<String> fewer = new ArrayList<>(List.of(each));
            fewer.remove(i);
            all.add(new MergeStatement(distinct, String.join(", ", fewer), tail, order, limit, offset, parameters,
                    fetch));
        }
        all.removeIf(this::equals);
        return all;
    }

    @Override
    public String toString() {
        return sql() + (values().isEmpty() ? "" : " " + values()) + (fetch == 0 ? "" : " fetch " + fetch);
    }
}
