package dev.trunkline.plan;

import dev.trunkline.error.ProxyException;
import dev.trunkline.route.NodeRule;
import dev.trunkline.route.Routing;

/** A plan's root with the rule that it follows and what users call that. */
record Decision(Plan root, NodeRule rule, Routing routing) {

    static Decision oneNode(NodeRule rule, Routing routing) {
        return new Decision(new Plan.OneNode(rule), rule, routing);
    }

    static Decision fanOut(Plan.FanOut fanOut, Routing routing) {
        return new Decision(fanOut, fanOut.rule(), routing);
    }

    static Decision refuse(ProxyException why) {
        return new Decision(new Plan.Refuse(why), null, Routing.REFUSED);
    }

    static Decision local(SessionAction action) {
        return new Decision(new Plan.LocalReply(action), null, Routing.LOCAL);
    }

    boolean refused() {
        return root instanceof Plan.Refuse;
    }
}
