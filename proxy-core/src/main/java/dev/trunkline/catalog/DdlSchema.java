package dev.trunkline.catalog;

import dev.trunkline.config.Configuration;
import dev.trunkline.config.DatabaseConfig;
import dev.trunkline.sql.Expr;
import dev.trunkline.sql.Name;
import dev.trunkline.sql.NamedTables;
import dev.trunkline.sql.RoutineSource.Traces;
import dev.trunkline.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The schema that a script of DDL makes, for use without a node: {@code explain --schema} and tests. It knows what routing
 * needs: tables with their columns, constraints and partitions, views with what they read, domains, functions with their
 * volatility. What it can't tell from the script, such as the source of a function, it takes as harmless; a node is asked
 * about that.
 */
public final class DdlSchema {

    private final Map<RelationName, RelationFacts> relations = new LinkedHashMap<>();
    private final Map<String, UserFunction> functions = new LinkedHashMap<>();
    private final Map<String, TypeSpelling> domains = new HashMap<>();

    /** Every node of the database has this schema. */
    public CatalogAssembly.Result catalog(Configuration configuration, DatabaseConfig database) {
        Map<Integer, NodeSchema> schemas = new HashMap<>();
        NodeSchema schema = schema();
        database.nodes().forEach(node -> schemas.put(node.index(), schema));
        return CatalogAssembly.assemble(1, configuration, database, schemas);
    }

    NodeSchema schema() {
        return new NodeSchema(new NodeSchema.ServerFacts(180_000, "18", "UTF8", false, ""), relations,
                List.copyOf(functions.values()), List.of(), List.copyOf(Builtins.postgres().functions().values()),
                Builtins.postgres().relations(), Map.of(), NodeSchema.UnnamedCalls.NONE);
    }

    /** Takes the next statement of the script, {@code text}; one that makes nothing of interest is passed over. */
    public DdlSchema add(Statement statement, String text) {
        if (statement instanceof Statement.Ddl ddl && !ddl.objects().isEmpty() && !ddl.temporary()) {
            switch (ddl.verb()) {
                case CREATE -> create(ddl, text);
                case ALTER -> alter(ddl);
                case DROP -> ddl.objects().forEach(name -> relations.remove(relation(name)));
                case GRANT, REVOKE, COMMENT, VACUUM, ANALYZE, REINDEX, CLUSTER, REFRESH, SECURITY_LABEL, REASSIGN,
                        IMPORT, LOAD, CHECKPOINT, OTHER -> {
                    // They change no shape.
                }
            }
        }
        return this;
    }

    private static RelationName relation(Name name) {
        return new RelationName(name.schema() == null ? "public" : name.schema(), name.last());
    }

    private void create(Statement.Ddl ddl, String text) {
        Name name = ddl.objects().getFirst();
        switch (ddl.objectKind()) {
            case "table" -> table(ddl, RelationKind.TABLE);
            case "foreign table" -> table(ddl, RelationKind.FOREIGN_TABLE);
            case "view" -> view(ddl, RelationKind.VIEW, text);
            case "materialized view" -> view(ddl, RelationKind.MATERIALIZED_VIEW, text);
            case "sequence" -> put(relation(name), RelationKind.SEQUENCE, List.of(), List.of(), List.of(), Set.of());
            case "domain" -> {
                if (!ddl.columns().isEmpty() && ddl.columns().getFirst().type() != null) {
                    domains.put(name.last(), TypeSpelling.of(ddl.columns().getFirst().type()));
                }
            }
            case "function", "procedure", "aggregate" -> function(ddl, name);
            default -> {
                // Indexes, types, schemas, roles: nothing that decides where a statement goes.
            }
        }
    }

    private void table(Statement.Ddl ddl, RelationKind kind) {
        List<ColumnFacts> columns = new ArrayList<>();
        ddl.columns().forEach(column -> columns.add(column(column)));
        List<RelationName> parents = new ArrayList<>();
        RelationName parent = ddl.tables().isEmpty() ? null : relation(ddl.tables().getFirst());
        boolean partition = ddl.query() == null && parent != null && relations.containsKey(parent)
                && ddl.columns().stream().allMatch(column -> column.type() == null);
        if (partition) {
            columns.clear();
            columns.addAll(relations.get(parent).columns());
            parents.add(parent);
        }
        List<ConstraintFacts> constraints = constraints(ddl.constraints(), columns);
        put(relation(ddl.objects().getFirst()), kind, columns, constraints, parents, Set.of());
    }

    private void view(Statement.Ddl ddl, RelationKind kind, String text) {
        Set<RelationName> reads = new LinkedHashSet<>();
        NamedTables.of(ddl.query()).forEach(table -> reads.add(relation(table)));
        List<ColumnFacts> columns = new ArrayList<>();
        ddl.columns().forEach(column -> columns.add(column(column)));
        RelationName name = relation(ddl.objects().getFirst());
        String definition = ddl.query() == null ? "" : ddl.query().span().of(text);
        relations.put(name, new RelationFacts(name, kind, 0, columns, List.of(), List.of(), List.of(), null, reads,
                Set.of(), Set.of(), false, definition, false));
    }

