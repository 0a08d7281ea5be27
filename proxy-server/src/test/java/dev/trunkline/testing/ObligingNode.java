package dev.trunkline.testing;

import dev.trunkline.wire.BackendMessage.CommandComplete;
import dev.trunkline.wire.BackendMessage.ErrorResponse;
import dev.trunkline.wire.BackendMessage.ReadyForQuery;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.TransactionStatus;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A PostgreSQL on loopback that logs everybody in and agrees to everything: each Query is complete at once, each Sync is
 * answered by ReadyForQuery. It can fall silent, as a node does whose connections a firewall has forgotten, and be full.
 */
public final class ObligingNode implements AutoCloseable {

    private static final int CANCEL_REQUEST = 80877102;
    private static final ErrorResponse FULL = new ErrorResponse(
            ErrorFields.of("FATAL", "53300", "sorry, too many clients already"));

    private final InetAddress address;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicInteger logins = new AtomicInteger();
    private final AtomicInteger cancels = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private volatile int room = Integer.MAX_VALUE;
    private ServerSocket listener;
    private Thread acceptor;
    private int port;
    private volatile Set<Socket> silent = Set.of();

    private ObligingNode(InetAddress address, int port) {
        this.address = address;
        this.port = port;
    }

    /** Starts at an address of this machine; port 0 takes a free one. */
    public static ObligingNode start(InetAddress address, int port) throws IOException {
        ObligingNode node = new ObligingNode(address, port);
        node.up();
        return node;
    }

    public static ObligingNode start() throws IOException {
        return start(InetAddress.getLoopbackAddress(), 0);
    }

    public int port() {
        return port;
    }

    /** Listens, again on the same port. */
    public void up() throws IOException {
        ServerSocket socket = new ServerSocket();
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(address, port), 100);
        listener = socket;
        port = socket.getLocalPort();
        acceptor = Thread.ofPlatform().daemon().name("obliging-node").start(() -> accept(socket));
    }

    /** Refuses new connections and breaks those that there are. */
    public void down() throws IOException {
        listener.close();
        try {
            // Until nobody waits in accept any more, connections are still taken.
            acceptor.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    /** The connections that there are now never answer again, and don't end either; new ones are answered. */
    public void forgetConnections() {
        silent = Set.copyOf(sockets);
    }

    /** Has room for so many connections from now on, and refuses the others as PostgreSQL does. */
    public void room(int connections) {
        room = connections;
    }

    /** How many were refused for want of room. */
    public int refused() {
        return refused.get();
    }

    /** How many have logged in since the start. */
    public int logins() {
        return logins.get();
    }

    /** How many cancel requests have come. */
    public int cancels() {
        return cancels.get();
    }

    /** How many are logged in. */
    public int connections() {
        return sockets.size();
    }

    private void accept(ServerSocket from) {
        while (!from.isClosed()) {
            try {
                Socket socket = from.accept();
                socket.setTcpNoDelay(true);
                Thread.ofPlatform().daemon().name("obliging-connection").start(() -> serve(socket));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private synchronized boolean admits(Socket socket) {
        if (sockets.size() >= room) {
            refused.incrementAndGet();
            return false;
        }
        return sockets.add(socket);
    }

    private void serve(Socket socket) {
        try (socket) {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            OutputStream out = socket.getOutputStream();
            byte[] startup = new byte[in.readInt() - 4];
            in.readFully(startup);
            if (ByteBuffer.wrap(startup).getInt() == CANCEL_REQUEST) {
                cancels.incrementAndGet();
                return;
            }
            if (!admits(socket)) {
                out.write(FakePostgres.encode(List.of(FULL)));
                return;
            }
            out.write(FakePostgres.greeting(logins.incrementAndGet()));
            for (int type = in.read(); type >= 0 && type != 'X'; type = in.read()) {
                in.skipNBytes(in.readInt() - 4);
                if (silent.contains(socket)) {
                    continue;
                }
                ReadyForQuery ready = new ReadyForQuery(TransactionStatus.IDLE);
                if (type == 'Q') {
                    out.write(FakePostgres.encode(List.of(new CommandComplete("DISCARD ALL"), ready)));
                } else if (type == 'S') {
                    out.write(FakePostgres.encode(List.of(ready)));
                }
            }
        } catch (IOException gone) {
            // The proxy or the test has closed it.
        } finally {
            sockets.remove(socket);
        }
    }

    @Override
    public void close() throws IOException {
        down();
    }
}
