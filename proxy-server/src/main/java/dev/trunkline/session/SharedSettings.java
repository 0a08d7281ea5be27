package dev.trunkline.session;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One instance for all settings that say the same, of those met lately. Most clients of an application set the same, and each
 * connection that is lent is compared with its next client. Confined to an event loop.
 */
final class SharedSettings {

    private static final int MOST = 256;

    private final Map<Map<String, String>, Settings> known = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Map<String, String>, Settings> eldest) {
            return size() > MOST;
        }
    };

    /** The instance that stands for these; what holds for one transaction only stands for itself. */
    Settings of(Settings settings) {
        Map<String, String> statements = settings.lasting();
        return statements == null ? settings : known.computeIfAbsent(statements, s -> settings);
    }
}
