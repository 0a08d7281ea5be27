package dev.trunkline.plan;

import dev.trunkline.catalog.Placement;
import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.CatalogBuilder;
import dev.trunkline.catalog.Collation;
import dev.trunkline.catalog.ColumnInfo;
import dev.trunkline.catalog.DefaultKind;
import dev.trunkline.catalog.FunctionFacts;
import dev.trunkline.catalog.RelationKind;
import dev.trunkline.catalog.RelationName;
import dev.trunkline.config.FunctionRoute;
import dev.trunkline.value.PgOid;
import java.util.List;
import java.util.Set;

/** The databases that the golden plans are made for. */
final class TestCatalogs {

    private TestCatalogs() {}

    /** A shop over four nodes; a is the home node. */
    static Catalog shop() {
        return tables(new CatalogBuilder("shop").nodes("a", "b", "c", "d")).build();
    }

    /** The same tables in a database with one node. */
    static Catalog single() {
        return tables(new CatalogBuilder("shop").nodes("a")).build();
    }

    private static CatalogBuilder tables(CatalogBuilder shop) {
        shop.table("customers", "id int8 not null", "name text", "email varchar(100)", "country bpchar(2)",
                "credit numeric(10,2)", "joined timestamptz", "active bool", "referrer int8")
                .sharded("customers", "id");
        shop.table("orders", "id int8 not null", "customer_id int8 not null", "status text", "total numeric(12,2)",
                "created_at timestamptz", "note varchar(20)", "weight float8", "small_customer int4")
                .colocated("orders", "customers", "customer_id");
        shop.table("order_items", "id int8 not null", "order_id int8", "customer_id int8 not null", "product_id int4",
                "quantity int4", "price numeric").colocated("order_items", "customers", "customer_id");
        shop.refers("order_items", List.of("order_id"), "orders", List.of("id"));
        shop.table("products", "id int4 not null", "name text", "customer_id int8").sharded("products", "id");
        shop.table("countries", "code bpchar(2) not null", "name text", "region text", "capital_id int8")
                .reference("countries");
        shop.table("regions", "name text", "manager_id int8").reference("regions");
        shop.table("audit_log", "id int8", "at timestamptz", "message text", "customer_id int8");
        shop.table("settings", "name text", "value text");
        shop.table("invoices", "id bigserial", "number serial", "note text");
        shop.table("reports", "id int8", "customer_id int8", "body text");
        if (shop.build().nodes().size() > 1) {
            shop.onNode("reports", "b");
        }
        shop.table("devices", "tenant_id int4 not null", "serial text not null", "name text")
                .sharded("devices", "tenant_id", "serial");
        shop.table("readings", "tenant_id int4 not null", "serial text not null", "at timestamptz", "value float8")
                .colocated("readings", "devices", "tenant_id", "serial");
        shop.table("tokens", "token uuid not null", "owner int8").sharded("tokens", "token");
        shop.table("articles", "slug text not null", "title text").sharded("articles", "slug");
        shop.table("codes", "code varchar(3) not null", "label text").sharded("codes", "code");
        shop.table("prices", "amount numeric(10,2) not null", "label text").sharded("prices", "amount");
        shop.table("holidays", "day date not null", "name text").sharded("holidays", "day");
        shop.table("stamps", "at timestamptz not null", "name text").sharded("stamps", "at");
        shop.table("moments", "at timestamp not null", "name text").sharded("moments", "at");
        shop.table("letters", "c bpchar(4) not null", "name text").sharded("letters", "c");
        shop.table("halves", "active bool not null", "name text").sharded("halves", "active");
        shop.table("smalls", "k int2 not null", "name text").sharded("smalls", "k");
        shop.table("ints", "k int4 not null", "name text").sharded("ints", "k");
        shop.table("blobs", "k bytea not null", "name text").sharded("blobs", "k");
        shop.table("events", "day date not null", "kind text", "weight int4").sharded("events", "day")
                .placed("events", new Placement.Ranges(List.of(new Placement.Range(Long.MIN_VALUE, 8765, 256),
                        new Placement.Range(8766, 9131, 257), new Placement.Range(9132, Long.MAX_VALUE, 258))));
        shop.table("visits", "at date not null", "page text").colocated("visits", "events", "at");
        shop.relation(new RelationName("public", "tickets"), RelationKind.TABLE,
                List.of(new ColumnInfo("id", PgOid.INT8, PgOid.INT8, "bigint", -1, true, DefaultKind.SEQUENCE, null,
                        true),
                        new ColumnInfo("customer_id", PgOid.INT8, "bigint", -1, true, DefaultKind.NONE, null),
                        new ColumnInfo("title", PgOid.TEXT, "text", -1, false, DefaultKind.NONE, Collation.C)))
                .colocated("tickets", "customers", "customer_id");
        shop.relation(new RelationName("public", "counters"), RelationKind.TABLE,
                List.of(new ColumnInfo("id", PgOid.INT8, "bigint", -1, true, DefaultKind.IDENTITY, null),
                        new ColumnInfo("n", PgOid.INT8, "bigint", -1, false, DefaultKind.NONE, null)))
                .sharded("counters", "id");
        shop.relation(new RelationName("public", "folded"), RelationKind.TABLE,
                List.of(new ColumnInfo("slug", PgOid.TEXT, "text", -1, false, DefaultKind.NONE,
                        new Collation("ignore_case", false, false)),
                        new ColumnInfo("localized", PgOid.TEXT, "text", -1, false, DefaultKind.NONE,
                                new Collation("en_US", true, false))))
                .reference("folded");
        shop.relation(new RelationName("public", "order_totals"), RelationKind.VIEW,
                List.of(new ColumnInfo("customer_id", PgOid.INT8, "bigint", -1, false, DefaultKind.NONE, null)));
        if (shop.build().nodes().size() > 1) {
            shop.refused("order_totals", "reads the sharded table orders");
        }
        shop.relation(new RelationName("sales", "orders"), RelationKind.TABLE,
                List.of(new ColumnInfo("id", PgOid.INT8, "bigint", -1, true, DefaultKind.NONE, null)));
        if (shop.build().nodes().size() > 1) {
            views(shop);
        }
        function(shop, "tax", FunctionFacts.Volatility.IMMUTABLE, null);
        function(shop, "lookup", FunctionFacts.Volatility.STABLE, null);
        function(shop, "do_things", FunctionFacts.Volatility.VOLATILE, null);
        function(shop, "log_home", FunctionFacts.Volatility.VOLATILE, null);
        function(shop, "log_any", FunctionFacts.Volatility.VOLATILE, null);
        function(shop, "by_customer", FunctionFacts.Volatility.VOLATILE, null);
        function(shop, "forbidden", FunctionFacts.Volatility.STABLE, null);
        function(shop, "order_sum", FunctionFacts.Volatility.STABLE, "reads the sharded table orders");
        shop.functionRoute("log_home", new FunctionRoute.Home());
        shop.functionRoute("log_any", new FunctionRoute.Any());
        shop.functionRoute("by_customer", new FunctionRoute.Key(1));
        shop.functionRoute("forbidden", new FunctionRoute.Refuse());
        return shop;
    }

