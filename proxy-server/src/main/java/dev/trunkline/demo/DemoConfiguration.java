package dev.trunkline.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** The configuration file of the demo: what somebody would write for these nodes by hand. */
final class DemoConfiguration {

    private DemoConfiguration() {}

    /** Writes it where only the current user can read it: it holds the password of the nodes' superuser. */
    static void write(Path file, DemoNodes nodes, int port, int monitoringPort) throws IOException {
        Files.deleteIfExists(file);
        Files.createFile(file,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, text(nodes, port, monitoringPort));
    }

    static String text(DemoNodes nodes, int port, int monitoringPort) {
        StringBuilder nodeLines = new StringBuilder();
        StringBuilder mapLines = new StringBuilder();
        for (int i = 0; i < nodes.count(); i++) {
            RunningNode node = nodes.node(i);
            String name = DemoNodes.name(i);
            nodeLines.append("      ").append(name).append(": { primary: 127.0.0.1:").append(node.port())
                    .append(", user: ").append(DemoNodes.USER).append(", password: ").append(DemoNodes.PASSWORD)
                    .append(" }\n");
            mapLines.append("      ").append(name).append(": ").append(nodes.virtualShardsOf(i)).append('\n');
        }
        return """
                # Written by `trunkline demo` at each start.
                listen: { host: 127.0.0.1, port: %d }
                monitoring: { host: 127.0.0.1, port: %d }
                databases:
                  %s:
                    virtualShards: %d
                    fanOut: warn
                    control: { user: postgres, password: %s }
                    nodes:
                %s    shardMap:
                %s    tables:
                      customers: { shardKey: id }
                      orders: { shardKey: customer_id, colocatedWith: customers }
                      order_items: { shardKey: customer_id, colocatedWith: customers }
                      countries: { reference: true }
                      audit_log: { node: %s }
                users:
                  %s: { password: %s, admin: full }
                """.formatted(port, monitoringPort, DemoNodes.DATABASE, nodes.shop().virtualShards(),
                nodes.node(0).password(), nodeLines, mapLines, DemoNodes.name(0), DemoNodes.USER, DemoNodes.PASSWORD);
    }
}
