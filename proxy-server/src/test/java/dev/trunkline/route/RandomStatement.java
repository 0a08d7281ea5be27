package dev.trunkline.route;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Statements by chance over a small shop, biased towards shapes near the border of what can be routed: joins of all kinds,
 * subqueries everywhere, CTEs, views, set operations, ORs, lists, NOT, CASE. All columns are integers. The same seed gives the same
 * statement. Results don't depend on the order of rows.
 */
final class RandomStatement {

    /** A table as the statement knows it: its columns, of which the first is the one that the key may be in. */
    private record Source(String alias, List<String> columns) {}

    private static final List<Source> TABLES = List.of(new Source("customers", List.of("id", "grp", "ref")),
            new Source("orders", List.of("customer_id", "oid", "amount")),
            new Source("items", List.of("customer_id", "iid", "qty")),
            new Source("orders", List.of("customer_id", "oid", "amount")),
            new Source("countries", List.of("code", "grp")), new Source("audit", List.of("customer_id", "x")));

    private final SplittableRandom random;
    private final List<Source> ctes = new ArrayList<>();
    private int aliases;

    private final List<String> views;

    /** @param views views with the columns k and v that the statement may use */
    RandomStatement(long seed, List<String> views) {
        this.random = new SplittableRandom(seed);
        this.views = views;
    }

    /** The query of a view with the columns k and v. */
    String view() {
        return inner(List.of(), 1);
    }

    String statement() {
        return chance(4) ? "/* trunkline: key=" + (1 + random.nextInt(6)) + " */ " + unhinted() : unhinted();
    }

    private String unhinted() {
        return switch (random.nextInt(20)) {
            case 0 -> update();
            case 1 -> delete();
            case 2 -> insertSelect();
            case 3 -> setOperation();
            // A predicate above everything that it may not pass.
            case 4, 5 -> "SELECT * FROM (" + inner(List.of(), 1) + ") s WHERE s.k = " + key();
            default -> query();
        };
    }

    private String query() {
        StringBuilder sql = new StringBuilder();
        if (chance(20)) {
            sql.append("WITH ");
            int count = 1 + random.nextInt(2);
            for (int i = 0; i < count; i++) {
                String name = "w" + i;
                sql.append(i == 0 ? "" : ", ").append(name).append(chance(20) ? " AS MATERIALIZED (" : " AS (");
                sql.append(inner(List.of(), 1)).append(')');
                ctes.add(new Source(name, List.of("k", "v")));
            }
            sql.append(' ');
        }
        return sql.append(select(List.of(), 2)).toString();
    }

    private String setOperation() {
        String operation = pick("UNION ALL", "UNION", "EXCEPT", "INTERSECT", "EXCEPT ALL");
        return inner(List.of(), 1) + " " + operation + " " + inner(List.of(), 1);
    }

    /** A query whose columns are k and v, as a subquery, a CTE or a side of a set operation. */
    private String inner(List<Source> outer, int depth) {
        List<Source> scope = new ArrayList<>();
        String from = from(outer, scope, depth);
        String where = chance(70) ? " WHERE " + predicate(scope, outer, depth) : "";
        String k = keyColumn(scope);
        String v = column(scope);
        return switch (random.nextInt(14)) {
            case 0 -> "SELECT " + k + " AS k, count(*)::int AS v FROM " + from + where + " GROUP BY " + k;
            case 1 -> "SELECT " + v + " AS k, max(" + k + ") AS v FROM " + from + where + " GROUP BY " + v;
            case 2 -> "SELECT max(" + k + ") AS k, count(*)::int AS v FROM " + from + where;
            case 3 -> "SELECT DISTINCT " + k + " AS k, " + v + " AS v FROM " + from + where;
            case 4 -> "SELECT " + k + " AS k, " + v + " AS v FROM " + from + where + " ORDER BY 1, 2 LIMIT "
                    + (1 + random.nextInt(4));
            case 5 ->
                "SELECT DISTINCT ON (" + v + ") " + k + " AS k, " + v + " AS v FROM " + from + where + " ORDER BY "
                        + v + ", " + k;
            case 6 ->
                "SELECT " + k + " AS k, (row_number() OVER (PARTITION BY " + (chance(50) ? k : v) + " ORDER BY " + k
                        + ", " + v + "))::int AS v FROM " + from + where;
            case 7 -> "SELECT " + k + " + 0 AS k, " + v + " AS v FROM " + from + where;
            case 8 -> depth > 0
                    ? "SELECT " + k + " AS k, " + v + " AS v FROM " + from + where + " UNION ALL " + inner(outer, 0)
                    : "SELECT " + k + " AS k, " + v + " AS v FROM " + from + where;
            case 9 -> "SELECT " + v + " AS k, " + k + " AS v FROM " + from + where;
            default -> "SELECT " + k + " AS k, " + v + " AS v FROM " + from + where;
        };
    }

