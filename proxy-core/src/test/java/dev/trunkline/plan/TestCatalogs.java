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
        shop.table("products", "id int4 not null", "name text", "customer_id int8").sharded("products", "id");
        shop.table("countries", "code bpchar(2) not null", "name text", "region text", "capital_id int8")
                .reference("countries");
        shop.table("regions", "name text", "manager_id int8").reference("regions");
        shop.table("audit_log", "id int8", "at timestamptz", "message text", "customer_id int8");
        shop.table("settings", "name text", "value text");
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

    private static void function(CatalogBuilder shop, String name, FunctionFacts.Volatility worst, String refused) {
        shop.function("public",
                new FunctionFacts(name, Set.of(FunctionFacts.Kind.FUNCTION), worst, false, false, refused));
    }
}
