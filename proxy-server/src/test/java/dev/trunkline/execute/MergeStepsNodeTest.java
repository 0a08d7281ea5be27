package dev.trunkline.execute;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.trunkline.demo.RunningNode;
import dev.trunkline.execute.DividedTable.Column;
import dev.trunkline.plan.Merge.AggregateColumn;
import dev.trunkline.plan.Merge.AggregateFunction;
import dev.trunkline.value.PgOid;
import dev.trunkline.value.PostgresVersions;
import dev.trunkline.value.WireFormat;
import io.netty.buffer.ByteBuf;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Order, limits, distinct rows and groups merged from parts are what a server makes of the whole. */
class MergeStepsNodeTest {

    private static final long SEED = Long.getLong("trunkline.test.seed", 20_240_601L);
    private static final int ROUNDS = Integer.getInteger("trunkline.test.rounds", 16);
    private static final long PLENTY = 1 << 24;

    static Stream<Arguments> servers() throws Exception {
        return PostgresVersions.all().stream().map(node -> Arguments.of(node.version(), node));
    }

    /** A column of the table that the statement sorts, groups or tells apart by. */
    private record Key(int oid, boolean descending, boolean nullsFirst) {

        /** Equal values that look different would make the comparison depend on which of them came first. */
        String expression() {
            String column = DividedTable.columnOf(oid);
            return switch (oid) {
                case PgOid.NUMERIC -> "trim_scale(numeric)";
                case PgOid.FLOAT8 -> "float8 + 0.0";
                case PgOid.FLOAT4 -> "(float4 + 0.0)::float4";
                default -> column;
            };
        }

        String orderBy() {
            return expression() + (descending ? " DESC" : " ASC") + (nullsFirst ? " NULLS FIRST" : " NULLS LAST");
        }
    }

    private static List<Key> keys(SplittableRandom random, int most) {
        List<Key> keys = new ArrayList<>();
        for (int i = random.nextInt(1, most + 1); i > 0; i--) {
            int oid = DividedTable.TYPES[random.nextInt(DividedTable.TYPES.length)];
            if (keys.stream().noneMatch(k -> k.oid == oid)) {
                keys.add(new Key(oid, random.nextBoolean(), random.nextBoolean()));
            }
        }
        return keys;
    }

    private static String orderBy(List<Key> keys) {
        return " ORDER BY " + String.join(", ", keys.stream().map(Key::orderBy).toList());
    }

    private static List<Column> columns(List<Key> keys, WireFormat format) {
        return keys.stream().map(k -> new Column(k.expression(), k.oid, format)).toList();
    }

    /** Sort keys that stand in these columns of the rows. */
    private static List<SortKey> sorting(List<Key> keys, int first) {
        List<SortKey> sorting = new ArrayList<>();
        for (int i = 0; i < keys.size(); i++) {
            sorting.add(new SortKey(first + i, keys.get(i).descending, keys.get(i).nullsFirst, true));
        }
        return sorting;
    }

