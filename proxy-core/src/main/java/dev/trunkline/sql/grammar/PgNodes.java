package dev.trunkline.sql.grammar;

import java.util.ArrayList;
import java.util.List;

import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlDataTypeSpec;
import org.apache.calcite.sql.SqlDelete;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlInsert;
import org.apache.calcite.sql.SqlLiteral;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlNodeList;
import org.apache.calcite.sql.SqlOperator;
import org.apache.calcite.sql.SqlOrderBy;
import org.apache.calcite.sql.SqlSelect;
import org.apache.calcite.sql.SqlUpdate;
import org.apache.calcite.sql.SqlUserDefinedTypeNameSpec;
import org.apache.calcite.sql.SqlWith;
import org.apache.calcite.sql.SqlWithItem;
import org.apache.calcite.sql.parser.SqlParserPos;

/** Calcite's nodes with the clauses that PostgreSQL adds to them. Fields are null where a clause is absent. */
public final class PgNodes {

    private PgNodes() {}

    /** SELECT up to its WINDOW clause. */
    public static final class Select extends SqlSelect {
        public boolean distinct;
        public SqlNodeList distinctOn;
        public SqlIdentifier into;
        public boolean intoTemp;
        public boolean groupingSets;
        public SqlParserPos itemsPos;
        public SqlParserPos fromPos;
        public SqlParserPos wherePos;
        public SqlParserPos groupByPos;
        public SqlParserPos havingPos;

        public Select(SqlParserPos pos, SqlNodeList items, SqlNode from, SqlNode where, SqlNodeList groupBy,
                SqlNode having, SqlNodeList windows) {
            super(pos, null, items, from, where, groupBy, having, windows, null, null, null, null, null);
        }
    }

    /** A query with what follows its body: ORDER BY, LIMIT, OFFSET, FETCH, FOR UPDATE. */
    public static final class OrderBy extends SqlOrderBy {
        public final SqlNodeList locking;
        public boolean withTies;
        public SqlParserPos orderPos;
        public SqlParserPos limitPos;
        public SqlParserPos offsetPos;

        public OrderBy(SqlParserPos pos, SqlNode query, SqlNodeList order, SqlNode offset, SqlNode fetch,
                SqlNodeList locking) {
            super(pos, query, order, offset, fetch);
            this.locking = locking;
        }
    }

    /** WITH and its items, before the statement is known. */
    public static final class With extends Clause {
        public final SqlNodeList items;
        public final boolean recursive;

        public With(SqlParserPos pos, SqlNodeList items, boolean recursive) {
            super("WITH", pos, items);
            this.items = items;
            this.recursive = recursive;
        }

        SqlNode around(SqlNode statement, SqlParserPos pos) {
            return new WithStatement(pos, this, statement);
        }
    }

    /** A statement with its WITH list. */
    public static final class WithStatement extends SqlWith {
        public final boolean recursive;

        WithStatement(SqlParserPos pos, With with, SqlNode statement) {
            super(pos, with.items, statement);
            this.recursive = with.recursive;
        }
    }

    /** UNION, INTERSECT or EXCEPT of two queries. */
    public static final class SetOperation extends Clause {
        public final String operator;
        public final boolean all;
        public final SqlNode left;
        public final SqlNode right;

        public SetOperation(SqlParserPos pos, String operator, boolean all, SqlNode left, SqlNode right) {
            super(operator, pos, left, right);
            this.operator = operator;
            this.all = all;
            this.left = left;
            this.right = right;
        }
    }

    /** WITH name AS [NOT] MATERIALIZED (statement) with SEARCH and CYCLE, whose expressions are {@code extras}. */
    public static final class WithItem extends SqlWithItem {
        public final Boolean materialized;
        public final SqlParserPos span;

        public WithItem(SqlParserPos pos, SqlIdentifier name, SqlNodeList columns, SqlNode statement,
                Boolean materialized) {
            super(name.getParserPosition(), name, columns, statement, SqlLiteral.createBoolean(false, pos));
            this.materialized = materialized;
            this.span = pos;
        }
    }

