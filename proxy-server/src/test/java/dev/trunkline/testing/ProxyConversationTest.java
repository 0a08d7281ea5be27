package dev.trunkline.testing;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.CatalogBuilder;
import dev.trunkline.config.FanOutPolicy;
import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import java.sql.Connection;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** What is true of PostgreSQL is true through the proxy: over one node, and over two between which kv is divided. */
@Timeout(600)
class ProxyConversationTest {

    private static List<RunningNode> nodes;
    private static String database;
    private static List<Connection> fillers;
    private static RunningProxy oneNode;
    private static RunningProxy twoNodes;

    @BeforeAll
    static void start() throws Exception {
        nodes = TestNodes.nodes(2);
        database = TestNodes.createDatabase("through_proxy", nodes);
        for (RunningNode node : nodes) {
            TestNodes.execute(node, database, KeyValueTable.CREATE);
        }
        fillers = KeyValueTable.connect(nodes, database);
        oneNode = RunningProxy.start(yaml("""
                  nodes:
                    a: { primary: 127.0.0.1:%d }
                """.formatted(nodes.get(0).port())), Map.of(database, catalog("a")));
        twoNodes = RunningProxy.start(yaml("""
                  nodes:
                    a: { primary: 127.0.0.1:%d }
                    b: { primary: 127.0.0.1:%d }
                  shardMap: { a: 0-127, b: 128-255 }
                """.formatted(nodes.get(0).port(), nodes.get(1).port())), Map.of(database, catalog("a", "b")));
    }

    private static Catalog catalog(String... names) {
        return new CatalogBuilder(database).fanOut(FanOutPolicy.ALLOW).nodes(names)
                .table("kv", "k int4 not null", "v text").sharded("kv", "k")
                .build();
    }

    private static String yaml(String nodes) {
        return """
                listen: { host: 127.0.0.1, port: 0 }
                monitoring: { host: 127.0.0.1, port: 0 }
                databases:
                  %s:
                %s    tables: { kv: { shardKey: k } }
                users:
                  postgres: { admin: full }
                """.formatted(database, nodes.indent(2));
    }

    @AfterAll
    static void stop() throws Exception {
        oneNode.close();
        twoNodes.close();
        for (Connection filler : fillers) {
            filler.close();
        }
        TestNodes.dropDatabase(database, nodes);
    }

    @TestFactory
    Stream<DynamicTest> overOneNode() throws Exception {
        return conversations(oneNode, c -> true);
    }

    @TestFactory
    Stream<DynamicTest> overTwoNodes() throws Exception {
        return conversations(twoNodes, c -> !c.oneNode());
    }

    private static Stream<DynamicTest> conversations(RunningProxy proxy, Predicate<Conversation> which)
            throws Exception {
        return Conversations.in("server").filter(which)
                .map(c -> DynamicTest.dynamicTest(c.toString(), () -> {
                    KeyValueTable.fill(fillers, proxy == twoNodes);
                    ConversationPlayer.play(c, new Served(proxy, database), List.of());
                }));
    }

    private record Served(RunningProxy proxy, String database) implements ProxyUnderTest {

        @Override
        public String host() {
            return proxy.host();
        }

        @Override
        public int port() {
            return proxy.port();
        }

        @Override
        public Login login() {
            return new Login("postgres", database, null);
        }

        @Override
        public void close() {}
    }
}
