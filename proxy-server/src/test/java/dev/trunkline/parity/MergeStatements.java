package dev.trunkline.parity;

import dev.trunkline.parity.MergeStatement.Key;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Statements that several nodes answer together: some hundred that go through every type and clause, and random ones. */
final class MergeStatements {

    /** Columns of {@code m} of every type whose order a merge knows. */
    private static final List<String> SORTABLE = List.of("id", "g", "i2", "i4", "i8", "num", "amt", "c", "v", "b", "u",
            "ya", "d", "ti", "tz", "ts", "tsz", "bo", "f4", "f8", "fz", "o");
    /** Of these and a locale's text, those whose equal values look alike: any of them may stand for a group. */
    private static final List<String> ALIKE = List.of("g", "i2", "i4", "i8", "amt", "c", "v", "b", "u", "ya", "d", "ti",
            "tz", "ts", "tsz", "bo", "f4", "f8", "o", "loc");
    private static final List<String> EXTREMES = List.of("id", "g", "i2", "i4", "i8", "amt", "c", "v", "b", "d", "ti",
            "tz", "ts", "tsz", "f4", "f8", "o");
    private static final List<String> AGGREGATES = List.of("count(*)", "count(i4)", "sum(i2)", "sum(i4)", "sum(i8)",
            "sum(amt)", "avg(i2)", "avg(i4)", "avg(i8)", "avg(amt)", "avg(num) FILTER (WHERE num < 1000)", "min(d)",
            "max(c)",
            "min(i8)", "bool_and(bo)", "bool_or(bo)", "every(bo)", "sum(i4) FILTER (WHERE g > 3)",
            "count(*) FILTER (WHERE bo)",
            "sum(num)", "count(DISTINCT id)", "sum(DISTINCT id)", "min(DISTINCT g)", "max(i4 * 2)", "avg(i4 + g)");
    private static final List<String> SUFFIXES = List.of("", "ASC", "DESC", "NULLS FIRST", "DESC NULLS LAST");

    private MergeStatements() {}

    static List<MergeStatement> all() {
        List<MergeStatement> all = new ArrayList<>();
        for (String column : SORTABLE) {
            for (String suffix : SUFFIXES) {
                all.add(MergeStatement.of("id, " + column, "FROM m", Key.of(column, suffix)));
            }
            all.add(MergeStatement.of("id", "FROM m", Key.of(column, "DESC"), Key.of("id", "")).limited(17, 3));
            all.add(MergeStatement.of(column, "FROM m WHERE g < 6", new Key("1", column, "NULLS FIRST")).limited(9,
                    -1));
        }
        for (String column : ALIKE) {
            all.add(MergeStatement.of(column, "FROM m").asDistinct());
            all.add(MergeStatement.of(column + ", count(*)", "FROM m GROUP BY " + column));
            all.add(MergeStatement.of("count(*), " + column + " AS grp, sum(i4)", "FROM m GROUP BY grp",
                    new Key("1", "count(*)", "DESC")).limited(6, 1));
            if (!column.equals("loc")) {
                all.add(MergeStatement.of(column, "FROM m", Key.of(column, "DESC")).asDistinct().limited(5, 2));
                all.add(MergeStatement.of(column + ", bo", "FROM m", new Key("2", "bo", ""),
                        new Key("1", column, "NULLS FIRST")).asDistinct());
                all.add(MergeStatement.of("avg(amt), " + column, "FROM m GROUP BY 2", new Key("2", column, ""))
                        .limited(4, 2));
            }
        }
        for (String column : EXTREMES) {
            all.add(MergeStatement.of("min(" + column + "), max(" + column + ")", "FROM m"));
            all.add(MergeStatement.of("g, max(" + column + ") AS most", "FROM m GROUP BY g",
                    new Key("most", "max(" + column + ")", "DESC NULLS LAST"), Key.of("g", "")).limited(5, -1));
        }
        for (String aggregate : AGGREGATES) {
            all.add(MergeStatement.of(aggregate, "FROM m"));
            all.add(MergeStatement.of(aggregate, "FROM m WHERE false"));
            all.add(MergeStatement.of(aggregate + " AS a, count(*) AS n", "FROM m WHERE i4 < 0").limited(1, 0));
            all.add(MergeStatement.of("g, " + aggregate, "FROM m GROUP BY g", Key.of("g", "DESC")));
            all.add(MergeStatement.of("c, bo, " + aggregate, "FROM m GROUP BY c, bo"));
            all.add(MergeStatement.of("bo", "FROM m GROUP BY bo", Key.of(aggregate, ""), Key.of("bo", "")));
        }
        special(all);
        return all;
    }

