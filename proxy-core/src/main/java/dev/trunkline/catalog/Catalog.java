package dev.trunkline.catalog;

import dev.trunkline.config.FanOutPolicy;
import dev.trunkline.config.FunctionRoute;
import dev.trunkline.sql.Name;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A database as planning sees it: an immutable snapshot, numbered by its version. Plans are cached under the version, so a
 * new catalog with a higher one is made exactly when something changed.
 */
public final class Catalog {

    private static final String PG_CATALOG = "pg_catalog";
    private static final String PG_TEMP = "pg_temp";

    private final long version;
    private final String database;
    private final List<Node> nodes;
    private final int homeNode;
    private final int virtualShards;
    private final Map<String, List<Relation>> relations;
    private final Map<String, List<SchemaFunction>> functions;
    private final Map<String, FunctionRoute> functionRoutes;
    private final FanOutPolicy fanOut;
    private final Map<RelationName, FanOutPolicy> tableFanOut;
    private final OidTranslation oids;
    private final Map<RelationName, List<ConstraintFacts>> foreignKeys;
    private final Set<String> commonConstraints;
    private final TaintingCode taintingCode;
    private final SequenceCode sequenceCode;

    /** The facts of the functions of one name in one schema. */
    record SchemaFunction(String schema, FunctionFacts facts) {}

    Catalog(long version, String database, List<Node> nodes, int homeNode, int virtualShards,
            Collection<Relation> relations, Collection<SchemaFunction> functions,
            Map<String, FunctionRoute> functionRoutes, FanOutPolicy fanOut,
            Map<RelationName, FanOutPolicy> tableFanOut, OidTranslation oids,
            Map<RelationName, List<ConstraintFacts>> foreignKeys, Set<String> commonConstraints,
            TaintingCode taintingCode, SequenceCode sequenceCode) {
        this.version = version;
        this.database = database;
        this.nodes = List.copyOf(nodes);
        this.homeNode = homeNode;
        this.virtualShards = virtualShards;
        this.relations = new HashMap<>();
        for (Relation relation : relations) {
            this.relations.computeIfAbsent(relation.name(), name -> new ArrayList<>(1)).add(relation);
        }
        this.functions = new HashMap<>();
        for (SchemaFunction function : functions) {
            this.functions.computeIfAbsent(function.facts().name(), name -> new ArrayList<>(1)).add(function);
        }
        this.functionRoutes = Map.copyOf(functionRoutes);
        this.fanOut = fanOut;
        this.tableFanOut = Map.copyOf(tableFanOut);
        this.oids = oids;
        this.foreignKeys = Map.copyOf(foreignKeys);
        this.commonConstraints = Set.copyOf(commonConstraints);
        this.taintingCode = taintingCode;
        this.sequenceCode = sequenceCode;
    }

    public long version() {
        return version;
    }

    public String database() {
        return database;
    }

    /** The nodes in the configuration file's order; a node's index is its place here. */
    public List<Node> nodes() {
        return nodes;
    }

    /** The index of the node where catalog queries, unknown tables and unsharded tables go. */
    public int homeNode() {
        return homeNode;
    }

    public int virtualShards() {
        return virtualShards;
    }

    /**
     * Whether a name means one of the session's temp tables. They hide all others, unless the search path names their schema
     * itself: then it has its turn there.
     */
    public boolean isTemp(Name name, Set<String> tempTables, List<String> searchPath) {
        if (name.schema() != null) {
            return name.isTemp();
        }
        if (!tempTables.contains(name.last())) {
            return false;
        }
        int turn = searchPath.indexOf(PG_TEMP);
        return turn < 0 || find(null, name.last(), searchPath.subList(0, turn)) == null;
    }

