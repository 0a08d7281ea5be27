package dev.trunkline.frontend;

import dev.trunkline.auth.ClientLogin;
import dev.trunkline.auth.ClientTls;
import dev.trunkline.auth.NodeCredential;
import dev.trunkline.auth.ScramVerifier;
import dev.trunkline.config.Configuration;
import dev.trunkline.config.DatabaseConfig;
import dev.trunkline.config.Limits;
import dev.trunkline.config.Login;
import dev.trunkline.config.NodeConfig;
import dev.trunkline.config.UserConfig;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.session.ServedDatabase;
import dev.trunkline.wire.Bytes;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Who may come in, and how they log in at the nodes: the users, their verifiers and the databases of the configuration, which
 * is replaced as a whole when the file is read again. Thread-safe.
 */
public final class Reception {

    /** Everything that follows from one reading of the file. */
    private record Register(Configuration configuration, Map<String, ScramVerifier> verifiers) {}

    private final Map<String, ServedDatabase> databases;
    private final Map<Login, NodeCredential> credentials = new ConcurrentHashMap<>();
    private final SecureRandom random = new SecureRandom();
    private final Bytes mockSecret;
    private final Clients clients;
    private final Cancels cancels;
    private final ClientTls tls;
    private final AdminAccess admin;
    private volatile Register register;

    public Reception(Configuration configuration, Map<String, ServedDatabase> databases, Clients clients,
            Cancels cancels, AdminAccess admin, ClientTls tls) {
        this.databases = Map.copyOf(databases);
        this.clients = clients;
        this.cancels = cancels;
        this.admin = admin;
        this.tls = tls;
        byte[] secret = new byte[32];
        random.nextBytes(secret);
        this.mockSecret = Bytes.of(secret);
        this.register = new Register(configuration, verifiers(configuration, null));
    }

    /** From now on another reading of the file holds; nobody who is in has to go. */
    public void configuration(Configuration newer) {
        register = new Register(newer, verifiers(newer, register));
        clients.bounds(newer.limits().clients(), newer.limits().unauthenticatedClients());
    }

    /** Making a verifier from a password costs some milliseconds: what has not changed is kept. */
    private Map<String, ScramVerifier> verifiers(Configuration configuration, Register before) {
        Map<String, ScramVerifier> verifiers = new HashMap<>();
        configuration.users().values().forEach(user -> {
            UserConfig known = before == null ? null : before.configuration.users().get(user.name());
            if (known != null && Objects.equals(known.password(), user.password())
                    && Objects.equals(known.verifier(), user.verifier())) {
                verifiers.computeIfAbsent(user.name(), before.verifiers::get);
            } else if (user.verifier() != null) {
                verifiers.put(user.name(), ScramVerifier.parse(user.verifier().value()));
            } else if (user.password() != null) {
                verifiers.put(user.name(), ScramVerifier.of(user.password().value(), random));
            }
        });
        return verifiers;
    }

    Clients clients() {
        return clients;
    }

    Limits limits() {
        return register.configuration.limits();
    }

    Cancels cancels() {
        return cancels;
    }

    /** Whether the user comes in without a password: one that has none, from this very machine. */
    boolean trusts(UserConfig user, SocketAddress from) {
        if (user == null || user.password() != null || user.verifier() != null) {
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
        return register.configuration.users().get(name);
    }

    ClientLogin login(String user, boolean encrypted) {
        return new ClientLogin(user, register.verifiers.get(user), mockSecret, encrypted ? tls.channelBinding() : null,
                random);
    }

    /** How clients are spoken to under TLS; null when they are not. */
    ClientTls tls() {
        return tls;
    }

    /**
     * Whether the admin database is asked for.
     *
     * @throws dev.trunkline.error.ProxyException 42501 for a user without the right
     */
    boolean isAdmin(UserConfig user, String database) {
        if (!database.equals(AdminAccess.DATABASE)) {
            return false;
        }
        if (user.admin() == UserConfig.AdminRight.NONE) {
            throw denied(database, "Set admin to read or full for the user in the configuration file.");
        }
        return true;
    }

    AdminAccess admin() {
        return admin;
    }

    /** What a node reports, so that drivers find the version and the settings they look for. */
    Map<String, String> adminParameters() {
        return databases.values().iterator().next().startupParameters();
    }

    /** The database that a user asked for, after the log-in: what exists is nobody's business before. */
    ServedDatabase database(UserConfig user, String name) {
        ServedDatabase database = databases.get(name);
        if (database == null) {
            throw ProxyError.UNKNOWN_DATABASE.with(name);
        }
        if (!user.mayUse(name)) {
            throw denied(name, "Add it to the user's databases in the configuration file.");
        }
        return database;
    }

    private static ProxyException denied(String database, String hint) {
        return ProxyError.INSUFFICIENT_PRIVILEGE.with("permission denied for database \"" + database + "\"", hint)
                .withDetail("User does not have CONNECT privilege.");
    }

    /** The user's login at each node of a database. Equal logins share their connections. */
    public List<NodeCredential> credentials(UserConfig user, String database) {
        DatabaseConfig config = register.configuration.databases().get(database);
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
