package dev.trunkline.bench;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.CatalogBuilder;
import dev.trunkline.catalog.ShardMap;
import dev.trunkline.route.DestinationTable;
import java.nio.charset.StandardCharsets;

/** The statements that are measured, and the database of four nodes that they are for. */
final class Workload {

    static final int NODES = 4;
    static final int VIRTUAL_SHARDS = 256;

    private Workload() {}

    static Catalog catalog() {
        CatalogBuilder shop = new CatalogBuilder("shop").nodes("a", "b", "c", "d");
        shop.table("customers", "id int8 not null", "name text", "email text", "country text", "credit numeric(10,2)",
                "joined timestamptz").sharded("customers", "id");
        shop.table("orders", "id int8 not null", "customer_id int8 not null", "status text", "total numeric(12,2)",
                "created_at timestamptz").colocated("orders", "customers", "customer_id");
        return shop.build();
    }

    static DestinationTable destinations() {
        return new DestinationTable(ShardMap.even(1, VIRTUAL_SHARDS, NODES), NODES, 0);
    }

    /** A point select with a literal or {@code $1}, made longer by further conditions. */
    static String pointSelect(String key, int furtherConditions) {
        StringBuilder sql = new StringBuilder("SELECT name, email, country FROM customers WHERE id = ").append(key);
        for (int i = 0; i < furtherConditions; i++) {
            sql.append(" AND email <> 'nobody").append(i).append("@example.com'");
        }
        return sql.toString();
    }

    static byte[] bytes(String sql) {
        return sql.getBytes(StandardCharsets.UTF_8);
    }
}
