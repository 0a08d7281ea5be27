package dev.trunkline.frontend;

import dev.trunkline.auth.ClientLogin;
import dev.trunkline.auth.NodeCredential;
import dev.trunkline.auth.ScramVerifier;
import dev.trunkline.config.Configuration;
import dev.trunkline.config.DatabaseConfig;
import dev.trunkline.config.Limits;
import dev.trunkline.config.Login;
import dev.trunkline.config.NodeConfig;
import dev.trunkline.config.UserConfig;
import dev.trunkline.error.ProxyError;
import dev.trunkline.session.ServedDatabase;
import dev.trunkline.wire.Bytes;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Who may come in, and how they log in at the nodes: the users, their verifiers and the databases of the configuration.
 * Thread-safe.
 */
public final class Reception {

    private final Configuration configuration;
    private final Map<String, ServedDatabase> databases;
    private final Map<String, ScramVerifier> verifiers = new HashMap<>();
    private final Map<Login, NodeCredential> credentials = new ConcurrentHashMap<>();
    private final SecureRandom random = new SecureRandom();
    private final Bytes mockSecret;
    private final Clients clients;
    private volatile boolean draining;

    public Reception(Configuration configuration, Map<String, ServedDatabase> databases, Clients clients) {
        this.configuration = configuration;
        this.databases = Map.copyOf(databases);
        this.clients = clients;
        byte[] secret = new byte[32];
        random.nextBytes(secret);
        this.mockSecret = Bytes.of(secret);
        configuration.users().values().forEach(user -> {
            if (user.verifier() != null) {
                verifiers.put(user.name(), ScramVerifier.parse(user.verifier().value()));
            } else if (user.password() != null) {
                verifiers.put(user.name(), ScramVerifier.of(user.password().value(), random));
            }
        });
    }

    Clients clients() {
        return clients;
    }

    Limits limits() {
        return configuration.limits();
    }

    /** From now on nobody new comes in. */
    public void drain() {
        draining = true;
    }

    boolean isDraining() {
        return draining;
    }

    /** Whether the user comes in without a password: one that has none, from this very machine. */
    boolean trusts(UserConfig user, SocketAddress from) {
        if (user == null || verifiers.containsKey(user.name())) {
            return false;
        }
        boolean loopback = from instanceof InetSocketAddress address && address.getAddress().isLoopbackAddress();
        if (!loopback) {
            throw ProxyError.INVALID_AUTHORIZATION.with(
                    "user \"" + user.name() + "\" has no password and may connect from the proxy's own machine only",
                    "Give the user a password in the configuration file.");
        }
        return true;
    }

    /** The user of this name, or null. */
    UserConfig user(String name) {
        return configuration.users().get(name);
    }

    ClientLogin login(String user) {
        return new ClientLogin(user, verifiers.get(user), mockSecret, null, random);
    }

    /** The database that a user asked for, after the log-in: what exists is nobody's business before. */
    ServedDatabase database(UserConfig user, String name) {
        ServedDatabase database = databases.get(name);
        if (database == null) {
            throw ProxyError.UNKNOWN_DATABASE.with(name);
        }
        if (!user.mayUse(name)) {
            throw ProxyError.INSUFFICIENT_PRIVILEGE.with("permission denied for database \"" + name + "\"",
                    "Add it to the user's databases in the configuration file.").withDetail(
                            "User does not have CONNECT privilege.");
        }
        return database;
    }

    /** The user's login at each node of a database. Equal logins share their connections. */
    List<NodeCredential> credentials(UserConfig user, String database) {
        DatabaseConfig config = configuration.databases().get(database);
        List<NodeCredential> logins = new ArrayList<>();
        for (NodeConfig node : config.nodes()) {
            logins.add(credentials.computeIfAbsent(Configuration.nodeLogin(user, node),
                    login -> login.password() == null
                            ? new NodeCredential.None(login.user())
                            : new NodeCredential.Password(login.user(), login.password().value())));
        }
        return logins;
    }
}
