package dev.trunkline.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.catalog.ShardMap;
import dev.trunkline.route.BoundValues;
import dev.trunkline.route.Destination;
import dev.trunkline.route.DestinationTable;
import dev.trunkline.route.ListParts;
import dev.trunkline.sql.LexedText;
import dev.trunkline.sql.SqlParser;
import dev.trunkline.value.PgHash;
import dev.trunkline.value.PgOid;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What each node gets of a list of keys, and where it gets the list whole. */
class ListPartsTest {

    private static final DestinationTable TABLE = new DestinationTable(ShardMap.even(1, 256, 4), 4, 0);
    private static final Planner PLANNER = new Planner(new SqlParser());
    /** Two keys of node a, one of b: in the order of the nodes. */
    private static final long A = key(0, 0);
    private static final long A2 = key(0, 1);
    private static final long B = key(1, 0);

    private static long key(int node, int n) {
        int left = n;
        for (long k = 1;; k++) {
            if (PgHash.virtualShard(PgHash.int8(k), 256) / 64 == node && left-- == 0) {
                return k;
            }
        }
    }

    private static Destination.Many bind(StatementPlan plan, String sql, int oid, String... parameters) {
        byte[] bytes = sql.getBytes(StandardCharsets.UTF_8);
        LexedText lexed = new LexedText();
        lexed.lex(bytes, 0, bytes.length, true);
        int[] offsets = new int[parameters.length];
        int[] lengths = new int[parameters.length];
        int[] oids = new int[parameters.length];
        StringBuilder body = new StringBuilder();
        for (int i = 0; i < parameters.length; i++) {
            offsets[i] = body.length();
            body.append(parameters[i]);
            lengths[i] = parameters[i].length();
            oids[i] = oid;
        }
        return assertInstanceOf(Destination.Many.class,
                plan.bind(new BoundValues().statement(bytes, lexed.fingerprint(0), true).parameters(
                        body.toString().getBytes(StandardCharsets.UTF_8), offsets, lengths, new short[0], 0, oids,
                        parameters.length), TABLE),
                sql);
    }

    /** The nodes' texts, as the gateway makes them. */
    private static List<String> texts(String sql) {
        StatementPlan plan = PLANNER.plan(sql, PlanKey.DEFAULT, TestCatalogs.shop());
        Destination.Many many = bind(plan, sql, 0);
        Plan.FanOut fanOut = plan.fanOut();
        byte[] text = (fanOut.nodeSql() == null ? sql : fanOut.nodeSql()).getBytes(StandardCharsets.UTF_8);
        LexedText lexed = new LexedText();
        lexed.lex(text, 0, text.length, true);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < many.nodes().length; i++) {
            boolean cut = many.parts() != null && many.parts().changesText(i) && fanOut.cutsText();
            texts.add(new String(cut
                    ? many.parts().text(i, text, lexed.fingerprint(0),
                            fanOut.nodeSql() == null ? 0 : fanOut.literalShift())
                    : text, StandardCharsets.UTF_8));
        }
        return texts;
    }

    private static void cut(String sql, String ofA, String ofB) {
        List<String> texts = texts(sql);
        assertTrue(texts.get(0).contains(ofA) && texts.get(1).contains(ofB), texts.toString());
    }

    private static void whole(String sql) {
        List<String> texts = texts(sql);
        assertEquals(texts.get(0), texts.get(1));
    }

    @Test
    void listsOfLiteralsAreSpliced() {
        String keys = A + ", " + B + " /* x */ , " + A2;
        cut("select 'é', name from customers where id in (" + keys + ") and name <> 'q'",
                "in (" + A + ", " + A2 + ") and",
                "in (" + B + ") and");
        cut("select name from customers where id = any (array[" + keys + "])", "array[" + A + ", " + A2 + "]",
                "array[" + B + "]");
        cut("select name from customers where id = any ('{" + A + "," + B + ",NULL," + A2 + "}')",
                "'{" + A + "," + A2 + "}'", "'{" + B + "}'");
        cut("select name from customers where id = " + A + " or " + B + " = id", "id = " + A + " or " + A + " = id",
                "id = " + B + " or " + B + " = id");
        cut("select name from customers where id in (null, " + A + ", null, " + B + ")", "in (null, " + A + ")",
                "in (null, " + B + ")");
        // The nodes' text has hidden columns with literals of their own before the list.
        cut("select 7, name from customers where id in (" + A + ", " + B + ") order by coalesce(id, 5) + 1 limit 3",
                "in (" + A + ") ", "in (" + B + ") ");
    }

    @Test
    void whatSomethingElseDependsOnGoesWhole() {
        String pair = A + ", " + B;
        // The alternatives say more than the key.
        whole("select name from customers where id = " + A + " and name = 'a' or id = " + B + " and name = 'b'");
        whole("select name from customers c join (values (" + A + ", 1), (" + B + ", 2)) v(k, n) on v.k = c.id");
        // Not the key itself.
        whole("select c.name from customers c join orders o on o.customer_id = c.id join countries y on y.capital_id = c.id "
                + "where y.capital_id in (" + pair + ")");
        whole("select name from customers where id in ('" + A + "'::int8, '" + B + "'::int8)");
    }

    @Test
    void parameters() {
        String[] arrays = {"select name from customers where id = any ($1)",
                "select c.name from customers c join unnest($1::int8[]) u(k) on u.k = c.id",
                "select name from customers where id in (select unnest($1::int8[]))"};
        for (String sql : arrays) {
            ListParts parts = arrays(sql);
            assertEquals("{" + A + "}", new String(parts.values(0).get(1), StandardCharsets.UTF_8), sql);
            assertEquals("{" + B + "}",
                    new String(parts.values(1).get(1), StandardCharsets.UTF_8), sql);
        }
        for (String sql : List.of("select name, $1::int8[] from customers where id = any ($1)",
                "select name from customers where id = any ($1) and cardinality($1) > 1",
                "select n from customers c join unnest($1::int8[]) with ordinality u(k, n) on u.k = c.id",
                "select ordinality from customers c join unnest($1::int8[]) with ordinality u on u.u = c.id",
                "select c.id from customers c, countries y where y.capital_id = any ($1) and y.capital_id = c.id")) {
            assertNull(arrays(sql), sql);
        }
        String sql = "select name from customers where id in ($1, $2)";
        StatementPlan plan = PLANNER.plan(sql, PlanKey.DEFAULT, TestCatalogs.shop());
        ListParts parts = bind(plan, sql, PgOid.INT8, "" + A, "" + B).parts();
        assertEquals(Map.of(2, true), nulls(parts.values(0)));
        assertEquals(Map.of(1, true), nulls(parts.values(1)));
    }

    private static ListParts arrays(String sql) {
        StatementPlan plan = PLANNER.plan(sql, PlanKey.DEFAULT, TestCatalogs.shop());
        return bind(plan, sql, PgOid.arrayOf(PgOid.INT8), "{" + A + "," + B + ",NULL}").parts();
    }

    private static Map<Integer, Boolean> nulls(Map<Integer, byte[]> values) {
        Map<Integer, Boolean> nulls = new java.util.HashMap<>();
        values.forEach((number, value) -> nulls.put(number, ListParts.isNull(value)));
        return nulls;
    }
}
