package dev.trunkline.node;

import static dev.trunkline.node.NodeFixture.distribution;
import static dev.trunkline.node.NodeFixture.relation;
import static dev.trunkline.node.NodeFixture.texts;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.CatalogAssembly;
import dev.trunkline.catalog.ColumnInfo;
import dev.trunkline.catalog.DefaultKind;
import dev.trunkline.catalog.Distribution;
import dev.trunkline.catalog.FunctionFacts;
import dev.trunkline.catalog.KeyColumn;
import dev.trunkline.catalog.NodeSchema;
import dev.trunkline.catalog.Placement;
import dev.trunkline.catalog.RelationKind;
import dev.trunkline.demo.EmbeddedPostgres;
import dev.trunkline.demo.NodeOptions;
import dev.trunkline.demo.PostgresInstallation;
import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.value.ColumnType;
import dev.trunkline.value.KeyType;
import dev.trunkline.plan.PlanKey;
import dev.trunkline.plan.Planner;
import dev.trunkline.route.Routing;
import dev.trunkline.sql.SqlParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What discovery sees on real nodes, and what the catalog makes of it. Rules are those of semantics.md. */
class SchemaDiscoveryTest {

    @Test
    void columnsComeWithTypesDefaultsAndCollations() throws Exception {
        try (NodeFixture nodes = new NodeFixture(1)) {
            nodes.onAll("""
                    CREATE DOMAIN short AS varchar(7);
                    CREATE DOMAIN shorter AS short CHECK (VALUE <> '');
                    CREATE TYPE mood AS ENUM ('sad', 'ok');
                    CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
                    CREATE TABLE all_sorts (
                        id bigserial PRIMARY KEY, a int GENERATED ALWAYS AS IDENTITY, b numeric(10,2) DEFAULT 1.5,
                        c text COLLATE "C" DEFAULT 'x', d varchar(20), e shorter NOT NULL, f mood[],
                        g timestamptz(3) DEFAULT now(), h int GENERATED ALWAYS AS (1 + 1) STORED, i text COLLATE ci,
                        gone int, "Odd name" bpchar(3) DEFAULT 'abc'::bpchar);
                    ALTER TABLE all_sorts DROP COLUMN gone;
                    """);
            CatalogAssembly.Result result = nodes.discover("all_sorts: { shardKey: e }");
            assertEquals(List.of(), texts(result.problems()));
            var table = relation(result.catalog(), "all_sorts");
            assertEquals(List.of("id", "a", "b", "c", "d", "e", "f", "g", "h", "i", "Odd name"),
                    table.columns().stream().map(ColumnInfo::name).toList());
            assertEquals(
                    List.of(DefaultKind.SEQUENCE, DefaultKind.IDENTITY, DefaultKind.CONSTANT, DefaultKind.CONSTANT,
                            DefaultKind.NONE, DefaultKind.NONE, DefaultKind.NONE, DefaultKind.EXPRESSION,
                            DefaultKind.GENERATED, DefaultKind.NONE, DefaultKind.CONSTANT),
                    table.columns().stream().map(ColumnInfo::defaultKind).toList());
            assertEquals((10 << 16 | 2) + 4, table.column("b").modifier());
            assertEquals("numeric", table.column("b").typeName());
            assertTrue(table.column("c").collation().byteOrder());
            assertFalse(table.column("i").collation().deterministic());
            assertNull(table.column("a").collation());
            assertEquals(1043, table.column("e").baseTypeOid());
            assertTrue(table.column("e").notNull());
            assertEquals(new Distribution.Sharded(
                    List.of(new KeyColumn("e", new ColumnType(KeyType.VARCHAR, 11), true)), "all_sorts",
                    new Placement.Hash()), table.distribution());
            assertEquals(List.of("id"), table.primaryKey());
            assertEquals("public.mood[]", table.column("f").typeName());
        }
    }

