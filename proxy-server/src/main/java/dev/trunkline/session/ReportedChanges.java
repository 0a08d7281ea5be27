package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.wire.ClientEncoding;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Settings that a DO, a procedure or a function has changed, as far as nodes report them (ParameterStatus): the client has been
 * told, so they become the session's as if it had set them. What can't be kept is told to be as it was.
 */
final class ReportedChanges {

    private static final Set<String> KEPT = Set.of("TimeZone", "DateStyle", "IntervalStyle", "client_encoding",
            "standard_conforming_strings", "application_name", "default_transaction_read_only", "search_path");
    private static final Set<String> LOST = Set.of("session_authorization", "is_superuser");

    private ReportedChanges() {}

    /**
     * A transaction is over, and what it has said LOCAL with it.
     *
     * @param before what the connection reported before code ran there that may have changed anything
     * @param stays whether the session keeps the connection
     */
    static void adopt(Session session, BackendConnection backend, Map<String, String> before, boolean stays) {
        boolean asSet = backend.settings() == session.settings().current();
        backend.parameters().forEach((name, value) -> {
            if (value.equals(before.get(name))) {
                return;
            }
            if (KEPT.contains(name) && !ClientEncoding.isUnserved(name.equals("client_encoding") ? value : "UTF8")) {
                String setting = name.toLowerCase(Locale.ROOT);
                session.settings().configure(setting, Settings.configuration(setting, value, false));
            } else if (!stays && (KEPT.contains(name) || LOST.contains(name)) && before.get(name) != null) {
                session.reported().changed(name, before.get(name));
            }
        });
        if (asSet) {
            backend.settings(session.settings().current());
        }
    }
}
