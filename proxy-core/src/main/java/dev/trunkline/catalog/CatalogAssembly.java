package dev.trunkline.catalog;

import dev.trunkline.config.Configuration;
import dev.trunkline.config.DatabaseConfig;
import dev.trunkline.config.FanOutPolicy;
import dev.trunkline.config.NodeConfig;
import dev.trunkline.config.PoolConfig;
import dev.trunkline.config.Problem;
import dev.trunkline.config.Problem.Severity;
import dev.trunkline.config.Spelling;
import dev.trunkline.config.TableConfig;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Makes the catalog of a database from the configuration file and the schemas of the nodes that could be asked, and reports
 * what does not fit. The catalog is always usable: a relation that something is wrong with is refused.
 */
public final class CatalogAssembly {

    /** A catalog, and everything that the nodes have against the file. */
    public record Result(Catalog catalog, List<Problem> problems, List<CollidingIds> collidingIds) {}

    private final DatabaseConfig database;
    private final Map<Integer, NodeSchema> schemas;
    private final int base;
    private final Findings findings;
    private final Dependencies dependencies;
    private final Map<RelationName, Distribution> distributions = new LinkedHashMap<>();
    private final Set<RelationName> names = new LinkedHashSet<>();

    private CatalogAssembly(Configuration configuration, DatabaseConfig database, Map<Integer, NodeSchema> schemas) {
        this.database = database;
        this.schemas = new TreeMap<>(schemas);
        this.base = this.schemas.keySet().iterator().next();
        this.findings = new Findings(configuration, database.name());
        this.dependencies = new Dependencies(this.schemas.values());
        this.schemas.values().forEach(schema -> schema.relations().forEach(relation -> names.add(relation.name())));
    }

    /**
     * @param schemas
     *            by the index of the node; at least one. Where the home node is missing, the first takes its place
     */
    public static Result assemble(long version, Configuration configuration, DatabaseConfig database,
            Map<Integer, NodeSchema> schemas) {
        return new CatalogAssembly(configuration, database, schemas).assemble(version);
    }

    private Result assemble(long version) {
        SchemaComparison comparison = new SchemaComparison(database, schemas, base, findings);
        comparison.compareServers();
        distributeListed();
        inheritFromParents();
        OidTranslation oids = comparison.compareOids();
        compareNodes(comparison);
        distributeUnlisted();
        KeyReports reports = new KeyReports(database, schemas, distributions, findings);
        Map<RelationName, Set<String>> colliding = report(reports);
        CodeGraph graph = new CodeGraph(schemas.values(), dependencies);
        TaintingCode tainting = TaintingCodeSearch.of(schemas.values(), graph);
        warnOfResets(tainting);
        Catalog catalog = new Catalog(version, database.name(), nodes(), 0, database.virtualShards(),
                relations(colliding, comparison), functions(), database.functions(), database.fanOut(), tableFanOut(),
                oids, foreignKeys(), commonConstraints(), tainting, SequenceCode.of(schemas.values(), graph));
        return new Result(catalog, findings.all(), List.copyOf(reports.colliding()));
    }

    /** Code that may leave something, where no statement shows that it runs, costs every statement a reset of its connection. */
    private void warnOfResets(TaintingCode tainting) {
        if (database.pool().mode() == PoolConfig.Mode.SESSION) {
            return;
        }
        tainting.unnamed().forEach((function, owners) -> findings.database(Severity.WARNING, "function " + function
                + " may change the session (SET, set_config, session locks, LISTEN, temp tables), and runs where no statement names it: "
                + String.join("; ", owners)
                + ". So the connection of every transaction is reset by DISCARD ALL. Let the function"
                + " change only the transaction (SET LOCAL, set_config(..., true), pg_advisory_xact_lock), or call it by name"));
    }

    private Map<RelationName, List<ConstraintFacts>> foreignKeys() {
        Map<RelationName, List<ConstraintFacts>> keys = new HashMap<>();
        distributions.forEach((name, distribution) -> {
            if (distribution instanceof Distribution.Sharded) {
                List<ConstraintFacts> own = facts(name).constraints().stream()
                        .filter(constraint -> constraint.target() != null).toList();
                if (!own.isEmpty()) {
                    keys.put(name, own);
                }
            }
        });
        return keys;
    }

    /** The names of constraints that only tables have that lie on every node. */
    private Set<String> commonConstraints() {
        Set<String> common = new HashSet<>();
        Set<String> others = new HashSet<>();
        distributions.forEach((name, distribution) -> {
            boolean everywhere = distribution instanceof Distribution.Sharded
                    || distribution instanceof Distribution.Reference;
            facts(name).constraints().forEach(constraint -> (everywhere ? common : others).add(constraint.name()));
        });
        common.removeAll(others);
        return common;
    }