    private static void views(CatalogBuilder shop) {
        shop.view("customer_orders", "SELECT c.id AS customer, c.name AS called, o.id AS order_id, o.total, o.status"
                + " FROM public.customers c JOIN public.orders o ON o.customer_id = c.id");
        shop.view("open_orders", "SELECT * FROM public.customer_orders WHERE status = 'open'");
        shop.view("outer_orders", "SELECT c.id AS customer, o.customer_id AS owner, o.id AS order_id"
                + " FROM public.customers c LEFT JOIN public.orders o ON o.customer_id = c.id");
        shop.view("newest_orders", "SELECT * FROM public.orders ORDER BY created_at DESC LIMIT 10");
        shop.view("first_orders",
                "SELECT DISTINCT ON (customer_id) customer_id, id FROM public.orders ORDER BY customer_id, id");
        shop.view("totals", "SELECT customer_id, sum(total) AS total FROM public.orders GROUP BY customer_id");
        shop.view("totals_by_status",
                "SELECT status, max(customer_id) AS customer_id, sum(total) AS total FROM public.orders GROUP BY status");
        shop.view("ranked_orders",
                "SELECT customer_id, rank() OVER (PARTITION BY customer_id ORDER BY total) AS r FROM public.orders");
        shop.view("ranked_by_total", "SELECT customer_id, rank() OVER (ORDER BY total) AS r FROM public.orders");
        shop.view("everyones_ids",
                "SELECT id FROM public.customers UNION ALL SELECT customer_id FROM public.orders");
        shop.view("with_cte", "WITH o AS (SELECT customer_id AS k, total FROM public.orders) SELECT k, total FROM o");
        shop.view("chain", "WITH RECURSIVE r AS (SELECT id, referrer FROM public.customers WHERE id = 1"
                + " UNION ALL SELECT c.id, c.referrer FROM public.customers c JOIN r ON c.id = r.referrer)"
                + " SELECT id FROM r");
        shop.view("order_countries", "SELECT o.customer_id, k.name FROM public.orders o, public.countries k"
                + " WHERE k.code = o.note");
        shop.view("order_log",
                "SELECT o.customer_id, a.message FROM public.orders o, public.audit_log a WHERE a.id = o.id");
        shop.view("sevens_orders", "SELECT id, customer_id, total FROM public.orders WHERE customer_id = 7");
        shop.view("minus_seven", "SELECT t.title FROM public.tickets t WHERE t.customer_id = '-7'::integer"
                + " GROUP BY 1 ORDER BY 1;");
        shop.view("snake", "SELECT * FROM public.tail");
        shop.view("tail", "SELECT * FROM public.snake");
        shop.view("odd_orders", "SELECT customer_id, do_things() AS done FROM public.orders");
        shop.view("spenders", "SELECT c.id, (SELECT sum(o.total) FROM public.orders o WHERE o.customer_id = c.id)"
                + " AS spent FROM public.customers c");
        shop.view("strangers", "SELECT p.id, o.customer_id FROM public.products p, public.orders o"
                + " WHERE p.customer_id = o.customer_id");
    }

    private static void function(CatalogBuilder shop, String name, FunctionFacts.Volatility worst, String refused) {
        shop.function("public",
                new FunctionFacts(name, Set.of(FunctionFacts.Kind.FUNCTION), worst, false, false, refused));
    }
}