    public static final class Insert extends SqlInsert {
        public final Item target;
        public final boolean defaultValues;
        public final String overriding;
        public final OnConflict onConflict;
        public final Returning returning;

        public Insert(SqlParserPos pos, Item target, SqlNodeList columns, SqlNode source, boolean defaultValues,
                String overriding, OnConflict onConflict, Returning returning) {
            super(pos, SqlNodeList.EMPTY, target.item, source, columns);
            this.target = target;
            this.defaultValues = defaultValues;
            this.overriding = overriding;
            this.onConflict = onConflict;
            this.returning = returning;
        }
    }

    /** Columns and values run in parallel; a multi-column assignment is expanded, or repeats its query. */
    public static final class Update extends SqlUpdate {
        public final Item target;
        public final SqlNode from;
        public final SqlIdentifier currentOf;
        public final Returning returning;

        public Update(SqlParserPos pos, Item target, SqlNodeList columns, SqlNodeList values, SqlNode from,
                SqlNode where, SqlIdentifier currentOf, Returning returning) {
            super(pos, target.item, columns, values, where, null, target.alias);
            this.target = target;
            this.from = from;
            this.currentOf = currentOf;
            this.returning = returning;
        }
    }

    public static final class Delete extends SqlDelete {
        public final Item target;
        public final SqlNode using;
        public final SqlIdentifier currentOf;
        public final Returning returning;

        public Delete(SqlParserPos pos, Item target, SqlNode using, SqlNode where, SqlIdentifier currentOf,
                Returning returning) {
            super(pos, target.item, where, null, target.alias);
            this.target = target;
            this.using = using;
            this.currentOf = currentOf;
            this.returning = returning;
        }
    }

    /** A node that has fields of its own and shows them to visitors as operands. */
    public abstract static class Clause extends SqlCall {
        private final String name;
        private final List<SqlNode> operands;

        Clause(String name, SqlParserPos pos, SqlNode... operands) {
            super(pos);
            this.name = name;
            List<SqlNode> present = new ArrayList<>(operands.length);
            for (SqlNode operand : operands) {
                if (operand != null) {
                    present.add(operand);
                }
            }
            this.operands = present;
        }

        @Override
        public SqlOperator getOperator() {
            return PgOperators.special(name);
        }

        @Override
        public List<SqlNode> getOperandList() {
            return operands;
        }
    }

    public static final class Merge extends Clause {
        public final Item target;
        public final SqlNode source;
        public final SqlNode on;
        public final SqlNodeList actions;
        public final Returning returning;

        public Merge(SqlParserPos pos, Item target, SqlNode source, SqlNode on, SqlNodeList actions,
                Returning returning) {
            super("MERGE", pos, target, source, on, actions, returning);
            this.target = target;
            this.source = source;
            this.on = on;
            this.actions = actions;
            this.returning = returning;
        }
    }

    /** WHEN [NOT] MATCHED ... THEN. */
    public static final class MergeWhen extends Clause {
        public final boolean matched;
        public final boolean bySource;
        public final SqlNode condition;
        public final String verb;
        public final SqlNodeList columns;
        public final SqlNodeList values;

        public MergeWhen(SqlParserPos pos, boolean matched, boolean bySource, SqlNode condition, String verb,
                SqlNodeList columns, SqlNodeList values) {
            super("WHEN", pos, condition, columns, values);
            this.matched = matched;
            this.bySource = bySource;
            this.condition = condition;
            this.verb = verb;
            this.columns = columns;
            this.values = values;
        }
    }

    public static final class OnConflict extends Clause {
        public final SqlNodeList target;
        public final SqlNode targetWhere;
        public final SqlIdentifier constraint;
        public final boolean nothing;
        public final SqlNodeList columns;
        public final SqlNodeList values;
        public final SqlNode where;

