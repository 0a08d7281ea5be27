package dev.trunkline.session;

import dev.trunkline.catalog.SequenceUse;
import dev.trunkline.error.ProxyException;
import dev.trunkline.plan.Access;
import dev.trunkline.plan.Plan;
import dev.trunkline.plan.SessionAction;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.route.Routing;
import java.util.List;
import java.util.Set;

/** Plans that need no planner. */
final class StatementPlans {

    /** Nothing between the quotes: EmptyQueryResponse. */
    static final StatementPlan EMPTY = new StatementPlan("", "Empty",
            new Plan.LocalReply(new SessionAction.Nothing()), null, Routing.LOCAL, Access.read("nothing to do"),
            Set.of(), SequenceUse.NONE,
            new SessionAction.Nothing(), List.of(), new int[0], new int[0], List.of(), Long.MAX_VALUE);

    private StatementPlans() {}

    static StatementPlan refusing(ProxyException why, long catalogVersion) {
        return new StatementPlan("", "Unknown", new Plan.Refuse(why), null, Routing.REFUSED,
                Access.write("not understood"),
                Set.of(), SequenceUse.NONE, null, List.of(), new int[0], new int[0], List.of(), catalogVersion);
    }
}
