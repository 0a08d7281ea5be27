package dev.trunkline.plan;

import dev.trunkline.catalog.ColumnInfo;
import dev.trunkline.catalog.Distribution;
import dev.trunkline.catalog.Relation;
import dev.trunkline.catalog.SequenceUse;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.route.NodeRule;
import dev.trunkline.route.Routing;
import dev.trunkline.sql.FromItem;
import dev.trunkline.sql.Name;
import dev.trunkline.sql.NamedTables;
import dev.trunkline.sql.Statement;
import dev.trunkline.sql.Statement.Ddl.Verb;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** Plans the statements that name whole tables: COPY, LOCK, TRUNCATE and DDL. Over several nodes only those of one node run. */
final class TableStatements {

    private static final String EACH_NODE = "Run it on each node, in the same way, and then RELOAD in the admin database.";
    private static final Set<String> TABLES = Set.of("table", "view", "materialized view", "foreign table");
    private static final Set<Verb> OF_TABLES = Set.of(Verb.ALTER, Verb.DROP, Verb.GRANT, Verb.REVOKE, Verb.COMMENT,
            Verb.VACUUM, Verb.ANALYZE, Verb.REINDEX, Verb.CLUSTER, Verb.REFRESH);

    private final StatementPlanner planner;
    private final Set<Integer> nodes = new TreeSet<>();
    private boolean temporary;

    TableStatements(StatementPlanner planner) {
        this.planner = planner;
    }

    Decision copy(Statement.Copy copy) {
        boolean in = copy.direction() == Statement.Copy.Direction.FROM;
        Decision decision = copy.query() != null
                ? planner.onOneNode(planner.decide(copy.query()), "COPY of a fan-out")
                : copyTable(copy, in);
        if (copy.endpoint() == Statement.Copy.Endpoint.STDIO) {
            planner.footprint().with(in ? SessionEffect.COPY_IN : SessionEffect.COPY_OUT);
        } else {
            planner.footprint().and(Access.write("COPY with a file or program of the server"));
        }
        return decision;
    }

    private Decision copyTable(Statement.Copy copy, boolean in) {
        planner.footprint().and(in ? Access.write("COPY FROM") : Access.read("COPY TO"));
        Relation relation = place(copy.table().name());
        if (relation != null) {
            planner.footprint().with(new TableUse(relation, in));
        }
        if (in) {
            planner.footprint().with(copied(copy, relation));
        }
        if (planner.oneNode()) {
            return onlyNode();
        }
        if (relation != null) {
            switch (relation.distribution()) {
                case Distribution.Sharded sharded -> {
                    return refuse("COPY " + (in ? "into" : "of") + " the sharded table " + relation.fullName(), in
                            ? "Insert the rows of one shard key at a time."
                            : "Copy one shard key: COPY (SELECT ... WHERE " + sharded.key().getFirst().name()
                                    + " = ...) TO STDOUT.");
                }
                case Distribution.Reference reference -> {
                    return in
                            ? refuse("COPY into the reference table " + relation.fullName(), EACH_NODE)
                            : Decision.oneNode(new NodeRule.AnyNode(), Routing.ANY_NODE);
                }
                case Distribution.Refused refused -> {
                    return refuse("relation " + relation.fullName() + ", which " + refused.why() + ",",
                            "Copy from a query over its tables with a shard key.");
                }
                case Distribution.Unsharded unsharded -> {
                }
            }
        }
        return there("COPY");
    }

    /** Numbers are taken if there are rows, for the columns that they don't bring. */
    private SequenceUse copied(Statement.Copy copy, Relation relation) {
        if (relation == null) {
            return SequenceUse.PERHAPS;
        }
        if (planner.catalog().sequenceCode().inserted().contains(relation.fullName())) {
            return planner.catalog().sequenceCode().at(relation.fullName(), true).and(SequenceUse.PERHAPS);
        }
        SequenceUse all = planner.catalog().sequenceCode().at(relation.fullName(), true);
        for (ColumnInfo column : relation.columns()) {
            if (copy.columns() != null && !copy.columns().isEmpty() && !copy.columns().contains(column.name())) {
                all = all.and(column.defaultNumbers().perhaps());
            }
        }
        return all;
    }

    Decision lock(Statement.LockTable lock) {
        planner.footprint().and(Access.lock("LOCK TABLE"));
        return ofTables("LOCK TABLE", lock.tables(), "Lock rows of one shard key with SELECT ... FOR UPDATE.");
    }

    Decision truncate(Statement.Truncate truncate) {
        planner.footprint().and(Access.write("TRUNCATE"));
        return ofTables("TRUNCATE", truncate.tables(), EACH_NODE);
    }

    private Decision ofTables(String command, List<FromItem.Table> tables, String hint) {
        for (FromItem.Table table : tables) {
            Decision refusal = check(command, place(table.name()), hint, true);
            if (refusal != null) {
                return refusal;
            }
        }
        return there(command);
    }

