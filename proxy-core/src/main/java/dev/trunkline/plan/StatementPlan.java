package dev.trunkline.plan;

import dev.trunkline.catalog.SequenceUse;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.route.BoundValues;
import dev.trunkline.route.Destination;
import dev.trunkline.route.DestinationTable;
import dev.trunkline.route.NodeRule;
import dev.trunkline.route.Router;
import dev.trunkline.route.Routing;
import java.util.List;
import java.util.Set;

/**
 * All that is known of a statement before its values: shared by every session that sends the same fingerprint.
 *
 * @param fingerprint
 *            the canonical text for people
 * @param kind
 *            libpg_query's name of the statement's node
 * @param rule
 *            the rule of a {@link Plan.OneNode} and a {@link Plan.FanOut}; null for the others
 * @param sequences
 *            the numbers of sequences that it takes and asks for
 * @param action
 *            what the statement means to the session, or null
 * @param parameterTypes
 *            the types that PostgreSQL infers for the parameters, 0 where that isn't certain
 * @param keyParameters
 *            the numbers of the parameters that binding reads
 */
public record StatementPlan(String fingerprint, String kind, Plan root, NodeRule rule, Routing routing, Access access,
        Set<SessionEffect> effects, SequenceUse sequences, SessionAction action, List<TableUse> tables,
        int[] parameterTypes,
        int[] keyParameters, List<Guard> guards, long catalogVersion) {

    public StatementPlan {
        effects = Set.copyOf(effects);
        tables = List.copyOf(tables);
        guards = List.copyOf(guards);
    }

    /**
     * Where the statement goes with these values. After {@link Destination.Many} the statement runs as {@link #fanOut}; after
     * all the others the original bytes go to one node, also when the root is a fan-out that the values narrowed.
     *
     * @throws ProxyException
     *             when the plan refuses, or the values do
     */
    public Destination bind(BoundValues values, DestinationTable table) {
        if (rule == null) {
            if (root instanceof Plan.Refuse refuse) {
                throw refuse.error();
            }
            throw new IllegalStateException("a local statement has no destination");
        }
        try {
            Destination found = Router.bind(rule, values, table);
            return found instanceof Destination.One one && root instanceof Plan.FanOut fanOut && fanOut.listing()
                    ? one.alone()
                    : found;
        } catch (StackOverflowError deep) {
            // An event loop's stack is smaller than a planner's.
            throw ProxyError.TOO_COMPLEX.with("statement nests too deeply");
        }
    }

    /** The highest number of a parameter. */
    public int parameterCount() {
        return parameterTypes.length;
    }

    /** Whether binding reads literals of the text, so that the values must say where they stand. */
    public boolean readsLiterals() {
        return rule != null && rule.readsLiterals();
    }

    /** How the statement was routed in the end, for metrics and EXPLAIN. */
    public Routing routing(Destination destination) {
        return switch (destination) {
            case Destination.One one -> routing == Routing.HOME || routing == Routing.ANY_NODE
                    ? routing
                    : Routing.ONE_NODE;
            case Destination.Many many when fanOut().listing() -> routing;
            case Destination.Many many -> many.keyed() ? Routing.MULTI_KEY : Routing.FAN_OUT;
            case Destination.None none -> Routing.NO_NODE;
            case Destination.Any any -> Routing.ANY_NODE;
            case Destination.Transaction transaction -> Routing.HOME;
            case Destination.Pinned pinned -> Routing.ONE_NODE;
            case Destination.Cursor cursor -> Routing.ONE_NODE;
        };
    }

    /** What to do when binding gives several nodes; null where the plan has nothing for that. */
    public Plan.FanOut fanOut() {
        return switch (root) {
            case Plan.FanOut fanOut -> fanOut;
            case Plan.OneNode oneNode -> oneNode.otherwise();
            case Plan.LocalReply local -> null;
            case Plan.Refuse refuse -> null;
        };
    }

    /** The refusal, or null. */
    public ProxyException refusal() {
        return root instanceof Plan.Refuse refuse ? refuse.error() : null;
    }
}
