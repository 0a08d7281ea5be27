package dev.trunkline.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every kind of mistake, and the exact line that reports it. A line {@code #!} in a file says what is expected. */
class ConfigurationErrorsTest {

    private static final String GOOD = """
            databases:
              shop:
                nodes:
                  a: { primary: localhost:5433 }
                  b: { primary: localhost:5434 }
                shardMap: { a: 0-127, b: 128-255 }
                tables:
                  customers: { shardKey: id }
                  orders: { shardKey: customer_id, colocatedWith: customers }
                  countries: { reference: true }
            users:
              app: { password: secret, admin: true }
            """;

    private record Case(String name, String find, String replace, String expected) {}

    private static final List<Case> CASES = List.of(
            new Case("unknown key", "    tables:", "    tabels:",
                    "7:5: databases.shop.tabels: unknown key; did you mean tables?"),
            new Case("unknown top-level key", "users:", "listne: {}\nusers:",
                    "11:1: listne: unknown key; did you mean listen?"),
            new Case("unknown key far from all", "users:", "zzzzzzzz: {}\nusers:", "11:1: zzzzzzzz: unknown key"),
            new Case("unknown key inline", "reference: true", "referense: true",
                    "10:20: databases.shop.tables.countries.referense: unknown key; did you mean reference?"),
            new Case("swapped letters", "shardKey: id", "shardKye: id",
                    "8:20: databases.shop.tables.customers.shardKye: unknown key; did you mean shardKey?"
                            + "\n9:55: databases.shop.tables.orders.colocatedWith: customers is not sharded"),
            new Case("duplicate key", "    shardMap:", "    nodes: {}\n    shardMap:",
                    "6:5: databases.shop.nodes: key is written twice, first in line 3"),
            new Case("no YAML", "  shop:", "  shop: [", "4:9: not YAML: while parsing a flow sequence"),
            new Case("alias", "admin: true", "admin: *x", "12:35: users.app.admin: aliases are not supported"
                    + "\n12:35: users.app.admin: expected one of none, read, full, not \"x\""),
            new Case("a value where keys belong", "  shop:\n    nodes:", "  other: 5\n  shop:\n    nodes:",
                    "2:10: databases.other: expected keys and values"
                            + "\n2:3: databases.other.nodes: at least one node is needed"),
            new Case("a list where keys belong", "{ shardKey: id }", "[id]",
                    "8:18: databases.shop.tables.customers: expected keys and values, not a list"
                            + "\n9:55: databases.shop.tables.orders.colocatedWith: customers is not sharded"),
            new Case("keys where a value belongs", "reference: true", "reference: {}",
                    "10:20: databases.shop.tables.countries.reference: expected a value, not keys"),
            new Case("a list where a value belongs", "reference: true", "reference: [true]",
                    "10:31: databases.shop.tables.countries.reference: expected a single value, not a list"),
            new Case("no boolean", "reference: true", "reference: yes",
                    "10:31: databases.shop.tables.countries.reference: expected true or false, not \"yes\""),
            new Case("no number", "users:", "listen: { port: many }\nusers:",
                    "11:17: listen.port: expected a whole number, not \"many\""),
            new Case("number out of range", "users:", "listen: { proxyId: 2048 }\nusers:",
                    "11:20: listen.proxyId: expected a number from 0 to 2047, not 2048"),
            new Case("huge number", "users:", "listen: { port: 99999999999999999999 }\nusers:",
                    "11:17: listen.port: expected a whole number, not \"99999999999999999999\""),
            new Case("no duration", "    shardMap:", "    pool: { waitTimeout: 5 parsecs }\n    shardMap:",
                    "6:26: databases.shop.pool.waitTimeout: expected a duration like 100ms, 5s, 10m or 1h, not \"5 parsecs\""),
            new Case("duration without a unit", "    shardMap:", "    pool: { waitTimeout: 5 }\n    shardMap:",
                    "6:26: databases.shop.pool.waitTimeout: expected a duration like 100ms, 5s, 10m or 1h, not \"5\""),
            new Case("no size", "users:", "limits: { messageSize: big }\nusers:",
                    "11:24: limits.messageSize: expected a size like 512B, 64kB, 16MB or 1GB, not \"big\""),
            new Case("size out of range", "users:", "limits: { messageSize: 4GB }\nusers:",
                    "11:24: limits.messageSize: expected a size from 64kB to 1GB, not 4GB"),
            new Case("min above size", "    shardMap:", "    pool: { size: 2, min: 3 }\n    shardMap:",
                    "6:27: databases.shop.pool.min: must not be above size, which is 2"),
            new Case("a user's min above its size", "admin: true }", "admin: true, pool: { size: 2, min: 3 } }",
                    "12:63: users.app.pool.min: must not be above size, which is 2"),
            new Case("two caps for one server", "localhost:5434 }",
                    "localhost:5434, maxConnections: 5 }\n    shardMap: { a: 0-127, b: 128-255 }\n  other:\n    nodes:"
                            + "\n      a: { primary: localhost:5434, maxConnections: 6 }\n      b: { primary: h }",
                    "9:53: databases.other.nodes.a.maxConnections: is 6, and databases.shop.nodes.b.maxConnections is 5,"
                            + " for the same server"),
            new Case("no choice", "    shardMap:", "    fanOut: wran\n    shardMap:",
                    "6:13: databases.shop.fanOut: expected one of allow, notice, warn, reject, not \"wran\"; did you mean warn?"),
            new Case("choice of several words", "    shardMap:", "    fanOutWarning: oncePerSesion\n    shardMap:",
                    "6:20: databases.shop.fanOutWarning: expected one of oncePerSession, always, not \"oncePerSesion\"; did you mean oncePerSession?"),
            new Case("no capacity", "5434 }", "5434, capacity: 0 }",
                    "5:47: databases.shop.nodes.b.capacity: expected a number above 0, not \"0\""),
            new Case("virtual shards", "    shardMap:", "    virtualShards: 250\n    shardMap:",
                    "6:20: databases.shop.virtualShards: expected a power of two, not 250; did you mean 256?"),
            new Case("no map", "    shardMap: { a: 0-127, b: 128-255 }\n", "",
                    "2:3: databases.shop.shardMap: is needed with several nodes: the virtual shards of each, 0 to 255"),
            new Case("shard without owner", "b: 128-255", "b: 130-253",
                    "6:5: databases.shop.shardMap: no node owns virtual shards 128-129,254-255"),
            new Case("shard with two owners", "b: 128-255", "b: 127-255",
                    "6:30: databases.shop.shardMap.b: virtual shard 127 is owned by two nodes, a and b"),
            new Case("shards with two owners", "b: 128-255", "b: \"100-110,120-255\"",
                    "6:30: databases.shop.shardMap.b: virtual shards 100-110,120-127 are owned by two nodes, a and b"),
            new Case("no such shard", "b: 128-255", "b: 128-256",
                    "6:30: databases.shop.shardMap.b: there is no virtual shard 256: virtualShards is 256"),
            new Case("backwards", "b: 128-255", "b: 255-128",
                    "6:30: databases.shop.shardMap.b: the range 255-128 runs backwards"),
            new Case("no range", "b: 128-255", "b: rest",
                    "6:30: databases.shop.shardMap.b: expected virtual shards like 0-127,200, not \"rest\""),
            new Case("unknown node in the map", "b: 128-255", "c: 128-255",
                    "6:30: databases.shop.shardMap.c: no node \"c\""),
            new Case("unknown node of a table", "{ reference: true }", "{ node: bb }",
                    "10:26: databases.shop.tables.countries.node: no node \"bb\"; did you mean b?"),
            new Case("no primary", "b: { primary: localhost:5434 }", "b: { capacity: 2 }",
                    "5:7: databases.shop.nodes.b.primary: is needed: the host:port of the node's primary"),
            new Case("no endpoint", "localhost:5434", "localhost:port",
                    "5:21: databases.shop.nodes.b.primary: expected host:port, not \"localhost:port\""),
            new Case("same node twice", "localhost:5434", "localhost:5433",
                    "5:21: databases.shop.nodes.b.primary: is the same database as node a"),
            new Case("no node", """
                        nodes:
                          a: { primary: localhost:5433 }
                          b: { primary: localhost:5434 }
                        shardMap: { a: 0-127, b: 128-255 }
                    """.indent(0), "", "2:3: databases.shop.nodes: at least one node is needed"),
            new Case("colocated with nothing", "colocatedWith: customers", "colocatedWith: custmers",
                    "9:55: databases.shop.tables.orders.colocatedWith: no table \"custmers\" in this file; did you mean customers?"),
            new Case("colocated with a reference table", "colocatedWith: customers", "colocatedWith: countries",
                    "9:55: databases.shop.tables.orders.colocatedWith: countries is not sharded"),
            new Case("colocated in a circle", "shardKey: id", "shardKey: id, colocatedWith: orders",
                    "8:49: databases.shop.tables.customers.colocatedWith: runs in a circle: customers -> orders -> customers"
                            + "\n9:55: databases.shop.tables.orders.colocatedWith: runs in a circle: orders -> customers -> orders"),
            new Case("colocated without a key", "reference: true", "colocatedWith: customers",
                    "10:35: databases.shop.tables.countries.colocatedWith: needs shardKey"),
            new Case("keys of different length", "shardKey: id", "shardKey: [region, id]",
                    "9:27: databases.shop.tables.orders.shardKey: has 1 column, but that of customers, with which it is colocated, has 2 columns"),
            new Case("key column twice", "shardKey: id", "shardKey: [id, id]",
                    "8:30: databases.shop.tables.customers.shardKey: a column is written twice"),
            new Case("sharded reference table", "reference: true", "reference: true, shardKey: code",
                    "10:31: databases.shop.tables.countries.reference: a table is either sharded or a reference table"),
            new Case("reference table on a node", "reference: true", "reference: true, node: a",
                    "10:43: databases.shop.tables.countries.node: a reference table does not lie on one node"),
            new Case("table twice", "      countries:", "      public.orders: { node: a }\n      countries:",
                    "10:7: databases.shop.tables.public.orders: table orders is written twice"),
            new Case("range without ranges", "shardKey: id", "shardKey: id, placement: range",
                    "8:45: databases.shop.tables.customers.placement: needs ranges"),
            new Case("ranges without range", "shardKey: id", "shardKey: id, ranges: { a: ..5, b: 5.. }",
                    "8:34: databases.shop.tables.customers.ranges: needs placement: range"),
            new Case("ranges of an unknown node", "shardKey: id",
                    "shardKey: id, placement: range, ranges: { a: ..5, bb: 5.. }",
                    "8:74: databases.shop.tables.customers.ranges.bb: no node \"bb\"; did you mean b?"),
            new Case("no range", "shardKey: id", "shardKey: id, placement: range, ranges: { a: ..5, b: [5] }",
                    "8:73: databases.shop.tables.customers.ranges.b: expected a range like 100..200, ..100 or 200.., not \"5\""),
            new Case("range of several columns", "shardKey: id",
                    "shardKey: [id, b], placement: range, ranges: { a: ..5 }",
                    "8:50: databases.shop.tables.customers.placement: a key of 2 columns can only be placed by hash"
                            + "\n9:27: databases.shop.tables.orders.shardKey: has 1 column, but that of customers, with which it is colocated, has 2 columns"),
            new Case("list twice", "shardKey: id",
                    "shardKey: id, placement: list, lists: { a: [1, 2], b: [2, default] }",
                    "8:74: databases.shop.tables.customers.lists.b: \"2\" is listed twice, at node a and at node b"),
            new Case("placement of a colocated table", "colocatedWith: customers }",
                    "colocatedWith: customers, pins: { 7: a } }",
                    "9:66: databases.shop.tables.orders.pins: is said where the keys of the group are: at customers"),
            new Case("placement without a key", "reference: true", "reference: true, pins: { 7: a }",
                    "10:37: databases.shop.tables.countries.pins: needs shardKey"),
            new Case("unknown placement", "shardKey: id", "shardKey: id, placement: hsah",
                    "8:45: databases.shop.tables.customers.placement: expected one of hash, range, list, not \"hsah\"; did you mean hash?"),
            new Case("pins", "shardKey: id", "shardKey: id, pins: { 7: c }",
                    "8:45: databases.shop.tables.customers.pins.7: no node \"c\""),
            new Case("function", "users:", "    functions: { f: hmoe, g: key(0), h: key(2) }\nusers:",
                    "11:21: databases.shop.functions.f: expected any, home, refuse or key(n) with the number of an argument, not \"hmoe\"; did you mean home?"
                            + "\n11:30: databases.shop.functions.g: expected any, home, refuse or key(n) with the number of an argument, not \"key(0)\"; did you mean key(1)?"),
            new Case("reserved database", "  shop:\n", "  trunkline:\n",
                    "2:3: databases.trunkline: the name is reserved for the admin database"),
            new Case("unknown database of a user", "admin: true", "admin: true, databases: [shpo]",
                    "12:52: users.app.databases: no database \"shpo\"; did you mean shop?"),
            new Case("password and verifier", "admin: true",
                    "admin: true, verifier: 'SCRAM-SHA-256$4096:c2FsdA==$a2V5:a2V5'",
                    "12:51: users.app.verifier: password and verifier exclude each other"),
            new Case("no verifier", "password: secret", "verifier: md5abc",
                    "12:20: users.app.verifier: expected a verifier as in pg_authid: SCRAM-SHA-256$iterations:salt$stored:server"),
            new Case("right", "admin: true", "admin: ful",
                    "12:35: users.app.admin: expected one of none, read, full, not \"ful\"; did you mean full?"),
            new Case("node password without user", "admin: true", "admin: true, nodePassword: secret",
                    "12:55: users.app.nodePassword: needs nodeUser"),
            new Case("control password without user", "    shardMap:", "    control: { password: x }\n    shardMap:",
                    "6:26: databases.shop.control.password: needs user"),
            new Case("no control account", ", admin: true", "",
                    "1:1: databases: the proxy has no account of its own at the nodes of shop: set control, or give a user the right admin"),
            new Case("no users", "users:\n  app: { password: secret, admin: true }\n", "",
                    "1:1: databases: the proxy has no account of its own at the nodes of shop: set control, or give a user the right admin"
                            + "\n1:1: users: at least one user is needed"),
            new Case("TLS without certificate", "users:", "tls: { mode: required }\nusers:",
                    "11:14: tls.mode: needs tls.certificate and tls.key"),
            new Case("unset variable", "password: secret", "password: ${NO_SUCH}",
                    "12:20: users.app.password: the environment has no variable NO_SUCH, and no default is given as ${NO_SUCH:-default}"));

    @TestFactory
    Stream<DynamicTest> eachMistakeIsReportedWhereItStands() {
        return CASES.stream().map(c -> DynamicTest.dynamicTest(c.name(), () -> {
            String text = GOOD.replace(c.find(), c.replace());
            assertFalse(text.equals(GOOD), "the case changes nothing");
            assertEquals(expected(c), problems(text));
        }));
    }

    private static String expected(Case c) {
        return c.expected().lines().map(line -> "shop.yaml:" + line).sorted().collect(Collectors.joining("\n"));
    }

    private static String problems(String text) {
        try {
            Configuration.parse("shop.yaml", text, name -> null);
            return fail("accepted");
        } catch (ConfigurationException e) {
            return e.problems().stream().map(Problem::toString).sorted().collect(Collectors.joining("\n"));
        }
    }

    @Test
    void allProblemsAreReportedAtOnceInTheOrderOfTheFile() {
        String text = GOOD.replace("    tables:", "    fanOut: never\n    tables:").replace("5434", "x")
                .replace("admin: true", "amdin: true");
        ConfigurationException e = assertThrows(ConfigurationException.class,
                () -> Configuration.parse("shop.yaml", text, name -> null));
        assertEquals(List.of(1, 5, 7, 13), e.problems().stream().map(p -> p.position().line()).toList());
    }

    @Test
    void theGoodFileIsGood() throws ConfigurationException {
        assertEquals(List.of(), Configuration.parse("shop.yaml", GOOD, name -> null).warnings());
    }

    @Test
    void fewVirtualShardsAreAWarning() throws ConfigurationException {
        String text = GOOD.replace("    shardMap: { a: 0-127, b: 128-255 }",
                "    virtualShards: 16\n    shardMap: { a: 0-7, b: 8-15 }");
        assertEquals(
                List.of("shop.yaml:6:20: databases.shop.virtualShards: warning: 16 virtual shards over 2 nodes are "
                        + "fewer than 10 for each: they can't be balanced finely, and their number never changes"),
                Configuration.parse("shop.yaml", text, name -> null).warnings().stream().map(Problem::toString)
                        .toList());
    }

    @Test
    void passwordsAreNeverPrinted() throws ConfigurationException {
        Configuration configuration = Configuration.parse("shop.yaml",
                GOOD.replace("5434 }", "5434, user: u, password: hidden1 }").replace("admin: true",
                        "admin: true, nodeUser: u, nodePassword: hidden2"),
                name -> null);
        String printed = configuration.toString();
        assertFalse(printed.contains("hidden") || printed.contains("secret"), printed);
    }
}
