package dev.trunkline.session;

import dev.trunkline.wire.BackendEncoder;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the client has been told by ParameterStatus. Nodes report to whoever holds them; the client hears only of what is
 * different from what it knows.
 */
public final class ReportedParameters {

    private final String dateStyleAtLogin;
    private final Map<String, String> told;
    private final Map<String, String> news = new LinkedHashMap<>();
    /** What a rollback goes back to, of what the client was told since the transaction began. */
    private final Map<String, String> before = new HashMap<>();
    /** Those of the news that came before the transaction at hand: no end of it takes them back. */
    private Map<String, String> lasting = Map.of();

    public ReportedParameters(Map<String, String> atLogin) {
        told = new HashMap<>(atLogin);
        dateStyleAtLogin = atLogin.get(DateStyle.NAME);
    }

    /** What RESET of DateStyle goes back to. */
    String dateStyleAtLogin() {
        return dateStyleAtLogin;
    }

    /** A node reports a value. */
    void changed(String name, String value) {
        if (value.equals(told.get(name))) {
            news.remove(name);
        } else {
            news.put(name, value);
        }
    }

    /** Another transaction begins: what has been reported so far stays whatever becomes of it. */
    void lasts() {
        lasting = news.isEmpty() ? Map.of() : Map.copyOf(news);
        if (!before.isEmpty()) {
            before.clear();
        }
    }

    /**
     * The transaction is rolled back. A node that was told its settings when it joined, or was not part of it any more, reports
     * nothing of that.
     */
    void takeBack() {
        news.clear();
        news.putAll(lasting);
        before.forEach(this::changed);
        before.clear();
    }

    boolean hasNews() {
        return !news.isEmpty();
    }

    /** Tells the client what has changed: before ReadyForQuery, as PostgreSQL does. */
    void tell(ClientOutput out) {
        if (!news.isEmpty()) {
            news.forEach((name, value) -> BackendEncoder.parameterStatus(out.stage(), name, value));
            news.forEach((name, value) -> {
                String valueBefore = lasting.getOrDefault(name, told.put(name, value));
                if (valueBefore != null) {
                    before.putIfAbsent(name, valueBefore);
                }
            });
            news.clear();
            lasting = Map.of();
        }
    }
}
