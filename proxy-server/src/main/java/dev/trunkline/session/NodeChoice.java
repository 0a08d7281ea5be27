package dev.trunkline.session;

import dev.trunkline.catalog.SequenceUse;
import dev.trunkline.route.Destination;
import dev.trunkline.route.NodeRule;

/** Which of several nodes a statement of the session goes to. Owned by the session's event loop. */
final class NodeChoice {

    private final Session session;
    private final Transaction transaction;
    private final Leases leases;

    NodeChoice(Session session, Leases leases) {
        this.session = session;
        this.transaction = session.transaction();
        this.leases = leases;
    }

    /** The same for a statement that may ask for a number that was taken before: the node that knows it, if that may be any of the transaction's. */
    int of(Destination destination, SequenceUse use) {
        Participant knowing = use.asked() != null && destination instanceof Destination.Transaction
                ? session.numbers().knowing(use.asked())
                : null;
        return knowing != null ? knowing.node() : of(destination);
    }

    /** The node of a destination that is one node. */
    int of(Destination destination) {
        return switch (destination) {
            case Destination.One one -> one.node();
            case Destination.Transaction transactionNode -> preferred(session.database().catalog().homeNode());
            case Destination.Any any -> preferred(-1);
            case Destination.None none -> preferred(-1);
            case Destination.Pinned pinned -> leases.pinnedNode();
            case Destination.Cursor cursor -> session.actions().nodeOfCursor(cursor.name());
            case Destination.Many many -> throw new IllegalStateException("several nodes");
        };
    }

    /** The transaction's node, otherwise the given one, otherwise (-1) one that is likely to answer. */
    int preferred(int otherwise) {
        Participant participant = transaction.preferred();
        if (participant != null) {
            return participant.node();
        }
        return otherwise >= 0 ? otherwise : leases.anyNode();
    }

    /** Where a statement is described whose tables every node has. */
    int describing() {
        Participant participant = transaction.preferred();
        return participant != null ? participant.node() : leases.homeOrAnyNode();
    }

    /** As above, for a statement by this rule: a node that has its tables, before any value says which one has its rows. */
    int describing(NodeRule rule) {
        return switch (rule) {
            case NodeRule.OnNode on -> on.node();
            case NodeRule.Home home -> session.database().catalog().homeNode();
            case NodeRule.PinnedNode bound -> pinned();
            case NodeRule.CursorNode cursor ->
                transaction.cursors().getOrDefault(cursor.cursor(), describing());
            case NodeRule.ByKey byKey -> byKey.required() >= 0
                    ? byKey.required()
                    : byKey.required() == NodeRule.PINNED ? pinned() : describing();
            case NodeRule.TransactionNode ofTransaction -> preferred(session.database().catalog().homeNode());
            case NodeRule.EveryNode every -> describing();
            case NodeRule.AnyNode any -> describing();
            case NodeRule.Hinted hinted -> hinted.own() == null ? describing() : describing(hinted.own());
        };
    }

    /** The node to which the session is bound beyond the transaction, or none. */
    int pinned() {
        return leases.hasPinned() ? leases.pinnedNode() : NodeRule.NO_NODE;
    }
}
