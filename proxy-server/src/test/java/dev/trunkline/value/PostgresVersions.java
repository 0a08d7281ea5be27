package dev.trunkline.value;

import dev.trunkline.demo.EmbeddedPostgres;
import dev.trunkline.demo.NodeOptions;
import dev.trunkline.demo.PostgresInstallation;
import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** The embedded server and, where installed, one of each other major version from 15 on: what holds must hold on each. */
public final class PostgresVersions {

    private static final Path INSTALLED = Path.of("/usr/lib/postgresql");
    private static List<RunningNode> nodes;

    private PostgresVersions() {}

    public static synchronized List<RunningNode> all() throws IOException, InterruptedException {
        if (nodes == null) {
            List<RunningNode> started = new ArrayList<>();
            started.add(TestNodes.node(0));
            for (int major : new TreeSet<>(List.of(15, 16, 17))) {
                Path binaries = INSTALLED.resolve(major + "/bin");
                if (Files.isExecutable(binaries.resolve("postgres"))
                        && !started.getFirst().version().startsWith(major + ".")) {
                    started.add(EmbeddedPostgres.start(
                            NodeOptions.forTests().withInstallation(PostgresInstallation.installed(binaries))));
                }
            }
            List<RunningNode> ours = started.subList(1, started.size());
            Runtime.getRuntime().addShutdownHook(new Thread(() -> closeAll(ours), "stop-other-versions"));
            nodes = started;
        }
        return nodes;
    }

    private static void closeAll(List<RunningNode> nodes) {
        for (RunningNode node : nodes) {
            try {
                node.close();
            } catch (IOException e) {
                System.err.println("cannot remove a test node: " + e);
            }
        }
    }
}
