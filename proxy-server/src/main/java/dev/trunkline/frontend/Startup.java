package dev.trunkline.frontend;

import dev.trunkline.error.ProxyError;
import dev.trunkline.wire.ClientEncoding;
import dev.trunkline.wire.FrontendMessage.StartupMessage;
import dev.trunkline.wire.ProtocolVersion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What a StartupMessage asks for: user, database, and settings for the session, among them those of {@code options}.
 *
 * @param clientEncoding as PostgreSQL spells it; null where the login's default is to hold
 * @param version the protocol that is spoken: what the client asks for, and at most what is served
 * @param unknownOptions protocol options ({@code _pq_.}) that are not served, to be told to the client
 * @param negotiate whether the client has to be told what is served instead
 */
record Startup(String user, String database, Map<String, String> settings, String clientEncoding, int version,
        List<String> unknownOptions, boolean negotiate) {

    private static final Set<String> NOT_SETTINGS = Set.of("user", "database", "options", "replication",
            "client_encoding");

    static Startup of(StartupMessage message) {
        Map<String, String> parameters = message.parameters();
        String user = parameters.get("user");
        if (user == null || user.isEmpty()) {
            throw ProxyError.INVALID_AUTHORIZATION.with("no PostgreSQL user name specified in startup packet",
                    "Name a user.");
        }
        String replication = parameters.get("replication");
        if (replication != null && !replication.matches("(?i)false|off|no|0")) {
            throw ProxyError.REPLICATION_NOT_SERVED.with();
        }
        Map<String, String> settings = new LinkedHashMap<>();
        List<String> unknown = new ArrayList<>();
        StartupOptions.read(parameters.getOrDefault("options", ""), settings);
        parameters.forEach((name, value) -> {
            if (name.startsWith("_pq_.")) {
                unknown.add(name);
            } else if (!NOT_SETTINGS.contains(name)) {
                settings.put(name.toLowerCase(Locale.ROOT), value);
            }
        });
        String encoding = parameters.containsKey("client_encoding")
                ? parameters.get("client_encoding")
                : settings.get("client_encoding");
        settings.remove("client_encoding");
        String spoken = encoding == null ? null : encoding(encoding);
        if (spoken != null && !spoken.equals("UTF8")) {
            // It is the nodes that transcode; they begin with UTF8.
            settings.put("client_encoding", spoken);
        }
        String database = parameters.getOrDefault("database", user);
        return new Startup(user, database.isEmpty() ? user : database, settings, spoken,
                Math.min(message.version(), ProtocolVersion.LATEST), unknown,
                !unknown.isEmpty() || message.version() > ProtocolVersion.LATEST);
    }

    /** As PostgreSQL spells it. */
    private static String encoding(String wanted) {
        String name = ClientEncoding.canonical(wanted);
        if (name == null) {
            throw ProxyError.INVALID_PARAMETER_VALUE
                    .with("invalid value for parameter \"client_encoding\": \"" + wanted + "\"", "Use UTF8.");
        }
        if (ClientEncoding.isUnserved(name)) {
            throw ProxyError.UNSUPPORTED_ENCODING.with(name);
        }
        return name;
    }
}
