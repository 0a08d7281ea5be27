package dev.trunkline.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.catalog.ShardMap;
import dev.trunkline.config.Configuration;
import dev.trunkline.plan.OfflineExplain.Explanation;
import dev.trunkline.route.Routing;
import dev.trunkline.value.PgHash;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class OfflineExplainTest {

    private static final ShardMap MAP = ShardMap.even(1, 256, 4);
    private static final OfflineExplain EXPLAIN = new OfflineExplain(TestCatalogs.shop(), MAP);
    private static final List<String> NODES = List.of("a", "b", "c", "d");

    private static Explanation one(String sql) {
        List<Explanation> explanations = EXPLAIN.explain(sql);
        assertEquals(1, explanations.size());
        return explanations.getFirst();
    }

    private static int shard(long key) {
        return PgHash.virtualShard(PgHash.int8(key), 256);
    }

    private static void assertGoesTo(long key, Explanation explanation) {
        assertEquals(Routing.ONE_NODE, explanation.routing());
        assertEquals(List.of(NODES.get(MAP.nodeOf(shard(key)))), explanation.nodes());
        assertEquals(List.of(shard(key)), explanation.virtualShards());
    }

    @Test
    void aLiteralKeyNamesItsNodeAndShard() {
        String sql = "select * from customers c join orders o on o.customer_id = c.id where c.id = 42";
        Explanation explanation = one(sql);
        int position = sql.indexOf("42") + 1;
        assertGoesTo(42, explanation);
        assertEquals(List.of(new OfflineExplain.Key("customers", "id", "42", null, position),
                new OfflineExplain.Key("orders", "customer_id", "42", null, position)), explanation.keys());
        assertEquals("SelectStmt", explanation.kind());
    }

    @Test
    void aParameterDecidesWhenItIsGiven() {
        Explanation open = one("select * from customers where id = $1");
        assertEquals(Routing.ONE_NODE, open.routing());
        assertNull(open.nodes());
        assertNull(open.virtualShards());
        assertEquals(1, open.keys().getFirst().parameter());
        assertGoesTo(42, one("-- params: 42\nselect * from customers where id = $1"));
        assertGoesTo(42, one("-- params: 'it''s, that', '42'\nselect * from customers where name = $1 and id = $2"));
        // A long value overflowed the stack.
        assertGoesTo(42, one("-- params: '" + "it''s".repeat(100_000)
                + "', 42\nselect * from customers where name = $1 and id = $2"));
        assertGoesTo(42, one("-- params: 42\nselect * from customers where id = $1 and $1 > 5"));
        assertEquals(Routing.NO_NODE, one("-- params: null\nselect * from customers where id = $1").routing());
        assertEquals(List.of(), one("-- params: null\nselect * from customers where id = $1").nodes());
    }

    @Test
    void statementsAreExplainedInOrderErrorsIncluded() {
        List<Explanation> all = EXPLAIN.explain("select 1; select * from customers order by random();\n"
                + "-- params: 7\nselect * from customers where id = $1; selec 1;; insert into customers (name) values ('x')");
        assertEquals(List.of(Routing.HOME, Routing.REFUSED, Routing.ONE_NODE, Routing.HOME, Routing.REFUSED),
                all.stream().map(Explanation::routing).toList());
        assertEquals("TL002", all.get(1).error().sqlState());
        assertEquals(List.of(), all.get(1).nodes());
        assertEquals("TL003", all.get(4).error().sqlState());
    }

    @Test
    void whatCanNotBeParsedIsASyntaxError() {
        Explanation wrong = one("select * frm customers");
        assertEquals("42601", wrong.error().sqlState());
        assertEquals(Routing.REFUSED, wrong.routing());
        assertTrue(wrong.error().position() > 0);
        assertEquals("42601", one("selec 1").error().sqlState());
        assertEquals("42601", one("select 'abc").error().sqlState());
        List<Explanation> after = EXPLAIN.explain("select 1; select 'a;b', 'abc");
        assertEquals(2, after.size());
        assertEquals("42601", after.getLast().error().sqlState());
    }

    @Test
    void aLineIsOneJsonDocument() {
        JsonNode json = JsonMapper.shared().readTree(
                one("select \"name\",\n\t'\\' from customers where id in (1, 2)").json());
        assertEquals("multi-key", json.get("routing").asString());
        assertEquals(2, json.get("keys").size());
        assertEquals("1", json.get("keys").get(0).get("value").asString());
        assertTrue(json.get("error").isNull());
        JsonNode refused = JsonMapper.shared().readTree(one("select * from customers limit 1 + 2").json());
        assertEquals("TL002", refused.get("error").get("sqlstate").asString());
        assertEquals(0, refused.get("nodes").size());
        assertTrue(refused.get("error").get("hint").asString().contains("customers.id"));
        JsonNode open = JsonMapper.shared().readTree(one("select * from customers where id = $1").json());
        assertTrue(open.get("nodes").isNull());
        assertEquals(1, open.get("keys").get(0).get("parameter").asInt());
    }

    @Test
    void aConfigurationAndDdlAreEnough() throws Exception {
        Configuration configuration = Configuration.parse("t.yaml", """
                listen: { host: 127.0.0.1, port: 6432 }
                databases:
                  shop:
                    nodes:
                      a: { primary: 127.0.0.1:5433 }
                      b: { primary: 127.0.0.1:5434 }
                    shardMap: { a: 0-127, b: 128-255 }
                    tables:
                      customers: { shardKey: id }
                      orders: { shardKey: customer_id, colocatedWith: customers }
                      countries: { reference: true }
                users:
                  app: { password: secret, admin: full }
                """, name -> null);
        OfflineExplain explain = OfflineExplain.of(configuration, configuration.databases().get("shop"),
                """
                        create table customers (id bigint primary key, name text);
                        create table orders (id bigint, customer_id bigint references customers (id), primary key (customer_id, id));
                        create table countries (code text primary key);
                        create table audit (id bigint);
                        create view v as select * from orders;
                        create view w (k, n) as select customer_id, count(*) from v group by 1;
                        create materialized view m as select * from orders;
                        """);
        List<Explanation> all = explain.explain("select * from orders where customer_id = 1; select * from countries;"
                + "select * from audit; select * from v; select n from w where k = 1; select * from m where customer_id = 1;"
                + "select count(*) from orders;");
        assertEquals(
                List.of(Routing.ONE_NODE, Routing.ANY_NODE, Routing.ONE_NODE, Routing.FAN_OUT, Routing.ONE_NODE,
                        Routing.REFUSED, Routing.FAN_OUT),
                all.stream().map(Explanation::routing).toList());
        assertEquals(List.of("a", "b"), all.getLast().nodes());
    }
}
