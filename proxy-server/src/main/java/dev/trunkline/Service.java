package dev.trunkline;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.config.Configuration;
import dev.trunkline.config.ConfigurationException;
import dev.trunkline.config.DatabaseConfig;
import dev.trunkline.net.TrunklineServer;
import dev.trunkline.node.NodeControl;
import dev.trunkline.node.NodeState;
import dev.trunkline.session.CatalogSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A proxy with its control plane: what {@code serve} and {@code demo} run. */
final class Service implements AutoCloseable {

    private final List<NodeControl> controls = new ArrayList<>();
    private TrunklineServer server;
    private boolean closed;

    /**
     * Looks at the nodes, then opens the port. A node that can't be reached is down until it can, as long as each database
     * has one that is up.
     *
     * @throws ConfigurationException if the nodes don't fit the file
     * @throws dev.trunkline.error.ProxyException if a database has no node that can be reached
     */
    synchronized void start(Configuration configuration) throws ConfigurationException, InterruptedException {
        Map<String, CatalogSource> sources = new LinkedHashMap<>();
        for (DatabaseConfig database : configuration.databases().values()) {
            if (closed) {
                return;
            }
            NodeControl control = NodeControl.start(configuration, database);
            controls.add(control);
            sources.put(database.name(), new Controlled(control));
        }
        server = new TrunklineServer(configuration, sources);
        server.start();
    }

    int port() {
        return server.port();
    }

    int monitoringPort() {
        return server.monitoringPort();
    }

    /** Drains and closes everything. */
    @Override
    public synchronized void close() {
        closed = true;
        if (server != null) {
            server.close();
        }
        controls.forEach(NodeControl::close);
    }

    /** The control plane of a database as sessions see it. */
    private record Controlled(NodeControl control) implements CatalogSource {

        @Override
        public Catalog catalog() {
            return control.catalog();
        }

        @Override
        public void whenChanged(Consumer<Catalog> listener) {
            control.addListener(new NodeControl.Listener() {
                @Override
                public void catalogChanged(Catalog catalog) {
                    listener.accept(catalog);
                }

                @Override
                public void nodeChanged(int node, NodeState state) {
                    // Sessions find out by themselves.
                }
            });
        }

        @Override
        public void refreshNow() {
            control.refreshNow();
        }

        @Override
        public Map<String, String> startupParameters() {
            return control.startupParameters();
        }

        @Override
        public boolean isUp(int node) {
            return control.state(node).isUp();
        }
    }
}