    private String select(List<Source> outer, int depth) {
        List<Source> scope = new ArrayList<>();
        String from = from(outer, scope, depth);
        StringBuilder sql = new StringBuilder("SELECT ");
        int shape = random.nextInt(10);
        int ordered = 0;
        if (shape < 2) {
            sql.append(pick("count(*)", "count(*), sum(" + column(scope) + ")",
                    "min(" + column(scope) + "), max(" + column(scope) + ")",
                    "count(" + column(scope) + ") FILTER (WHERE " + simple(scope) + ")", "avg(" + column(scope) + ")"));
        } else if (shape == 2) {
            String by = column(scope);
            sql.append(by).append(", count(*) FROM ").append(from);
            if (chance(70)) {
                sql.append(" WHERE ").append(predicate(scope, outer, depth));
            }
            sql.append(" GROUP BY ").append(by);
            return (chance(50) ? sql.append(order(2)) : sql).toString();
        } else {
            sql.append(chance(10) ? "DISTINCT " : "");
            int width = 1 + random.nextInt(3);
            for (int i = 0; i < width; i++) {
                sql.append(i == 0 ? "" : ", ").append(item(scope, outer, depth));
            }
            ordered = chance(20) ? width : 0;
        }
        sql.append(" FROM ").append(from);
        if (chance(85)) {
            sql.append(" WHERE ").append(predicate(scope, outer, depth));
        }
        return sql.append(order(ordered)).toString();
    }

    /** An order by all columns of the result, so that it leaves nothing open, and sometimes a part of the rows. */
    private String order(int width) {
        if (width == 0) {
            return "";
        }
        StringBuilder sql = new StringBuilder(" ORDER BY ");
        for (int i = 1; i <= width; i++) {
            sql.append(i == 1 ? "" : ", ").append(i).append(pick("", "", " DESC", " NULLS FIRST", " DESC NULLS LAST"));
        }
        if (chance(60)) {
            sql.append(" LIMIT ").append(random.nextInt(8));
        }
        if (chance(30)) {
            sql.append(" OFFSET ").append(random.nextInt(5));
        }
        return sql.toString();
    }

    private String item(List<Source> scope, List<Source> outer, int depth) {
        return switch (random.nextInt(8)) {
            case 0 -> depth > 0 ? scalar(both(scope, outer), depth - 1) : column(scope);
            case 1 -> "CASE WHEN " + predicate(scope, outer, 0) + " THEN " + column(scope) + " END";
            case 2 -> depth > 0 ? "EXISTS (" + inner(both(scope, outer), depth - 1) + ")" : column(scope);
            default -> column(scope);
        };
    }

    private String scalar(List<Source> outer, int depth) {
        List<Source> scope = new ArrayList<>();
        String from = from(outer, scope, depth);
        return "(SELECT " + pick("count(*)", "max(" + column(scope) + ")", "min(" + column(scope) + ")") + " FROM "
                + from
                + (chance(85) ? " WHERE " + predicate(scope, outer, depth) : "") + ")";
    }

    private String from(List<Source> outer, List<Source> scope, int depth) {
        StringBuilder from = new StringBuilder(source(outer, scope, depth, false));
        int more = chance(45) ? 0 : chance(75) ? 1 : 2;
        for (int i = 0; i < more; i++) {
            List<Source> left = List.copyOf(scope);
            String join = pick(", ", " JOIN ", " JOIN ", " LEFT JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN ",
                    " CROSS JOIN ");
            boolean lateral = depth > 0 && chance(10) && !join.contains("RIGHT") && !join.contains("FULL");
            List<Source> right = new ArrayList<>();
            String item = source(lateral ? both(left, outer) : outer, right, depth, lateral);
            scope.addAll(right);
            from.append(join).append(item);
            if (join.contains("FULL")) {
                from.append(" ON ").append(keyColumn(left)).append(" = ").append(keyColumn(right));
            } else if (!join.equals(", ") && !join.contains("CROSS")) {
                from.append(" ON ")
                        .append(chance(75) ? keyColumn(left) + " = " + keyColumn(right) : predicate(scope, outer, 0));
                if (chance(25)) {
                    from.append(" AND ").append(predicate(scope, outer, 0));
                }
            }
        }
        return from.toString();
    }

