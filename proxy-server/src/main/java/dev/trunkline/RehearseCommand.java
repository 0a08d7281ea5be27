package dev.trunkline;

import dev.trunkline.admin.LogOutput;
import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.CatalogBuilder;
import dev.trunkline.config.Configuration;
import dev.trunkline.config.ConfigurationException;
import dev.trunkline.config.NodeConfig;
import dev.trunkline.net.TrunklineServer;
import dev.trunkline.node.LoginReport;
import dev.trunkline.node.NodeSurvey;
import dev.trunkline.plan.PlannerWarmUp;
import dev.trunkline.session.CatalogSource;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;

/**
 * {@code trunkline rehearse}: goes through a start and a few conversations without any node, so that the JVM can archive the
 * classes that they load. For the launcher and the image, which do so once after a build.
 */
@Command(name = "rehearse", hidden = true, description = "Loads what a start loads, and ends.")
final class RehearseCommand implements Callable<Integer> {

    /** Nobody listens on ports 1 and 2, which is all that a node does here. */
    private static final String PROXY = """
            listen: { host: 127.0.0.1, port: 0 }
            monitoring: { host: 127.0.0.1, port: 0 }
            databases:
              shop:
                control: { user: app }
                nodes:
                  a: { primary: "127.0.0.1:1" }
                  b: { primary: "127.0.0.1:2" }
                shardMap: { a: 0-127, b: 128-255 }
            users:
              app: { admin: full, password: rehearsal }
            """;
    /** The proxy itself stands for the nodes: it speaks PostgreSQL, and answers what a session may ask without one. */
    private static final String CLIENT = """
            databases:
              shop:
                control: { user: app, password: rehearsal }
                nodes:
                  admin: { primary: "127.0.0.1:%1$d", database: trunkline }
                  shop: { primary: "127.0.0.1:%1$d", database: shop }
                shardMap: { admin: 0-127, shop: 128-255 }
            users:
              app: { password: rehearsal }
            """;

    RehearseCommand() {}

    @Override
    public Integer call() throws ConfigurationException, InterruptedException, IOException {
        Configuration configuration = Configuration.parse("rehearsal.yaml", PROXY, name -> null);
        LogOutput.apply(configuration.log());
        CatalogBuilder catalog = new CatalogBuilder("shop").nodes("a", "b");
        catalog.table("customers", "id int8 not null", "name text").sharded("customers", "id");
        try (TrunklineServer server = new TrunklineServer(configuration,
                Map.of("shop", new Unwatched(catalog.build())))) {
            server.start();
            Configuration client = Configuration.parse("client.yaml", CLIENT.formatted(server.port()), name -> null);
            NodeSurvey.of(client, client.databases().get("shop")).close();
            for (NodeConfig node : client.databases().get("shop").nodes()) {
                LoginReport.read(node, client.databases().get("shop").control());
            }
            PlannerWarmUp.run();
        }
        return Main.GOOD;
    }

    /** A catalog that comes from no node. */
    private record Unwatched(Catalog catalog) implements CatalogSource {

        @Override
        public void whenChanged(Consumer<Catalog> listener) {
            // It never changes.
        }

        @Override
        public void refreshNow() {
            // There is nothing to look at.
        }

        @Override
        public void suspect(int node) {
            // There is nothing to look at.
        }

        @Override
        public Map<String, String> startupParameters() {
            return Map.of("server_version", "18.0", "server_encoding", "UTF8", "DateStyle", "ISO, MDY", "TimeZone",
                    "UTC", "integer_datetimes", "on", "standard_conforming_strings", "on");
        }

        @Override
        public Map<String, String> sessionDefaults(String login) {
            return Map.of();
        }

        @Override
        public boolean isSuperuser(String login) {
            return true;
        }

        @Override
        public String roleDefault(String login, String setting) {
            return null;
        }

        @Override
        public boolean isUp(int node) {
            return true;
        }

        @Override
        public boolean cameUpAfter(int node, long nanos) {
            return false;
        }

        @Override
        public String whyDown(int node) {
            return null;
        }

        @Override
        public Integer connectionSlots(int node) {
            return null;
        }

        @Override
        public String unverified(int node) {
            return null;
        }
    }
}
