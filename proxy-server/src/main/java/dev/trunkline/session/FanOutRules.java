package dev.trunkline.session;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.RelationName;
import dev.trunkline.config.FanOutPolicy;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.plan.TableUse;

/**
 * The policy on statements without a key: the user's, if it has one, otherwise the strictest of the statement's tables,
 * otherwise the database's.
 */
public record FanOutRules(boolean warnAlways) {

    FanOutPolicy of(StatementPlan plan, Catalog catalog, FanOutPolicy ofUser) {
        if (ofUser != null) {
            return ofUser;
        }
        FanOutPolicy strictest = null;
        for (TableUse use : plan.tables()) {
            FanOutPolicy policy = catalog.fanOut(use.relation());
            if (policy != null && (strictest == null || policy.compareTo(strictest) > 0)) {
                strictest = policy;
            }
        }
        return strictest != null ? strictest : catalog.fanOut();
    }

    /** For the warning's text. */
    static String name(RelationName table) {
        return table.toString();
    }
}
