package dev.trunkline.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/**
 * A wire between the proxy and a node that a test can make slow, silent, or a liar. Connections of the proxy's control plane pass
 * untouched but for {@link #cut}. Two threads carry each connection.
 */
public final class NodeLink implements AutoCloseable {

    /** What the proxy asks for where sessions come and go. */
    private static final byte[] DATA_CONNECTION = "idle_session_timeout\0000\0".getBytes(StandardCharsets.US_ASCII);

    /** What becomes of bytes on their way; one for each direction of a connection. */
    public interface Passage {

        /** Writes what is to arrive; an {@link IOException} ends the connection. */
        void pass(byte[] bytes, int length, OutputStream to) throws IOException, InterruptedException;
    }

    private final ServerSocket listener;
    private final InetSocketAddress node;
    private final List<Line> lines = new CopyOnWriteArrayList<>();
    private final Object gate = new Object();
    private volatile Supplier<Passage> toNode = () -> NodeLink::pass;
    private volatile Supplier<Passage> fromNode = () -> NodeLink::pass;
    private volatile boolean silent;
    private volatile boolean closed;

    private NodeLink(int nodePort) throws IOException {
        listener = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        node = new InetSocketAddress(InetAddress.getLoopbackAddress(), nodePort);
        Thread.ofPlatform().daemon().name("node-link-" + nodePort).start(this::accept);
    }

    public static NodeLink to(int nodePort) throws IOException {
        return new NodeLink(nodePort);
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** How connections that are made from now on are carried. */
    public void carry(Supplier<Passage> towardsNode, Supplier<Passage> towardsProxy) {
        toNode = towardsNode;
        fromNode = towardsProxy;
    }

    /** Carries connections that are made from now on as they are. */
    public void carryFaithfully() {
        carry(() -> NodeLink::pass, () -> NodeLink::pass);
    }

    /** Forwards nothing more of any connection, and closes none: as if a cable had been pulled. */
    public void fallSilent() {
        silent = true;
    }

    /** Forwards again, also what was held back. */
    public void speakAgain() {
        synchronized (gate) {
            silent = false;
            gate.notifyAll();
        }
    }

    /** Resets every connection. */
    public void cut() {
        lines.forEach(Line::reset);
    }

    /** How many connections the proxy's sessions have open. */
    public int connectionCount() {
        return (int) lines.stream().filter(line -> line.data && !line.client.isClosed()).count();
    }

    private static void pass(byte[] bytes, int length, OutputStream to) throws IOException {
        to.write(bytes, 0, length);
    }

    private void accept() {
        while (!closed) {
            try {
                Socket client = listener.accept();
                client.setTcpNoDelay(true);
                Line line = new Line(client);
                lines.add(line);
                Thread.ofPlatform().daemon().name("node-link-in").start(line::in);
            } catch (IOException e) {
                return;
            }
        }
    }

    private void awaitVoice() throws InterruptedException {
        synchronized (gate) {
            while (silent && !closed) {
                gate.wait();
            }
        }
    }

    /** One connection. */
    private final class Line {

        private final Socket client;
        private Socket server;
        private volatile boolean data;

        Line(Socket client) {
            this.client = client;
        }

        void in() {
            try {
                byte[] first = new byte[8192];
                int n = client.getInputStream().read(first);
                if (n < 0) {
                    return;
                }
                awaitVoice();
                data = holds(first, n, DATA_CONNECTION);
                server = new Socket();
                server.setTcpNoDelay(true);
                server.connect(node);
                Passage back = data ? fromNode.get() : NodeLink::pass;
                Passage there = data ? toNode.get() : NodeLink::pass;
                Thread.ofPlatform().daemon().name("node-link-out").start(() -> copy(server, client, back));
                there.pass(first, n, server.getOutputStream());
                copy(client, server, there);
            } catch (IOException gone) {
                reset();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                lines.remove(this);
            }
        }

        private void copy(Socket from, Socket to, Passage passage) {
            byte[] chunk = new byte[65_536];
            try {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                    awaitVoice();
                    passage.pass(chunk, n, out);
                }
                awaitVoice();
                close();
            } catch (IOException broken) {
                close();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private void close() {
            for (Socket socket : new Socket[]{client, server}) {
                try {
                    if (socket != null) {
                        socket.close();
                    }
                } catch (IOException gone) {
                    // As wanted.
                }
            }
        }

        void reset() {
            try {
                client.setSoLinger(true, 0);
            } catch (IOException gone) {
                // Then it is closed already.
            }
            close();
        }
    }

    private static boolean holds(byte[] bytes, int length, byte[] part) {
        for (int i = 0; i + part.length <= length; i++) {
            int j = 0;
            while (j < part.length && bytes[i + j] == part[j]) {
                j++;
            }
            if (j == part.length) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void close() throws IOException {
        closed = true;
        speakAgain();
        listener.close();
        cut();
    }
}