    private void function(Statement.Ddl ddl, Name name) {
        FunctionFacts.Volatility volatility = FunctionFacts.Volatility.VOLATILE;
        for (Statement.Option option : ddl.options()) {
            if (option.name().equals("volatility") && option.value() != null) {
                volatility = switch (option.value()) {
                    case "immutable" -> FunctionFacts.Volatility.IMMUTABLE;
                    case "stable" -> FunctionFacts.Volatility.STABLE;
                    default -> FunctionFacts.Volatility.VOLATILE;
                };
            }
        }
        FunctionFacts.Kind kind = switch (ddl.objectKind()) {
            case "aggregate" -> FunctionFacts.Kind.AGGREGATE;
            case "procedure" -> FunctionFacts.Kind.PROCEDURE;
            default -> FunctionFacts.Kind.FUNCTION;
        };
        String schema = name.schema() == null ? "public" : name.schema();
        String id = schema + "." + name.last() + "/" + functions.size();
        functions.put(id, new UserFunction(id, schema, new FunctionFacts(name.last(), kind, volatility, false, false),
                "", Set.of(), Set.of(), Set.of(), Traces.NONE, false, ""));
    }

    private void put(RelationName name, RelationKind kind, List<ColumnFacts> columns, List<ConstraintFacts> constraints,
            List<RelationName> parents, Set<RelationName> reads) {
        relations.put(name, new RelationFacts(name, kind, 0, columns, constraints, parents, List.of(), null, reads,
                Set.of(), Set.of(), false, "", false));
    }

    private void alter(Statement.Ddl ddl) {
        RelationName name = relation(ddl.objects().getFirst());
        RelationFacts known = relations.get(name);
        if (known == null || !ddl.objectKind().equals("table")) {
            return;
        }
        List<ColumnFacts> columns = new ArrayList<>(known.columns());
        for (Statement.AlterAction action : ddl.actions()) {
            if (action.action().equalsIgnoreCase("drop column")) {
                columns.removeIf(column -> column.name().equals(action.name()));
            }
        }
        ddl.columns().forEach(column -> columns.add(column(column)));
        List<ConstraintFacts> constraints = new ArrayList<>(known.constraints());
        constraints.addAll(constraints(ddl.constraints(), columns));
        put(name, known.kind(), columns, constraints, known.parents(), known.reads());
    }

    private ColumnFacts column(Statement.ColumnDefinition column) {
        TypeSpelling written = column.type() == null
                ? new TypeSpelling(0, "unknown", -1, false, false)
                : TypeSpelling.of(column.type());
        TypeSpelling base = written.oid() == 0 && column.type() != null && column.type().arrayDimensions() == 0
                ? domains.getOrDefault(column.type().name().last(), written)
                : written;
        Collation collation = !base.collatable()
                ? null
                : column.collation() == null
                        ? Collation.C
                        : new Collation(column.collation().last(), true, column.collation().last().equals("C"));
        return new ColumnFacts(column.name(), base.oid(), written.display(), written.display(), written.modifier(),
                base.oid(), base.modifier(), base.display(), column.notNull() || written.serial(), defaultKind(column,
                        written.serial()),
                null, null, collation);
    }

    private static DefaultKind defaultKind(Statement.ColumnDefinition column, boolean serial) {
        return switch (column.defaultKind()) {
            case IDENTITY -> DefaultKind.IDENTITY;
            case GENERATED -> DefaultKind.GENERATED;
            case NONE -> serial ? DefaultKind.SEQUENCE : DefaultKind.NONE;
            case EXPRESSION -> switch (column.defaultValue()) {
                case Expr.Literal literal -> DefaultKind.CONSTANT;
                case Expr.Function function when function.name().last().equals("nextval") -> DefaultKind.SEQUENCE;
                case null, default -> DefaultKind.EXPRESSION;
            };
        };
    }

    private List<ConstraintFacts> constraints(List<Statement.Constraint> written, List<ColumnFacts> columns) {
        List<ConstraintFacts> constraints = new ArrayList<>();
        for (Statement.Constraint constraint : written) {
            ConstraintFacts.Kind kind = switch (constraint.kind()) {
                case PRIMARY_KEY -> ConstraintFacts.Kind.PRIMARY_KEY;
                case UNIQUE -> ConstraintFacts.Kind.UNIQUE;
                case FOREIGN_KEY -> ConstraintFacts.Kind.FOREIGN_KEY;
                case EXCLUDE -> ConstraintFacts.Kind.EXCLUDE;
                case CHECK, INDEX, NOT_NULL -> null;
            };
            if (kind == null) {
                continue;
            }
            List<String> own = new ArrayList<>();
            constraint.columns().forEach(column -> own.add(column == null ? "" : column));
            RelationName target = constraint.references() == null ? null : relation(constraint.references());
            String name = constraint.name() == null ? kind.words() : constraint.name();
            constraints.add(new ConstraintFacts(name, kind, own, target, referenced(constraint, target), ""));
            if (kind == ConstraintFacts.Kind.PRIMARY_KEY) {
                columns.replaceAll(column -> own.contains(column.name()) ? column.withNotNull() : column);
            }
        }
        return constraints;
    }

    /** A foreign key without columns refers to the primary key. */
    private List<String> referenced(Statement.Constraint constraint, RelationName target) {
        if (!constraint.referencedColumns().isEmpty() || target == null) {
            return constraint.referencedColumns();
        }
        RelationFacts facts = relations.get(target);
        return facts == null || facts.primaryKey().size() != constraint.columns().size()
                ? List.copyOf(constraint.columns())
                : facts.primaryKey();
    }
}
