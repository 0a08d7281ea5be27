package dev.trunkline.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.catalog.ShardMap;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** For every table the predicate that gave its key, with its place, or the reason why none did; and the smallest change. */
class KeyExplanationTest {

    private static final OfflineExplain EXPLAIN = new OfflineExplain(TestCatalogs.shop(), ShardMap.even(1, 256, 4));

    private static List<String> lines(String sql) {
        return EXPLAIN.explain(sql).getFirst().why().lines();
    }

    private static void says(String sql, String... lines) {
        assertEquals(List.of(lines), lines(sql));
    }

    @Test
    void thePredicateThatGaveTheKeyStandsWithItsPlace() {
        says("select * from customers where id = 7",
                "key of customers: customers.id by id = 7 (line 1, column 31)");
        says("select *\n  from customers c\n  join orders o on o.customer_id = c.id\n where c.id = $1",
                "key of customers c: c.id by c.id = $1 (line 4, column 8)",
                "key of orders o: o.customer_id by c.id = $1 (line 4, column 8)");
        says("select 'é', * from orders where customer_id in (1, 2)",
                "key of orders: orders.customer_id by customer_id in (1, 2) (line 1, column 33)");
        says("insert into orders (id, customer_id) values (1, 7)",
                "key of orders: orders.customer_id as it is written");
        says("select * from readings where tenant_id = 1 and serial = 'x'",
                "key of readings: readings.(tenant_id, serial) by tenant_id = 1 (line 1, column 30) and serial = 'x' "
                        + "(line 1, column 48)");
    }

    @Test
    void theReasonWhyThereIsNone() {
        why("select * from orders", "nothing compares customer_id with a value");
        why("select * from orders where not customer_id = 7", "not customer_id = 7 (line 1, column 28) is negated");
        why("select * from orders where customer_id not in (7)",
                "customer_id not in (7) (line 1, column 28) is negated");
        why("select * from orders where customer_id = 7 or id = 1",
                "customer_id = 7 or id = 1 (line 1, column 28) does not give it in every alternative");
        why("select * from orders where customer_id = 40 + 2", "customer_id = 40 + 2 (line 1, column 28) compares it "
                + "with an expression; only a plain literal or parameter is a key");
        why("select * from orders where customer_id + 0 = 42",
                "customer_id + 0 = 42 (line 1, column 28) changes it before it is compared");
        why("select * from orders where customer_id = 42::float8", "customer_id = 42::float8 (line 1, column 28) "
                + "compares it with a value cast to another type, whose equality is not that of its hash");
        why("select * from orders where customer_id = $1::float8", "customer_id = $1::float8 (line 1, column 28) "
                + "compares it with a value cast to another type, whose equality is not that of its hash");
        why("select * from orders where customer_id > 42",
                "customer_id > 42 (line 1, column 28) is a range, and keys are not placed by range");
        why("select * from orders where customer_id between 1 and 2",
                "customer_id between 1 and 2 (line 1, column 28) is a range, and keys are not placed by range");
        why("select * from orders where customer_id = id", "customer_id = id (line 1, column 28) compares it with a "
                + "column of which no value is known");
        why("select * from orders where customer_id is not null",
                "customer_id is not null (line 1, column 28) is no equality with a value");
        why("select * from orders o left join countries c on o.customer_id = 7",
                "o.customer_id = 7 (line 1, column 49) is in the ON of an outer join, which keeps rows of o that "
                        + "don't satisfy it");
        why("select * from (select * from orders order by total limit 10) s where s.customer_id = 7",
                "a predicate on customer_id stands outside of LIMIT, which must see all rows");
        why("select * from (select customer_id, sum(total) over (order by id) from orders) s where s.customer_id = 7",
                "a predicate on customer_id stands outside of a window without it, which must see all rows");
        why("select * from readings where tenant_id = 1", "nothing compares serial with a value");
    }