    @Test
    void theServersOwnRelationsAndFunctionsAreKnown() throws Exception {
        try (NodeFixture nodes = new NodeFixture(1)) {
            nodes.onAll("CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT $1 * 2'");
            Catalog catalog = nodes.discover().catalog();
            assertEquals(RelationKind.CATALOG, catalog.find(null, "pg_class", List.of("public")).kind());
            assertEquals(RelationKind.CATALOG, catalog.find("information_schema", "tables", List.of()).kind());
            assertTrue(catalog.function(null, "count").isAggregate());
            assertEquals(FunctionFacts.Volatility.STABLE, catalog.function(null, "now").worst());
            FunctionFacts twice = catalog.function("public", "twice");
            assertEquals(FunctionFacts.Volatility.VOLATILE, twice.worst());
            assertFalse(twice.builtIn());
            assertNull(catalog.function(null, "no_such_function"));
            NodeSchema schema = nodes.schema(0);
            assertEquals("UTF8", schema.server().encoding());
            assertTrue(schema.server().major() >= 15);
        }
    }

    @Test
    void twoLooksAtAnUnchangedNodeAreEqual() throws Exception {
        try (NodeFixture nodes = new NodeFixture(1)) {
            nodes.onAll("CREATE TABLE t (id bigserial PRIMARY KEY, x text); CREATE VIEW v AS SELECT * FROM t");
            NodeSchema first = nodes.schema(0);
            nodes.onAll("INSERT INTO t (x) SELECT 'x' FROM generate_series(1, 100); ANALYZE t");
            nodes.onAll("VACUUM t");
            assertEquals(first, nodes.schema(0));
        }
    }

    /** Rule 7: what reaches a sharded table is refused, however it gets there. */
    @Test
    void rule7WhatReachesAShardedTableIsRefused() throws Exception {
        try (NodeFixture nodes = new NodeFixture(2)) {
            nodes.onAll("""
                    CREATE TABLE orders (customer_id bigint NOT NULL, id bigint NOT NULL, total numeric,
                                         PRIMARY KEY (customer_id, id));
                    ALTER TABLE orders REPLICA IDENTITY FULL;
                    """).on(0,
                    """
                            CREATE TABLE plain (id int PRIMARY KEY);
                            CREATE VIEW direct AS SELECT * FROM orders;
                            CREATE VIEW indirect AS SELECT count(*) FROM direct;
                            CREATE MATERIALIZED VIEW stored AS SELECT count(*) FROM orders;
                            CREATE VIEW harmless AS SELECT * FROM plain;
                            CREATE TABLE refers (customer_id bigint, id bigint, FOREIGN KEY (customer_id, id) REFERENCES orders);
                            CREATE TABLE ruled (id int);
                            CREATE RULE r AS ON INSERT TO ruled DO ALSO DELETE FROM orders;
                            CREATE FUNCTION body() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM public.Orders';
                            CREATE FUNCTION atomic() RETURNS bigint LANGUAGE sql STABLE RETURN (SELECT count(*) FROM orders);
                            CREATE FUNCTION dynamic() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'DELETE FROM "orders"'; END $$;
                            CREATE FUNCTION outer_one() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT body()';
                            CREATE FUNCTION innocent() RETURNS int LANGUAGE sql STABLE AS 'SELECT 1';
                            CREATE VIEW by_function AS SELECT body() AS n;
                            CREATE FUNCTION on_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM orders; RETURN NEW; END $$;
                            CREATE TABLE triggered (id int);
                            CREATE TRIGGER t BEFORE INSERT ON triggered FOR EACH ROW EXECUTE FUNCTION on_insert();
                            CREATE TABLE defaulted (n bigint DEFAULT body());
                            CREATE TABLE parent (customer_id bigint, id bigint);
                            CREATE EXTENSION postgres_fdw;
                            CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw;
                            CREATE FOREIGN TABLE far (id int) SERVER elsewhere;
                            CREATE FOREIGN TABLE vouched (id int) SERVER elsewhere;
                            """);
            CatalogAssembly.Result result = nodes.discover("orders: { shardKey: customer_id }", "vouched: { node: a }");
            assertEquals(List.of(), texts(result.problems()));
            Catalog catalog = result.catalog();
            for (String refused : List.of("direct", "indirect", "by_function")) {
                assertEquals(new Distribution.Refused("reads the sharded table orders, and is missing on node b"),
                        distribution(catalog, refused), refused);
            }
            assertEquals(new Distribution.Refused("reads the sharded table orders"), distribution(catalog, "stored"));
            for (String refused : List.of("refers", "ruled", "triggered", "defaulted")) {
                assertEquals(new Distribution.Refused("depends on the sharded table orders"),
                        distribution(catalog, refused), refused);
            }
            assertInstanceOf(Distribution.Refused.class, distribution(catalog, "far"));
            for (String home : List.of("plain", "harmless", "parent", "vouched")) {
                assertEquals(new Distribution.Unsharded(0), distribution(catalog, home), home);
            }
            for (String function : List.of("body", "atomic", "dynamic", "outer_one", "on_insert")) {
                assertEquals("uses the sharded table orders", catalog.function(null, function).refused(), function);
            }
            assertNull(catalog.function(null, "innocent").refused());
            assertTrue(catalog.mayBeSharded("by_function"));
            assertTrue(catalog.mayBeSharded("outer_one"));
            assertFalse(catalog.mayBeSharded("innocent"));
        }
    }

