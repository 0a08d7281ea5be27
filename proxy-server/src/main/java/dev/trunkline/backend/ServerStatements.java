package dev.trunkline.backend;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The prepared statements that one connection holds, least recently used first. The unnamed statement is held apart.
 * Confined to the connection's event loop.
 */
final class ServerStatements {

    /** One that is dropped because nobody knows whether it is there. */
    record Doubted(ServerStatement statement) {}

    private final int capacity;
    private final Map<ServerStatement, Boolean> named = new LinkedHashMap<>(16, 0.75f, true);
    private final Set<ServerStatement> doubtful = new HashSet<>();
    private ServerStatement unnamed;

    ServerStatements(int capacity) {
        this.capacity = capacity;
    }

    boolean has(ServerStatement statement) {
        return statement.name().isEmpty() ? unnamed == statement : named.get(statement) != null;
    }

    void add(ServerStatement statement) {
        if (statement.name().isEmpty()) {
            unnamed = statement;
        } else {
            named.put(statement, Boolean.TRUE);
        }
    }

    /** Removes the statement that has to go because there are too many; null when there are not. */
    ServerStatement evict() {
        if (named.size() <= capacity) {
            return null;
        }
        ServerStatement oldest = named.keySet().iterator().next();
        named.remove(oldest);
        return oldest;
    }

    /** What was to go has not gone: a statement, which is still there, or a {@link Doubted} one, which may be. */
    void stays(Object dropped) {
        if (dropped instanceof ServerStatement statement) {
            named.put(statement, Boolean.TRUE);
        } else if (dropped instanceof Doubted doubted) {
            doubt(doubted.statement);
        }
    }

    /** What is held may not be what we think: each statement is dropped and prepared again before its next use. */
    void doubtAll() {
        doubtful.addAll(named.keySet());
        named.clear();
        unnamed = null;
    }

    /** How many have a name. */
    int count() {
        return named.size();
    }

    /** It may be there although we thought that it was not. */
    void doubt(ServerStatement statement) {
        if (!statement.name().isEmpty()) {
            doubtful.add(statement);
        }
    }

    /** Whether a statement of this name may still be there; asked once. */
    boolean takeDoubt(ServerStatement statement) {
        return !doubtful.isEmpty() && doubtful.remove(statement);
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
        doubtful.clear();
        unnamed = null;
    }
}
