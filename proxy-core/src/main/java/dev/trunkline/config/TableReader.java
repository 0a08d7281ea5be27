package dev.trunkline.config;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads {@code tables}, and resolves who is colocated with whom. */
final class TableReader {

    private final Section database;
    private final List<String> nodes;
    private final Map<String, Section> sections = new LinkedHashMap<>();
    private final Map<String, TableConfig> read = new LinkedHashMap<>();
    private final PlacementReader placements;

    TableReader(Section database, List<NodeConfig> nodes, PlacementReader placements) {
        this.database = database;
        this.placements = placements;
        this.nodes = nodes.stream().map(NodeConfig::name).toList();
    }

    Map<String, TableConfig> read() {
        for (Section section : database.sections("tables")) {
            try (Section t = section) {
                String name = plain(t.name());
                if (read.put(name, table(t, name)) != null) {
                    t.error("table " + name + " is written twice");
                }
                sections.put(name, t);
            }
        }
        Map<String, TableConfig> tables = new LinkedHashMap<>();
        read.forEach((name, table) -> tables.put(name, new TableConfig(name, table.shardKey(), table.colocatedWith(),
                table.sharded() ? group(table) : null, placement(table), table.reference(), table.node(),
                table.fanOut())));
        return tables;
    }

    /** Without the schema {@code public}, which is meant where none is written. */
    private static String plain(String name) {
        return name.startsWith("public.") ? name.substring("public.".length()) : name;
    }

    private TableConfig table(Section t, String name) {
        List<String> key = t.texts("shardKey", "column, or list of columns");
        boolean sharded = key != null && !key.isEmpty();
        PlacementConfig placement = placements.read(t, name, sharded, sharded ? key.size() : 0);
        t.unsupported("domain", "text", "every table belongs to one domain");
        String with = t.text("colocatedWith", "table", null);
        boolean reference = t.flag("reference", false);
        String node = t.text("node", "node", null);
        FanOutPolicy fanOut = t.choice("fanOut", FanOutPolicy.class, null);
        if (key != null && key.isEmpty()) {
            t.error("shardKey", "expected a column");
        }
        if (sharded && new LinkedHashSet<>(key).size() < key.size()) {
            t.error("shardKey", "a column is written twice");
        }
        if (placement != null && with != null) {
            t.error(t.has("placement") ? "placement" : t.has("pins") ? "pins" : t.has("ranges") ? "ranges" : "lists",
                    "is said where the keys of the group are: at " + with);
        }
        if (sharded && reference) {
            t.error("reference", "a table is either sharded or a reference table");
        }
        if (node != null && (sharded || reference)) {
            t.error("node", "a " + (sharded ? "sharded" : "reference") + " table does not lie on one node");
        }
        if (node != null && !nodes.contains(node)) {
            t.error("node", "no node \"" + node + "\"", Spelling.nearest(node, nodes));
        }
        if (with != null && !sharded) {
            t.error("colocatedWith", "needs shardKey");
        }
        return new TableConfig(name, sharded ? List.copyOf(new LinkedHashSet<>(key)) : List.of(),
                with == null ? null : plain(with), null, placement, reference, node, fanOut);
    }

    /** That of the table at the root of its colocation. */
    private PlacementConfig placement(TableConfig table) {
        if (!table.sharded()) {
            return null;
        }
        TableConfig at = table;
        for (int i = 0; at.colocatedWith() != null && i < read.size(); i++) {
            TableConfig next = read.get(at.colocatedWith());
            if (next == null || !next.sharded()) {
                break;
            }
            at = next;
        }
        return at.placement() == null ? new PlacementConfig.Hash(Map.of()) : at.placement();
    }

    /** The root of the table's chain of colocatedWith. */
    private String group(TableConfig table) {
        Set<String> chain = new LinkedHashSet<>();
        TableConfig at = table;
        while (at.colocatedWith() != null && at.sharded()) {
            if (!chain.add(at.name())) {
                if (at == table) {
                    sections.get(table.name()).error("colocatedWith",
                            "runs in a circle: " + String.join(" -> ", chain) + " -> " + at.name());
                }
                return table.name();
            }
            TableConfig next = read.get(at.colocatedWith());
            if (next == null || !next.sharded()) {
                if (at == table) {
                    report(table, next);
                }
                return table.name();
            }
            at = next;
        }
        if (at.shardKey().size() != table.shardKey().size()) {
            sections.get(table.name()).error("shardKey", "has " + columns(table) + ", but that of " + at.name()
                    + ", with which it is colocated, has " + columns(at));
        }
        return at.name();
    }

    private void report(TableConfig table, TableConfig target) {
        Section section = sections.get(table.name());
        if (target != null) {
            section.error("colocatedWith", target.name() + " is not sharded");
        } else {
            section.error("colocatedWith", "no table \"" + table.colocatedWith() + "\" in this file",
                    Spelling.nearest(table.colocatedWith(),
                            read.values().stream().filter(t -> t.sharded() && t != table).map(TableConfig::name)
                                    .toList()));
        }
    }

    private static String columns(TableConfig table) {
        return table.shardKey().size() == 1 ? "1 column" : table.shardKey().size() + " columns";
    }
}
