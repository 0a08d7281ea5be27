package dev.trunkline.catalog;

import dev.trunkline.config.DatabaseConfig;
import dev.trunkline.config.Problem.Severity;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Compares the nodes with each other (semantics.md 6, 11 and 13): versions and encodings, the sharded and reference tables,
 * their types and functions, and the OIDs.
 */
final class SchemaComparison {

    private static final int OLDEST = 15;
    private static final int NEWEST = 18;

    private final DatabaseConfig database;
    private final Map<Integer, NodeSchema> schemas;
    private final int base;
    private final Findings findings;
    private final Set<String> collationsTold = new HashSet<>();

    SchemaComparison(DatabaseConfig database, Map<Integer, NodeSchema> schemas, int base, Findings findings) {
        this.database = database;
        this.schemas = schemas;
        this.base = base;
        this.findings = findings;
    }

    private String name(int node) {
        return database.nodes().get(node).name();
    }

    void compareServers() {
        Map<String, Integer> identities = new HashMap<>();
        Map<Integer, Integer> majors = new LinkedHashMap<>();
        schemas.forEach((node, schema) -> {
            NodeSchema.ServerFacts server = schema.server();
            if (server.major() < OLDEST) {
                findings.node(Severity.ERROR, name(node), "PostgreSQL " + server.version()
                        + " is not supported: versions " + OLDEST + " to " + NEWEST + " are");
            } else if (server.major() > NEWEST) {
                findings.node(Severity.WARNING, name(node), "PostgreSQL " + server.version()
                        + " is newer than the versions that were tested, " + OLDEST + " to " + NEWEST);
            }
            if (!server.encoding().equals("UTF8")) {
                findings.node(Severity.ERROR, name(node), "server_encoding is " + server.encoding()
                        + ", not UTF8: the hash of a text is that of its UTF-8 form");
            }
            if (server.standby()) {
                findings.node(Severity.ERROR, name(node), "is a standby: it can't be a node's primary");
            }
            Integer same = server.identity().isEmpty() ? null : identities.putIfAbsent(server.identity(), node);
            if (same != null) {
                findings.node(Severity.ERROR, name(node), "is the same database as node " + name(same));
            }
            majors.putIfAbsent(server.major(), node);
        });
        if (majors.size() > 1) {
            List<String> words = new ArrayList<>();
            majors.forEach((major, node) -> words.add(name(node) + " has " + major));
            findings.database(Severity.WARNING,
                    "the nodes have different versions of PostgreSQL: " + String.join(", ", words));
        }
    }

    /**
     * Compares a table that is on every node.
     *
     * @return null if statements may use it, else why not
     */
    String compareTable(RelationName table, Set<String> functions) {
        RelationFacts home = schemas.get(base).relation(table);
        String refused = null;
        for (Map.Entry<Integer, NodeSchema> entry : schemas.entrySet()) {
            if (entry.getKey() == base || home == null) {
                continue;
            }
            RelationFacts other = entry.getValue().relation(table);
            if (other == null) {
                continue;
            }
            String where = " on nodes " + name(base) + " and " + name(entry.getKey());
            String columns = columns(home, other);
            if (columns != null) {
                findings.table(Severity.ERROR, table, null, "table " + table + " differs" + where + ": " + columns);
                refused = "differs" + where + ": " + columns;
            }
            String constraints = constraints(home, other);
            if (constraints != null) {
                findings.table(Severity.FAULT, table, null, "table " + table + " differs" + where + ": " + constraints);
            }
            compareCollations(home, other, entry.getKey());
            compareTypes(table, home, entry.getValue(), where);
            compareFunctions(table, functions, entry.getValue(), where);
        }
        return refused;
    }

    private static String columns(RelationFacts home, RelationFacts other) {
        if (home.kind() != other.kind()) {
            return "it is " + words(home.kind()) + " and " + words(other.kind());
        }
        for (ColumnFacts column : home.columns()) {
            ColumnFacts same = other.column(column.name());
            if (same == null) {
                return "only the first has a column " + column.name();
            }
            if (!same.shape().equals(column.shape())) {
                return "column " + column.name() + " is " + column.shape() + " and " + same.shape();
            }
        }
        for (ColumnFacts column : other.columns()) {
            if (home.column(column.name()) == null) {
                return "only the second has a column " + column.name();
            }
        }
        for (int i = 0; i < home.columns().size(); i++) {
            if (!home.columns().get(i).name().equals(other.columns().get(i).name())) {
                return "the columns stand in another order";
            }
        }
        return null;
    }

