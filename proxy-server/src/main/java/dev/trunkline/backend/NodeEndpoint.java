package dev.trunkline.backend;

import dev.trunkline.auth.NodeTls;

/**
 * Where a node's PostgreSQL listens, and the database there. {@code loopback} addresses may be answered with a clear
 * password.
 *
 * @param tls null to speak without
 */
public record NodeEndpoint(int node, String nodeName, String host, int port, String database, NodeTls tls) {

    /** An endpoint without TLS. */
    public NodeEndpoint(int node, String nodeName, String host, int port, String database) {
        this(node, nodeName, host, port, database, null);
    }

    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port + "/" + database;
    }
}