    private static List<EqualityKey> equality(int first, int count) {
        List<EqualityKey> keys = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            keys.add(new EqualityKey(first + i, true));
        }
        return keys;
    }

    private static List<List<ByteBuf>> inputs(DividedTable table, List<Column> columns, String tail,
            SplittableRandom random) throws Exception {
        List<List<ByteBuf>> inputs = new ArrayList<>();
        for (int part = 0; part < DividedTable.PARTS; part++) {
            inputs.add(table.runs(columns, "FROM t WHERE part = " + part + tail, random));
        }
        return inputs;
    }

    @FunctionalInterface
    private interface Round {
        void check(DividedTable table, WireFormat format, SplittableRandom random, String seed) throws Exception;
    }

    private static void rounds(RunningNode node, Round round) throws Exception {
        try (Connection connection = node.connect("postgres")) {
            DividedTable table = new DividedTable(connection);
            for (int i = 0; i < ROUNDS; i++) {
                if (i % 4 == 0) {
                    table.create(SEED + i, i % 12 == 0 ? i : 20 * i);
                }
                WireFormat format = i % 2 == 0 ? WireFormat.TEXT : WireFormat.BINARY;
                round.check(table, format, new SplittableRandom(SEED + i), "seed " + (SEED + i) + " ");
            }
        }
    }

    @ParameterizedTest(autoCloseArguments = false, name = "{0}")
    @MethodSource("servers")
    void orderAndLimit(String version, RunningNode node) throws Exception {
        rounds(node, (table, format, random, seed) -> {
            List<Key> keys = keys(random, 4);
            List<Column> shown = new ArrayList<>(List.of(new Column("id", PgOid.INT8, format)));
            shown.addAll(columns(keys, format));
            List<Column> columns = new ArrayList<>(shown);
            columns.addAll(columns(keys, WireFormat.BINARY));
            columns.add(Column.binary("id", PgOid.INT8));
            List<SortKey> sorting = new ArrayList<>(sorting(keys, shown.size()));
            sorting.add(new SortKey(columns.size() - 1, false, false, false));
            long offset = random.nextBoolean() ? 0 : random.nextInt(40);
            long limit = random.nextBoolean() ? -1 : random.nextInt(60);
            String order = orderBy(keys) + ", id";
            // A node is asked for no more than the whole could need of it.
            String nodeLimit = limit < 0 ? "" : " LIMIT " + (offset + limit);
            RowMerge merge = MergeSteps.ordered(DividedTable.PARTS, sorting).limit(offset, limit).show(shown.size());
            List<List<byte[]>> merged = MergeRun.run(merge, DividedTable.description(columns),
                    inputs(table, columns, order + nodeLimit, random), random);
            String tail = order + " OFFSET " + offset + (limit < 0 ? "" : " LIMIT " + limit);
            assertEquals(MergeRun.shown(table.query(shown, "FROM t" + tail)), MergeRun.shown(merged), seed + tail);
        });
    }

    @ParameterizedTest(autoCloseArguments = false, name = "{0}")
    @MethodSource("servers")
    void distinctRows(String version, RunningNode node) throws Exception {
        rounds(node, (table, format, random, seed) -> {
            List<Key> keys = keys(random, 3);
            List<Column> shown = columns(keys, format);
            List<Column> columns = new ArrayList<>(shown);
            columns.addAll(columns(keys, WireFormat.BINARY));
            List<EqualityKey> equality = equality(keys.size(), keys.size());
            String distinct = " GROUP BY " + String.join(", ", keys.stream().map(Key::expression).toList());
            List<String> expected = MergeRun.shown(table.query(shown, "FROM t" + distinct + orderBy(keys)));
            RowMerge sorted = MergeSteps.ordered(DividedTable.PARTS, sorting(keys, keys.size()))
                    .distinctNeighbours(equality).show(keys.size());
            assertEquals(expected, MergeRun.shown(MergeRun.run(sorted, DividedTable.description(columns),
                    inputs(table, columns, distinct + orderBy(keys), random), random)),
                    seed + distinct + orderBy(keys));
            RowMerge hashed = MergeSteps.unordered(DividedTable.PARTS).distinct(equality, PLENTY)
                    .sorted(sorting(keys, keys.size()), PLENTY).show(keys.size());
            assertEquals(expected, MergeRun.shown(MergeRun.run(hashed, DividedTable.description(columns),
                    inputs(table, columns, distinct, random), random)), seed + distinct);
        });
    }

    private static final List<String> AGGREGATES = List.of("count(*)", "sum(int4)", "sum(numeric)", "avg(int2)",
            "avg(int8)", "avg(numeric) FILTER (WHERE numeric < 1e25)", "min(date)", "max(text)", "bool_and(bool)",
            "bool_or(bool)");
    private static final int[] RESULTS = {PgOid.INT8, PgOid.INT8, PgOid.NUMERIC, PgOid.NUMERIC, PgOid.NUMERIC,
            PgOid.NUMERIC, PgOid.DATE, PgOid.TEXT, PgOid.BOOL, PgOid.BOOL};

    private static List<AggregateColumn> functions(List<Column> columns, int first) {
        List<AggregateColumn> functions = new ArrayList<>();
        int hidden = columns.size();
        for (int i = 0; i < AGGREGATES.size(); i++) {
            String name = AGGREGATES.get(i);
            String filter = name.contains("FILTER") ? name.substring(name.indexOf(" FILTER")) : "";
            switch (name.substring(0, name.indexOf('('))) {
                case "count" -> functions.add(new AggregateColumn(AggregateFunction.COUNT, -1));
                case "sum" -> functions.add(new AggregateColumn(AggregateFunction.SUM, -1));
                case "avg" -> {
                    String argument = name.substring(name.indexOf('(') + 1, name.indexOf(')'));
                    functions.add(new AggregateColumn(AggregateFunction.AVG, hidden));
                    columns.add(Column.binary("sum(" + argument + ")" + filter,
                            argument.equals("int2") ? PgOid.INT8 : PgOid.NUMERIC));
                    columns.add(Column.binary("count(" + argument + ")" + filter, PgOid.INT8));
                    hidden += 2;
                }
                case "min", "max" -> {
                    functions.add(new AggregateColumn(
                            name.startsWith("min") ? AggregateFunction.MIN : AggregateFunction.MAX, hidden++, true));
                    columns.add(Column.binary(name, RESULTS[i]));
                }
                case "bool_and" -> functions.add(new AggregateColumn(AggregateFunction.BOOL_AND, -1));
                case "bool_or" -> functions.add(new AggregateColumn(AggregateFunction.BOOL_OR, -1));
                default -> throw new IllegalArgumentException(name);
            }
        }
        return functions;
    }

    @ParameterizedTest(autoCloseArguments = false, name = "{0}")
    @MethodSource("servers")
    void groups(String version, RunningNode node) throws Exception {
        rounds(node, (table, format, random, seed) -> {
            List<Key> keys = keys(random, 2);
            List<Column> shown = new ArrayList<>(columns(keys, format));
            for (int i = 0; i < AGGREGATES.size(); i++) {
                shown.add(new Column(AGGREGATES.get(i), RESULTS[i], format));
            }
            List<Column> columns = new ArrayList<>(shown);
            int hiddenKeys = columns.size();
            columns.addAll(columns(keys, WireFormat.BINARY));
            int hiddenCount = columns.size();
            columns.add(Column.binary("count(*)", PgOid.INT8));
            List<AggregateColumn> aggregates = functions(columns, 0);
            List<AggregateColumn> functions = new ArrayList<>();
            keys.forEach(k -> functions.add(new AggregateColumn(AggregateFunction.GROUP, -1)));
            functions.addAll(aggregates);
            keys.forEach(k -> functions.add(new AggregateColumn(AggregateFunction.GROUP, -1)));
            functions.add(new AggregateColumn(AggregateFunction.COUNT, -1));
            while (functions.size() < columns.size()) {
                functions.add(new AggregateColumn(AggregateFunction.GROUP, -1));
            }
            String groupBy = " GROUP BY " + String.join(", ", keys.stream().map(Key::expression).toList());
            List<EqualityKey> equality = equality(hiddenKeys, keys.size());

            List<String> expected = MergeRun.shown(table.query(shown, "FROM t" + groupBy + orderBy(keys)));
            RowMerge streamed = MergeSteps.ordered(DividedTable.PARTS, sorting(keys, hiddenKeys))
                    .groupedNeighbours(equality, functions).show(shown.size());
            assertEquals(expected, MergeRun.shown(MergeRun.run(streamed, DividedTable.description(columns),
                    inputs(table, columns, groupBy + orderBy(keys), random), random)), seed + groupBy);

            List<SortKey> byCount = new ArrayList<>(List.of(new SortKey(hiddenCount, true, true, false)));
            byCount.addAll(sorting(keys, hiddenKeys));
            String top = " ORDER BY count(*) DESC," + orderBy(keys).substring(9);
            RowMerge hashed = MergeSteps.unordered(DividedTable.PARTS).grouped(equality, functions, PLENTY)
                    .sorted(byCount, PLENTY).limit(1, 7).show(shown.size());
            assertEquals(MergeRun.shown(table.query(shown, "FROM t" + groupBy + top + " OFFSET 1 LIMIT 7")),
                    MergeRun.shown(MergeRun.run(hashed, DividedTable.description(columns),
                            inputs(table, columns, groupBy, random), random)),
                    seed + groupBy + top);
        });
    }
}
