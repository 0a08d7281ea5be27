package dev.trunkline.route;

import dev.trunkline.catalog.Collation;
import dev.trunkline.catalog.ColumnInfo;
import dev.trunkline.catalog.KeyColumn;
import dev.trunkline.sql.Expr;
import dev.trunkline.sql.Name;
import dev.trunkline.value.PgOid;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The result of a statement's own SELECT: its columns, what names mean in its clauses, and which columns decide the node. */
public final class ResultFacts {

    /**
     * A column of the result.
     *
     * @param name
     *            null where it is not worked out
     * @param expr
     *            its expression; the star that it comes from
     * @param term
     *            the column of FROM that it carries unchanged, or null
     */
    public record Column(String name, Expr expr, Term term) {}

    private final Shape shape;
    private final Facts facts;
    private final StatementText text;

    ResultFacts(Shape shape, Facts facts, StatementText text) {
        this.shape = shape;
        this.facts = facts;
        this.text = text;
    }

    /** The value of a literal, on which the plan depends then. */
    public String read(Expr.Literal literal) {
        return text.read(literal);
    }

    /** The columns in order; null when there may be others. */
    public List<Column> columns() {
        return shape.open
                ? null
                : shape.outputs.stream().map(output -> new Column(output.name(), output.expr(), output.term()))
                        .toList();
    }

    public boolean grouped() {
        return shape.grouped;
    }

    public boolean groupingSets() {
        return shape.groupingSets;
    }

    /** The columns among the expressions of GROUP BY. */
    public List<Term> groupTerms() {
        return shape.groupTerms;
    }

    /** The columns by which each of the windows is partitioned. */
    public List<Set<Term>> partitions() {
        return shape.partitions;
    }

    /** The column of FROM that a name stands for; null when it is none, or can't be told. */
    public Term column(Name name) {
        Scope.Resolved resolved = shape.scope.resolve(name);
        return resolved == null || resolved.level() != shape.scope ? null : resolved.term();
    }

    /** Whether a name is certainly no column of FROM. */
    public boolean isNoColumn(Name name) {
        for (Names names : shape.scope.visible) {
            if (names.stopSearch() || names.find(name.last()) != null) {
                return false;
            }
        }
        return true;
    }

    /** A qualified spelling of a column that means it in any clause; null where there is none. */
    public String spelled(Term term) {
        String source = term.source().name();
        String column = term.source().columns().get(term.column());
        return source.isEmpty() || column == null ? null : quoted(source) + "." + quoted(column);
    }

    private static String quoted(String name) {
        return "\"" + name.replace("\"", "\"\"") + "\"";
    }

    /** Whether result rows that are equal in these columns all come from rows of the root with one shard key. */
    public boolean determineKey(RowSource root, Collection<Term> columns) {
        Map<Term, KeySet> rowKey = new HashMap<>();
        List<KeyColumn> key = root.sharded().key();
        for (int i = 0; i < key.size(); i++) {
            rowKey.put(new Term(root, StatementFacts.position(root, key.get(i))), KeySet.ofRow(i));
        }
        Map<Term, Set<KeySet>> known = facts.closure(rowKey);
        for (int i = 0; i < key.size(); i++) {
            KeySet wanted = KeySet.ofRow(i);
            boolean found = columns.stream()
                    .anyMatch(term -> isFirm(term) && known.getOrDefault(term, Set.of()).contains(wanted));
            if (!found) {
                return false;
            }
        }
        return true;
    }

    /** Whether no outer join on the way puts NULLs in place of a column. */
    private static boolean isFirm(Term term) {
        RowSource source = term.source();
        return switch (source.kind()) {
            case TABLE -> source.preserved;
            case QUERY, RESULT -> source.preserved && source.shape().branches == null
                    && source.shape().outputs.get(term.column()).term() != null
                    && isFirm(source.shape().outputs.get(term.column()).term());
            case TEMP, UNKNOWN, OPAQUE -> false;
        };
    }

    /** Whether a column may hold text. */
    public boolean isText(Term term) {
        return term.source().typeOid(term.column()) == 0 || isKnownText(term);
    }

    /** Whether a column certainly holds text. */
    public boolean isKnownText(Term term) {
        int oid = term.source().typeOid(term.column());
        return oid == PgOid.TEXT || oid == PgOid.VARCHAR || oid == PgOid.BPCHAR;
    }

    /** The collation of a column that comes unchanged from a table; null when it has none or that can't be told. */
    public Collation collation(Term term) {
        RowSource source = term.source();
        return switch (source.kind()) {
            case TABLE -> {
                List<ColumnInfo> columns = source.relation().columns();
                yield term.column() < columns.size() ? columns.get(term.column()).collation() : null;
            }
            case QUERY, RESULT -> source.shape().branches != null || term.column() >= source.shape().outputs.size()
                    || source.shape().outputs.get(term.column()).term() == null
                            ? null
                            : collation(source.shape().outputs.get(term.column()).term());
            case TEMP, UNKNOWN, OPAQUE -> null;
        };
    }
}
