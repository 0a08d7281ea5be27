/**
 * The plan of a statement, the planner that makes it and the cache that keeps it. A plan is immutable, holds no node and
 * prints itself. Start with {@link dev.trunkline.plan.Planner} and {@link dev.trunkline.plan.StatementPlan}.
 */
package dev.trunkline.plan;
