package dev.trunkline.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.config.FunctionRoute;
import dev.trunkline.value.ColumnType;
import dev.trunkline.value.KeyType;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CatalogTest {

    private final Catalog catalog = new CatalogBuilder("shop").nodes("a", "b", "c")
            .table("customers", "id bigserial", "name varchar(20)").sharded("customers", "id")
            .table("orders", "id int8", "customer_id int8 not null", "total numeric(10,2)")
            .colocated("orders", "customers", "customer_id")
            .table("countries", "code char(2)").reference("countries")
            .table("audit_log", "id int8").onNode("audit_log", "b")
            .table("notes", "id int8")
            .table("app.orders", "id int8")
            .table("public.pg_class", "id int8")
            .table("order_view", "id int8").refused("order_view", "reads the sharded table orders")
            .function("public", new FunctionFacts("lower", FunctionFacts.Kind.FUNCTION,
                    FunctionFacts.Volatility.VOLATILE, false, false))
            .functionRoute("lower", new FunctionRoute.Key(1))
            .build();

    @Test
    void namesAreFoundAlongTheSearchPath() {
        assertEquals("public", catalog.find(null, "orders", List.of("public", "app")).schema());
        assertEquals("app", catalog.find(null, "orders", List.of("app", "public")).schema());
        assertEquals("app", catalog.find("app", "orders", List.of("public")).schema());
        assertNull(catalog.find(null, "orders", List.of()));
        assertNull(catalog.find("nowhere", "orders", List.of("public")));
        assertNull(catalog.find(null, "nothing", List.of("public")));
    }

    @Test
    void theSystemCatalogComesFirstUnlessThePathNamesIt() {
        assertEquals(RelationKind.CATALOG, catalog.find(null, "pg_class", List.of("public")).kind());
        assertEquals(RelationKind.TABLE, catalog.find(null, "pg_class", List.of("public", "pg_catalog")).kind());
        assertNull(catalog.find(null, "columns", List.of("public")));
        assertEquals(RelationKind.CATALOG, catalog.find("information_schema", "columns", List.of()).kind());
    }

    @Test
    void tablesAreDistributedAsSaid() {
        Distribution.Sharded orders = assertInstanceOf(Distribution.Sharded.class, distribution("orders"));
        assertEquals("customers", orders.colocationGroup());
        assertEquals(List.of(new KeyColumn("customer_id", new ColumnType(KeyType.INT8, -1), true)), orders.key());
        assertEquals(new Distribution.Reference(), distribution("countries"));
        assertEquals(new Distribution.Unsharded(1), distribution("audit_log"));
        assertEquals(new Distribution.Unsharded(0), distribution("notes"));
        assertEquals(Set.of("customers"), catalog.colocationGroups());
    }

    private Distribution distribution(String table) {
        return catalog.find("public", table, List.of()).distribution();
    }

    @Test
    void columnsHaveTypesAndModifiers() {
        Relation customers = catalog.find("public", "customers", List.of());
        assertEquals(DefaultKind.SEQUENCE, customers.column("id").defaultKind());
        assertEquals(20, customers.column("id").typeOid());
        assertEquals("character varying", customers.column("name").typeName());
        assertEquals(24, customers.column("name").modifier());
        assertEquals((10 << 16 | 2) + 4, catalog.find("public", "orders", List.of()).column("total").modifier());
        assertTrue(catalog.find("public", "orders", List.of()).column("customer_id").notNull());
        assertEquals(6, catalog.find("public", "countries", List.of()).column("code").modifier());
        assertNull(customers.column("nothing"));
    }

    @Test
    void aTokenScanSeesEverythingThatIsNotPlainlyAtHome() {
        assertTrue(catalog.mayBeSharded("customers"));
        assertTrue(catalog.mayBeSharded("orders"));
        assertTrue(catalog.mayBeSharded("countries"), "a write to a reference table must not go home alone");
        assertTrue(catalog.mayBeSharded("order_view"));
        assertTrue(catalog.mayBeSharded("audit_log"), "it lies on another node than the home node");
        assertFalse(catalog.mayBeSharded("notes"));
        assertFalse(catalog.mayBeSharded("pg_type"));
        assertFalse(catalog.mayBeSharded("nothing"));
    }

    @Test
    void overloadsCountByTheWorst() {
        FunctionFacts builtIn = catalog.function("pg_catalog", "lower");
        assertEquals(FunctionFacts.Volatility.IMMUTABLE, builtIn.worst());
        assertTrue(builtIn.builtIn());
        FunctionFacts any = catalog.function(null, "lower");
        assertEquals(FunctionFacts.Volatility.VOLATILE, any.worst());
        assertFalse(any.builtIn());
        assertTrue(catalog.function(null, "sum").isAggregate());
        assertEquals(FunctionFacts.Volatility.STABLE, catalog.function(null, "now").worst());
        assertEquals(FunctionFacts.Volatility.VOLATILE, catalog.function(null, "nextval").worst());
        assertTrue(catalog.function(null, "generate_series").setReturning());
        assertNull(catalog.function(null, "nothing"));
        assertEquals(new FunctionRoute.Key(1), catalog.functionRoute("public", "lower"));
        assertNull(catalog.functionRoute("pg_catalog", "lower"));
    }

    @Test
    void theMapKnowsTheOwnerOfEachVirtualShard() {
        ShardMap map = ShardMap.of(7, 0, 0, 1, -1);
        assertEquals(1, map.nodeOf(2));
        assertEquals(-1, map.nodeOf(3));
        assertFalse(map.complete());
        BitSet first = new BitSet();
        first.set(0, 2);
        assertEquals(first, map.shardsOf(0));
        map.shardsOf(0).clear();
        assertEquals(first, map.shardsOf(0), "a map never changes");
        assertTrue(map.shardsOf(9).isEmpty());
        assertEquals(3, map.virtualShardOf(-1));

        ShardMap even = ShardMap.even(1, 256, 3);
        assertTrue(even.complete());
        assertEquals(0, even.nodeOf(85));
        assertEquals(1, even.nodeOf(86));
        assertEquals(2, even.nodeOf(255));
    }
}
