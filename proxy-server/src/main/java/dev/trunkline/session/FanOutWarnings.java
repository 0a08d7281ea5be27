package dev.trunkline.session;

import dev.trunkline.config.FanOutPolicy;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.plan.FanOutReason;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.route.Destination;
import dev.trunkline.wire.ErrorFields;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Warns a client of statements without a key: once for each fingerprint in a session, unless always is asked for. */
final class FanOutWarnings {

    /** Drivers collect warnings, and so do we: a session that sends ever new statements is not warned for ever. */
    private static final int MOST_REMEMBERED = 256;

    private final ServedDatabase database;
    private final Set<String> told = new HashSet<>();

    FanOutWarnings(ServedDatabase database) {
        this.database = database;
    }

    /** The warning of a statement, or null where there is none to give or the session has had it. */
    ErrorFields warning(StatementPlan plan, Destination.Many destination, FanOutPolicy policy) {
        String severity = switch (policy) {
            case WARN -> "WARNING";
            case NOTICE -> "NOTICE";
            case ALLOW, REJECT -> null;
        };
        boolean silent = severity == null || !database.fanOutRules().warnAlways()
                && (told.size() >= MOST_REMEMBERED || !told.add(plan.fingerprint()));
        if (silent) {
            return null;
        }
        FanOutReason.Warning text = text(plan, destination);
        return ErrorFields.of(severity, "01TL1", text.message()).withDetail(text.detail()).withHint(text.hint());
    }

    /** The policy on a statement, which is counted; throws where it is reject. */
    FanOutPolicy admit(StatementPlan plan, Destination.Many destination, Session session) {
        FanOutPolicy policy = database.fanOutRules().of(plan, database.catalog(), session.identity().user(),
                session.own().fanOut());
        database.metrics().fanOut(plan, policy == FanOutPolicy.REJECT);
        if (policy == FanOutPolicy.REJECT) {
            throw rejection(plan, destination);
        }
        return policy;
    }

    private ProxyException rejection(StatementPlan plan, Destination.Many destination) {
        FanOutReason.Warning text = text(plan, destination);
        return ProxyError.FAN_OUT_REJECTED.with(destination.nodes().length, text.message(), text.hint())
                .withDetail(text.detail());
    }

    private FanOutReason.Warning text(StatementPlan plan, Destination.Many destination) {
        List<String> names = new ArrayList<>();
        for (int node : destination.nodes()) {
            names.add(database.nodeName(node));
        }
        int shards = Arrays.stream(destination.virtualShards()).mapToInt(BitSet::cardinality).sum();
        return plan.fanOut().reason().warning(names.size(), shards, names, database.metrics().fanOutCost(plan));
    }
}
