package dev.trunkline.plan;

import dev.trunkline.error.ProxyException;
import dev.trunkline.route.NodeRule;

/** What is done with a statement: an immutable tree that holds no node and no state of an execution. */
public sealed interface Plan {

    /** The tree as text, one line for each element. */
    default String describe() {
        return String.join("\n", PlanText.lines(this));
    }

    /**
     * The original bytes go to one node, whose messages come back untouched. {@code otherwise} is taken when the values that
     * are bound turn out to be no key, and is null where that is refused.
     */
    record OneNode(NodeRule rule, FanOut otherwise) implements Plan {

        public OneNode(NodeRule rule) {
            this(rule, null);
        }
    }

    /**
     * The statement runs on the nodes of {@code rule} and their rows are merged. {@code nodeSql} is the nodes' text, null for
     * the original. {@code reason} says which key is missing, or would be without the list of keys. Values that narrow the
     * list to one node send the original bytes there. {@code literalShift} is how much higher the slots of a list's literals are in
     * {@code nodeSql} than in the original.
     *
     * <p>{@code listing}: the one node of {@code rule} gets the session's prepared statements before the text, as the common table
     * expression that it reads in place of pg_prepared_statements.
     */
    record FanOut(NodeRule rule, Merge merge, String nodeSql, FanOutReason reason,
            int literalShift, boolean listing) implements Plan {

        /** Where the lists of keys in the nodes' text are not known. */
        public static final int NO_LISTS = -1;

        public FanOut(NodeRule rule, Merge merge, String nodeSql, FanOutReason reason) {
            this(rule, merge, nodeSql, reason, nodeSql == null ? 0 : NO_LISTS, false);
        }

        /** A read of the session's prepared statements. */
        static FanOut listing(NodeRule rule, String nodeSql) {
            return new FanOut(rule, new Merge.Concat(), nodeSql, null, NO_LISTS, true);
        }

        /** Whether a list of keys in the nodes' text can be cut. */
        public boolean cutsText() {
            return nodeSql == null || literalShift != NO_LISTS;
        }
    }

    /** The session answers, or does what the statement asks on the backends that it has. */
    record LocalReply(SessionAction action) implements Plan {}

    /** An error in place of an answer. */
    record Refuse(ProxyException error) implements Plan {}
}
