package dev.trunkline.session;

import dev.trunkline.backend.ServerStatement;
import dev.trunkline.plan.StatementPlan;

/**
 * A prepared statement as its session knows it: the text, its plan, and what the nodes call it. The plan is replaced when
 * the catalog changes.
 */
final class ClientStatement {

    private final String name;
    private final ServerStatement server;
    private final boolean standardConformingStrings;
    private StatementPlan plan;

    ClientStatement(String name, ServerStatement server, boolean standardConformingStrings, StatementPlan plan) {
        this.name = name;
        this.server = server;
        this.standardConformingStrings = standardConformingStrings;
        this.plan = plan;
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

    void plan(StatementPlan newer) {
        plan = newer;
    }
}
