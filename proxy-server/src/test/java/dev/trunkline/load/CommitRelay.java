package dev.trunkline.load;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Stands between a load and a node, and cuts the connection at the reply to the load's COMMIT of its rows. */
final class CommitRelay implements AutoCloseable {

    private final ServerSocket listener = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    private final int nodePort;
    private final AtomicInteger cut = new AtomicInteger();

    CommitRelay(int nodePort) throws IOException {
        this.nodePort = nodePort;
        Thread.ofVirtual().start(() -> {
            try {
                while (true) {
                    relay(listener.accept());
                }
            } catch (IOException e) {
                // Closed.
            }
        });
    }

    int port() {
        return listener.getLocalPort();
    }

    /** How many connections were cut. */
    int cut() {
        return cut.get();
    }

    private void relay(Socket client) throws IOException {
        Socket node = new Socket(InetAddress.getLoopbackAddress(), nodePort);
        // The driver sends COMMIT under the name of a prepared statement: it is what follows the question for the id.
        AtomicBoolean asked = new AtomicBoolean();
        AtomicBoolean committing = new AtomicBoolean();
        Thread.ofVirtual().start(() -> pump(client, node, bytes -> {
            committing.set(asked.get());
            asked.set(bytes.contains("pg_current_xact_id"));
            return true;
        }));
        Thread.ofVirtual().start(() -> pump(node, client, bytes -> {
            if (committing.get()) {
                cut.incrementAndGet();
            }
            return !committing.get();
        }));
    }

    private interface Watcher {
        boolean passes(String bytes);
    }

    private static void pump(Socket from, Socket to, Watcher watcher) {
        byte[] buffer = new byte[1 << 16];
        try (from; to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            int read;
            while ((read = in.read(buffer)) > 0
                    && watcher.passes(new String(buffer, 0, read, StandardCharsets.ISO_8859_1))) {
                out.write(buffer, 0, read);
            }
        } catch (IOException e) {
            // Either side has gone.
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
