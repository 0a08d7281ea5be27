package dev.trunkline.plan;

import dev.trunkline.plan.Merge.AggregateColumn;
import dev.trunkline.plan.Merge.AggregateFunction;
import dev.trunkline.plan.Merge.EqualColumn;
import dev.trunkline.plan.Merge.RowCount;
import dev.trunkline.plan.Merge.SortColumn;
import dev.trunkline.plan.ResultNames.Meant;
import dev.trunkline.plan.ResultNames.NotCopied;
import dev.trunkline.route.KeyRule;
import dev.trunkline.route.KeyValue;
import dev.trunkline.route.ResultFacts;
import dev.trunkline.route.RowSource;
import dev.trunkline.route.StatementFacts;
import dev.trunkline.route.Term;
import dev.trunkline.sql.Expr;
import dev.trunkline.sql.LexedText;
import dev.trunkline.sql.Query;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Plans how the nodes' answers to one SELECT become its answer. There are three kinds:
 *
 * <ul>
 * <li><b>rows</b>: each node gives rows of the result. That holds for what looks at single rows, and for groups and windows
 * that hold the shard key. The proxy merges their order, drops what several nodes have (DISTINCT), and counts (LIMIT).
 * <li><b>groups</b>: each node gives its part of each group; parts of equal groups are put together. LIMIT is the nodes' too
 * only where the groups come in the order of their whole key: then no other group can grow into the first ones.
 * <li><b>one row</b>: aggregates without GROUP BY.
 * </ul>
 *
 * <p>What the proxy compares stands in hidden columns, in binary: copies of the expressions, made only where a copy is worth
 * the same. Whether a type's order is known is seen when the nodes describe their rows.
 */
final class MergePlanner {

    private final Query query;
    private final Query.Select body;
    private final StatementFacts facts;
    private final ResultFacts result;
    private final RowSource root;
    private final String text;
    private final ResultNames names;
    private final NodeText nodeText;
    /** What happens to the hidden columns of groups. */
    private final List<AggregateColumn> hiddenFunctions = new ArrayList<>();
    private RowCount count;
    private RowCount offset;
    private Merge merge;

    MergePlanner(Query query, Query.Select body, StatementFacts facts, RowSource root, String text) {
        this.query = query;
        this.body = body;
        this.facts = facts;
        this.result = facts.result();
        this.root = root;
        this.text = text;
        this.names = new ResultNames(facts, result, text);
        this.nodeText = new NodeText(text, query, body);
    }

    Merge merge() {
        return merge;
    }

    /** The nodes' text; null for the original. */
    String nodeSql() {
        return nodeText.sql();
    }

    /**
     * By how much the slots of a list's literals are higher in the nodes' text, {@link Plan.FanOut#NO_LISTS} if they are not
     * found there as they stand.
     */
    int literalShift(KeyRule list) {
        LexedText before = lexed(text);
        LexedText after = lexed(nodeSql());
        int shift = Plan.FanOut.NO_LISTS;
        for (KeyValue value : list.values()) {
            int slot = value instanceof KeyValue.Literal literal
                    ? literal.slot()
                    : value instanceof KeyValue.LiteralElements elements ? elements.slot() : -1;
            if (slot < 0) {
                continue;
            }
            String original = new String(text.getBytes(StandardCharsets.UTF_8), 0,
                    before.fingerprint(0).literalStart(slot), StandardCharsets.UTF_8);
            int at = nodeSql().substring(0, nodeText.position(original.length()))
                    .getBytes(StandardCharsets.UTF_8).length;
            int found = -1;
            for (int i = 0; i < after.fingerprint(0).literalCount(); i++) {
                found = after.fingerprint(0).literalStart(i) == at ? i : found;
            }
            if (found < slot || shift >= 0 && found - slot != shift) {
                return Plan.FanOut.NO_LISTS;
            }
            shift = found - slot;
        }
        return shift;
    }

    private static LexedText lexed(String sql) {
        LexedText lexed = new LexedText();
        byte[] bytes = sql.getBytes(StandardCharsets.UTF_8);
        lexed.lex(bytes, 0, bytes.length, true);
        return lexed;
    }

    /** Makes the statement's plan depend on every literal that was looked at. */
    void guardLiterals() {
        names.looked().forEach(result::read);
    }

    /** What stands in the way, or null when there is a merge. */
    String plan() {
        try {
            merge = decide();
            return null;
        } catch (NotCopied obstacle) {
            return obstacle.getMessage();
        }
    }

