package dev.trunkline.testing;

import dev.trunkline.wire.BackendMessage;
import dev.trunkline.wire.FrontendMessage;
import java.util.HashSet;
import java.util.Set;

/** The names of the messages of both families. */
final class MessageNames {

    private static final Set<String> FRONTEND = leaves(FrontendMessage.class, new HashSet<>());
    private static final Set<String> BACKEND = leaves(BackendMessage.class, new HashSet<>());

    private MessageNames() {}

    static void require(String name, boolean frontend) {
        if (!(frontend ? FRONTEND : BACKEND).contains(name)) {
            throw new IllegalArgumentException("no " + (frontend ? "client" : "server") + " sends " + name);
        }
    }

    private static Set<String> leaves(Class<?> type, Set<String> into) {
        if (!type.isSealed()) {
            into.add(type.getSimpleName());
        } else {
            for (Class<?> permitted : type.getPermittedSubclasses()) {
                leaves(permitted, into);
            }
        }
        return into;
    }
}