    Decision ddl(Statement.Ddl ddl) {
        if (ddl.query() instanceof Statement.Execute execute) {
            return PreparedPlans.execute(execute,
                    ddl.temporary() || mayBeTemp(ddl)
                            ? SessionAction.Execute.Form.TEMP_TABLE
                            : SessionAction.Execute.Form.TABLE,
                    ddl.objects(), planner);
        }
        String command = command(ddl);
        if (ddl.kind().equals("ConstraintsSetStmt")) {
            return constraints(ddl, command);
        }
        planner.footprint().and(Access.write(command));
        if (ddl.query() != null || ddl.verb() == Verb.ALTER) {
            // What it makes may be filled with numbers.
            planner.footprint().with(SequenceUse.ASIDE);
        }
        if (ddl.temporary()) {
            return temporary(ddl, command);
        }
        if (mayBeTemp(ddl)) {
            planner.footprint().with(SessionEffect.TEMP_TABLE).with(SessionAction.CreateTemp.UNNAMED);
        }
        if (ddl.verb() == Verb.LOAD) {
            return planner.onlyOneNode(command, Access.read("it changes no data"),
                    "Load libraries on every node: ALTER DATABASE ... SET session_preload_libraries.",
                    SessionEffect.LIBRARY);
        }
        planner.footprint().with(SessionEffect.CATALOG_CHANGE);
        if (ddl.concurrently() || ddl.verb() == Verb.VACUUM || ddl.objectKind().equals("database")) {
            planner.footprint().with(SessionEffect.NO_TRANSACTION_BLOCK);
        }
        if (planner.oneNode()) {
            return onlyNode();
        }
        boolean creates = ddl.verb() == Verb.CREATE;
        boolean table = TABLES.contains(ddl.objectKind());
        if (creates && ddl.query() != null) {
            return madeOfQuery(ddl, command);
        }
        if (creates && ddl.objectKind().equals("table") || !ddl.objects().isEmpty() && table
                && OF_TABLES.contains(ddl.verb())) {
            Decision refusal = check(command, ddl.objects(), true);
            if (refusal == null) {
                refusal = check(command, ddl.tables(), false);
            }
            return refusal != null ? refusal : there(command);
        }
        if (creates && ddl.objectKind().equals("index") && !ddl.tables().isEmpty()) {
            Decision refusal = check(command, ddl.tables(), true);
            return refusal != null ? refusal : there(command);
        }
        if (creates && ddl.objectKind().equals("sequence")) {
            return Decision.oneNode(new NodeRule.Home(), Routing.HOME);
        }
        return refuse(command, EACH_NODE);
    }

    /** Every node of the transaction is told, and those that join it later: so each has to know the names. */
    private Decision constraints(Statement.Ddl ddl, String command) {
        planner.footprint().and(Access.read("it changes no data"));
        if (planner.oneNode()) {
            return onlyNode();
        }
        for (Name name : ddl.objects()) {
            if (!planner.catalog().isCommonConstraint(name.last())) {
                return refuse(command + " of \"" + name.last() + "\", which is not known to be a constraint of tables"
                        + " that every node has,", "Use SET CONSTRAINTS ALL.");
            }
        }
        return planner.local(new SessionAction.SetConstraints(ddl.objects().stream().map(Name::parts).toList(),
                ddl.options().stream().anyMatch(option -> option.name().equals("deferred"))));
    }

    private boolean mayBeTemp(Statement.Ddl ddl) {
        return ddl.verb() == Verb.CREATE && !ddl.objects().isEmpty()
                && planner.key().mayBeTemp(ddl.objects().getFirst());
    }

    private static String command(Statement.Ddl ddl) {
        String verb = ddl.verb().name().replace('_', ' ');
        String object = ddl.objectKind().toUpperCase(Locale.ROOT);
        boolean whole = switch (ddl.verb()) {
            case VACUUM, ANALYZE, CLUSTER, CHECKPOINT, LOAD, REASSIGN, OTHER -> true;
            case CREATE, ALTER, DROP, GRANT, REVOKE, COMMENT, REINDEX, REFRESH, SECURITY_LABEL, IMPORT -> false;
        };
        return ddl.verb() == Verb.OTHER ? object : whole || object.isEmpty() ? verb : verb + " " + object;
    }

    /** CREATE TEMP: a table, or a view whose tables the node of the session's temp tables has whole. */
    private Decision temporary(Statement.Ddl ddl, String command) {
        Decision decision;
        if (ddl.query() != null && !ddl.objectKind().equals("view")) {
            decision = planner.onOneNode(planner.decide(ddl.query()), "CREATE TEMP TABLE AS of a fan-out");
        } else {
            Decision refusal = check(command, ddl.tables(), false);
            if (refusal == null && ddl.query() != null && !planner.oneNode()) {
                Decision query = planner.decide(ddl.query());
                refusal = query.refused()
                        ? query
                        : check("CREATE TEMP VIEW", NamedTables.of(ddl.query()),
                                "Create a temp table of the rows of one shard key.", false);
            }
            decision = refusal != null && !planner.oneNode()
                    ? refusal
                    : nodes.isEmpty()
                            ? planner.onTransactionNode()
                            : there(command);
        }
        planner.footprint().and(Access.write(command)).with(SessionEffect.TEMP_TABLE)
                .with(new SessionAction.CreateTemp(ddl.objects().stream().map(Name::last).toList(),
                        ddl.isDroppedOnCommit()));
        return decision;
    }

