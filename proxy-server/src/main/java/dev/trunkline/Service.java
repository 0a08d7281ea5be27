package dev.trunkline;

import dev.trunkline.admin.LogOutput;
import dev.trunkline.config.Configuration;
import dev.trunkline.config.ConfigurationException;
import dev.trunkline.net.TrunklineServer;
import java.io.IOException;

/** The proxy as {@code serve} and {@code demo} run it: may be closed from another thread while it starts. */
final class Service implements AutoCloseable {

    private TrunklineServer server;
    private boolean closed;

    /**
     * Looks at the nodes, then opens the port. A node that can't be reached is down until it can, as long as each database
     * has one that is up.
     *
     * @throws ConfigurationException if the nodes don't fit the file
     * @throws IOException if the port can't be listened on
     * @throws dev.trunkline.error.ProxyException if a database has no node that can be reached
     */
    synchronized void start(Configuration configuration)
            throws ConfigurationException, InterruptedException, IOException {
        if (closed) {
            return;
        }
        LogOutput.apply(configuration.log());
        server = TrunklineServer.of(configuration);
        server.start();
    }

    /** Reads the configuration file again; what comes of it is logged. */
    synchronized void reload() {
        if (server != null && !closed) {
            server.reload();
        }
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
    }
}