    private static String words(RelationKind kind) {
        return "a " + kind.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    /** Names of constraints may differ, what they say may not. */
    private static String constraints(RelationFacts home, RelationFacts other) {
        Set<String> first = definitions(home);
        Set<String> second = definitions(other);
        Set<String> onlyFirst = new TreeSet<>(first);
        onlyFirst.removeAll(second);
        second.removeAll(first);
        return !onlyFirst.isEmpty()
                ? "only the first has " + onlyFirst.iterator().next()
                : !second.isEmpty() ? "only the second has " + second.iterator().next() : null;
    }

    private static Set<String> definitions(RelationFacts relation) {
        Set<String> definitions = new TreeSet<>();
        for (ConstraintFacts constraint : relation.constraints()) {
            definitions.add(constraint.kind() == ConstraintFacts.Kind.UNIQUE_INDEX
                    ? "a UNIQUE index on " + constraint.definition()
                    : constraint.definition());
        }
        for (RelationFacts.TriggerFacts trigger : relation.triggers()) {
            definitions.add("the trigger " + trigger.definition());
        }
        return definitions;
    }

    /** The same rules in two versions sort some texts differently: each node's comparisons are its own then. */
    private void compareCollations(RelationFacts home, RelationFacts other, int node) {
        for (ColumnFacts column : home.columns()) {
            ColumnFacts same = other.column(column.name());
            Collation here = column.collation();
            Collation there = same == null ? null : same.collation();
            boolean differ = here != null && there != null && !here.byteOrder() && here.shape().equals(there.shape())
                    && !Objects.equals(here.version(), there.version());
            if (differ && collationsTold.add(here.shape() + " " + node)) {
                findings.database(Severity.WARNING, "collation " + here.shape() + " has version " + here.version()
                        + " on node " + name(base) + " and " + there.version() + " on node " + name(node)
                        + ": the nodes may compare texts differently");
            }
        }
    }

    private void compareTypes(RelationName table, RelationFacts home, NodeSchema other, String where) {
        for (ColumnFacts column : home.columns()) {
            UserType own = type(schemas.get(base), column.typeOid());
            if (own == null) {
                continue;
            }
            for (UserType theirs : other.types()) {
                if (theirs.id().equals(own.id()) && !theirs.definition().equals(own.definition())) {
                    findings.table(Severity.ERROR, table, null, "type " + own.id() + " of column " + column.name()
                            + " differs" + where + ": " + own.definition() + " and " + theirs.definition());
                }
            }
        }
    }

    /** The user type with this OID, or that of its elements. */
    private static UserType type(NodeSchema schema, int oid) {
        for (UserType type : schema.types()) {
            if (type.oid() == oid || type.arrayOid() == oid) {
                return type;
            }
        }
        return null;
    }

    private void compareFunctions(RelationName table, Set<String> functions, NodeSchema other, String where) {
        for (String id : functions) {
            String own = definition(schemas.get(base), id);
            String theirs = definition(other, id);
            if (own != null && !own.equals(theirs)) {
                findings.table(Severity.ERROR, table, null, "function " + id + ", which table " + table + " uses, "
                        + (theirs == null ? "is missing on one of" + where.substring(3) : "differs" + where));
            }
        }
    }

    private static String definition(NodeSchema schema, String id) {
        for (UserFunction function : schema.functions()) {
            if (function.id().equals(id)) {
                return function.definition();
            }
        }
        return null;
    }

    /** Functions that no table needs, but a statement may call: on whatever node it runs. */
    void compareOtherFunctions() {
        Map<String, String> own = new HashMap<>();
        schemas.get(base).functions().forEach(function -> own.put(function.id(), function.definition()));
        schemas.forEach((node, schema) -> {
            for (UserFunction function : schema.functions()) {
                if (own.containsKey(function.id()) && !Objects.equals(own.get(function.id()), function.definition())) {
                    findings.database(Severity.WARNING, "function " + function.id() + " differs on nodes " + name(base)
                            + " and " + name(node));
                }
            }
        });
    }

    /** Where the nodes' OIDs differ from the base node's, and whether a relation's columns are concerned. */
    OidTranslation compareOids() {
        List<Map<Integer, Integer>> toHome = new ArrayList<>();
        for (int node = 0; node < database.nodes().size(); node++) {
            toHome.add(new TreeMap<>());
        }
        Map<RelationName, Integer> relations = new HashMap<>();
        Map<String, UserType> types = new HashMap<>();
        schemas.get(base).relations().forEach(relation -> relations.put(relation.name(), relation.oid()));
        schemas.get(base).types().forEach(type -> types.put(type.id(), type));
        schemas.forEach((node, schema) -> {
            for (RelationFacts relation : schema.relations()) {
                Integer home = relations.get(relation.name());
                if (home != null && home != relation.oid()) {
                    toHome.get(node).put(relation.oid(), home);
                }
            }
            for (UserType type : schema.types()) {
                UserType home = types.get(type.id());
                if (home != null && home.oid() != type.oid()) {
                    toHome.get(node).put(type.oid(), home.oid());
                }
                if (home != null && home.arrayOid() != type.arrayOid() && type.arrayOid() != 0) {
                    toHome.get(node).put(type.arrayOid(), home.arrayOid());
                }
            }
        });
        return new OidTranslation(toHome);
    }

    /**
     * Whether a column's type has another OID on some node, so that a client would see several.
     *
     * @return null, or why the table can't be used
     */
    String compareOids(RelationName table) {
        RelationFacts home = schemas.get(base).relation(table);
        for (Map.Entry<Integer, NodeSchema> entry : schemas.entrySet()) {
            RelationFacts other = entry.getValue().relation(table);
            if (home == null || other == null || entry.getKey() == base) {
                continue;
            }
            for (ColumnFacts column : home.columns()) {
                ColumnFacts same = other.column(column.name());
                // A client never sees a domain, only the type below.
                UserType type = type(schemas.get(base), column.baseTypeOid());
                if (same != null && type != null && same.baseTypeOid() != column.baseTypeOid()) {
                    String text = "type " + type.id() + " of column " + column.name() + " has OID "
                            + column.baseTypeOid() + " on node " + name(base) + " and " + same.baseTypeOid()
                            + " on node " + name(entry.getKey());
                    findings.table(Severity.FAULT, table, null, text + ", so statements on " + table
                            + " are refused: a client can know only one of them");
                    return "is not the same to a client on every node: " + text;
                }
            }
        }
        return null;
    }
}
