package dev.trunkline.demo;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Starts real PostgreSQL servers as child processes of this JVM: on the loopback address only, never as root, and gone when
 * we are gone (where the system has {@code setpriv}, even when we are killed; elsewhere the next start clears away).
 *
 * <pre>{@code
 * try (RunningNode node = EmbeddedPostgres.start(NodeOptions.forTests());
 *         Connection connection = DriverManager.getConnection(node.jdbcUrl("postgres"))) { ... }
 * }</pre>
 */
public final class EmbeddedPostgres {

    private static final int ATTEMPTS = 5;

    private EmbeddedPostgres() {}

    /** Starts a node and waits until it accepts connections. */
    public static RunningNode start(NodeOptions options) throws IOException, InterruptedException {
        PostgresInstallation postgres = options.installation() != null
                ? options.installation()
                : PostgresInstallation.find();
        if (options.dataDirectory() != null) {
            return start(options, postgres, options.dataDirectory().toAbsolutePath(), null);
        }
        ScratchDirectory scratch = ScratchDirectory.create();
        try {
            return start(options, postgres, scratch.path().resolve("data"), scratch);
        } catch (IOException | InterruptedException | RuntimeException e) {
            scratch.close();
            throw e;
        }
    }

    private static RunningNode start(NodeOptions options, PostgresInstallation postgres, Path data,
            ScratchDirectory scratch) throws IOException, InterruptedException {
        Postmaster.stopOrphan(data);
        if (!Files.exists(data.resolve("PG_VERSION"))) {
            ClusterTemplate.copyTo(data, postgres);
        }
        HostBasedAccess.write(data, options.authentication(), postgres.account());
        IOException taken = null;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            int port = options.port() != 0 ? options.port() : freePort();
            RunningNode node = new RunningNode(options, postgres, data, port, scratch);
            try {
                node.launch();
                return node;
            } catch (PortTakenException e) {
                taken = e;
                if (options.port() != 0) {
                    break;
                }
            }
        }
        throw taken;
    }

    /** A port that is free now; somebody may be faster, so {@link #start} tries again. */
    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Another program listens on the port. */
    static final class PortTakenException extends IOException {
        private static final long serialVersionUID = 1L;

        PortTakenException(int port) {
            super("port " + port + " of 127.0.0.1 is in use by another program");
        }
    }
}