    private static void special(List<MergeStatement> all) {
        for (long[] rows : new long[][]{{0, -1}, {1, -1}, {5, 0}, {5, 7}, {1000, -1}, {-1, 250}, {3, 400}, {-1, 0}}) {
            MergeStatement plain = MergeStatement.of("id, i4", "FROM m").limited(rows[0], rows[1]);
            MergeStatement sorted = MergeStatement.of("*", "FROM m", Key.of("i4", ""), Key.of("id", "DESC"))
                    .limited(rows[0], rows[1]);
            MergeStatement grouped = MergeStatement.of("g, count(*)", "FROM m GROUP BY g", Key.of("count(*)", "DESC"),
                    Key.of("g", "")).limited(rows[0], rows[1]);
            MergeStatement one = MergeStatement.of("count(*), min(c)", "FROM m").limited(rows[0], rows[1]);
            for (MergeStatement statement : List.of(plain, sorted, grouped, one)) {
                all.add(statement);
                all.add(statement.withParameters());
                if (rows[0] != 0) {
                    all.add(statement.fetching(2));
                    all.add(statement.fetching(100));
                }
            }
        }
        Key byId = Key.of("id", "");
        // Spellings of the sort key.
        all.add(MergeStatement.of("id AS x, i4", "FROM m", new Key("x", "id", "DESC")));
        all.add(MergeStatement.of("i4 AS id, id AS i4", "FROM m", new Key("id", "i4", ""), new Key("i4", "id", "")));
        all.add(MergeStatement.of("id, -i4 AS negative", "FROM m", new Key("negative", "-i4", "NULLS FIRST"), byId));
        all.add(MergeStatement.of("*", "FROM m", new Key("3", "i2", ""), byId));
        all.add(MergeStatement.of("m.*, n.t", "FROM m JOIN n ON n.m_id = m.id", Key.of("n.t", ""), Key.of("m.id", "")));
        all.add(MergeStatement.of("id", "FROM m", Key.of("i4 % 7", "DESC"), Key.of("abs(i8)", ""), byId));
        all.add(MergeStatement.of("id", "FROM m", Key.of("loc COLLATE \"C\"", ""), byId));
        all.add(MergeStatement.of("id", "FROM m", Key.of("coalesce(i4, 0)", ""), byId));
        all.add(MergeStatement.of("id", "FROM m", Key.of("CASE WHEN bo THEN i4 ELSE g END", ""), byId).limited(20, 5));
        all.add(MergeStatement.of("id", "FROM m", Key.of("length(c)", ""), byId));
        all.add(MergeStatement.of("id", "FROM m", Key.of("\"Odd name\"", "DESC"), byId));
        all.add(MergeStatement.of("id /* not -- a comment */ , c -- the end\n", "FROM m", Key.of("c", ""), byId));
        all.add(MergeStatement.of("id", "FROM m WHERE id IN (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)", Key.of("i4", ""), byId));
        all.add(MergeStatement.of("x.id, x.i4", "FROM (SELECT id, i4 FROM m WHERE g = 2) x", Key.of("x.i4", ""),
                Key.of("x.id", "")).limited(5, 1));
        all.add(MergeStatement.of("id, i4", "FROM (SELECT id, i4, c FROM m) x", Key.of("c", ""), byId));
        all.add(MergeStatement.of("m.id, r.name", "FROM m JOIN r ON r.g = m.g", Key.of("r.name", ""),
                Key.of("m.id", "")));
        all.add(MergeStatement.of("m.id, n.k", "FROM m LEFT JOIN n ON n.m_id = m.id AND n.k = 2", Key.of("n.k", ""),
                Key.of("m.id", "")));
        all.add(MergeStatement.of("x, c", "FROM e", Key.of("x", "")));
        all.add(MergeStatement.of("count(*), sum(x), min(c), avg(x)", "FROM e"));
        all.add(MergeStatement.of("x, count(*)", "FROM e GROUP BY x"));
        all.add(MergeStatement.of("x", "FROM e").asDistinct());
        // What holds the key is the nodes' own affair.
        all.add(MergeStatement.of("id, count(*)", "FROM m GROUP BY id", byId));
        all.add(MergeStatement.of("m_id, count(*), string_agg(t, ',' ORDER BY k)", "FROM n GROUP BY m_id",
                Key.of("count(*)", "DESC"), Key.of("m_id", "")).limited(10, 4));
        all.add(MergeStatement.of("m.id, sum(n.k)", "FROM m JOIN n ON n.m_id = m.id GROUP BY m.id HAVING count(*) > 2",
                Key.of("sum(n.k)", ""), Key.of("m.id", "")));
        all.add(MergeStatement.of("n.m_id, count(DISTINCT n.t)", "FROM m JOIN n ON n.m_id = m.id GROUP BY n.m_id",
                Key.of("n.m_id", "")));
        all.add(MergeStatement.of("m_id, k, row_number() OVER (PARTITION BY m_id ORDER BY k DESC)", "FROM n",
                Key.of("m_id", ""), Key.of("k", "")));
        all.add(MergeStatement.of("m_id, sum(k) OVER w", "FROM n WINDOW w AS (PARTITION BY m_id)").asDistinct());
        all.add(MergeStatement.of("id, c", "FROM m", byId).asDistinct().limited(12, -1));
        all.add(MergeStatement.of("g, bo", "FROM m", Key.of("g", ""), Key.of("bo", "DESC")).asDistinct().limited(7, 2));
        all.add(MergeStatement.of("g, c, bo", "FROM m", Key.of("g", "")).asDistinct());
        all.add(MergeStatement.of("g % 3, c || 'x' AS cx", "FROM m").asDistinct());
        all.add(MergeStatement.of("r.name, count(*), sum(m.i8)", "FROM m JOIN r ON r.g = m.g GROUP BY r.name",
                Key.of("r.name", "")));
        all.add(MergeStatement.of("'const', g + 1, count(*)", "FROM m GROUP BY g + 1", Key.of("g + 1", "DESC")));
        all.add(MergeStatement.of("lower(c), count(*)", "FROM m GROUP BY lower(c)"));
        for (String condition : CONDITIONS) {
            all.add(MergeStatement.of("g, count(*)", "FROM m GROUP BY g HAVING " + condition));
            all.add(MergeStatement.of("g", "FROM m GROUP BY g HAVING " + condition, Key.of("g", "DESC")).limited(3, 1));
            all.add(MergeStatement.of("bo, g", "FROM m GROUP BY g, bo HAVING " + condition, Key.of("sum(i4)", ""),
                    Key.of("bo", ""), Key.of("g", "")).limited(9, -1).withParameters());
        }
        all.add(MergeStatement.of("n.m_id, count(*)",
                "FROM m LEFT JOIN n ON n.m_id = m.id GROUP BY n.m_id HAVING count(*) > 1"));
        // Equal values that look different: the two zeros, 1 and 1.00.
        for (String column : List.of("fz", "num")) {
            all.add(MergeStatement.of("count(*), sum(i4)", "FROM m GROUP BY " + column));
            all.add(MergeStatement.of("count(*), max(i8)", "FROM m GROUP BY " + column, Key.of(column, "DESC")));
        }
        all.add(MergeStatement.of("g, avg(i4), min(c)", "FROM m GROUP BY g", Key.of("avg(i4)", "DESC"), Key.of("g", ""))
                .limited(4, -1).withParameters());
        all.add(MergeStatement.of("bo", "FROM m GROUP BY bo, g", Key.of("g", ""), Key.of("bo", "")).limited(8, 2)
                .withParameters());
    }

