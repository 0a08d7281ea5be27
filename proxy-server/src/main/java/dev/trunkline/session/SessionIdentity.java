package dev.trunkline.session;

import dev.trunkline.auth.NodeCredential;
import dev.trunkline.config.PoolConfig;
import dev.trunkline.error.ProxyError;
import java.net.SocketAddress;
import java.util.List;

/**
 * Who a session is.
 *
 * @param processId what BackendKeyData tells the client
 * @param logins the login at each node, by the node's index
 * @param pool what the user has different in sharing connections, or null
 */
public record SessionIdentity(int processId, String user, ServedDatabase database, SocketAddress address,
        List<NodeCredential> logins, PoolConfig.Override pool) {

    PoolConfig.Mode poolMode() {
        return database.pool().with(pool).mode();
    }

    /** In statement pooling a connection is anybody's after each statement. */
    void requireTransactions() {
        if (poolMode() == PoolConfig.Mode.STATEMENT) {
            throw ProxyError.TRANSACTIONS_NOT_ALLOWED.with();
        }
    }
}