    private static void why(String sql, String reason) {
        String line = lines(sql).getFirst();
        assertEquals(reason, line.substring(line.indexOf(": none, ") + ": none, ".length()), sql);
    }

    @Test
    void theSmallestChange() {
        change("select * from orders o, customers c where o.customer_id = c.id",
                "o.customer_id = c.id is known: add c.id = ...");
        change("select * from orders o, order_items i where i.customer_id = o.customer_id",
                "i.customer_id = o.customer_id is known: add o.customer_id = ...");
        change("select * from orders o, order_items i where i.order_id = o.id and o.customer_id = 7",
                "order_items.order_id refers to orders.id: add i.customer_id = o.customer_id");
        change("select * from orders o, order_items i where i.order_id = o.id",
                "order_items.order_id refers to orders.id: add o.customer_id = ... AND i.customer_id = o.customer_id");
        change("select * from orders o, customers c", "add c.id = ... AND o.customer_id = c.id");
        change("select * from orders o, products p where o.customer_id = 1", "add p.id = ...");
        change("select * from customers where exists (select from orders o where o.customer_id = customers.id)",
                "o.customer_id = customers.id is known: add customers.id = ...");
        change("select * from readings r where r.tenant_id = 1", "add r.tenant_id = ... AND r.serial = ...");
        assertEquals(1, lines("select * from orders where customer_id = 1").size(), "nothing is missing");
    }

    private static void change(String sql, String change) {
        assertEquals("to make it one-node: " + change, lines(sql).getLast(), sql);
    }

    /** What a change promises: the statement with it is one-node. */
    @Test
    void whatTheChangeSaysHolds() {
        Planner planner = new Planner(new dev.trunkline.sql.SqlParser());
        for (String sql : List.of("select * from orders o, customers c where o.customer_id = c.id",
                "select * from orders o, order_items i where i.order_id = o.id and o.customer_id = 7",
                "select * from orders o, order_items i where i.order_id = o.id",
                "select * from orders o, customers c where o.id = 7",
                "select * from readings r, devices d where r.tenant_id = d.tenant_id",
                "select * from orders o join customers c on c.id = o.customer_id, order_items i where o.id = i.id")) {
            KeyExplanation.Change change = EXPLAIN.explain(sql).getFirst().why().change();
            String changed = sql + (sql.contains("where") ? " and " : " where ") + change.add().replace("...", "'7'");
            assertEquals("one-node", planner.plan(changed, PlanKey.DEFAULT, TestCatalogs.shop()).routing().text(),
                    changed);
        }
    }

    @Test
    void theSameInJsonAndInTheWarning() {
        String sql = "select * from orders o, customers c where o.customer_id = c.id";
        OfflineExplain.Explanation explanation = EXPLAIN.explain(sql).getFirst();
        JsonNode json = JsonMapper.shared().readTree(explanation.json());
        assertEquals("c.id = ...", json.get("change").get("add").asString());
        assertEquals("o.customer_id = c.id is known", json.get("change").get("because").asString());
        assertEquals("o", json.get("tables").get(0).get("alias").asString());
        assertTrue(json.get("tables").get(0).get("why").asString().contains("no value is known"));
        JsonNode keyed = JsonMapper.shared()
                .readTree(EXPLAIN.explain("select * from orders\nwhere customer_id = 7").getFirst().json());
        JsonNode predicate = keyed.get("tables").get(0).get("predicates").get(0);
        assertEquals("customer_id = 7", predicate.get("text").asString());
        assertEquals("line 2, column 7", predicate.get("place").asString());
        assertEquals(28, predicate.get("position").asInt());
        assertTrue(keyed.get("change").isNull());
        FanOutReason reason = new Planner(new dev.trunkline.sql.SqlParser())
                .plan(sql, PlanKey.DEFAULT, TestCatalogs.shop()).fanOut().reason();
        assertEquals(
                "o.customer_id = c.id is known: add c.id = ... to the statement, or set fanOut: allow for this table "
                        + "if it is meant.",
                reason.fix());
    }
}