    private Merge decide() throws NotCopied {
        if (query.limit() == null && query.limitSpan().end() > query.limitSpan().start()) {
            throw new NotCopied("a LIMIT without a number");
        }
        count = rowCount(query.limit(), "LIMIT");
        offset = rowCount(query.offset(), "OFFSET");
        if (count instanceof RowCount.Parameter && count.equals(offset)) {
            throw new NotCopied("one parameter as LIMIT and OFFSET");
        }
        if (result.groupingSets()) {
            throw new NotCopied("GROUPING SETS");
        }
        boolean whole = result.grouped() && result.determineKey(root, result.groupTerms());
        if (facts.windowed()) {
            windows(whole || !facts.aggregated() && !result.grouped());
        }
        if (whole || !facts.aggregated() && !result.grouped()) {
            return rows();
        }
        return result.grouped() ? groups() : oneRow();
    }

    private void windows(boolean ofRows) throws NotCopied {
        for (Set<Term> partition : result.partitions()) {
            if (!ofRows || !result.determineKey(root, partition)) {
                throw new NotCopied("a window function that is not partitioned by the shard key");
            }
        }
    }

    private RowCount rowCount(Expr expr, String clause) throws NotCopied {
        names.look(expr);
        return LimitReader.read(expr, clause, text);
    }

    // ---- rows

    private Merge rows() throws NotCopied {
        List<SortColumn> sorting = new ArrayList<>();
        List<Meant> sorted = new ArrayList<>();
        for (Expr.OrderItem item : query.orderBy()) {
            Meant meant = ordered(item);
            if (body.distinct() && meant.output() < 0) {
                throw new NotCopied("SELECT DISTINCT with ORDER BY of something else");
            }
            int column = hide(names.copied(meant, "ORDER BY").sql());
            sorting.add(sortColumn(item, column, meant));
            sorted.add(meant);
        }
        Merge rows = sorting.isEmpty() ? new Merge.Concat() : new Merge.OrderedMerge(sorting);
        if (body.distinct() && !outputsHoldKey()) {
            rows = distinct(rows, sorting, sorted);
        }
        nodeText.widenLimit(count, offset);
        return finished(rows);
    }

    private Meant ordered(Expr.OrderItem item) throws NotCopied {
        if (item.usingOperator()) {
            throw new NotCopied("ORDER BY USING");
        }
        return names.ordered(item.expr());
    }

    private SortColumn sortColumn(Expr.OrderItem item, int column, Meant meant) throws NotCopied {
        boolean byteOrder = names.byteOrder(meant);
        if (!byteOrder && meant.term() != null && result.isKnownText(meant.term())) {
            throw new NotCopied("ORDER BY of a text under a collation that only a node can sort by,");
        }
        return sortColumn(item, column, byteOrder);
    }

    private static SortColumn sortColumn(Expr.OrderItem item, int column, boolean byteOrder) {
        return new SortColumn(column, item.descending(),
                item.nullsFirst() == null ? item.descending() : item.nullsFirst(), byteOrder);
    }

    private boolean outputsHoldKey() {
        return names.count() >= 0 && result.determineKey(root,
                result.columns().stream().map(ResultFacts.Column::term).filter(Objects::nonNull).toList());
    }

    private Merge distinct(Merge rows, List<SortColumn> sorting, List<Meant> sorted) throws NotCopied {
        List<Meant> outputs = names.outputs("DISTINCT");
        List<EqualColumn> keys = new ArrayList<>();
        boolean neighbours = true;
        for (Meant output : outputs) {
            names.copied(output, "DISTINCT");
            int column = -1;
            for (int i = 0; i < sorted.size() && column < 0; i++) {
                column = sorted.get(i).output() == output.output() ? sorting.get(i).column() : -1;
            }
            neighbours &= column >= 0;
            keys.add(new EqualColumn(column < 0 ? hide(output.sql()) : column, names.deterministic(output)));
        }
        if (keys.isEmpty()) {
            throw new NotCopied("DISTINCT of no column");
        }
        return new Merge.Distinct(rows, keys, neighbours);
    }

    /** Hides a column; returns its number in the nodes' rows. */
    private int hide(String sql) throws NotCopied {
        if (names.count() < 1) {
            throw new NotCopied("a merge of rows whose columns are not known");
        }
        return names.count() + nodeText.hide(sql);
    }

    private Merge finished(Merge rows) {
        Merge counted = count == null && offset == null ? rows : new Merge.Limit(rows, count, offset);
        return nodeText.hidden() == 0 ? counted : new Merge.Project(counted, names.count(), nodeText.hidden());
    }

