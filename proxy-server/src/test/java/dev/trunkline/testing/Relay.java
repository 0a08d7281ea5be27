package dev.trunkline.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Carries bytes between whoever connects to it and a port of this machine, so that a node is at another address too. */
public final class Relay implements AutoCloseable {

    private final ServerSocket listener;
    private final int target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

    /** Listens at an address of this machine, on a free port. */
    public Relay(InetAddress address, int target) throws IOException {
        this.listener = new ServerSocket(0, 50, address);
        this.target = target;
        Thread.ofVirtual().start(this::accept);
    }

    public int port() {
        return listener.getLocalPort();
    }

    private void accept() {
        try {
            while (true) {
                Socket from = listener.accept();
                Socket to = new Socket();
                sockets.add(from);
                sockets.add(to);
                to.connect(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), target));
                from.setTcpNoDelay(true);
                to.setTcpNoDelay(true);
                Thread.ofVirtual().start(() -> carry(from, to));
                Thread.ofVirtual().start(() -> carry(to, from));
            }
        } catch (IOException closed) {
            // Nobody new comes.
        }
    }

    private void carry(Socket from, Socket to) {
        try (from; to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] buffer = new byte[16_384];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                out.write(buffer, 0, n);
            }
        } catch (IOException gone) {
            // The other direction ends too.
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