        public OnConflict(SqlParserPos pos, SqlNodeList target, SqlNode targetWhere, SqlIdentifier constraint,
                boolean nothing,
                SqlNodeList columns, SqlNodeList values, SqlNode where) {
            super("ON CONFLICT", pos, target, targetWhere, columns, values, where);
            this.target = target;
            this.targetWhere = targetWhere;
            this.constraint = constraint;
            this.nothing = nothing;
            this.columns = columns;
            this.values = values;
            this.where = where;
        }
    }

    public static final class Returning extends Clause {
        public final SqlNodeList items;

        public Returning(SqlParserPos pos, SqlNodeList items) {
            super("RETURNING", pos, items);
            this.items = items;
        }
    }

    /** {@code expr AS alias} in a select list, with or without AS, with or without alias. */
    public static final class SelectItem extends Clause {
        public final SqlNode expr;
        public final SqlIdentifier alias;

        public SelectItem(SqlParserPos pos, SqlNode expr, SqlIdentifier alias) {
            super("AS", pos, expr, alias);
            this.expr = expr;
            this.alias = alias;
        }
    }

    /** A column that is assigned, with the subscripts or fields below it. */
    public static final class Target extends Clause {
        public final SqlIdentifier column;
        public final boolean subfield;

        public Target(SqlParserPos pos, SqlIdentifier column, boolean subfield, List<SqlNode> subscripts) {
            super("TARGET", pos, operands(column, subscripts));
            this.column = column;
            this.subfield = subfield;
        }

        private static SqlNode[] operands(SqlIdentifier column, List<SqlNode> subscripts) {
            List<SqlNode> all = new ArrayList<>(subscripts);
            all.addFirst(column);
            return all.toArray(SqlNode[]::new);
        }
    }

    /** An item of FROM with its alias: a table by name, a query, or calls of functions. */
    public static final class Item extends Clause {
        public enum Shape {
            TABLE,
            QUERY,
            FUNCTIONS,
            JOIN
        }

        public final Shape shape;
        /** A name, a query, a join, or a list of calls. */
        public final SqlNode item;
        public final SqlIdentifier alias;
        public final SqlNodeList columnAliases;
        public final boolean only;
        public final boolean lateral;
        /** The arguments of TABLESAMPLE, or null. */
        public final SqlNodeList sample;

        public Item(SqlParserPos pos, Shape shape, SqlNode item, boolean only, boolean lateral, SqlIdentifier alias,
                SqlNodeList columnAliases, SqlNodeList sample) {
            super("FROM ITEM", pos, item, alias, columnAliases, sample);
            this.shape = shape;
            this.item = item;
            this.only = only;
            this.lateral = lateral;
            this.alias = alias;
            this.columnAliases = columnAliases;
            this.sample = sample;
        }
    }

    /** A join; {@code kind} is INNER, CROSS, LEFT, RIGHT or FULL. */
    public static final class Join extends Clause {
        public final String kind;
        public final boolean natural;
        public final SqlNode left;
        public final SqlNode right;
        public final SqlNode on;
        public final SqlNodeList using;
        public final SqlIdentifier alias;

        public Join(SqlParserPos pos, String kind, boolean natural, SqlNode left, SqlNode right, SqlNode on,
                SqlNodeList using, SqlIdentifier alias) {
            super("JOIN", pos, left, right, on, using, alias);
            this.kind = kind;
            this.natural = natural;
            this.left = left;
            this.right = right;
            this.on = on;
            this.using = using;
            this.alias = alias;
        }
    }

    /** A call of a function by name, with all that may follow it. */
    public static final class Function extends Clause {
        public final SqlIdentifier name;
        public final List<SqlNode> arguments;
        public final boolean distinct;
        public final boolean star;
        public final SqlNodeList orderBy;
        public final SqlNodeList withinGroup;
        public final SqlNode filter;
        public final SqlNode over;

