package dev.trunkline.execute;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.trunkline.demo.RunningNode;
import dev.trunkline.error.ProxyException;
import dev.trunkline.execute.DividedTable.Column;
import dev.trunkline.plan.Merge;
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
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Aggregates merged from parts are those that a server computes over the whole. */
class AggregateNodeTest {

    private static final long SEED = Long.getLong("trunkline.test.seed", 20_240_601L);
    private static final int ROUNDS = Integer.getInteger("trunkline.test.rounds", 12);

    static Stream<Arguments> servers() throws Exception {
        return PostgresVersions.all().stream().map(node -> Arguments.of(node.version(), node));
    }

    private record Asked(AggregateFunction function, Column shown, Column compared) {

        static Asked plain(AggregateFunction function, String expression, int oid) {
            return new Asked(function, Column.text(expression, oid), null);
        }
    }

    private static List<Asked> everything(int major) {
        List<Asked> asked = new ArrayList<>();
        asked.add(Asked.plain(AggregateFunction.COUNT, "count(*)", PgOid.INT8));
        asked.add(Asked.plain(AggregateFunction.COUNT, "count(text)", PgOid.INT8));
        asked.add(Asked.plain(AggregateFunction.COUNT, "count(int4) FILTER (WHERE int4 > 1000000)", PgOid.INT8));
        asked.add(Asked.plain(AggregateFunction.SUM, "sum(int2)", PgOid.INT8));
        asked.add(Asked.plain(AggregateFunction.SUM, "sum(int4)", PgOid.INT8));
        asked.add(Asked.plain(AggregateFunction.SUM, "sum(int8)", PgOid.NUMERIC));
        asked.add(Asked.plain(AggregateFunction.SUM, "sum(numeric)", PgOid.NUMERIC));
        asked.add(Asked.plain(AggregateFunction.SUM, "sum(numeric) FILTER (WHERE numeric BETWEEN -1e30 AND 1e30)",
                PgOid.NUMERIC));
        for (int oid : DividedTable.TYPES) {
            // min and max of bytea came with 18, of uuid not yet.
            boolean known = oid != PgOid.BOOL && oid != PgOid.UUID && (major >= 18 || oid != PgOid.BYTEA);
            String column = DividedTable.columnOf(oid);
            // The aggregate of varchar is that of text. Zeros and scales look different where they are equal.
            int result = oid == PgOid.VARCHAR ? PgOid.TEXT : oid;
            if (known && oid != PgOid.NUMERIC && oid != PgOid.FLOAT4 && oid != PgOid.FLOAT8) {
                asked.add(extreme(AggregateFunction.MIN, "min(" + column + ")", result));
                asked.add(extreme(AggregateFunction.MAX, "max(" + column + ")", result));
            }
        }
        asked.add(extreme(AggregateFunction.MIN, "min(trim_scale(numeric))", PgOid.NUMERIC));
        asked.add(extreme(AggregateFunction.MAX, "max(trim_scale(numeric)) FILTER (WHERE numeric <> 'NaN')",
                PgOid.NUMERIC));
        asked.add(extreme(AggregateFunction.MAX, "max(float8 + 0.0)", PgOid.FLOAT8));
        asked.add(extreme(AggregateFunction.MIN, "min(float4 + 0.0)", PgOid.FLOAT8));
        return asked;
    }

    private static Asked extreme(AggregateFunction function, String expression, int oid) {
        return new Asked(function, Column.text(expression, oid), Column.binary(expression, oid));
    }

    @ParameterizedTest(autoCloseArguments = false, name = "{0}")
    @MethodSource("servers")
    void partialAggregatesCombineToTheWhole(String version, RunningNode node) throws Exception {
        try (Connection connection = node.connect("postgres")) {
            DividedTable table = new DividedTable(connection);
            List<Asked> asked = everything(connection.getMetaData().getDatabaseMajorVersion());
            for (int round = 0; round < ROUNDS; round++) {
                table.create(SEED + round, round % 4 == 0 ? round : 30 * round);
                for (WireFormat format : WireFormat.values()) {
                    check(table, asked, format, new SplittableRandom(SEED + round), "seed " + (SEED + round));
                }
            }
        }
    }

    private static void check(DividedTable table, List<Asked> asked, WireFormat format, SplittableRandom random,
            String seed) throws Exception {
        List<Column> shown = asked.stream().map(a -> a.shown.in(format)).toList();
        List<Column> columns = new ArrayList<>(shown);
        List<AggregateColumn> functions = new ArrayList<>();
        for (Asked one : asked) {
            int hidden = one.compared == null ? -1 : columns.size();
            if (one.compared != null) {
                columns.add(one.compared);
            }
            functions.add(new AggregateColumn(one.function, hidden, true));
        }
        List<List<ByteBuf>> inputs = new ArrayList<>();
        for (int part = 0; part < DividedTable.PARTS; part++) {
            inputs.add(table.runs(columns, "FROM t WHERE part = " + part, random));
        }
        RowMerge merge = RowMerge.of(new Merge.Aggregate(functions, shown.size()), inputs.size());
        List<List<byte[]>> merged = MergeRun.run(merge, DividedTable.description(columns), inputs, random);
        List<byte[]> expected = table.query(shown, "FROM t").getFirst();
        assertEquals(1, merged.size());
        for (int i = 0; i < shown.size(); i++) {
            assertEquals(MergeRun.shown(expected.get(i)), MergeRun.shown(merged.getFirst().get(i)),
                    seed + " " + format + " " + shown.get(i).expression());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {PgOid.FLOAT4, PgOid.FLOAT8, PgOid.MONEY, PgOid.INTERVAL})
    void sumsThatAreNotExactAreRefusedByName(int oid) {
        RowMerge merge = RowMerge.of(new Merge.Aggregate(List.of(new AggregateColumn(AggregateFunction.SUM, -1)), 1),
                2);
        ProxyException refused = assertThrows(ProxyException.class,
                () -> merge.describe(0, DividedTable.description(List.of(Column.binary("sum", oid)))));
        assertEquals("TL002", refused.sqlState());
        assertEquals("sum of " + PgOid.name(oid) + " is not supported over several nodes", refused.getMessage());
    }

    @ParameterizedTest
    @EnumSource(WireFormat.class)
    void extremesWhoseOrderANodeAloneKnowsAreRefused(WireFormat format) {
        for (int oid : new int[]{PgOid.TEXT, PgOid.BPCHAR, PgOid.INTERVAL, PgOid.MONEY, 16_500}) {
            RowMerge merge = RowMerge.of(
                    new Merge.Aggregate(List.of(new AggregateColumn(AggregateFunction.MAX, -1)), 1),
                    2);
            assertEquals("TL002", assertThrows(ProxyException.class, () -> merge.describe(0,
                    DividedTable.description(List.of(new Column("max", oid, format))))).sqlState());
        }
    }
}
