package dev.trunkline.session;

import dev.trunkline.error.ProxyError;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The prepared statements of a session by name. As in PostgreSQL there is one set of names for the protocol's and SQL's, and
 * none of it is transactional: a statement outlives the ROLLBACK of the transaction that has prepared it.
 */
final class ClientStatements {

    private final Map<String, ClientStatement> named = new HashMap<>();
    private ClientStatement unnamed;

    /** @throws dev.trunkline.error.ProxyException 26000 */
    ClientStatement get(String name) {
        ClientStatement statement = find(name);
        if (statement == null) {
            throw undefined(name);
        }
        return statement;
    }

    ClientStatement find(String name) {
        return name.isEmpty() ? unnamed : named.get(name);
    }

    private static RuntimeException undefined(String name) {
        return ProxyError.UNDEFINED_PREPARED_STATEMENT
                .with(name.isEmpty() ? "unnamed prepared statement" : "prepared statement \"" + name + "\"");
    }

    /** @throws dev.trunkline.error.ProxyException 42P05 */
    void requireFree(String name) {
        if (!name.isEmpty() && named.containsKey(name)) {
            throw ProxyError.DUPLICATE_PREPARED_STATEMENT.with(name);
        }
    }

    void put(ClientStatement statement) {
        if (statement.name().isEmpty()) {
            unnamed = statement;
        } else {
            statement.since(Instant.now());
            named.put(statement.name(), statement);
        }
    }

    /** Close: null if there was none. */
    ClientStatement remove(String name) {
        if (!name.isEmpty()) {
            return named.remove(name);
        }
        ClientStatement removed = unnamed;
        unnamed = null;
        return removed;
    }

    /**
     * Its Parse has failed, which drops the unnamed statement, or was skipped, which leaves the one that there was.
     *
     * @param replaced the unnamed statement before it
     */
    void undo(ClientStatement statement, ClientStatement replaced, boolean refused) {
        if (unnamed == statement) {
            unnamed = refused ? null : replaced;
        }
        named.remove(statement.name(), statement);
    }

    /** Its Close was skipped. */
    void restore(ClientStatement statement) {
        if (statement == null) {
            return;
        }
        if (statement.name().isEmpty()) {
            unnamed = statement;
        } else {
            named.putIfAbsent(statement.name(), statement);
        }
    }

    /**
     * DEALLOCATE.
     *
     * @throws dev.trunkline.error.ProxyException 26000
     */
    void deallocate(String name) {
        if (named.remove(name) == null) {
            throw undefined(name);
        }
    }

    /** DEALLOCATE ALL, which leaves the unnamed statement alone. */
    void deallocateAll() {
        named.clear();
    }

    /** A simple query drops the unnamed statement. */
    void dropUnnamed() {
        unnamed = null;
    }

    /** Those that have a name, in its order. */
    List<ClientStatement> named() {
        return named.values().stream().sorted(Comparator.comparing(ClientStatement::name)).toList();
    }

    /** How many have a name. */
    int count() {
        return named.size();
    }
}
