package dev.trunkline.testing;

import dev.trunkline.catalog.CatalogBuilder;
import dev.trunkline.config.FanOutPolicy;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** The proxy before nodes that do what no real one can be made to do. Node 1 has the lower half of the virtual shards. */
@Timeout(300)
class FakeNodeConversationTest {

    @TestFactory
    Stream<DynamicTest> conversations() throws Exception {
        return Conversations.in("proxy").map(c -> DynamicTest.dynamicTest(c.toString(),
                () -> ConversationPlayer.play(c, FakeNodeConversationTest::start)));
    }

    static ProxyUnderTest start(List<InetSocketAddress> nodes, Map<String, String> options) {
        var given = new TreeMap<>(options);
        String password = given.remove("password");
        var yaml = new StringBuilder("""
                listen: { host: 127.0.0.1, port: 0 }
                monitoring: { host: 127.0.0.1, port: 0 }
                databases:
                  shop:
                    pool: {%s }
                    nodes:
                """.formatted(section(given, "pool.")));
        var catalog = new CatalogBuilder("shop").fanOut(FanOutPolicy.ALLOW);
        for (int i = 0; i < nodes.size(); i++) {
            String name = "n" + (i + 1);
            catalog.nodes(name);
            yaml.append("      ").append(name).append(": { primary: 127.0.0.1:").append(nodes.get(i).getPort())
                    .append(" }\n");
        }
        if (nodes.size() == 2) {
            yaml.append("    shardMap: { n1: 0-127, n2: 128-255 }\n");
        }
        yaml.append("    tables: { kv: { shardKey: k } }\nusers:\n  app: { admin: full");
        if (password != null) {
            yaml.append(", password: ").append(password);
        }
        yaml.append(" }\nlimits: {").append(section(given, "limits.")).append(" }\n");
        if (!given.isEmpty()) {
            throw new IllegalArgumentException("unknown options " + given);
        }
        catalog.table("kv", "k int4 not null", "v text").sharded("kv", "k");
        var proxy = RunningProxy.start(yaml.toString(), Map.of("shop", catalog.build()));
        return new Served(proxy, new ProxyUnderTest.Login("app", "shop", password));
    }

    private static String section(Map<String, String> options, String prefix) {
        var keys = options.keySet().stream().filter(k -> k.startsWith(prefix)).toList();
        return String.join(",", keys.stream()
                .map(k -> " " + k.substring(prefix.length()) + ": " + options.remove(k)).toList());
    }

    private record Served(RunningProxy proxy, Login login) implements ProxyUnderTest {

        @Override
        public String host() {
            return proxy.host();
        }

        @Override
        public int port() {
            return proxy.port();
        }

        @Override
        public int clientsThatWait() throws IOException {
            return proxy.clientsThatWait();
        }

        @Override
        public void close() {
            proxy.close();
        }
    }
}
