package dev.trunkline.session;

import dev.trunkline.plan.Plan;
import dev.trunkline.route.Destination;
import dev.trunkline.route.ListParts;
import dev.trunkline.sql.LexedText;
import dev.trunkline.wire.ClientEncoding;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/**
 * What one node of a fan-out is sent: the plan's text or the client's, with the node's own part of a list of keys.
 *
 * @param values by number, the parameters whose values are not the client's
 */
record NodeStatement(byte[] sql, Map<Integer, byte[]> values) {

    /** Whether a node is bound a part of a list that has anything beyond ASCII: that is in UTF-8. */
    static boolean bindsTexts(Destination.Many destination) {
        ListParts parts = destination.parts();
        for (int i = 0; parts != null && i < destination.nodes().length; i++) {
            for (byte[] value : parts.values(i).values()) {
                if (!ClientEncoding.isAscii(value, 0, value.length)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** The same behind another text, such as a WITH clause. */
    NodeStatement behind(byte[] text) {
        byte[] all = Arrays.copyOf(text, text.length + sql.length);
        System.arraycopy(sql, 0, all, text.length, sql.length);
        return new NodeStatement(all, values);
    }

    /** The statements of all nodes. */
    static NodeStatement[] of(Plan.FanOut fanOut, StatementSource source, ListParts parts, int nodes, LexedText lexed,
            boolean standardStrings) {
        byte[] sql = fanOut.nodeSql() == null ? source.sql() : fanOut.nodeSql().getBytes(StandardCharsets.UTF_8);
        NodeStatement[] statements = new NodeStatement[nodes];
        boolean read = false;
        for (int i = 0; i < nodes; i++) {
            byte[] own = sql;
            if (parts != null && parts.changesText(i) && fanOut.cutsText()) {
                if (!read) {
                    lexed.lex(sql, 0, sql.length, standardStrings);
                    read = true;
                }
                own = parts.text(i, sql, lexed.fingerprint(0), fanOut.nodeSql() == null ? 0 : fanOut.literalShift());
            }
            statements[i] = new NodeStatement(own, parts == null ? Map.of() : parts.values(i));
        }
        return statements;
    }
}