    private String source(List<Source> outer, List<Source> scope, int depth, boolean lateral) {
        String alias = "t" + aliases++;
        if (lateral || depth > 0 && chance(18)) {
            scope.add(new Source(alias, List.of("k", "v")));
            return (lateral ? "LATERAL (" : "(") + inner(outer, depth - 1) + ") " + alias;
        }
        if (!views.isEmpty() && chance(24)) {
            scope.add(new Source(alias, List.of("k", "v")));
            return views.get(random.nextInt(views.size())) + " " + alias;
        }
        if (chance(8)) {
            String keys = numbers(1 + random.nextInt(4));
            if (chance(50)) {
                scope.add(new Source(alias, List.of("k")));
                return pick("unnest('{" + keys + "}'::int8[])", "unnest(ARRAY[" + keys + "])") + " " + alias + "(k)";
            }
            scope.add(new Source(alias, List.of("k", "v")));
            return "(VALUES (" + keys.replace(", ", ", 1), (") + ", 2)) " + alias + "(k, v)";
        }
        Source table = !ctes.isEmpty() && chance(60)
                ? ctes.get(random.nextInt(ctes.size()))
                : TABLES.get(random.nextInt(chance(80) ? 4 : TABLES.size()));
        scope.add(new Source(alias, table.columns()));
        return table.alias() + " " + alias;
    }

    private String predicate(List<Source> scope, List<Source> outer, int depth) {
        return switch (random.nextInt(27)) {
            case 20 -> list(scope);
            case 21 -> keyColumn(scope) + pick(" < ", " >= ", " <= ", " > ") + key();
            case 22 -> keyColumn(scope) + " >= " + key() + " AND " + keyColumn(scope) + " < " + key();
            case 23 -> list(scope) + " AND " + predicate(scope, outer, 0);
            case 0, 1, 2, 3, 4 ->
                keyColumn(scope) + " = " + key() + (chance(50) ? " AND " + predicate(scope, outer, 0) : "");
            case 5, 6, 7 -> outer.isEmpty()
                    ? keyColumn(scope) + " = " + keyColumn(scope) + " AND " + keyColumn(scope) + " = " + key()
                    : keyColumn(scope) + " = " + keyColumn(outer);
            case 8 -> keyColumn(scope) + " IN (" + key() + ", " + key() + ")";
            case 9 -> keyColumn(scope) + " = ANY ('{" + key() + "," + key() + ",NULL}')";
            case 10 -> "(" + predicate(scope, outer, 0) + " OR " + predicate(scope, outer, 0) + ")";
            case 11 -> "NOT (" + predicate(scope, outer, 0) + ")";
            case 12 -> "CASE WHEN " + simple(scope) + " THEN " + predicate(scope, outer, 0) + " ELSE " + simple(scope)
                    + " END";
            case 13 -> depth > 0
                    ? pick("EXISTS (", "NOT EXISTS (") + inner(both(scope, outer), depth - 1) + ")"
                    : simple(scope);
            case 14 -> depth > 0
                    ? keyColumn(scope) + pick(" IN (", " NOT IN (", " = ANY (") + onlyKey(both(scope, outer), depth - 1)
                            + ")"
                    : simple(scope);
            case 15 ->
                depth > 0 ? column(scope) + pick(" = ", " > ") + scalar(both(scope, outer), depth - 1) : simple(scope);
            case 16 -> "(" + keyColumn(scope) + ", " + column(scope) + ") = (" + key() + ", " + random.nextInt(4) + ")";
            case 17 -> keyColumn(scope) + " BETWEEN " + range();
            case 18 -> keyColumn(scope) + " = " + keyColumn(scope) + " AND " + predicate(scope, outer, depth);
            case 19 -> "(" + keyColumn(scope) + " = " + key() + ") IS " + pick("TRUE", "NOT FALSE", "NOT TRUE");
            default -> simple(scope);
        };
    }

