package dev.trunkline.net;

import dev.trunkline.auth.NodeCredential;
import dev.trunkline.config.Configuration;
import dev.trunkline.config.DatabaseConfig;
import dev.trunkline.config.NodeConfig;
import dev.trunkline.config.UserConfig;
import dev.trunkline.frontend.Reception;
import dev.trunkline.pool.PoolKey;
import dev.trunkline.session.ServedDatabase;
import dev.trunkline.session.Worker;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Which connections are kept ready before any client has come: those of logins that the file sets by {@code nodeUser} or by
 * the node's {@code user}, so that there are few of them. The connections of a user's own name wait for its first client.
 */
final class KeptPools {

    private KeptPools() {}

    /** Tells the workers what to keep ready, from the start or after another reading of the file. */
    static void keep(Configuration configuration, ServedDatabase database, Reception reception,
            List<Worker> workers) {
        DatabaseConfig config = configuration.databases().get(database.name());
        Set<PoolKey> kept = new LinkedHashSet<>();
        Set<PoolKey> possible = new HashSet<>();
        for (UserConfig user : configuration.users().values()) {
            if (!user.mayUse(config.name())) {
                continue;
            }
            List<NodeCredential> logins = reception.credentials(user, config.name());
            for (NodeConfig node : config.nodes()) {
                PoolKey key = database.poolKey(node.index(), logins.get(node.index()), user.name(), user.pool());
                possible.add(key);
                boolean known = user.nodeLogin() != null || node.login() != null;
                if (known && config.pool().with(user.pool()).min() > 0) {
                    kept.add(key);
                }
            }
        }
        workers.forEach(worker -> worker.loop().execute(() -> worker.keep(database, kept, possible)));
    }
}
