package dev.trunkline.load;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.ColumnInfo;
import dev.trunkline.catalog.DefaultKind;
import dev.trunkline.catalog.Distribution;
import dev.trunkline.catalog.Relation;
import dev.trunkline.catalog.RelationName;
import dev.trunkline.catalog.Sql;
import dev.trunkline.config.DatabaseConfig;
import dev.trunkline.config.NodeConfig;
import dev.trunkline.config.Spelling;
import dev.trunkline.copy.CopyKeys;
import dev.trunkline.error.ProxyError;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The table that is loaded: its columns in the file's order, the nodes that take part, and how a row finds its node.
 *
 * @param keys
 *            null unless the table is sharded
 * @param nodes
 *            all that get rows
 */
record LoadTarget(Relation relation, List<String> columns, CopyKeys keys, List<NodeConfig> nodes) {

    static LoadTarget of(Catalog catalog, DatabaseConfig database, LoadOptions options) throws LoadStopped {
        Relation relation = relation(catalog, options.table());
        List<String> columns = columns(relation, options.columns());
        for (List<String> forced : List.of(options.format().forceNull(), options.format().forceNotNull())) {
            for (String name : forced) {
                require(columns.contains(name), "column \"" + name + "\" is not among the columns");
            }
        }
        refuseDefaults(relation, columns);
        CopyKeys keys = null;
        List<NodeConfig> nodes = switch (relation.distribution()) {
            case Distribution.Sharded sharded -> {
                keys = new CopyKeys(relation.fullName().toString(), sharded, columns, options.format());
                yield database.nodes().stream().filter(node -> database.shardOwners().contains(node.index())).toList();
            }
            case Distribution.Reference reference -> database.nodes();
            case Distribution.Unsharded unsharded -> List.of(database.nodes().get(unsharded.node()));
            case Distribution.Refused refused ->
                throw stopped("relation " + relation.fullName() + " " + refused.why());
        };
        return new LoadTarget(relation, columns, keys, only(nodes, options.onlyNodes(), database));
    }

    private static Relation relation(Catalog catalog, String table) throws LoadStopped {
        RelationName name = RelationName.parse(table);
        Relation relation = catalog.find(name.schema(), name.name(), List.of());
        if (relation == null) {
            String near = Spelling.nearest(name.toString(),
                    catalog.relations().stream().map(each -> each.fullName().toString()).toList());
            throw new LoadStopped(Load.USAGE, LoadStopped.text("relation \"" + table + "\" does not exist", null,
                    near == null ? null : "Did you mean " + near + "?", null));
        }
        require(relation.kind().isTable(), "\"" + table + "\" is not a table");
        return relation;
    }

    private static List<String> columns(Relation relation, List<String> wanted) throws LoadStopped {
        if (wanted == null) {
            return relation.columns().stream().filter(column -> column.defaultKind() != DefaultKind.GENERATED)
                    .map(ColumnInfo::name).toList();
        }
        List<String> columns = new ArrayList<>();
        for (String name : wanted) {
            ColumnInfo column = relation.column(name);
            require(column != null,
                    "column \"" + name + "\" of relation \"" + relation.fullName() + "\" does not exist");
            require(column.defaultKind() != DefaultKind.GENERATED, "column \"" + name + "\" is a generated column");
            require(!columns.contains(name), "column \"" + name + "\" specified more than once");
            columns.add(name);
        }
        return columns;
    }

    /** Defaults that each node would compute for itself, where that makes a difference (semantics.md 10). */
    private static void refuseDefaults(Relation relation, List<String> columns) throws LoadStopped {
        for (ColumnInfo column : relation.columns()) {
            if (columns.contains(column.name())) {
                continue;
            }
            String name = relation.fullName() + "." + column.name();
            if (column.collidingIds()) {
                throw LoadStopped.problem(ProxyError.NOT_OVER_NODES.with(
                        "the default of " + name + ", which gives the same ids on every node,",
                        "Have the column in the file, or alter the sequences as trunkline check prints it."), null);
            }
            boolean sameEverywhere = switch (column.defaultKind()) {
                case NONE, CONSTANT, GENERATED -> true;
                case SEQUENCE, IDENTITY, EXPRESSION -> false;
            };
            if (relation.distribution() instanceof Distribution.Reference && !sameEverywhere) {
                throw LoadStopped.problem(ProxyError.NOT_OVER_NODES.with(
                        "the default of " + name + " in a reference table, which each node would compute for itself,",
                        "Have the column in the file."), null);
            }
        }
    }

    private static List<NodeConfig> only(List<NodeConfig> nodes, Set<String> wanted, DatabaseConfig database)
            throws LoadStopped {
        if (wanted == null) {
            return nodes;
        }
        for (String name : wanted) {
            if (database.node(name) == null) {
                throw new LoadStopped(Load.USAGE, "trunkline: database " + database.name() + " has no node " + name);
            }
        }
        List<NodeConfig> chosen = nodes.stream().filter(node -> wanted.contains(node.name())).toList();
        if (chosen.isEmpty()) {
            throw new LoadStopped(Load.USAGE, "trunkline: no row of the table lies on " + String.join(", ", wanted));
        }
        return chosen;
    }

    private static void require(boolean holds, String message) throws LoadStopped {
        if (!holds) {
            throw new LoadStopped(Load.USAGE, LoadStopped.text(message, null, null, null));
        }
    }

    private static LoadStopped stopped(String message) {
        return new LoadStopped(Load.PROBLEMS, LoadStopped.text(message, null, null, null));
    }

    /** The statement for a node. */
    String copySql(LoadOptions options) {
        return "COPY " + Sql.quote(relation.fullName()) + " ("
                + String.join(", ", columns.stream().map(LoadTarget::quoted).toList()) + ") FROM STDIN "
                + options.format().toSql();
    }

    /** Always in quotes: a column may be named like a keyword. */
    private static String quoted(String column) {
        return '"' + column.replace("\"", "\"\"") + '"';
    }
}