    /**
     * The relation of this name as PostgreSQL would find it, or null. Without a schema, {@code pg_catalog} is searched
     * first unless the path names it. The path holds schema names: the session has replaced {@code "$user"}, and knows
     * about temp tables.
     */
    public Relation find(String schema, String name, List<String> searchPath) {
        List<Relation> candidates = relations.get(name);
        if (candidates == null) {
            return null;
        }
        if (schema != null) {
            return in(schema, candidates);
        }
        if (!searchPath.contains(PG_CATALOG)) {
            Relation system = in(PG_CATALOG, candidates);
            if (system != null) {
                return system;
            }
        }
        for (String element : searchPath) {
            Relation found = in(element, candidates);
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    private static Relation in(String schema, List<Relation> candidates) {
        for (Relation relation : candidates) {
            if (relation.schema().equals(schema)) {
                return relation;
            }
        }
        return null;
    }

    /**
     * Whether a statement that contains this identifier may touch something that doesn't lie whole on the home node: the
     * last part of the name of any such relation in any schema, or a function that reaches one. For statements that the
     * parser can't read, of which only the tokens are known.
     */
    public boolean mayBeSharded(String lastName) {
        for (Relation relation : relations.getOrDefault(lastName, List.of())) {
            if (relation.kind() != RelationKind.CATALOG
                    && !(relation.distribution() instanceof Distribution.Unsharded unsharded
                            && unsharded.node() == homeNode)) {
                return true;
            }
        }
        for (SchemaFunction function : functions.getOrDefault(lastName, List.of())) {
            if (function.facts().refused() != null) {
                return true;
            }
        }
        return false;
    }

    /**
     * What is known of the functions of this name, or null. Without a schema, of those in every schema together:
     * overloads in several schemas compete in PostgreSQL, and the worst counts.
     */
    public FunctionFacts function(String schema, String name) {
        FunctionFacts found = null;
        for (SchemaFunction function : functions.getOrDefault(name, List.of())) {
            // The system's functions are not told apart by its two schemas.
            boolean ofSystem = "information_schema".equals(schema) && function.facts().builtIn();
            if (schema == null || ofSystem || function.schema().equals(schema)) {
                found = found == null ? function.facts() : found.and(function.facts());
            }
        }
        return found;
    }

    /** What the configuration file says about a function, or null. A null schema means that the call is unqualified. */
    public FunctionRoute functionRoute(String schema, String name) {
        if (schema != null) {
            FunctionRoute exact = functionRoutes.get(schema + "." + name);
            return exact != null || !schema.equals("public") ? exact : functionRoutes.get(name);
        }
        FunctionRoute plain = functionRoutes.get(name);
        if (plain != null) {
            return plain;
        }
        for (SchemaFunction function : functions.getOrDefault(name, List.of())) {
            FunctionRoute qualified = functionRoutes.get(function.schema() + "." + name);
            if (qualified != null) {
                return qualified;
            }
        }
        return null;
    }

    /** The database's policy on statements without a shard key. */
    public FanOutPolicy fanOut() {
        return fanOut;
    }

    /** The policy of the table itself, or null where it has none. */
    public FanOutPolicy fanOut(Relation relation) {
        return tableFanOut.get(relation.fullName());
    }

    /** How the OIDs of the nodes' own types and relations differ from the home node's. */
    public OidTranslation oids() {
        return oids;
    }

    /** The user's code that may leave something on its connection. */
    public TaintingCode taintingCode() {
        return taintingCode;
    }

    /** The user's code that may take numbers from sequences, or ask for some. */
    public SequenceCode sequenceCode() {
        return sequenceCode;
    }

    /** The foreign key from one table to another, or null. */
    public ConstraintFacts foreignKey(RelationName from, RelationName to) {
        return foreignKeys.getOrDefault(from, List.of()).stream().filter(key -> to.equals(key.target())).findFirst()
                .orElse(null);
    }

    /** Whether only tables that every node has, have a constraint of this name. */
    public boolean isCommonConstraint(String name) {
        return commonConstraints.contains(name);
    }

    /** Every relation but the system's. */
    public List<Relation> relations() {
        return relations.values().stream().flatMap(List::stream)
                .filter(relation -> relation.kind() != RelationKind.CATALOG).toList();
    }

    /** The names of the colocation groups. */
    public Set<String> colocationGroups() {
        Set<String> groups = new TreeSet<>();
        for (Relation relation : relations()) {
            if (relation.distribution() instanceof Distribution.Sharded sharded) {
                groups.add(sharded.colocationGroup());
            }
        }
        return groups;
    }
}
