package dev.trunkline.session;

import dev.trunkline.backend.ServerStatement;
import dev.trunkline.plan.PlanKey;
import dev.trunkline.plan.StatementPlan;

/**
 * A prepared statement as its session knows it: the text, its plan, and what the nodes call it. The plan is replaced when
 * the catalog or the meaning of names changes.
 */
final class ClientStatement {

    private final String name;
    private final ServerStatement server;
    private final boolean standardConformingStrings;
    private StatementPlan plan;
    private PlanKey planKey;

    ClientStatement(String name, ServerStatement server, boolean standardConformingStrings, StatementPlan plan,
            PlanKey planKey) {
        this.name = name;
        this.server = server;
        this.standardConformingStrings = standardConformingStrings;
        this.plan = plan;
        this.planKey = planKey;
    }

    /** The client's name; empty for the unnamed statement. */
    String name() {
        return name;
    }

    ServerStatement server() {
        return server;
    }

    byte[] sql() {
        return server.sql();
    }

    boolean standardConformingStrings() {
        return standardConformingStrings;
    }

    StatementPlan plan() {
        return plan;
    }

    /** Whether the plan was made from this catalog, for a session whose names mean what they mean now. */
    boolean isPlannedFor(long catalogVersion, PlanKey key) {
        return plan.catalogVersion() >= catalogVersion && planKey.equals(key);
    }

    void plan(StatementPlan newer, PlanKey key) {
        plan = newer;
        planKey = key;
    }
}
