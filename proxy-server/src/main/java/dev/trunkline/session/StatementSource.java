package dev.trunkline.session;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/**
 * Where a statement and its values come from that the session runs itself, and what the client wants to see besides the rows.
 *
 * @param values what follows the names in the client's Bind; null without parameters
 * @param describe whether the description of the rows is still owed
 * @param portal null in the simple protocol
 * @param before what stands before the statement in the client's text
 * @param whole the client's text
 */
record StatementSource(byte[] sql, int[] types, ByteBuf values, boolean describe, Portal portal, byte[] before,
        byte[] whole) {

    private static final int[] NO_TYPES = {};
    private static final byte[] NOTHING = {};

    /** A whole text, with the values of a Bind or none. */
    static StatementSource of(byte[] sql, int[] types, ByteBuf values) {
        return new StatementSource(sql, types, values, true, null, NOTHING, sql);
    }

    /** A statement of the simple protocol, which stands somewhere in a text of that size. */
    static StatementSource simple(byte[] text, int size, int start, int end) {
        byte[] sql = Arrays.copyOfRange(text, start, end);
        return new StatementSource(sql, NO_TYPES, null, true, null,
                start == 0 ? NOTHING : Arrays.copyOf(text, start),
                size == sql.length ? sql : Arrays.copyOf(text, size));
    }

    /** A bound portal; {@code describe} when its description is still owed. */
    static StatementSource portal(Portal portal, boolean describe) {
        return new StatementSource(portal.statement().sql(), portal.statement().server().parameterTypes(),
                portal.values(), describe, portal, NOTHING, portal.statement().sql());
    }

    String portalName() {
        return portal == null ? "" : portal.name();
    }
}
