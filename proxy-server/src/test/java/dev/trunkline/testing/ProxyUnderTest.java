package dev.trunkline.testing;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;

/** A proxy that a conversation's clients connect to. */
public interface ProxyUnderTest extends AutoCloseable {

    String host();

    int port();

    @Override
    void close() throws IOException;

    /** How many clients wait for a connection to a node. */
    default int clientsThatWait() throws IOException {
        throw new UnsupportedOperationException("there is nothing to wait for");
    }

    /** Whether a Sync is answered by ReadyForQuery whatever the conversation's nodes do. */
    default boolean answersSync() {
        return true;
    }

    /** The login that conversations use when they say nothing else. */
    default Login login() {
        return new Login("app", "shop", "secret");
    }

    /** @param password null when the proxy asks for none */
    record Login(String user, String database, String password) {}

    /** Starts a proxy in front of nodes, with the options of a conversation's {@code options} lines. */
    interface Starter {

        ProxyUnderTest start(List<InetSocketAddress> nodes, Map<String, String> options) throws Exception;
    }

    /** No proxy at all: clients talk to the first node. */
    static ProxyUnderTest none(List<InetSocketAddress> nodes, Map<String, String> options) {
        if (!options.isEmpty()) {
            throw new IllegalArgumentException("a node has no options: " + options);
        }
        return new ProxyUnderTest() {
            @Override
            public String host() {
                return nodes.getFirst().getHostString();
            }

            @Override
            public int port() {
                return nodes.getFirst().getPort();
            }

            @Override
            public boolean answersSync() {
                return false;
            }

            @Override
            public void close() {}
        };
    }
}
