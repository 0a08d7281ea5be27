package dev.trunkline.backend;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The prepared statements that one connection holds, least recently used first. The unnamed statement is held apart.
 * Confined to the connection's event loop.
 */
final class ServerStatements {

    private final int capacity;
    private final Map<ServerStatement, Boolean> named = new LinkedHashMap<>(16, 0.75f, true);
    private ServerStatement unnamed;

    ServerStatements(int capacity) {
        this.capacity = capacity;
    }

    boolean has(ServerStatement statement) {
        return statement.name().isEmpty() ? unnamed == statement : named.get(statement) != null;
    }

    /** Adds a statement and returns the one that has to go for it, or null. */
    ServerStatement add(ServerStatement statement) {
        if (statement.name().isEmpty()) {
            unnamed = statement;
            return null;
        }
        named.put(statement, Boolean.TRUE);
        if (named.size() <= capacity) {
            return null;
        }
        Iterator<ServerStatement> oldest = named.keySet().iterator();
        ServerStatement evicted = oldest.next();
        oldest.remove();
        return evicted;
    }

    void remove(ServerStatement statement) {
        if (unnamed == statement) {
            unnamed = null;
        } else {
            named.remove(statement);
        }
    }

    void forgetUnnamed() {
        unnamed = null;
    }

    void clear() {
        named.clear();
        unnamed = null;
    }
}