    /** Rule 7: partitions and inheritance children take their parent's sharding. */
    @Test
    void rule7PartitionsAndChildrenAreShardedLikeTheirParent() throws Exception {
        try (NodeFixture nodes = new NodeFixture(2)) {
            nodes.onAll("""
                    CREATE TABLE events (tenant int NOT NULL, at date NOT NULL) PARTITION BY RANGE (at);
                    CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')
                        PARTITION BY LIST (tenant);
                    CREATE TABLE events_2025_1 PARTITION OF events_2025 FOR VALUES IN (1);
                    CREATE TABLE notes (tenant int NOT NULL, note text);
                    CREATE TABLE long_notes (more text) INHERITS (notes);
                    ALTER TABLE events_2025_1 REPLICA IDENTITY FULL; ALTER TABLE notes REPLICA IDENTITY FULL;
                    ALTER TABLE long_notes REPLICA IDENTITY FULL;
                    CREATE TABLE base (tenant int NOT NULL);
                    CREATE TABLE special () INHERITS (base);
                    ALTER TABLE special REPLICA IDENTITY FULL;
                    """);
            CatalogAssembly.Result result = nodes.discover("events: { shardKey: tenant }",
                    "notes: { shardKey: tenant }",
                    "special: { shardKey: tenant }");
            assertEquals(List.of(), texts(result.problems()));
            Catalog catalog = result.catalog();
            for (String part : List.of("events_2025", "events_2025_1")) {
                assertEquals(distribution(catalog, "events"), distribution(catalog, part));
            }
            assertEquals(distribution(catalog, "notes"), distribution(catalog, "long_notes"));
            assertEquals(new Distribution.Refused("depends on the sharded table special"),
                    distribution(catalog, "base"), "reading the parent reads the sharded child");
            assertEquals("events", relation(catalog, "events_2025").parent().name());
        }
    }

    /** Rule 7: writing through a view must not change a reference table on one node alone. */
    @Test
    void rule7ViewsOverReferenceTablesAreReferenceTablesOrRefused() throws Exception {
        try (NodeFixture nodes = new NodeFixture(2)) {
            nodes.onAll("""
                    CREATE TABLE countries (code text PRIMARY KEY);
                    CREATE VIEW everywhere AS SELECT code FROM countries;
                    """).on(0, """
                    CREATE TABLE local (code text REFERENCES countries);
                    CREATE VIEW at_home AS SELECT code FROM countries;
                    CREATE VIEW joined AS SELECT c.code FROM countries c JOIN local USING (code);
                    CREATE VIEW sneaky AS SELECT code FROM countries WHERE code IN (SELECT code FROM local);
                    """);
            CatalogAssembly.Result result = nodes.discover("countries: { reference: true }");
            Catalog catalog = result.catalog();
            assertEquals(new Distribution.Reference(), distribution(catalog, "everywhere"));
            assertEquals(new Distribution.Unsharded(0), distribution(catalog, "local"));
            assertEquals(new Distribution.Unsharded(0), distribution(catalog, "joined"));
            assertEquals(new Distribution.Refused("reads the reference table countries, and is missing on node b"),
                    distribution(catalog, "at_home"));
            assertEquals(new Distribution.Refused("reads the reference table countries, and is missing on node b"),
                    distribution(catalog, "sneaky"), "PostgreSQL lets one write through it");
        }
    }