    /** CREATE TABLE AS and CREATE VIEW: on the node of all that the query reads. */
    private Decision madeOfQuery(Statement.Ddl ddl, String command) {
        Decision refusal = check(command, ddl.objects(), true);
        if (refusal == null && ddl.objectKind().endsWith("view")) {
            refusal = check(command, ddl.tables(), true);
        }
        if (refusal != null) {
            return refusal;
        }
        Decision query = planner.decide(ddl.query());
        planner.footprint().and(Access.write(command)).with(SessionEffect.CATALOG_CHANGE);
        return madeOfQuery(query, query.rule(), ddl, command);
    }

    private Decision madeOfQuery(Decision query, NodeRule of, Statement.Ddl ddl, String command) {
        int home = planner.catalog().homeNode();
        return switch (of) {
            case null -> query;
            // What is made has its place by rule, whatever a hint says of the query.
            case NodeRule.Hinted hinted -> hinted.own() == null
                    ? refuse(command + " from sharded tables", "Create a temp table instead.")
                    : madeOfQuery(Decision.oneNode(hinted.own(), query.routing()), hinted.own(), ddl, command);
            case NodeRule.Home rule -> query;
            case NodeRule.TransactionNode rule -> Decision.oneNode(new NodeRule.Home(), Routing.HOME);
            case NodeRule.AnyNode rule -> ddl.objectKind().endsWith("view")
                    ? refuse(command + " of reference tables", EACH_NODE)
                    : Decision.oneNode(new NodeRule.Home(), Routing.HOME);
            case NodeRule.OnNode on when on.node() == home -> query;
            case NodeRule.OnNode on -> refuse(command + " from tables that are not on the home node", EACH_NODE);
            case NodeRule.ByKey rule -> refuse(command + " from sharded tables", "Create a temp table instead.");
            case NodeRule.EveryNode rule -> refuse(command + " from sharded tables", "Create a temp table instead.");
            case NodeRule.PinnedNode rule -> refuse(command + " from temp tables", "Create a temp table instead.");
            case NodeRule.CursorNode rule -> refuse(command, EACH_NODE);
        };
    }

    private Decision check(String command, List<Name> names, boolean changed) {
        return check(command, names, EACH_NODE, changed);
    }

    private Decision check(String command, List<Name> names, String hint, boolean changed) {
        for (Name name : names) {
            Decision refusal = check(command, place(name), hint, changed);
            if (refusal != null) {
                return refusal;
            }
        }
        return null;
    }

    /** The refusal for a relation that doesn't lie on one node; a reference table may be referred to, not changed. */
    private Decision check(String command, Relation relation, String hint, boolean changed) {
        if (relation == null) {
            return null;
        }
        planner.footprint().with(new TableUse(relation, changed));
        if (planner.oneNode()) {
            return null;
        }
        return switch (relation.distribution()) {
            case Distribution.Sharded sharded -> refuse(command + " of the sharded table " + relation.fullName(), hint);
            case Distribution.Reference reference -> changed
                    ? refuse(command + " of the reference table " + relation.fullName(), hint)
                    : null;
            case Distribution.Refused refused -> refuse(command + " of " + relation.fullName() + ", which "
                    + refused.why() + ",", hint);
            case Distribution.Unsharded unsharded -> null;
        };
    }

    /** Notes where a relation lies; null when it is a temp table or not known. */
    private Relation place(Name name) {
        PlanKey key = planner.key();
        if (planner.catalog().isTemp(name, key.tempTables(), key.searchPath())) {
            temporary = true;
            return null;
        }
        Relation relation = planner.catalog().find(name.schema(), name.last(), key.searchPath());
        if (relation == null) {
            planner.footprint().withUnknownTables();
        }
        if (relation != null && relation.distribution() instanceof Distribution.Unsharded unsharded) {
            nodes.add(unsharded.node());
        }
        return relation;
    }

    private Decision there(String command) {
        if (planner.oneNode()) {
            return onlyNode();
        }
        if (nodes.size() > 1) {
            return refuse(command + " of tables of different nodes", "Use a statement for each.");
        }
        int node = nodes.isEmpty() ? NodeRule.NO_NODE : nodes.iterator().next();
        if (temporary) {
            return Decision.oneNode(new NodeRule.PinnedNode(node, ProxyError.NOT_OVER_NODES
                    .with(command + " of tables of different nodes", "Use a statement for each.")), Routing.ONE_NODE);
        }
        return node == NodeRule.NO_NODE
                ? Decision.oneNode(new NodeRule.Home(), Routing.HOME)
                : Decision.oneNode(new NodeRule.OnNode(node), Routing.ONE_NODE);
    }

    private static Decision onlyNode() {
        return Decision.oneNode(new NodeRule.OnNode(0), Routing.ONE_NODE);
    }

    private static Decision refuse(String what, String hint) {
        ProxyException why = ProxyError.NOT_OVER_NODES.with(what, hint);
        return Decision.refuse(why);
    }
}
