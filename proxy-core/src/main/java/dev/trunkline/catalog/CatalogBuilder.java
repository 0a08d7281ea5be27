package dev.trunkline.catalog;

import dev.trunkline.config.FanOutPolicy;
import dev.trunkline.config.FunctionRoute;
import dev.trunkline.value.ColumnType;
import dev.trunkline.value.KeyType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A catalog made without a node, table by table; {@link DdlSchema} makes one from DDL and a configuration. A table that
 * nothing is said about is unsharded on the home node, which is the first node unless said otherwise.
 *
 * <pre>{@code
 * new CatalogBuilder("shop").nodes("a", "b")
 *         .table("customers", "id int8", "name text").sharded("customers", "id")
 *         .table("orders", "id int8", "customer_id int8").colocated("orders", "customers", "customer_id")
 *         .table("countries", "code bpchar(2)").reference("countries")
 *         .build();
 * }</pre>
 */
public final class CatalogBuilder {

    private final String database;
    private long version = 1;
    private int virtualShards = 256;
    private FanOutPolicy fanOut = FanOutPolicy.WARN;
    private int homeNode;
    private final List<Node> nodes = new ArrayList<>();
    private final Map<RelationName, Relation> relations = new LinkedHashMap<>();
    private final List<Catalog.SchemaFunction> functions = new ArrayList<>();
    private final Map<String, FunctionRoute> functionRoutes = new HashMap<>();
    private final Map<RelationName, FanOutPolicy> tableFanOut = new HashMap<>();
    private final Map<RelationName, List<ConstraintFacts>> foreignKeys = new HashMap<>();
    private final Set<String> commonConstraints = new HashSet<>();

    public CatalogBuilder(String database) {
        this.database = database;
        for (FunctionFacts function : Builtins.postgres().functions().values()) {
            functions.add(new Catalog.SchemaFunction("pg_catalog", function));
        }
        for (RelationName name : Builtins.postgres().relations()) {
            relations.put(name, new Relation(name.schema(), name.name(), RelationKind.CATALOG, 0, List.of(), List.of(),
                    null, new Distribution.Unsharded(0)));
        }
    }

    public CatalogBuilder version(long number) {
        version = number;
        return this;
    }

    public CatalogBuilder nodes(String... names) {
        for (String name : names) {
            nodes.add(new Node(nodes.size(), name));
        }
        return this;
    }

    public CatalogBuilder homeNode(String name) {
        homeNode = node(name);
        return this;
    }

    public CatalogBuilder virtualShards(int number) {
        virtualShards = number;
        return this;
    }

    public CatalogBuilder fanOut(FanOutPolicy policy) {
        fanOut = policy;
        return this;
    }

    public CatalogBuilder fanOut(String table, FanOutPolicy policy) {
        tableFanOut.put(existing(table).fullName(), policy);
        return this;
    }

    /** A table with columns like {@code "id int8"}, {@code "total numeric(10,2) not null"}, {@code "id bigserial"}. */
    public CatalogBuilder table(String name, String... columns) {
        List<ColumnInfo> infos = new ArrayList<>();
        for (String column : columns) {
            int space = column.indexOf(' ');
            String type = column.substring(space + 1);
            boolean notNull = type.endsWith(" not null");
            TypeSpelling spelling = TypeSpelling
                    .of(notNull ? type.substring(0, type.length() - " not null".length()) : type);
            ColumnInfo info = column(column.substring(0, space), spelling, notNull);
            infos.add(spelling.serial() ? info.withSequence(sequence(name, info.name())) : info);
        }
        return relation(RelationName.parse(name), RelationKind.TABLE, infos);
    }

    private static ColumnInfo column(String name, TypeSpelling type, boolean notNull) {
        return new ColumnInfo(name, type.oid(), type.display(), type.modifier(), notNull || type.serial(),
                type.serial() ? DefaultKind.SEQUENCE : DefaultKind.NONE, type.collatable() ? Collation.C : null);
    }

    private RelationName sequence(String table, String column) {
        RelationName of = RelationName.parse(table);
        RelationName sequence = new RelationName(of.schema(), of.name() + "_" + column + "_seq");
        relation(sequence, RelationKind.SEQUENCE, List.of());
        return sequence;
    }

    /** A relation of any kind; it starts unsharded. */
    public CatalogBuilder relation(RelationName name, RelationKind kind, List<ColumnInfo> columns) {
        relations.put(name, new Relation(name.schema(), name.name(), kind, 0, columns, List.of(), null, null));
        return this;
    }

