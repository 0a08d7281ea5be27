package dev.trunkline.backend;

/**
 * Where a node's PostgreSQL listens, and the database there. {@code loopback} addresses may be answered with a clear
 * password.
 */
public record NodeEndpoint(int node, String nodeName, String host, int port, String database) {

    @Override
    public String toString() {
        return host + ":" + port + "/" + database;
    }
}