    private boolean severalNodes() {
        return database.nodes().size() > 1;
    }

    private List<Node> nodes() {
        List<Node> nodes = new ArrayList<>();
        for (NodeConfig node : database.nodes()) {
            nodes.add(new Node(node.index(), node.name()));
        }
        return nodes;
    }

    /** The relation on the home node, or else on the first node that has it; null if none has. */
    private RelationFacts facts(RelationName name) {
        for (NodeSchema schema : schemas.values()) {
            RelationFacts relation = schema.relation(name);
            if (relation != null) {
                return relation;
            }
        }
        return null;
    }

    private void distributeListed() {
        ShardKeys keys = new ShardKeys(database, findings);
        for (TableConfig table : database.tables().values()) {
            RelationName name = RelationName.parse(table.name());
            RelationFacts relation = facts(name);
            if (relation == null) {
                String near = Spelling.nearest(name.toString(), names.stream().map(RelationName::toString).toList());
                findings.table(Severity.ERROR, name, null, "no node has a table " + name
                        + (near == null ? "" : "; did you mean " + near + "?"));
                continue;
            }
            Distribution distribution;
            if (table.sharded() || table.reference()) {
                if (!relation.kind().isTable()) {
                    findings.table(Severity.ERROR, name, null, name + " is no table");
                    distribution = new Distribution.Refused("is no table, so it can't be sharded or a reference table");
                } else {
                    distribution = table.sharded() ? keys.resolve(table, relation) : new Distribution.Reference();
                }
            } else {
                int node = table.node() == null ? 0 : database.node(table.node()).index();
                if (schemas.containsKey(node) && schemas.get(node).relation(name) == null) {
                    findings.table(Severity.ERROR, name, "node",
                            "node " + database.nodes().get(node).name() + " has no table " + name);
                }
                // Whether it may be so is decided with the unlisted ones.
                continue;
            }
            distributions.put(name, distribution);
        }
        keys.compareGroups();
    }

    /** Partitions and inheritance children take their parent's sharding. */
    private void inheritFromParents() {
        Map<RelationName, Set<RelationName>> children = Dependencies.children(List.copyOf(schemas.values()));
        Deque<RelationName> open = new ArrayDeque<>(distributions.keySet());
        while (!open.isEmpty()) {
            RelationName parent = open.poll();
            Distribution distribution = distributions.get(parent);
            for (RelationName child : children.getOrDefault(parent, Set.of())) {
                Distribution own = distributions.get(child);
                if (own == null) {
                    distributions.put(child, distribution);
                    open.add(child);
                } else if (!own.equals(distribution)) {
                    findings.table(Severity.ERROR, child, null,
                            child + " is a part of " + parent + " and can't be distributed differently");
                    distributions.put(child, new Distribution.Refused(
                            "is a part of " + parent + ", but is configured differently"));
                }
            }
        }
    }

    /** Sharded and reference tables must be on every node, and the same there. */
    private void compareNodes(SchemaComparison comparison) {
        for (Map.Entry<RelationName, Distribution> entry : distributions.entrySet()) {
            RelationName name = entry.getKey();
            if (!severalNodes() || entry.getValue() instanceof Distribution.Refused) {
                continue;
            }
            List<String> missing = new ArrayList<>();
            schemas.forEach((node, schema) -> {
                if (schema.relation(name) == null) {
                    missing.add(database.nodes().get(node).name());
                }
            });
            String refused = null;
            if (!missing.isEmpty()) {
                String where = (missing.size() == 1 ? "node " : "nodes ") + String.join(", ", missing);
                findings.table(Severity.ERROR, name, null, "table " + name + " is missing on " + where);
                refused = "is missing on " + where;
            }
            String differs = comparison.compareTable(name, dependencies.functionsOf(name));
            String oids = comparison.compareOids(name);
            refused = refused != null ? refused : differs != null ? differs : oids;
            if (refused != null) {
                entry.setValue(new Distribution.Refused(refused));
            }
        }
        comparison.compareOtherFunctions();
    }

    private void distributeUnlisted() {
        Map<RelationName, Distribution> unlisted = new LinkedHashMap<>();
        UnshardedRelations rules = new UnshardedRelations(database, schemas, dependencies, distributions);
        for (RelationName name : names) {
            if (!distributions.containsKey(name)) {
                RelationFacts facts = facts(name);
                TableConfig listed = database.tables().get(name.toString());
                unlisted.put(name, severalNodes()
                        ? rules.distribute(facts, listed)
                        : new Distribution.Unsharded(0));
                warnIfElsewhere(name, listed);
            }
        }
        distributions.putAll(unlisted);
    }

