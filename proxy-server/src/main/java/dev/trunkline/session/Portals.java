package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.error.ProxyError;
import java.util.HashMap;
import java.util.Map;

/** The portals of a session by name. They end with their transaction, and with the connection that they are on. */
final class Portals {

    private final Transaction transaction;
    private final Map<String, Portal> portals = new HashMap<>();
    private long suspended;

    Portals(Transaction transaction) {
        this.transaction = transaction;
    }

    /** @throws dev.trunkline.error.ProxyException 34000 */
    Portal get(String name) {
        Portal portal = find(name);
        if (portal == null) {
            throw ProxyError.UNDEFINED_PORTAL.with(name);
        }
        return portal;
    }

    Portal find(String name) {
        Portal portal = portals.get(name);
        return portal == null ? null : portal.existing();
    }

    /**
     * Where a cursor that SQL has declared lives: to a node it is a portal like any other. Null when there is none. Of those that
     * outlive their transaction only the connection that holds them knows the names.
     */
    BackendConnection cursor(String name) {
        if (find(name) != null) {
            return null;
        }
        Integer node = transaction.cursors().get(name);
        Participant participant = node != null ? transaction.at(node) : transaction.holdingCursors();
        return participant == null ? null : participant.backend();
    }

    /**
     * A node knows only the portals that are its own.
     *
     * @param participant the node of the portal that is to be made, null for one that is not a node's
     * @throws dev.trunkline.error.ProxyException 42P03
     */
    void requireFree(String name, Participant participant) {
        Portal other = name.isEmpty() ? null : find(name);
        if (other == null || participant != null && other.participant() == participant) {
            return;
        }
        if (!other.mayHaveGone()) {
            throw ProxyError.DUPLICATE_CURSOR.with(name);
        }
    }

    /** ROLLBACK TO ends the portals that were made after the savepoint; which those are, the nodes know. */
    void someMayHaveGone() {
        portals.values().forEach(Portal::doubt);
    }

    void put(Portal portal) {
        Portal other = portals.put(portal.name(), portal);
        close(other);
        if (other != null && (!portal.name().isEmpty() || other.values() == null)) {
            other.replaces(null);
            portal.replaces(other);
        }
    }

    /** Whether a node holds the client's unnamed portal, which another one without a name would end. */
    boolean unnamedIsAtNode() {
        Portal unnamed = find("");
        return unnamed != null && unnamed.participant() != null;
    }

    /**
     * What a suspended portal is called at its nodes: the client's name, or one of ours in place of none, since the nodes'
     * unnamed portal is anybody's who comes next.
     */
    String nameAtNodes(String name) {
        return name.isEmpty() ? "trunkline_" + ++suspended : name;
    }

    private static void close(Portal portal) {
        if (portal != null && portal.suspended() != null) {
            portal.suspended().closeAtNodes();
        }
        drop(portal);
    }

    /** Close of a portal, or of a cursor. */
    void remove(String name) {
        close(portals.remove(name));
        transaction.cursors().remove(name);
    }

    /** A simple query takes the unnamed portal's place. */
    void dropUnnamed() {
        if (!portals.isEmpty()) {
            close(portals.remove(""));
        }
    }

    private static void drop(Portal portal) {
        if (portal != null) {
            portal.release();
        }
    }

    /** Portals end with their connection. */
    void lost(Participant participant) {
        portals.values().removeIf(portal -> {
            boolean gone = portal.participant() == participant
                    || portal.suspended() != null && portal.suspended().uses(participant);
            if (gone) {
                portal.release();
            }
            return gone;
        });
    }

    /** Portals end with their transaction. */
    void close() {
        if (!portals.isEmpty()) {
            portals.values().forEach(Portal::release);
            portals.clear();
        }
    }
}
