package dev.trunkline.execute;

import dev.trunkline.error.ProxyError;
import dev.trunkline.wire.BackendMessage.Field;
import dev.trunkline.wire.BackendMessage.RowDescription;
import java.util.List;

/**
 * The columns of the nodes' rows, which must be alike: the client is told of one node's only. They differ when somebody
 * changed a table on one node behind the proxy's back.
 */
final class NodeColumns {

    private RowDescription first;

    /** Whether this is the first description; fails with TL002 where it differs from the first. */
    boolean isFirst(RowDescription columns) {
        if (first == null) {
            first = columns;
            return true;
        }
        if (!alike(first.fields(), columns.fields())) {
            throw ProxyError.NOT_OVER_NODES.with("a result whose columns differ from node to node",
                    "Compare the tables on the nodes: run trunkline check -c FILE.");
        }
        return false;
    }

    RowDescription first() {
        return first;
    }

    /**
     * A column that the merge needs.
     *
     * @throws dev.trunkline.error.ProxyException 58000 where a node sends fewer columns than it was asked for
     */
    static Field field(List<Field> columns, int column) {
        if (column >= columns.size()) {
            throw InputRuns.notRows();
        }
        return columns.get(column);
    }

    private static boolean alike(List<Field> one, List<Field> other) {
        boolean alike = one.size() == other.size();
        for (int i = 0; alike && i < one.size(); i++) {
            alike = one.get(i).typeOid() == other.get(i).typeOid() && one.get(i).format() == other.get(i).format()
                    && one.get(i).name().equals(other.get(i).name());
        }
        return alike;
    }
}
