package dev.trunkline.load;

import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The commits at the end of a load, one node after the other, when every node has accepted all of its rows. Nothing ties them
 * together: after a failure the rest is rolled back, and the report says of each node what it has.
 */
final class Commits {

    private enum Outcome {
        COMMITTED,
        ROLLED_BACK,
        UNKNOWN
    }

    private final List<NodeCopy> copies;
    private final Consumer<NodeCopy> before;
    private final TransactionEnd ends;

    /** @param before is told of each node just before its commit */
    Commits(List<NodeCopy> copies, TransactionEnd ends, Consumer<NodeCopy> before) {
        this.copies = copies;
        this.ends = ends;
        this.before = before;
    }

    /** Commits everywhere, or says what has become of each node. */
    void run() throws LoadStopped {
        List<NodeCopy> committed = new ArrayList<>();
        for (int i = 0; i < copies.size(); i++) {
            NodeCopy copy = copies.get(i);
            try {
                before.accept(copy);
                copy.commit();
                committed.add(copy);
            } catch (SQLException e) {
                List<NodeCopy> others = copies.subList(i + 1, copies.size());
                others.forEach(NodeCopy::abandon);
                Outcome outcome = outcome(copy);
                if (outcome == Outcome.COMMITTED) {
                    committed.add(copy);
                    if (others.isEmpty()) {
                        return;
                    }
                }
                throw stopped(copy, e.getMessage(), outcome, committed, others);
            }
        }
    }

    /** Asks the node, over a new connection, how the transaction has ended. */
    private Outcome outcome(NodeCopy copy) {
        copy.abandon();
        try {
            return switch (ends.of(copy.node(), copy.transaction())) {
                case "committed" -> Outcome.COMMITTED;
                case "aborted" -> Outcome.ROLLED_BACK;
                default -> Outcome.UNKNOWN;
            };
        } catch (SQLException | IOException e) {
            return Outcome.UNKNOWN;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Outcome.UNKNOWN;
        }
    }

    private static LoadStopped stopped(NodeCopy failed, String why, Outcome outcome, List<NodeCopy> committed,
            List<NodeCopy> others) {
        String name = failed.node().name();
        List<String> missing = new ArrayList<>();
        if (outcome == Outcome.ROLLED_BACK) {
            missing.add(name);
        }
        others.forEach(copy -> missing.add(copy.node().name()));
        StringBuilder detail = new StringBuilder();
        detail.append("Committed: ").append(committed.isEmpty() ? "no node" : rows(committed)).append('.');
        if (outcome == Outcome.UNKNOWN) {
            detail.append(" Unknown: ").append(rows(List.of(failed))).append('.');
        }
        if (!missing.isEmpty()) {
            detail.append(" Rolled back: ").append(String.join(", ", missing)).append('.');
        }
        StringBuilder hint = new StringBuilder();
        if (outcome == Outcome.UNKNOWN) {
            hint.append("SELECT pg_xact_status('").append(failed.transaction()).append("') on node ").append(name)
                    .append(" says whether it has committed; if not, it lacks its rows too. ");
        }
        if (committed.isEmpty() && outcome == Outcome.ROLLED_BACK) {
            hint.append("Nothing was loaded: repeat the load.");
        } else {
            hint.append("Load the same data again with --only and the nodes that lack their rows")
                    .append(missing.isEmpty() ? "" : ", now " + String.join(",", missing)).append('.');
        }
        return new LoadStopped(Load.PROBLEMS, LoadStopped.text("the commit on node \"" + name + "\" failed: " + why,
                detail.toString(), hint.toString(), null));
    }

    private static String rows(List<NodeCopy> copies) {
        return String.join(", ", copies.stream().map(
                copy -> copy.node().name() + " (" + copy.accepted() + (copy.accepted() == 1 ? " row)" : " rows)"))
                .toList());
    }
}
