package dev.trunkline.frontend;

import dev.trunkline.auth.NodeCredential;
import dev.trunkline.config.UserConfig;
import dev.trunkline.error.ProxyError;
import dev.trunkline.session.ClientOutput;
import dev.trunkline.session.ClientSession;
import dev.trunkline.session.EncodingThread;
import dev.trunkline.session.DateStyle;
import dev.trunkline.session.ReportedParameters;
import dev.trunkline.session.ServedDatabase;
import dev.trunkline.session.Session;
import dev.trunkline.session.SessionIdentity;
import dev.trunkline.session.SessionSettings;
import dev.trunkline.session.StartupTrial;
import dev.trunkline.session.Worker;
import dev.trunkline.wire.BackendEncoder;
import dev.trunkline.wire.ClientEncoding;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.TransactionStatus;
import java.net.SocketAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of a client that has proved who it is into a session: its right to the database, a seat among the clients, and what
 * PostgreSQL tells a client before its first ReadyForQuery. Confined to the client's event loop.
 */
final class Admission {

    private static final Logger LOG = LoggerFactory.getLogger(ClientConnection.class);

    private static final String CLIENT_ENCODING = "client_encoding";

    private final Worker worker;
    private final Reception reception;
    private final ClientConnection connection;
    private final SocketAddress address;
    private final ClientOutput out;

    Admission(Worker worker, Reception reception, ClientConnection connection, SocketAddress address,
            ClientOutput out) {
        this.worker = worker;
        this.reception = reception;
        this.connection = connection;
        this.address = address;
        this.out = out;
    }

    /**
     * Opens the session.
     *
     * @param user null when the file was read again during the log-in, and knows the user no more
     */
    void admit(UserConfig user, Startup startup, StartupDialog dialog) {
        if (user == null) {
            throw ProxyError.INVALID_PASSWORD.with(startup.user());
        }
        boolean admin = reception.isAdmin(user, startup.database());
        ServedDatabase database = admin ? null : reception.database(user, startup.database());
        if (EncodingThread.await(spoken(user, database, startup), connection.loop(),
                () -> dialog.goOn(() -> admit(user, startup, dialog)))) {
            dialog.await();
            return;
        }
        if (startup.clientEncoding() != null && ClientEncoding.isUnserved(startup.clientEncoding())) {
            throw ProxyError.UNSUPPORTED_ENCODING.with(startup.clientEncoding());
        }
        if (!admin && StartupTrial.start(worker, database, reception.credentials(user, database.name()), user.name(),
                user.pool(), startup.settings(),
                refusal -> dialog.goOn(() -> decided(refusal, user, database, startup, dialog)))) {
            dialog.await();
            return;
        }
        enter(user, admin, database, startup, dialog);
    }

    /** What the client will speak, or null for UTF-8. */
    private ClientEncoding spoken(UserConfig user, ServedDatabase database, Startup startup) {
        String name = startup.clientEncoding();
        if (name == null && database != null) {
            name = database.sessionDefaults(loginAtHome(user, database)).get(CLIENT_ENCODING);
        }
        return name == null ? null : ClientEncoding.of(name);
    }

    private String loginAtHome(UserConfig user, ServedDatabase database) {
        return reception.credentials(user, database.name()).get(database.catalog().homeNode()).user();
    }

    /** A node has looked at the settings that the client begins with. */
    private void decided(ErrorFields refusal, UserConfig user, ServedDatabase database, Startup startup,
            StartupDialog dialog) {
        if (refusal != null) {
            connection.fatal(refusal.withSeverity("FATAL"));
        } else {
            enter(user, false, database, startup, dialog);
        }
    }

    private void enter(UserConfig user, boolean admin, ServedDatabase database, Startup startup, StartupDialog dialog) {
        Clients.Seat seat = reception.clients().take(startup.version());
        if (seat == null) {
            throw ProxyError.TOO_MANY_CLIENTS.with();
        }
        connection.seated(seat);
        dialog.leave();
        Map<String, String> parameters = admin
                ? parameters(reception.adminParameters(), startup)
                : parameters(user, database, startup);
        parameters.forEach((name, value) -> BackendEncoder.parameterStatus(out.stage(), name, value));
        BackendEncoder.backendKeyData(out.stage(), seat.processId, seat.cancelKey);
        BackendEncoder.readyForQuery(out.stage(), TransactionStatus.IDLE);
        connection.serve(admin
                ? administer(seat, user, parameters)
                : serve(seat, user, database, startup, parameters));
        LOG.debug("client {}: user {} on database {}, session {}", address, user.name(), startup.database(),
                seat.processId);
    }

    private ClientSession serve(Clients.Seat seat, UserConfig user, ServedDatabase database,
            Startup startup, Map<String, String> parameters) {
        List<NodeCredential> logins = reception.credentials(user, database.name());
        String atHome = loginAtHome(user, database);
        SessionSettings settings = SessionSettings.of(atHome, setting -> database.roleDefault(atHome, setting),
                defaults(database, atHome, startup.clientEncoding()), startup.settings().entrySet(),
                database.catalog());
        SessionIdentity identity = new SessionIdentity(seat.processId, user.name(), database, address, logins,
                user.pool());
        seat.identity = identity;
        return new Session(worker, identity, connection, out, settings, new ReportedParameters(parameters));
    }

    private ClientSession administer(Clients.Seat seat, UserConfig user, Map<String, String> parameters) {
        return reception.admin().open(new AdminAccess.Visitor(seat.processId, user.name(), user.admin(), address,
                connection.loop(), parameters), connection, out);
    }

    /** What the nodes report to this user, but for what the client has asked for itself. */
    private Map<String, String> parameters(UserConfig user, ServedDatabase database, Startup startup) {
        String atHome = loginAtHome(user, database);
        Map<String, String> reported = new LinkedHashMap<>(database.startupParameters());
        Map<String, String> defaults = defaults(database, atHome, startup.clientEncoding());
        reported.put("application_name", "");
        reported.put(CLIENT_ENCODING, "UTF8");
        reported.put("is_superuser", database.isSuperuser(atHome) ? "on" : "off");
        reported.replaceAll((name, value) -> defaults.getOrDefault(name.toLowerCase(Locale.ROOT), value));
        if (ClientEncoding.isUnserved(reported.get(CLIENT_ENCODING))) {
            throw ProxyError.UNSUPPORTED_ENCODING.with(reported.get(CLIENT_ENCODING));
        }
        return parameters(reported, startup);
    }

    /** What the login has at the nodes without asking. Connections to them speak UTF-8, so that need not be asked for. */
    private static Map<String, String> defaults(ServedDatabase database, String login, String encoding) {
        Map<String, String> defaults = database.sessionDefaults(login);
        if (encoding == null || !defaults.containsKey(CLIENT_ENCODING)) {
            return defaults;
        }
        Map<String, String> others = new LinkedHashMap<>(defaults);
        others.remove(CLIENT_ENCODING);
        return others;
    }

    /** What the client is told at log-in: what the nodes report, but for what it has asked for itself. */
    private static Map<String, String> parameters(Map<String, String> reported, Startup startup) {
        Map<String, String> parameters = new LinkedHashMap<>(reported);
        parameters.put("session_authorization", startup.user());
        for (String name : parameters.keySet().toArray(String[]::new)) {
            String wanted = startup.settings().get(name.toLowerCase(Locale.ROOT));
            if (wanted != null) {
                parameters.put(name,
                        name.equals(DateStyle.NAME) ? DateStyle.reported(wanted, parameters.get(name)) : wanted);
            }
        }
        return parameters;
    }
}
