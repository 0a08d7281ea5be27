package dev.trunkline.session;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The settings of startup messages that a node has taken, of those met lately. Confined to an event loop. */
final class TriedSettings {

    private static final int MOST = 1024;
    private static final int LONGEST = 256;
    /** What any value is right for, and what is checked before. */
    private static final Set<String> FREE = Set.of("application_name", "client_encoding");

    /** One setting as a login at the nodes asks for it. */
    record Tried(ServedDatabase database, String login, String name, String value) {

        /** Whether a node can tell, and is needed for it. A text beyond ASCII would have to be in the connection's encoding. */
        boolean isInDoubt() {
            return !FREE.contains(name) && !name.startsWith(Settings.OWN) && !PassingSetting.isOne(name)
                    && (name + value).chars().allMatch(c -> c < 128);
        }
    }

    private final Set<Tried> taken = Collections.newSetFromMap(new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Tried, Boolean> eldest) {
            return size() > MOST;
        }
    });

    boolean contains(Tried entry) {
        return taken.contains(entry);
    }

    /** A longer value than settings have is asked for each time. */
    void add(Tried entry) {
        if (entry.value.length() <= LONGEST) {
            taken.add(entry);
        }
    }
}
