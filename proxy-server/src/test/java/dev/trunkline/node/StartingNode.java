package dev.trunkline.node;

import dev.trunkline.demo.RunningNode;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A way to a node that tells the first so many connections that the system is starting up, and carries those that come later. */
final class StartingNode implements AutoCloseable {

    private static final byte[] STARTING = "SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0"
            .getBytes(StandardCharsets.UTF_8);

    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final RunningNode node;
    private int refusals;

    private StartingNode(RunningNode node, int refusals) throws IOException {
        this.node = node;
        this.refusals = refusals;
    }

    static StartingNode of(RunningNode node, int refusals) throws IOException {
        StartingNode starting = new StartingNode(node, refusals);
        Thread.ofPlatform().daemon().name("starting-node").start(starting::accept);
        return starting;
    }

    int port() {
        return listener.getLocalPort();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                sockets.add(client);
                if (refusals-- > 0) {
                    refuse(client);
                } else {
                    carry(client);
                }
            }
        } catch (IOException closed) {
            // As wanted.
        }
    }

    private static void refuse(Socket client) throws IOException {
        try (client) {
            client.getInputStream().read(new byte[8192]);
            DataOutputStream out = new DataOutputStream(client.getOutputStream());
            out.writeByte('E');
            out.writeInt(4 + STARTING.length);
            out.write(STARTING);
        }
    }

    private void carry(Socket client) throws IOException {
        Socket server = new Socket(InetAddress.getLoopbackAddress(), node.port());
        sockets.add(server);
        Thread.ofPlatform().daemon().name("starting-node-in").start(() -> copy(client, server));
        Thread.ofPlatform().daemon().name("starting-node-out").start(() -> copy(server, client));
    }

    private static void copy(Socket from, Socket to) {
        try (from; to; InputStream in = from.getInputStream(); OutputStream out = to.getOutputStream()) {
            in.transferTo(out);
        } catch (IOException gone) {
            // Both are closed now.
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