    /** A view over what is distributed, the same on every node, read as its query; its columns are the query's. */
    public CatalogBuilder view(String name, String query) {
        relation(RelationName.parse(name), RelationKind.VIEW, List.of());
        Relation view = existing(name).withDistribution(new Distribution.Refused("reads what is distributed"));
        relations.put(view.fullName(), view.withView(ViewDefinition.of(query)));
        return this;
    }

    /** Shards a table by columns, in a colocation group of its own. */
    public CatalogBuilder sharded(String table, String... key) {
        return sharded(table, RelationName.parse(table).toString(), key);
    }

    /** Shards a table by columns, colocated with another. */
    public CatalogBuilder colocated(String table, String with, String... key) {
        if (existing(with).distribution() instanceof Distribution.Sharded sharded) {
            return sharded(table, sharded.colocationGroup(), key).placed(table, sharded.placement());
        }
        throw new IllegalArgumentException(with + " is not sharded");
    }

    private CatalogBuilder sharded(String table, String group, String[] key) {
        Relation relation = existing(table);
        List<KeyColumn> columns = new ArrayList<>();
        for (String name : key) {
            ColumnInfo column = relation.column(name);
            KeyType type = column == null ? null : KeyType.ofOid(column.baseTypeOid());
            if (type == null) {
                throw new IllegalArgumentException(table + "." + name + " can't be a shard key");
            }
            columns.add(new KeyColumn(name, new ColumnType(type, column.modifier()),
                    column.collation() == null || column.collation().deterministic()));
        }
        return distribute(table, new Distribution.Sharded(columns, group, new Placement.Hash()));
    }

    /** A foreign key from some columns of a table to those of another. */
    public CatalogBuilder refers(String table, List<String> columns, String target, List<String> targetColumns) {
        foreignKeys.computeIfAbsent(RelationName.parse(table), name -> new ArrayList<>())
                .add(new ConstraintFacts(table + "_fkey", ConstraintFacts.Kind.FOREIGN_KEY, columns,
                        RelationName.parse(target), targetColumns, ""));
        commonConstraints.add(table + "_fkey");
        return this;
    }

    /** Places the keys of a table that is sharded already in another way than by hash. */
    public CatalogBuilder placed(String table, Placement placement) {
        if (existing(table).distribution() instanceof Distribution.Sharded sharded) {
            return distribute(table, new Distribution.Sharded(sharded.key(), sharded.colocationGroup(), placement));
        }
        throw new IllegalArgumentException(table + " is not sharded");
    }

    public CatalogBuilder reference(String table) {
        return distribute(table, new Distribution.Reference());
    }

    /** Keeps an unsharded table on a node. */
    public CatalogBuilder onNode(String table, String node) {
        return distribute(table, new Distribution.Unsharded(node(node)));
    }

    public CatalogBuilder refused(String relation, String why) {
        return distribute(relation, new Distribution.Refused(why));
    }

    private CatalogBuilder distribute(String table, Distribution distribution) {
        Relation r = existing(table);
        relations.put(r.fullName(), r.withDistribution(distribution));
        return this;
    }

    /** Adds a function of the user's, or an overload of one. */
    public CatalogBuilder function(String schema, FunctionFacts facts) {
        functions.add(new Catalog.SchemaFunction(schema, facts));
        return this;
    }

    public CatalogBuilder functionRoute(String name, FunctionRoute route) {
        functionRoutes.put(name, route);
        return this;
    }

    public Catalog build() {
        if (nodes.isEmpty()) {
            nodes("a");
        }
        List<Relation> distributed = new ArrayList<>();
        for (Relation r : relations.values()) {
            boolean placed = r.distribution() != null && r.kind() != RelationKind.CATALOG;
            distributed.add(placed
                    ? r
                    : r.withDistribution(new Distribution.Unsharded(homeNode)));
        }
        return new Catalog(version, database, nodes, homeNode, virtualShards, distributed, functions, functionRoutes,
                fanOut, tableFanOut, OidTranslation.NONE, foreignKeys, commonConstraints, TaintingCode.NONE,
                SequenceCode.NONE);
    }

    private Relation existing(String table) {
        Relation relation = relations.get(RelationName.parse(table));
        if (relation == null) {
            throw new IllegalArgumentException("no relation " + table);
        }
        return relation;
    }

    private int node(String name) {
        for (Node node : nodes) {
            if (node.name().equals(name)) {
                return node.index();
            }
        }
        throw new IllegalArgumentException("no node " + name);
    }
}