    private static final List<String> CONDITIONS = List.of("count(*) > 20", "count(*) >= 29 AND count(*) <= 32",
            "count(i4) <> count(*)", "sum(i4) > 0", "sum(i8) < 0", "avg(i4) > 12.5", "avg(i8) BETWEEN 0 AND 5e11",
            "avg(num) = 'NaN'", "max(num) > 60", "min(i2) IS NULL OR g = 2", "NOT (max(i4) > 480)",
            "NOT (min(i2) > -2 OR g IS NULL)", "g IN (1, 3, 5)", "g % 2 = 0 AND bool_or(bo)", "bool_and(bo) IS NULL",
            "NOT bool_and(bo)", "every(i4 > -490)", "max(c) > 'm'", "min(c) <= max(c)", "max(ts) > '2000-01-02'",
            "max(d) >= DATE '2005-01-01'", "count(*) FILTER (WHERE bo) > g", "count(*) > (g + 1) * 5", "g IS NULL",
            "count(*) > NULL", "sum(i4) > NULL OR count(*) = 32", "max(f8) > 1", "max(g) = g", "true",
            "avg(i4) IS NOT NULL AND sum(num) <> sum(num)", "min(num) = 1", "'29' < count(*)",
            "count(DISTINCT id) > 30", "min(ti) < '01:00'");