    // ---- aggregates without GROUP BY

    private Merge oneRow() throws NotCopied {
        if (body.having() != null) {
            throw new NotCopied("HAVING without GROUP BY");
        }
        List<AggregateColumn> columns = new ArrayList<>();
        for (Query.Item item : body.items()) {
            columns.add(isConstant(item.expr())
                    ? new AggregateColumn(AggregateFunction.GROUP, -1)
                    : aggregate(item.expr(), true));
        }
        nodeText.dropLimit(count, offset);
        Merge row = new Merge.Aggregate(columns, columns.size());
        return count == null && offset == null ? row : new Merge.Limit(row, count, offset);
    }

    private static boolean isConstant(Expr expr) {
        return expr instanceof Expr.Literal || expr instanceof Expr.Cast cast && isConstant(cast.operand());
    }

    /** What happens to an aggregate; it gets the hidden columns that it needs. */
    private AggregateColumn aggregate(Expr expr, boolean shown) throws NotCopied {
        AggregateFunction function = function(expr);
        if (function == null) {
            throw new NotCopied(
                    "an aggregate other than count, sum, avg, min, max, bool_and and bool_or, or an expression"
                            + " around or beside one,");
        }
        Expr.Function call = (Expr.Function) expr;
        if (call.distinct() && !exactDistinct(function, call)) {
            throw new NotCopied(call.name().last() + "(DISTINCT)");
        }
        return switch (function) {
            case MIN, MAX -> new AggregateColumn(function, shown ? copy(call, text(call)) : -1,
                    names.byteOrder(call.arguments().getFirst()));
            case AVG -> {
                String argument = (call.distinct() ? "(DISTINCT " : "(") + text(call.arguments().getFirst()) + ")"
                        + (call.filter() == null ? "" : " FILTER (WHERE " + text(call.filter()) + ")");
                int sum = copy(call, "sum" + argument);
                copy(call, "count" + argument);
                yield new AggregateColumn(function, sum);
            }
            case COUNT, SUM, BOOL_AND, BOOL_OR, GROUP -> new AggregateColumn(function, -1);
        };
    }

    private int copy(Expr.Function call, String sql) throws NotCopied {
        // The call itself stands before its copies, so that parameters have their types.
        names.copied(new Meant(sql, call, null, 0), call.name().last());
        hiddenFunctions.add(new AggregateColumn(AggregateFunction.GROUP, -1));
        return hide(sql);
    }

    /** Equal arguments on several nodes would count twice, unless it makes no difference. */
    private boolean exactDistinct(AggregateFunction function, Expr.Function call) {
        return switch (function) {
            case MIN, MAX, BOOL_AND, BOOL_OR, GROUP -> true;
            case COUNT, SUM, AVG -> call.arguments().getFirst() instanceof Expr.Column column
                    && result.column(column.name()) != null
                    && result.determineKey(root, List.of(result.column(column.name())));
        };
    }

    private AggregateFunction function(Expr expr) {
        boolean plain = expr instanceof Expr.Function call && call.over() == null && call.withinGroup().isEmpty()
                && call.orderBy().isEmpty() && names.isBuiltIn(call)
                && (call.name().schema() == null || call.name().schema().equals("pg_catalog"));
        if (!plain) {
            return null;
        }
        Expr.Function call = (Expr.Function) expr;
        boolean one = call.arguments().size() == 1 && !call.star();
        return switch (call.name().last()) {
            case "count" -> one || call.star() ? AggregateFunction.COUNT : null;
            case "sum" -> one ? AggregateFunction.SUM : null;
            case "avg" -> one ? AggregateFunction.AVG : null;
            case "min" -> one ? AggregateFunction.MIN : null;
            case "max" -> one ? AggregateFunction.MAX : null;
            case "bool_and", "every" -> one ? AggregateFunction.BOOL_AND : null;
            case "bool_or" -> one ? AggregateFunction.BOOL_OR : null;
            default -> null;
        };
    }

    private String text(Expr expr) {
        return expr.span().of(text);
    }

    // ---- groups