    /** Rule 7: a view that is the same on every node is read as its query; any other that reaches a sharded table is refused. */
    @Test
    void rule7ViewsAreReadAsTheirQueriesWhereTheNodesAgree() throws Exception {
        try (NodeFixture nodes = new NodeFixture(2)) {
            nodes.onAll("""
                    CREATE TABLE orders (id bigint, customer_id bigint, total int, PRIMARY KEY (customer_id, id));
                    CREATE VIEW alike AS SELECT o.*, total * 2 AS twice FROM orders o WHERE total > 0;
                    CREATE VIEW upon (k, n) AS SELECT customer_id, count(*) FROM alike GROUP BY 1;
                    CREATE MATERIALIZED VIEW stored AS SELECT * FROM orders;
                    CREATE VIEW upon_stored AS SELECT * FROM stored;
                    CREATE VIEW here AS SELECT id FROM orders;
                    CREATE VIEW listed AS SELECT id FROM orders;
                    CREATE TABLE plain (id int);
                    CREATE VIEW upon_plain AS SELECT id FROM plain;
                    """).on(0, "CREATE VIEW differs AS SELECT id, customer_id FROM orders; DROP VIEW here;"
                    + "CREATE VIEW typed AS SELECT id::int AS id FROM orders")
                    .on(1, "CREATE VIEW differs AS SELECT id, customer_id FROM orders WHERE total > 5;"
                            + "CREATE VIEW typed AS SELECT id::int8 AS id FROM orders");
            Catalog catalog = nodes.discover("orders: { shardKey: customer_id }", "listed: { node: a }").catalog();
            for (String name : List.of("alike", "upon", "upon_stored")) {
                assertTrue(relation(catalog, name).view() != null, name);
            }
            for (String name : List.of("stored", "here", "differs", "typed", "listed", "plain", "upon_plain",
                    "orders")) {
                assertNull(relation(catalog, name).view(), name);
            }
            assertEquals(
                    new Distribution.Refused("reads the sharded table orders, and has another definition on node b"),
                    distribution(catalog, "differs"));
            assertEquals(
                    new Distribution.Refused("reads the sharded table orders, and has another definition on node b"),
                    distribution(catalog, "typed"));
            assertEquals(new Distribution.Refused("reads the sharded table orders, and is missing on node a"),
                    distribution(catalog, "here"));
            assertEquals(new Distribution.Unsharded(0), distribution(catalog, "upon_plain"));
            Planner planner = new Planner(new SqlParser());
            assertEquals(Routing.ONE_NODE,
                    planner.plan("SELECT twice FROM alike WHERE customer_id = 7", PlanKey.DEFAULT, catalog).routing());
            assertEquals(Routing.ONE_NODE,
                    planner.plan("SELECT n FROM upon WHERE k = 7", PlanKey.DEFAULT, catalog).routing());
            for (String name : List.of("upon_stored", "differs", "stored", "listed")) {
                assertEquals(Routing.REFUSED, planner.plan("SELECT id FROM " + name + " WHERE id = 7",
                        PlanKey.DEFAULT, catalog).routing(), name);
            }
        }
    }

    /** The oldest version that is supported, where it is installed. */
    @Test
    void version15IsReadAlike() throws Exception {
        Path binaries = Path.of("/usr/lib/postgresql/15/bin");
        assumeTrue(Files.isExecutable(binaries.resolve("postgres")), "PostgreSQL 15 is not installed");
        String ddl = """
                CREATE TYPE mood AS ENUM ('sad', 'ok');
                CREATE TABLE customers (id bigint PRIMARY KEY, m mood NOT NULL, n numeric(10,2) DEFAULT 1.5 CHECK (n > 0),
                                        s bigserial, i int GENERATED ALWAYS AS IDENTITY, c text COLLATE "C" DEFAULT 'x');
                CREATE TABLE orders (customer_id bigint REFERENCES customers, id bigint, PRIMARY KEY (customer_id, id));
                CREATE VIEW v AS SELECT * FROM orders;
                CREATE FUNCTION f() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM orders';
                """;
        try (RunningNode old = EmbeddedPostgres
                .start(NodeOptions.forTests().withInstallation(PostgresInstallation.installed(binaries)));
                NodeFixture both = new NodeFixture(List.of(TestNodes.node(0), old))) {
            both.onAll(ddl);
            CatalogAssembly.Result result = both.discover("customers: { shardKey: id }",
                    "orders: { shardKey: customer_id, colocatedWith: customers }");
            List<String> found = texts(result.problems()).stream()
                    .filter(text -> !text.contains("same ids") && !text.contains("has OID")).toList();
            assertEquals(1, found.size(), found::toString);
            assertTrue(found.getFirst().startsWith("WARNING : the nodes have different versions of PostgreSQL: a has "),
                    found.getFirst());
            assertEquals(15, both.schema(1).server().major());
            assertInstanceOf(Distribution.Sharded.class, distribution(result.catalog(), "orders"));
            Distribution.Refused view = assertInstanceOf(Distribution.Refused.class,
                    distribution(result.catalog(), "v"));
            // Since version 16 a view over one table is printed in another way.
            assertEquals("reads the sharded table orders, and has another definition on node b", view.why());
        }
    }

