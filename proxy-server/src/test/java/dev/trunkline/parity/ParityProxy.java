package dev.trunkline.parity;

import dev.trunkline.config.Configuration;
import dev.trunkline.config.ConfigurationException;
import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.net.TrunklineServer;
import java.io.IOException;
import java.sql.SQLException;
import java.util.List;

/** A proxy over a spread copy of the databases of {@link ParityDatabases}, with the plain one beside it. */
final class ParityProxy implements AutoCloseable {

    private final List<RunningNode> nodes;
    private final String whole;
    private final String part;
    private final TrunklineServer server;

    private ParityProxy(List<RunningNode> nodes, String whole, String part, TrunklineServer server) {
        this.nodes = nodes;
        this.whole = whole;
        this.part = part;
        this.server = server;
    }

    static ParityProxy start(int count) throws SQLException, IOException, ConfigurationException, InterruptedException {
        List<RunningNode> nodes = TestNodes.nodes(count);
        String whole = ParityDatabases.whole(nodes.getFirst());
        String part = ParityDatabases.spread(nodes);
        TrunklineServer server = TrunklineServer
                .of(Configuration.parse("parity.yaml", configuration(nodes, part), name -> null));
        server.start();
        return new ParityProxy(nodes, whole, part, server);
    }

    static String configuration(List<RunningNode> nodes, String database) {
        StringBuilder nodeLines = new StringBuilder();
        StringBuilder mapLines = new StringBuilder();
        int count = nodes.size();
        for (int i = 0; i < count; i++) {
            nodeLines.append("      n").append(i + 1).append(": { primary: 127.0.0.1:").append(nodes.get(i).port())
                    .append(" }\n");
            // A virtual shard v lies on node v * count / 256, as the rows do.
            int first = (i * ParityDatabases.VIRTUAL_SHARDS + count - 1) / count;
            int next = ((i + 1) * ParityDatabases.VIRTUAL_SHARDS + count - 1) / count;
            mapLines.append("      n").append(i + 1).append(": ").append(first).append('-').append(next - 1)
                    .append('\n');
        }
        StringBuilder tables = new StringBuilder();
        ParityDatabases.SHARDED.forEach((table, key) -> {
            boolean ofCustomer = List.of("orders", "order_items", "events").contains(table);
            tables.append("      ").append(table).append(": { shardKey: ").append(key)
                    .append(ofCustomer ? ", colocatedWith: customers" : "").append(" }\n");
        });
        return """
                listen: { host: 127.0.0.1, port: 0 }
                monitoring: { host: 127.0.0.1, port: 0 }
                databases:
                  %s:
                    virtualShards: %d
                    fanOut: warn
                    fanOutWarning: always
                    control: { user: postgres }
                    nodes:
                %s    shardMap:
                %s    tables:
                      countries: { reference: true }
                %susers:
                  %s: {}
                """.formatted(database, ParityDatabases.VIRTUAL_SHARDS, nodeLines, mapLines, tables,
                ParityDatabases.USER);
    }

    int port() {
        return server.port();
    }

    int plainPort() {
        return nodes.getFirst().port();
    }

    /** The database behind the proxy. */
    String database() {
        return part;
    }

    /** The whole one on one node. */
    String plainDatabase() {
        return whole;
    }

    PlainClient plainClient() throws IOException {
        return new PlainClient(plainPort(), ParityDatabases.USER, whole);
    }

    PlainClient client() throws IOException {
        return new PlainClient(port(), ParityDatabases.USER, part);
    }

    @Override
    public void close() throws SQLException {
        server.close();
        TestNodes.dropDatabase(whole, nodes);
        TestNodes.dropDatabase(part, nodes);
    }
}
