package dev.trunkline.catalog;

import dev.trunkline.config.DatabaseConfig;
import dev.trunkline.config.Problem.Severity;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reports what PostgreSQL can only promise on each node alone (semantics.md 10): ids from sequences, uniqueness without the
 * shard key, foreign keys that leave the colocation group, triggers, replica identity.
 */
final class KeyReports {

    private final DatabaseConfig database;
    private final Map<Integer, NodeSchema> schemas;
    private final Map<RelationName, Distribution> distributions;
    private final Findings findings;
    private final List<CollidingIds> colliding = new ArrayList<>();

    KeyReports(DatabaseConfig database, Map<Integer, NodeSchema> schemas,
            Map<RelationName, Distribution> distributions, Findings findings) {
        this.database = database;
        this.schemas = schemas;
        this.distributions = distributions;
        this.findings = findings;
    }

    /** The columns found so far whose defaults would give the same ids on several nodes. */
    List<CollidingIds> colliding() {
        return colliding;
    }

    /**
     * Reports on a sharded or reference table.
     *
     * @return the columns whose defaults would give the same ids on several nodes
     */
    Set<String> report(RelationFacts table, Distribution distribution) {
        if (isPart(table)) {
            // What its parent says goes for it too, and is reported there.
            return distribution instanceof Distribution.Sharded sharded
                    ? sequences(table, sharded.key().stream().map(KeyColumn::name).toList())
                    : Set.of();
        }
        if (distribution instanceof Distribution.Sharded sharded) {
            List<String> key = sharded.key().stream().map(KeyColumn::name).toList();
            uniqueness(table, key);
            foreignKeys(table, key, sharded.colocationGroup());
            triggers(table);
            replicaIdentity(table, key);
            return sequences(table, key);
        }
        for (ConstraintFacts constraint : table.constraints()) {
            if (constraint.target() != null
                    && !(distributions.get(constraint.target()) instanceof Distribution.Reference)) {
                findings.table(Severity.FAULT, table.name(), "reference", constraint.kind().words() + " "
                        + constraint.name() + " of reference table " + table.name() + " refers to "
                        + constraint.target() + ", which is not a reference table");
            }
        }
        triggers(table);
        return Set.of();
    }

    private Set<String> sequences(RelationFacts table, List<String> key) {
        Set<String> found = new HashSet<>();
        for (ColumnFacts column : table.columns()) {
            if (column.sequence() == null || key.contains(column.name())) {
                continue;
            }
            Map<Integer, SequenceFacts> onNodes = new HashMap<>();
            schemas.forEach((node, schema) -> {
                RelationFacts same = schema.relation(table.name());
                ColumnFacts there = same == null ? null : same.column(column.name());
                if (there != null && there.sequence() != null) {
                    onNodes.put(node, there.sequence());
                }
            });
            if (!distinct(onNodes)) {
                found.add(column.name());
                if (!isPart(table)) {
                    colliding.add(new CollidingIds(table.name(), column.name(), column.sequence(),
                            findings.table(Severity.FAULT, table.name(), "shardKey",
                                    "column " + column.name() + " of " + table.name() + " takes its default from "
                                            + column.sequence().name() + ", which gives the same ids on several nodes; "
                                            + "an INSERT that uses the default is refused")));
                }
            }
        }
        return found;
    }

    /** Whether it is a partition or child of a table that is distributed itself. */
    private boolean isPart(RelationFacts table) {
        return table.parents().stream().anyMatch(distributions::containsKey);
    }

    /** A common increment with room for every node, and residues that are all different. */
    private boolean distinct(Map<Integer, SequenceFacts> onNodes) {
        Set<Long> increments = new HashSet<>();
        Set<Long> residues = new HashSet<>();
        for (SequenceFacts sequence : onNodes.values()) {
            increments.add(sequence.increment());
            residues.add(sequence.residue());
        }
        return increments.size() == 1 && residues.size() == onNodes.size()
                && Math.abs(increments.iterator().next()) >= database.nodes().size();
    }

    private void uniqueness(RelationFacts table, List<String> key) {
        for (ConstraintFacts constraint : table.constraints()) {
            if (constraint.kind().overRows() && !new HashSet<>(constraint.columns()).containsAll(key)) {
                findings.table(Severity.FAULT, table.name(), "shardKey", constraint.kind().words() + " "
                        + constraint.name() + " of " + table.name() + " does not contain the shard key ("
                        + String.join(", ", key) + "), so it holds on each node alone");
            }
        }
    }

    private void foreignKeys(RelationFacts table, List<String> key, String group) {
        for (ConstraintFacts constraint : table.constraints()) {
            if (constraint.target() == null) {
                continue;
            }
            String what = "FOREIGN KEY " + constraint.name() + " of " + table.name();
            switch (distributions.get(constraint.target())) {
                case Distribution.Reference reference -> {
                }
                case Distribution.Sharded target when target.colocationGroup().equals(group) -> {
                    if (!pairsKeys(constraint, key, target)) {
                        findings.table(Severity.FAULT, table.name(), "shardKey", what + " to " + constraint.target()
                                + " does not pair the shard keys, so rows that refer to each other may lie on different nodes");
                    }
                }
                case Distribution.Sharded target -> findings.table(Severity.FAULT, table.name(), "shardKey",
                        what + " leaves the colocation group: " + constraint.target() + " belongs to "
                                + target.colocationGroup());
                case Distribution.Unsharded target -> findings.table(Severity.FAULT, table.name(), "shardKey",
                        what + " leaves the colocation group: " + constraint.target() + " lies on node "
                                + database.nodes().get(target.node()).name() + " only");
                case Distribution.Refused target -> findings.table(Severity.FAULT, table.name(), "shardKey",
                        what + " refers to " + constraint.target() + ", which " + target.why());
                case null -> findings.table(Severity.FAULT, table.name(), "shardKey",
                        what + " refers to " + constraint.target() + ", which is not known on every node");
            }
        }
    }

    private static boolean pairsKeys(ConstraintFacts constraint, List<String> key, Distribution.Sharded target) {
        for (int i = 0; i < key.size(); i++) {
            int at = constraint.columns().indexOf(key.get(i));
            if (at < 0 || i >= target.key().size()
                    || !constraint.targetColumns().get(at).equals(target.key().get(i).name())) {
                return false;
            }
        }
        return true;
    }

    private void triggers(RelationFacts table) {
        for (RelationFacts.TriggerFacts trigger : table.triggers()) {
            findings.table(Severity.WARNING, table.name(), null, "trigger " + trigger.name() + " of " + table.name()
                    + " runs on each node alone and sees that node's rows only"
                    + (trigger.before() ? "; it must not change the shard key" : ""));
        }
    }

    private void replicaIdentity(RelationFacts table, List<String> key) {
        if (table.kind() == RelationKind.TABLE && table.replicaIdentity() != null
                && !table.replicaIdentity().containsAll(key)) {
            findings.table(Severity.WARNING, table.name(), "shardKey", "the replica identity of " + table.name()
                    + " does not contain the shard key (" + String.join(", ", key)
                    + "), so its virtual shards can't be moved. To fix it, run on every node: ALTER TABLE "
                    + Sql.quote(table.name()) + " REPLICA IDENTITY FULL;");
        }
    }
}