    /** The control account needs no rights but to connect. */
    @Test
    void aPlainRoleSeesTheSame() throws Exception {
        try (NodeFixture nodes = new NodeFixture(1)) {
            String role = nodes.database + "_plain";
            nodes.onAll("CREATE ROLE " + role + " LOGIN");
            nodes.onAll("""
                    CREATE TABLE orders (id bigserial PRIMARY KEY, c bigint DEFAULT 7);
                    CREATE VIEW v AS SELECT * FROM orders;
                    CREATE FUNCTION f() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM orders';
                    CREATE POLICY p ON orders USING (c > f());
                    CREATE MATERIALIZED VIEW m AS SELECT * FROM v;
                    CREATE AGGREGATE total (int) (sfunc = int4pl, stype = int);
                    REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC;
                    """);
            String url = nodes.nodes.getFirst().jdbcUrl(nodes.database).replace("user=postgres", "user=" + role);
            try (Connection connection = DriverManager.getConnection(url);
                    Statement statement = connection.createStatement()) {
                statement.execute("SET search_path TO pg_catalog");
                NodeSchema seen = SchemaDiscovery.read(connection, Map.of());
                assertTrue(nodes.schema(0).sameBesidesIdentity(seen));
                statement.executeQuery(SchemaQueries.FINGERPRINT).close();
            } finally {
                nodes.onAll("DROP ROLE " + role);
            }
        }
    }

    @Test
    void withASingleNodeNothingIsRefused() throws Exception {
        try (NodeFixture nodes = new NodeFixture(1)) {
            nodes.onAll("""
                    CREATE TABLE orders (id bigserial PRIMARY KEY, customer_id bigint);
                    CREATE VIEW v AS SELECT * FROM orders;
                    CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM orders';
                    """);
            CatalogAssembly.Result result = nodes.discover("orders: { shardKey: customer_id }");
            assertEquals(List.of(), texts(result.problems()));
            assertEquals(new Distribution.Unsharded(0), distribution(result.catalog(), "v"));
            assertNull(result.catalog().function(null, "f").refused());
            assertFalse(relation(result.catalog(), "orders").column("id").collidingIds());
        }
    }

    @Test
    void sourcesAreSearchedForNames() {
        assertEquals(Set.of("SELECT", "select", "Orders", "orders", "Mixed", "mixed", "it", "s", "über"),
                SchemaDiscovery.words("SELECT Orders \"Mixed\" 'it''s' -- Über".replace("Ü", "ü")));
        assertEquals(Set.of("a\"b", "a", "b", "c d", "c", "d"), SchemaDiscovery.words("\"a\"\"b\" \"c d\""));
        assertTrue(SchemaDiscovery.words("-- 5\" wide\nSELECT FROM \"Mixed\"").contains("Mixed"));
    }

    /** A function with a string of some kilobytes overflowed the stack of the thread that watches the node. */
    @Test
    void aLongSourceNeedsNoStack() {
        assertEquals(3, SchemaDiscovery.words("\"" + "a\"\"".repeat(500_000) + "\" b").size());
        assertEquals(2, SchemaDiscovery.words("\"" + "a\"\"".repeat(500_000) + " b").size());
    }
}