    /** A list of keys in one of its forms. */
    private String list(List<Source> scope) {
        String column = keyColumn(scope);
        return switch (random.nextInt(9)) {
            case 0 -> column + " IN (" + keys(1 + random.nextInt(5), ", ") + ")";
            case 1 -> column + " IN (NULL, " + keys(2, ", ") + ", NULL)";
            case 2 -> column + " = ANY (ARRAY[" + numbers(1 + random.nextInt(4)) + "])";
            case 3 -> column + " = ANY ('{" + numbers(random.nextInt(4)) + "}'::int8[])";
            case 4 -> column + " IN (VALUES (" + numbers(3).replace(", ", "), (") + "))";
            case 5 -> column + " IN (SELECT unnest('{" + numbers(random.nextInt(4)) + "}'::int8[]))";
            case 6 -> "(" + column + " = " + numbers(1) + " OR " + numbers(1) + " = " + column + " OR " + column + " = "
                    + key() + ")";
            case 7 -> "(" + column + " = " + key() + " AND " + simple(scope) + " OR " + column + " = " + key() + ")";
            default -> column + " = ANY ('{" + numbers(3) + ",NULL," + numbers(1) + "}')";
        };
    }

    private String keys(int count, String separator) {
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            keys.add(key());
        }
        return String.join(separator, keys);
    }

    private String numbers(int count) {
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            keys.add((chance(8) ? "-" : "") + (1 + random.nextInt(8)));
        }
        return String.join(", ", keys);
    }

    private String onlyKey(List<Source> outer, int depth) {
        return "SELECT k FROM (" + inner(outer, depth) + ") s" + (chance(30) ? " WHERE k = " + key() : "");
    }

    private String range() {
        String low = key();
        return low + " AND " + (chance(70) ? low : key());
    }

    private String simple(List<Source> scope) {
        String column = column(scope);
        return switch (random.nextInt(5)) {
            case 0 -> column + " IS NULL";
            case 1 -> column + " IS NOT NULL";
            case 2 -> column + " = " + column(scope);
            default -> column + pick(" = ", " <> ", " < ", " >= ") + random.nextInt(5);
        };
    }

    private String update() {
        String where = predicate(List.of(new Source("orders", TABLES.get(1).columns())), List.of(), 1);
        String value = pick("amount + 1", "(SELECT count(*) FROM items i WHERE i.customer_id = orders.customer_id)",
                "7",
                "(SELECT max(qty) FROM items)");
        String key = chance(20) ? ", customer_id = " + pick("orders.customer_id", key(), "customer_id + 1") : "";
        String from = chance(30) ? " FROM customers c" : "";
        String join = from.isEmpty() ? "" : pick(" AND c.id = orders.customer_id", " AND c.id = " + key(), "");
        return "UPDATE orders SET amount = " + value + key + from + " WHERE (" + where + ")" + join;
    }

    private String delete() {
        String where = predicate(List.of(new Source("items", TABLES.get(2).columns())), List.of(), 1);
        String using = chance(30) ? " USING orders o" : "";
        String join = using.isEmpty() ? "" : pick(" AND o.customer_id = items.customer_id", " AND o.oid = items.iid");
        return "DELETE FROM items" + using + " WHERE (" + where + ")" + join;
    }

    private String insertSelect() {
        return pick("INSERT INTO orders (customer_id, oid) SELECT k, v FROM (" + inner(List.of(), 1) + ") s",
                "INSERT INTO orders (customer_id, oid) SELECT k, v FROM (" + inner(List.of(), 1) + ") s WHERE k = "
                        + key(),
                "INSERT INTO orders (customer_id, oid) SELECT " + key() + ", k FROM (" + inner(List.of(), 1) + ") s",
                "INSERT INTO orders (customer_id, oid, amount) VALUES (" + key()
                        + ", 1, (SELECT count(*) FROM items WHERE "
                        + "customer_id = " + key() + "))");
    }

    private static List<Source> both(List<Source> inner, List<Source> outer) {
        List<Source> all = new ArrayList<>(inner);
        all.addAll(outer);
        return all;
    }

    private String keyColumn(List<Source> scope) {
        Source source = scope.get(random.nextInt(scope.size()));
        return source.alias() + "." + source.columns().getFirst();
    }

    private String column(List<Source> scope) {
        Source source = scope.get(random.nextInt(scope.size()));
        return source.alias() + "." + source.columns().get(random.nextInt(source.columns().size()));
    }

    /** Few keys, so that equal ones meet; seldom one that nobody has. */
    private String key() {
        int key = chance(5) ? 99 : 1 + random.nextInt(6);
        return chance(10) ? "'" + key + "'" : Integer.toString(key);
    }

    private boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    private String pick(String... choices) {
        return choices[random.nextInt(choices.length)];
    }
}
