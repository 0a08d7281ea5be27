package dev.trunkline.catalog;

import dev.trunkline.config.DatabaseConfig;
import dev.trunkline.config.Problem.Severity;
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

    /** The increment that is advised: room for that many nodes. */
    private static final int STRIDE = 64;

    private final DatabaseConfig database;
    private final Map<Integer, NodeSchema> schemas;
    private final Map<RelationName, Distribution> distributions;
    private final Findings findings;

    KeyReports(DatabaseConfig database, Map<Integer, NodeSchema> schemas,
            Map<RelationName, Distribution> distributions, Findings findings) {
        this.database = database;
        this.schemas = schemas;
        this.distributions = distributions;
        this.findings = findings;
    }

    /**
     * Reports on a sharded or reference table.
     *
     * @return the columns whose defaults would give the same ids on several nodes
     */
    Set<String> report(RelationFacts table, Distribution distribution) {
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
        Set<String> colliding = new HashSet<>();
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
                colliding.add(column.name());
                findings.table(Severity.FAULT, table.name(), "shardKey",
                        "column " + column.name() + " of " + table.name() + " takes its default from "
                                + column.sequence().name() + ", which gives the same ids on several nodes; an INSERT "
                                + "that uses the default is refused. To fix it, run " + alters(table.name(), column));
            }
        }
        return colliding;
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

    private String alters(RelationName table, ColumnFacts column) {
        StringBuilder text = new StringBuilder();
        int stride = Math.max(STRIDE, Integer.highestOneBit(database.nodes().size()) * 2);
        for (int node = 0; node < database.nodes().size(); node++) {
            text.append(node == 0 ? "on " : "; on ").append(database.nodes().get(node).name()).append(": ");
            String start = "(SELECT ((coalesce(max(" + Sql.quote(column.name()) + "), 0) / " + stride + " + 1) * "
                    + stride + " + " + (node + 1) + ") FROM " + Sql.quote(table) + ")";
            SequenceFacts sequence = column.sequence();
            text.append(sequence.identity()
                    ? "ALTER TABLE " + Sql.quote(table) + " ALTER COLUMN " + Sql.quote(column.name())
                            + " SET INCREMENT BY " + stride + " RESTART WITH " + (node + 1) + ";"
                    : "ALTER SEQUENCE " + Sql.quote(sequence.name()) + " INCREMENT BY " + stride + " RESTART WITH "
                            + (node + 1) + ";");
            text.append(" SELECT setval('").append(Sql.quote(sequence.name()).replace("'", "''")).append("', ")
                    .append(start).append(", false);");
        }
        return text.toString();
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
