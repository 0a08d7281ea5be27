package dev.trunkline.node;

import static dev.trunkline.node.NodeFixture.distribution;
import static dev.trunkline.node.NodeFixture.relation;
import static dev.trunkline.node.NodeFixture.texts;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.CatalogAssembly;
import dev.trunkline.catalog.Collation;
import dev.trunkline.catalog.ColumnFacts;
import dev.trunkline.catalog.Distribution;
import dev.trunkline.catalog.NodeSchema;
import dev.trunkline.catalog.RelationFacts;
import dev.trunkline.catalog.RelationName;
import dev.trunkline.config.Configuration;
import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.plan.PlanKey;
import dev.trunkline.plan.Planner;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.sql.SqlParser;
import dev.trunkline.value.PostgresVersions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** How texts compare is read off the nodes: whether by bytes, by whose rules, and whether all nodes agree. */
class CollationTest {

    private static final String CUSTOMERS = "CREATE TABLE customers (id bigint PRIMARY KEY, name text,"
            + " c text COLLATE \"C\", nr int)";

    static Stream<Arguments> servers() throws Exception {
        return PostgresVersions.all().stream().map(node -> Arguments.of(node.version(), node));
    }

    /** Makes a node's database anew, with these options of CREATE DATABASE. */
    private static void remake(NodeFixture nodes, int node, String options) throws Exception {
        TestNodes.dropDatabase(nodes.database, List.of(nodes.nodes.get(node)));
        TestNodes.execute(nodes.nodes.get(node), "postgres",
                "CREATE DATABASE " + nodes.database + " TEMPLATE template0 " + options);
    }

    private static ColumnFacts column(NodeFixture nodes, String name) throws Exception {
        return nodes.schema(0).relation(RelationName.parse("customers")).column(name);
    }

    @ParameterizedTest(autoCloseArguments = false, name = "{0}")
    @MethodSource("servers")
    void theDefaultIsThatOfTheDatabase(String version, RunningNode node) throws Exception {
        Map<String, String> rules = new HashMap<>();
        rules.put("LOCALE_PROVIDER libc LOCALE 'C'", "libc C");
        rules.put("LOCALE_PROVIDER icu ICU_LOCALE 'und'", "icu und");
        if (!version.matches("1[56].*")) {
            rules.put("LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'", "builtin C.UTF-8");
        }
        for (Map.Entry<String, String> rule : rules.entrySet()) {
            try (NodeFixture nodes = new NodeFixture(List.of(node))) {
                remake(nodes, 0, rule.getKey() + " ENCODING 'UTF8'");
                nodes.onAll(CUSTOMERS);
                Collation collation = column(nodes, "name").collation();
                assertEquals("default", collation.name());
                assertEquals(rule.getValue(), collation.rule());
                assertTrue(collation.deterministic());
                boolean icu = rule.getKey().contains("icu");
                assertEquals(!icu, collation.byteOrder());
                assertTrue(!icu || collation.version() != null);
                assertTrue(column(nodes, "c").collation().byteOrder());
                assertNull(column(nodes, "nr").collation());
            }
        }
    }

    @Test
    void nodesWhoseDefaultsCompareDifferentlyHaveNoTableInCommon() throws Exception {
        try (NodeFixture nodes = new NodeFixture(2)) {
            remake(nodes, 1, "LOCALE_PROVIDER icu ICU_LOCALE 'de-DE'");
            nodes.onAll(CUSTOMERS);
            CatalogAssembly.Result result = nodes.discover("customers: { shardKey: id }");
            String differs = "differs on nodes a and b: column name is text collate default and text collate default"
                    + " (icu de-DE)";
            assertEquals(List.of("ERROR tables.customers: table customers " + differs), texts(result.problems()));
            assertEquals(differs, assertInstanceOf(Distribution.Refused.class,
                    distribution(result.catalog(), "customers")).why());
        }
    }