    /** A table that only other nodes have is not found: a statement on it goes to the home node. */
    private void warnIfElsewhere(RelationName name, TableConfig listed) {
        if (listed != null || !schemas.containsKey(0) || schemas.get(0).relation(name) != null
                || !facts(name).kind().isTable()) {
            return;
        }
        List<String> where = new ArrayList<>();
        schemas.forEach((node, schema) -> {
            if (schema.relation(name) != null) {
                where.add(database.nodes().get(node).name());
            }
        });
        findings.database(Severity.WARNING, "table " + name + " is on " + String.join(", ", where)
                + " but not on the home node " + database.nodes().getFirst().name()
                + ", where statements on it go; list it with its node, or drop it");
    }

    private Map<RelationName, Set<String>> report(KeyReports reports) {
        Map<RelationName, Set<String>> colliding = new HashMap<>();
        if (!severalNodes()) {
            return colliding;
        }
        distributions.forEach((name, distribution) -> {
            if (distribution instanceof Distribution.Sharded || distribution instanceof Distribution.Reference) {
                RelationFacts facts = facts(name);
                if (facts.kind().isTable()) {
                    colliding.put(name, reports.report(facts, distribution));
                }
            }
        });
        return colliding;
    }

    private List<Relation> relations(Map<RelationName, Set<String>> colliding, SchemaComparison comparison) {
        ViewDefinitions views = new ViewDefinitions(database, schemas, comparison);
        List<Relation> relations = new ArrayList<>();
        for (RelationName name : schemas.get(base).systemRelations()) {
            relations.add(new Relation(name.schema(), name.name(), RelationKind.CATALOG, 0, List.of(), List.of(), null,
                    new Distribution.Unsharded(0)));
        }
        distributions.forEach((name, distribution) -> {
            RelationFacts facts = facts(name);
            Set<String> ids = colliding.getOrDefault(name, Set.of());
            List<ColumnInfo> columns = new ArrayList<>();
            for (ColumnFacts column : facts.columns()) {
                columns.add(ids.contains(column.name()) ? column.info().withCollidingIds() : column.info());
            }
            relations.add(views.define(new Relation(name.schema(), name.name(), facts.kind(), facts.oid(), columns,
                    facts.primaryKey(), facts.parents().isEmpty() ? null : facts.parents().getFirst(), distribution),
                    facts));
        });
        return relations;
    }

    private List<Catalog.SchemaFunction> functions() {
        List<Catalog.SchemaFunction> functions = new ArrayList<>();
        for (FunctionFacts facts : schemas.get(base).builtInFunctions()) {
            functions.add(new Catalog.SchemaFunction("pg_catalog", facts));
        }
        Set<String> routed = database.functions().keySet();
        Map<String, Catalog.SchemaFunction> own = new LinkedHashMap<>();
        for (NodeSchema schema : schemas.values()) {
            for (UserFunction function : schema.functions()) {
                FunctionFacts facts = function.facts();
                String why = severalNodes() && !isRouted(function, routed) ? whyRefused(function.id()) : null;
                FunctionFacts judged = new FunctionFacts(facts.name(), facts.kinds(), facts.worst(), facts.builtIn(),
                        facts.setReturning(), why);
                own.merge(function.schema() + "." + facts.name(),
                        new Catalog.SchemaFunction(function.schema(), judged),
                        (a, b) -> new Catalog.SchemaFunction(a.schema(), a.facts().and(b.facts())));
            }
        }
        functions.addAll(own.values());
        return functions;
    }

    private static boolean isRouted(UserFunction function, Set<String> routed) {
        return routed.contains(function.facts().name())
                || routed.contains(function.schema() + "." + function.facts().name());
    }

    private String whyRefused(String functionId) {
        for (RelationName reached : dependencies.reachedByFunction(functionId)) {
            if (distributions.get(reached) instanceof Distribution.Sharded) {
                return "uses the sharded table " + reached;
            }
            if (distributions.get(reached) instanceof Distribution.Refused refused) {
                return "uses " + reached + ", which " + refused.why();
            }
        }
        return null;
    }

    private Map<RelationName, FanOutPolicy> tableFanOut() {
        Map<RelationName, FanOutPolicy> policies = new HashMap<>();
        for (TableConfig table : database.tables().values()) {
            if (table.fanOut() != null) {
                policies.put(RelationName.parse(table.name()), table.fanOut());
            }
        }
        return policies;
    }
}