        public Function(SqlParserPos pos, SqlIdentifier name, List<SqlNode> arguments, boolean distinct, boolean star,
                SqlNodeList orderBy, SqlNodeList withinGroup, SqlNode filter, SqlNode over) {
            super("FUNCTION", pos, arguments.toArray(SqlNode[]::new));
            this.name = name;
            this.arguments = arguments;
            this.distinct = distinct;
            this.star = star;
            this.orderBy = orderBy;
            this.withinGroup = withinGroup;
            this.filter = filter;
            this.over = over;
        }
    }

    /** A window's definition, or a reference to one. */
    public static final class Window extends Clause {
        /** The window that it refers to or copies. */
        public final SqlIdentifier reference;
        public final SqlNodeList partitionBy;
        public final SqlNodeList orderBy;
        /** The offsets of its frame. */
        public final SqlNodeList frame;

        public Window(SqlParserPos pos, SqlIdentifier reference, SqlNodeList partitionBy, SqlNodeList orderBy,
                SqlNodeList frame) {
            super("WINDOW", pos, reference, partitionBy, orderBy, frame);
            this.reference = reference;
            this.partitionBy = partitionBy;
            this.orderBy = orderBy;
            this.frame = frame;
        }
    }

    /** {@code name AS (definition)} in a WINDOW clause. */
    public static final class NamedWindow extends Clause {
        public final SqlIdentifier name;
        public final Window window;

        public NamedWindow(SqlParserPos pos, SqlIdentifier name, Window window) {
            super("NAMED WINDOW", pos, name, window);
            this.name = name;
            this.window = window;
        }
    }

    /** An item of ORDER BY. */
    public static final class OrderItem extends Clause {
        public final SqlNode expr;
        public final boolean descending;
        public final Boolean nullsFirst;
        public final boolean using;

        public OrderItem(SqlParserPos pos, SqlNode expr, boolean descending, Boolean nullsFirst, boolean using) {
            super("ORDER ITEM", pos, expr);
            this.expr = expr;
            this.descending = descending;
            this.nullsFirst = nullsFirst;
            this.using = using;
        }
    }

    /** FOR UPDATE and its kin. */
    public static final class Locking extends Clause {
        public final String strength;
        public final SqlNodeList of;
        public final boolean nowait;
        public final boolean skipLocked;

        public Locking(SqlParserPos pos, String strength, SqlNodeList of, boolean nowait, boolean skipLocked) {
            super("LOCKING", pos, of);
            this.strength = strength;
            this.of = of;
            this.nowait = nowait;
            this.skipLocked = skipLocked;
        }
    }

    /** A query in an expression, in its parentheses. */
    public static final class Subquery extends Clause {
        public final SqlNode query;

        public Subquery(SqlParserPos pos, SqlNode query) {
            super("SUBQUERY", pos, query);
            this.query = query;
        }
    }

    /** {@code operand op ANY|ALL (array or query)}; IN over a query is {@code = ANY}. */
    public static final class Quantified extends Clause {
        public final SqlNode operand;
        public final String operator;
        public final boolean all;
        /** A {@link Subquery} or an array. */
        public final SqlNode right;

        public Quantified(SqlParserPos pos, SqlNode operand, String operator, boolean all, SqlNode right) {
            super(all ? "ALL" : "ANY", pos, operand, right);
            this.operand = operand;
            this.operator = operator;
            this.all = all;
            this.right = right;
        }
    }

    /** A type with its modifiers and the number of its array dimensions. */
    public static final class Type extends SqlDataTypeSpec {
        public final SqlIdentifier name;
        public final List<SqlNode> modifiers;
        public final int dimensions;

        public Type(SqlParserPos pos, SqlIdentifier name, List<SqlNode> modifiers, int dimensions) {
            super(new SqlUserDefinedTypeNameSpec(name, pos), pos);
            this.name = name;
            this.modifiers = modifiers;
            this.dimensions = dimensions;
        }
    }
}