    /** Conditions that hold for any columns of GROUP BY. */
    private static final List<String> AGGREGATE_CONDITIONS = CONDITIONS.stream()
            .filter(c -> !c.matches(".*\\bg\\b.*")).map(c -> "(" + c + ")").toList();

    /** A random statement. */
    static MergeStatement random(SplittableRandom random) {
        List<Key> keys = new ArrayList<>();
        MergeStatement statement;
        String where = switch (random.nextInt(5)) {
            case 0 -> " WHERE i4 > " + random.nextInt(-500, 500);
            case 1 -> " WHERE g IN (1, 3, 5) OR bo";
            case 2 -> " WHERE id BETWEEN " + random.nextInt(100) + " AND " + random.nextInt(260);
            default -> "";
        };
        switch (random.nextInt(4)) {
            case 0 -> {
                for (int i = random.nextInt(4); i > 0; i--) {
                    keys.add(Key.of(pick(random, SORTABLE), pick(random, SUFFIXES)));
                }
                statement = MergeStatement.of(random.nextBoolean() ? "*" : "id, " + pick(random, SORTABLE) + " AS one",
                        "FROM m" + where, keys.toArray(Key[]::new));
            }
            case 1 -> {
                List<String> columns = columns(random);
                keys(random, columns, keys);
                statement = MergeStatement.of(String.join(", ", columns), "FROM m" + where, keys.toArray(Key[]::new))
                        .asDistinct();
            }
            case 2 -> {
                List<String> columns = columns(random);
                List<String> items = new ArrayList<>(random.nextBoolean() ? columns : List.of());
                for (int i = random.nextInt(1, 4); i > 0; i--) {
                    items.add(random.nextInt(items.size() + 1), pick(random, AGGREGATES));
                }
                if (random.nextBoolean()) {
                    keys.add(Key.of(pick(random, AGGREGATES), pick(random, SUFFIXES)));
                }
                keys(random, columns, keys);
                statement = MergeStatement.of(String.join(", ", items), "FROM m" + where + " GROUP BY "
                        + String.join(", ", columns) + having(random), keys.toArray(Key[]::new));
            }
            default -> {
                List<String> items = new ArrayList<>();
                for (int i = random.nextInt(1, 5); i > 0; i--) {
                    items.add(pick(random, AGGREGATES));
                }
                statement = MergeStatement.of(String.join(", ", items), "FROM m" + where);
            }
        }
        if (random.nextInt(3) > 0) {
            statement = statement.limited(random.nextInt(3) == 0 ? -1 : random.nextInt(30),
                    random.nextBoolean() ? -1 : random.nextInt(20));
        }
        if (random.nextInt(4) == 0) {
            statement = statement.withParameters();
        }
        return random.nextInt(4) == 0 ? statement.fetching(random.nextInt(1, 20)) : statement;
    }

    private static String having(SplittableRandom random) {
        StringBuilder having = new StringBuilder();
        for (int i = random.nextInt(4) - 1; i > 0; i--) {
            having.append(having.isEmpty() ? " HAVING " : random.nextBoolean() ? " AND " : " OR ")
                    .append(random.nextInt(3) == 0 ? "NOT " : "")
                    .append(pick(random, AGGREGATE_CONDITIONS));
        }
        return having.toString();
    }

    private static List<String> columns(SplittableRandom random) {
        List<String> columns = new ArrayList<>();
        for (int i = random.nextInt(1, 4); i > 0; i--) {
            String column = pick(random, ALIKE);
            if (!columns.contains(column)) {
                columns.add(column);
            }
        }
        return columns;
    }

    private static void keys(SplittableRandom random, List<String> columns, List<Key> keys) {
        for (String column : columns) {
            if (random.nextInt(3) > 0 && !column.equals("loc")) {
                keys.add(Key.of(column, pick(random, SUFFIXES)));
            }
        }
    }

    private static <T> T pick(SplittableRandom random, List<T> from) {
        return from.get(random.nextInt(from.size()));
    }
}
