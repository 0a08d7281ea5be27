/**
 * Shard-key analysis and routing. Planning finds a rule for where a statement goes ({@link dev.trunkline.route.NodeRule});
 * binding turns the rule and the statement's values into a {@link dev.trunkline.route.Destination}. Start with {@link
 * dev.trunkline.route.Router}.
 */
package dev.trunkline.route;