    /** C and the builtin C.UTF-8 know other letters, but compare alike. */
    @Test
    void allOrdersByBytesAreOne() throws Exception {
        try (NodeFixture nodes = new NodeFixture(2)) {
            remake(nodes, 1, "LOCALE_PROVIDER libc LOCALE 'C'");
            nodes.onAll(CUSTOMERS);
            CatalogAssembly.Result result = nodes.discover("customers: { shardKey: id }");
            assertEquals(List.of(), texts(result.problems()));
            assertNull(plan(result.catalog(), "SELECT id FROM customers ORDER BY name").refusal());
        }
    }

    @Test
    void anOrderThatOnlyANodeKnowsIsNotMerged() throws Exception {
        try (NodeFixture nodes = new NodeFixture(2)) {
            for (int node = 0; node < 2; node++) {
                remake(nodes, node, "LOCALE_PROVIDER icu ICU_LOCALE 'de-DE'");
            }
            nodes.onAll(CUSTOMERS);
            CatalogAssembly.Result result = nodes.discover("customers: { shardKey: id }");
            assertEquals(List.of(), texts(result.problems()));
            Catalog catalog = result.catalog();
            assertFalse(relation(catalog, "customers").columns().get(1).collation().byteOrder());
            assertNotNull(plan(catalog, "SELECT id FROM customers ORDER BY name").refusal());
            assertNull(plan(catalog, "SELECT id FROM customers ORDER BY name COLLATE \"C\"").refusal());
            assertNull(plan(catalog, "SELECT id FROM customers ORDER BY c").refusal());
            // Equality is by bytes all the same.
            assertNull(plan(catalog, "SELECT DISTINCT name FROM customers").refusal());
            assertNull(plan(catalog, "SELECT name, count(*) FROM customers GROUP BY name").refusal());
        }
    }

    private static StatementPlan plan(Catalog catalog, String sql) {
        return new Planner(new SqlParser()).plan(sql, PlanKey.DEFAULT, catalog);
    }

    @Test
    void theSameRulesInTwoVersionsAreAWarning() throws Exception {
        try (NodeFixture nodes = new NodeFixture(2)) {
            for (int node = 0; node < 2; node++) {
                remake(nodes, node, "LOCALE_PROVIDER icu ICU_LOCALE 'de-DE'");
            }
            nodes.onAll(CUSTOMERS).onAll("CREATE TABLE orders (customer_id bigint, note text)");
            String version = column(nodes, "name").collation().version();
            Configuration configuration = nodes.configuration("customers: { shardKey: id }",
                    "orders: { shardKey: customer_id, colocatedWith: customers }");
            CatalogAssembly.Result result = CatalogAssembly.assemble(1, configuration,
                    configuration.databases().get(nodes.database),
                    Map.of(0, nodes.schema(0), 1, withVersion(nodes.schema(1), "152.1")));
            assertEquals(
                    List.of("WARNING : collation default (icu de-DE) has version " + version + " on node a and 152.1"
                            + " on node b: the nodes may compare texts differently"),
                    texts(result.problems()).stream().filter(text -> text.contains("collation")).toList());
            assertInstanceOf(Distribution.Sharded.class, distribution(result.catalog(), "customers"));
        }
    }

    private static NodeSchema withVersion(NodeSchema schema, String version) {
        Map<RelationName, RelationFacts> relations = new HashMap<>();
        schema.relations().forEach(r -> {
            List<ColumnFacts> columns = new ArrayList<>();
            r.columns().forEach(c -> columns.add(c.collation() == null || c.collation().byteOrder()
                    ? c
                    : new ColumnFacts(c.name(), c.typeOid(), c.type(), c.typeName(), c.modifier(), c.baseTypeOid(),
                            c.baseModifier(), c.baseType(), c.notNull(), c.defaultKind(), c.defaultText(), c.sequence(),
                            new Collation(c.collation().name(), true, false, c.collation().rule(), version))));
            relations.put(r.name(),
                    new RelationFacts(r.name(), r.kind(), r.oid(), columns, r.constraints(), r.parents(),
                            r.triggers(), r.replicaIdentity(), r.reads(), r.calls(), r.calledByReading(), r.updatable(),
                            r.definition(), r.ruled()));
        });
        return new NodeSchema(schema.server(), relations, schema.functions(), schema.types(), schema.builtInFunctions(),
                schema.systemRelations(), schema.reported(), schema.unnamedCalls());
    }
}
