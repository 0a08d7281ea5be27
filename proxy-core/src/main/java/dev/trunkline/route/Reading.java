package dev.trunkline.route;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.FunctionFacts;
import dev.trunkline.sql.Expr;
import dev.trunkline.sql.Name;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What is gathered while a statement is read: shared by the readers of its parts, owned by one planning. */
final class Reading {

    final Catalog catalog;
    /** What names mean in the text that is being read: the statement's or a view's. */
    List<String> searchPath;
    Set<String> tempTables;
    final StatementText text;
    final Facts facts = new Facts();
    final ParameterTypes parameters = new ParameterTypes();
    /** Every use of a relation. */
    final List<RowSource> tables = new ArrayList<>();
    final List<FunctionUse> functions = new ArrayList<>();
    final Map<Expr.Subquery, Shape> subqueries = new IdentityHashMap<>();
    /** The predicates that rows must satisfy, for explanations. */
    final List<KeyReasons.Seen> seen = new ArrayList<>();
    final List<KeyWrite> writes = new ArrayList<>();
    final ExpressionTypes types = new ExpressionTypes(this);
    final ExprReader exprs;
    final ViewReader views = new ViewReader(this);
    final ConditionReader conditions;
    final QueryReader queries;
    final WriteReader writers;
    /** Key columns of INSERT ... SELECT: what the target's column gets. */
    final Map<Term, Term> selectedKeys = new LinkedHashMap<>();
    /** Whether SELECT INTO makes a table that stays. */
    boolean into;
    boolean merges;

    Reading(Catalog catalog, List<String> searchPath, Set<String> tempTables, StatementText text) {
        this.catalog = catalog;
        this.searchPath = searchPath;
        this.tempTables = tempTables;
        this.text = text;
        exprs = new ExprReader(this);
        conditions = new ConditionReader(this);
        queries = new QueryReader(this);
        writers = new WriteReader(this);
    }

    FunctionFacts function(Name name) {
        return catalog.function(name.schema(), name.last());
    }
}