    private Merge groups() throws NotCopied {
        if (body.distinct()) {
            throw new NotCopied("DISTINCT of groups without the shard key");
        }
        List<Meant> keys = new ArrayList<>();
        for (Expr expr : body.groupBy()) {
            keys.add(names.copied(names.grouped(expr), "GROUP BY"));
        }
        List<AggregateColumn> columns = new ArrayList<>();
        for (Meant output : names.outputs("GROUP BY")) {
            boolean common = keys.stream().anyMatch(output::same) || isConstant(output.expr());
            columns.add(common
                    ? new AggregateColumn(AggregateFunction.GROUP, -1)
                    : aggregate(output.expr(), true));
        }
        List<EqualColumn> equal = new ArrayList<>();
        for (Meant key : keys) {
            hiddenFunctions.add(new AggregateColumn(AggregateFunction.GROUP, -1));
            equal.add(new EqualColumn(hide(key.sql()), names.deterministic(key)));
        }
        List<SortColumn> sorting = new ArrayList<>();
        Set<Integer> sortedKeys = new HashSet<>();
        boolean byKeys = true;
        for (Expr.OrderItem item : query.orderBy()) {
            Meant meant = names.copied(ordered(item), "ORDER BY");
            int key = indexOf(keys, meant);
            if (key >= 0) {
                sortedKeys.add(key);
                sorting.add(sortColumn(item, equal.get(key).column(), keys.get(key)));
            } else {
                byKeys = false;
                sorting.add(sortedAggregate(item, meant));
            }
        }
        GroupCondition condition = body.having() == null ? null : having(keys);
        columns.addAll(hiddenFunctions);
        if (byKeys && sortedKeys.size() == keys.size()) {
            if (condition == null) {
                nodeText.widenLimit(count, offset);
            } else {
                nodeText.dropLimit(count, offset);
            }
            return finished(having(new Merge.GroupedAggregate(new Merge.OrderedMerge(sorting), equal, columns, true),
                    condition));
        }
        nodeText.dropOrder();
        nodeText.dropLimit(count, offset);
        Merge groups = having(new Merge.GroupedAggregate(new Merge.Concat(), equal, columns, false), condition);
        return finished(sorting.isEmpty() ? groups : new Merge.Sorted(groups, sorting));
    }

    private static Merge having(Merge groups, GroupCondition condition) {
        return condition == null ? groups : new Merge.Having(groups, condition);
    }

    private GroupCondition having(List<Meant> keys) throws NotCopied {
        nodeText.dropHaving();
        return new HavingReader(text, this::isAggregate, new HavingReader.Columns() {
            @Override
            public int aggregate(Expr.Function call) throws NotCopied {
                names.copied(new Meant(text(call), call, null, -1), "HAVING");
                return hiddenAggregate(call, text(call)).column();
            }

            @Override
            public int common(Expr expr, String sql) throws NotCopied {
                ofKeys(expr, keys);
                hiddenFunctions.add(new AggregateColumn(AggregateFunction.GROUP, -1));
                return hide(sql);
            }

            @Override
            public boolean byteOrder(Expr.Function call) {
                return !call.arguments().isEmpty() && names.byteOrder(call.arguments().getFirst());
            }
        }).read(body.having());
    }

    private boolean isAggregate(Expr expr) {
        return expr instanceof Expr.Function call && (function(call) != null || facts.functions().stream()
                .anyMatch(use -> use.call() == call && use.facts() != null
                        && use.facts().isAggregate()));
    }

    /** Columns that merely depend on a key that is unique on each node alone may differ from node to node. */
    private void ofKeys(Expr expr, List<Meant> keys) throws NotCopied {
        if (!(expr instanceof Expr.Parameter)) {
            names.copied(new Meant(text(expr), expr, null, -1), "HAVING");
        }
        if (expr instanceof Expr.Column column) {
            Meant meant = names.grouped(column);
            if (keys.stream().noneMatch(meant::same)) {
                throw new NotCopied("HAVING with a column that is not in GROUP BY");
            }
        }
        for (Expr part : ExpressionParts.parts(expr)) {
            ofKeys(part, keys);
        }
    }

    private static int indexOf(List<Meant> keys, Meant meant) {
        for (int i = 0; i < keys.size(); i++) {
            if (keys.get(i).same(meant)) {
                return i;
            }
        }
        return -1;
    }

    private SortColumn sortedAggregate(Expr.OrderItem item, Meant meant) throws NotCopied {
        if (function(meant.expr()) == null) {
            throw new NotCopied("ORDER BY of an expression over groups without the shard key");
        }
        Hidden hidden = hiddenAggregate(meant.expr(), meant.sql());
        return sortColumn(item, hidden.column(), hidden.function().byteOrder());
    }

    private record Hidden(int column, AggregateColumn function) {}

    private Hidden hiddenAggregate(Expr call, String sql) throws NotCopied {
        AggregateColumn function = aggregate(call, false);
        hiddenFunctions.add(function);
        return new Hidden(hide(sql), function);
    }
}
