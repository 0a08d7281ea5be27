package dev.trunkline.session;

import io.netty.buffer.ByteBuf;

/**
 * Where a statement and its values come from that the session runs itself, and what the client wants to see besides the rows.
 *
 * @param values what follows the names in the client's Bind; null without parameters
 * @param describe whether the description of the rows is still owed
 * @param portal null in the simple protocol
 */
record StatementSource(byte[] sql, int[] types, ByteBuf values, boolean describe, Portal portal) {

    private static final int[] NO_TYPES = {};

    /** A statement of the simple protocol. */
    static StatementSource simple(byte[] sql) {
        return new StatementSource(sql, NO_TYPES, null, true, null);
    }

    /** A bound portal; {@code describe} when its description is still owed. */
    static StatementSource portal(Portal portal, boolean describe) {
        return new StatementSource(portal.statement().sql(), portal.statement().server().parameterTypes(),
                portal.values(), describe, portal);
    }

    String portalName() {
        return portal == null ? "" : portal.name();
    }
}
