package dev.trunkline.plan;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.sql.Fingerprint;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/** Plans by fingerprint, of one database. */
public final class PlanCache {

    private final Executor executor;

    public PlanCache(int maximumEntries, Executor executor) {
        this.executor = executor;
    }

    /** The front table of one event loop; owned by that loop. */
    public Local local() {
        return new Local();
    }

    /** What one event loop asks. */
    public final class Local {

        /**
         * The plan of a statement whose literals stand in {@code sql}, or null when it has to be loaded. Guards and the
         * catalog's version are checked.
         */
        public StatementPlan find(Fingerprint fingerprint, PlanKey key, byte[] sql, Catalog catalog) {
            return null;
        }
    }

    /**
     * Builds the plan on the planner's executor, once however many ask for it. Never fails: a statement that can't be
     * planned has a plan that refuses.
     *
     * @param sql
     *            holds the statement's bytes in {@code [start, end)} and is read before this returns
     */
    public CompletionStage<StatementPlan> load(Fingerprint fingerprint, PlanKey key, byte[] sql, int start, int end,
            Catalog catalog) {
        return CompletableFuture.supplyAsync(() -> null, executor);
    }
}
