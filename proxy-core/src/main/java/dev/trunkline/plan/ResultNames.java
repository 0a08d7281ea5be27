package dev.trunkline.plan;

import dev.trunkline.catalog.Builtins;
import dev.trunkline.catalog.Collation;
import dev.trunkline.catalog.FunctionFacts;
import dev.trunkline.route.FunctionUse;
import dev.trunkline.route.ResultFacts;
import dev.trunkline.route.StatementFacts;
import dev.trunkline.route.Term;
import dev.trunkline.sql.Expr;
import dev.trunkline.sql.LiteralKind;
import dev.trunkline.sql.Name;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** What the expressions of ORDER BY and GROUP BY mean: a column of the result, by number, name or spelling, or something else. */
final class ResultNames {

    private static final Pattern BYTE_COLLATION = Pattern.compile("(?is).*\\bcollate\\s+\"(C|POSIX)\"");

    /**
     * An expression as it may be written once more in the select list.
     *
     * @param sql
     *            its spelling
     * @param term
     *            the column of FROM that it is, or null
     * @param output
     *            the column of the result that it is, or -1
     */
    record Meant(String sql, Expr expr, Term term, int output) {

        boolean same(Meant other) {
            return output >= 0 && output == other.output || term != null && term.equals(other.term)
                    || sql.equals(other.sql);
        }
    }

    /** Why an expression can't be copied: fit to stand before "is not supported over several nodes". */
    static final class NotCopied extends Exception {

        private static final long serialVersionUID = 1L;

        NotCopied(String what) {
            super(what, null, false, false);
        }
    }

    private final StatementFacts facts;
    private final ResultFacts result;
    private final String text;
    private final List<ResultFacts.Column> columns;
    private final List<Expr.Literal> looked = new ArrayList<>();

    ResultNames(StatementFacts facts, ResultFacts result, String text) {
        this.facts = facts;
        this.result = result;
        this.text = text;
        this.columns = result.columns();
    }

    /** Notes the literals of an expression whose text decides something. */
    void look(Expr expr) {
        ExpressionParts.any(expr, part -> {
            if (part instanceof Expr.Literal literal) {
                looked.add(literal);
            }
            return false;
        });
    }

    List<Expr.Literal> looked() {
        return looked;
    }

    /** The result's columns, copyable or not. */
    List<Meant> outputs(String clause) throws NotCopied {
        if (columns == null) {
            throw new NotCopied(clause + " over columns that are not known");
        }
        List<Meant> outputs = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            outputs.add(output(i, clause));
        }
        return outputs;
    }

    int count() {
        return columns == null ? -1 : columns.size();
    }

    private Meant output(int i, String clause) throws NotCopied {
        ResultFacts.Column column = columns.get(i);
        if (!(column.expr() instanceof Expr.Star)) {
            return new Meant(column.expr().span().of(text), column.expr(), column.term(), i);
        }
        String spelled = column.term() == null ? null : result.spelled(column.term());
        if (spelled == null) {
            throw new NotCopied(clause + " of a joined column behind *");
        }
        return new Meant(spelled, column.expr(), column.term(), i);
    }

    /** SQL's older rule: a lone name is a column of the result first, a lone number its place. */
    Meant ordered(Expr expr) throws NotCopied {
        if (columns == null) {
            throw new NotCopied("ORDER BY over columns that are not known");
        }
        if (expr instanceof Expr.Literal literal) {
            return ordinal(literal, "ORDER BY");
        }
        if (expr instanceof Expr.Column column && column.name().parts().size() == 1) {
            Meant named = named(column.name(), "ORDER BY");
            return named != null ? named : new Meant(expr.span().of(text), expr, result.column(column.name()), -1);
        }
        return plain(expr);
    }

    /** In GROUP BY a lone name is a column of FROM first. */
    Meant grouped(Expr expr) throws NotCopied {
        if (columns == null) {
            throw new NotCopied("GROUP BY over columns that are not known");
        }
        if (expr instanceof Expr.Literal literal) {
            return ordinal(literal, "GROUP BY");
        }
        if (expr instanceof Expr.Column column) {
            Term term = result.column(column.name());
            if (term == null && column.name().parts().size() == 1 && result.isNoColumn(column.name())) {
                Meant named = named(column.name(), "GROUP BY");
                if (named != null) {
                    return named;
                }
            }
            if (term == null) {
                throw new NotCopied("GROUP BY of a column that can't be told");
            }
        }
        return plain(expr);
    }

    /** The expression itself, and the column of the result that is spelled like it. */
    private Meant plain(Expr expr) {
        look(expr);
        columns.forEach(column -> look(column.expr()));
        String sql = expr.span().of(text);
        Term term = expr instanceof Expr.Column column ? result.column(column.name()) : null;
        for (int i = 0; i < columns.size(); i++) {
            ResultFacts.Column column = columns.get(i);
            boolean same = term != null && term.equals(column.term())
                    || !(column.expr() instanceof Expr.Star) && column.expr().span().of(text).equals(sql);
            if (same) {
                return new Meant(sql, expr, term, i);
            }
        }
        return new Meant(sql, expr, term, -1);
    }

    private Meant ordinal(Expr.Literal literal, String clause) throws NotCopied {
        look(literal);
        String digits = literal.kind() == LiteralKind.INTEGER ? literal.span().of(text) : "";
        int place = digits.matches("[0-9]{1,4}") ? Integer.parseInt(digits) : 0;
        if (place < 1 || place > columns.size()) {
            throw new NotCopied(clause + " of a constant");
        }
        return output(place - 1, clause);
    }

    private Meant named(Name name, String clause) throws NotCopied {
        Meant found = null;
        for (int i = 0; i < columns.size(); i++) {
            ResultFacts.Column column = columns.get(i);
            if (column.name() == null && mayBeCalled(column.expr(), name.last())) {
                throw new NotCopied(clause + " " + name.last() + ", which may be a column's name");
            }
            if (!name.last().equals(column.name())) {
                continue;
            }
            if (found != null && (column.term() == null || !column.term().equals(found.term()))) {
                throw new NotCopied(clause + " " + name.last() + ", the name of several columns");
            }
            found = found == null ? output(i, clause) : found;
        }
        return found;
    }

    /** A column without a name of its own is called after something in its expression. */
    private boolean mayBeCalled(Expr expr, String name) {
        return expr instanceof Expr.Subquery || expr instanceof Expr.Cast
                || expr.span().of(text).toLowerCase(Locale.ROOT).contains(name.toLowerCase(Locale.ROOT));
    }

    /** The expression, if its copy is worth the same as itself. */
    Meant copied(Meant meant, String clause) throws NotCopied {
        Expr expr = meant.expr();
        if (expr instanceof Expr.Star) {
            return meant;
        }
        if (ExpressionParts.any(expr, Expr.Subquery.class::isInstance)) {
            throw new NotCopied(clause + " of a subquery");
        }
        // A parameter takes its type where it stands first.
        if (meant.output() < 0 && ExpressionParts.any(expr, Expr.Parameter.class::isInstance)) {
            throw new NotCopied(clause + " of an expression with a parameter");
        }
        for (FunctionUse use : facts.functions()) {
            boolean inside = use.call().span().start() >= expr.span().start()
                    && use.call().span().end() <= expr.span().end();
            if (inside && (use.facts() == null || use.facts().setReturning()
                    || use.facts().worst() == FunctionFacts.Volatility.VOLATILE)) {
                throw new NotCopied(clause + " of the function " + use.name());
            }
        }
        return meant;
    }

    /** Whether text in it is known to stand under a collation that sorts by bytes. */
    boolean byteOrder(Meant meant) {
        return byteOrder(meant.expr(), meant.term());
    }

    boolean byteOrder(Expr expr) {
        return byteOrder(expr, expr instanceof Expr.Column column ? result.column(column.name()) : null);
    }

    private boolean byteOrder(Expr expr, Term term) {
        if (term != null) {
            Collation collation = result.collation(term);
            return collation != null && collation.byteOrder();
        }
        return expr instanceof Expr.Opaque opaque && opaque.shape().equals("COLLATE")
                && BYTE_COLLATION.matcher(expr.span().of(text)).matches();
    }

    /** Whether equal texts in it are known to have equal bytes. */
    boolean deterministic(Meant meant) {
        if (meant.term() != null) {
            Collation collation = result.collation(meant.term());
            return collation != null && collation.deterministic();
        }
        Predicate<Expr> unsure = this::mayBringCollation;
        return byteOrder(meant) || !ExpressionParts.any(meant.expr(), unsure);
    }

    /** Whether a part may bring a collation that is not known to be deterministic; the database's default always is. */
    private boolean mayBringCollation(Expr part) {
        return switch (part) {
            case Expr.Column column -> {
                Term term = result.column(column.name());
                Collation collation = term == null ? null : result.collation(term);
                yield collation == null ? term == null || result.isText(term) : !collation.deterministic();
            }
            case Expr.Cast cast -> cast.type().name().schema() != null
                    && !cast.type().name().schema().equals("pg_catalog")
                    || Builtins.postgres().type(cast.type().name().last()) == null;
            case Expr.Function function -> !isBuiltIn(function);
            case Expr.Opaque opaque -> opaque.shape().equals("COLLATE");
            case Expr.Subquery subquery -> true;
            case Expr.Star star -> true;
            case Expr.Literal literal -> false;
            case Expr.Parameter parameter -> false;
            case Expr.Operator operator -> false;
            case Expr.And and -> false;
            case Expr.Or or -> false;
            case Expr.Not not -> false;
            case Expr.InList in -> false;
            case Expr.AnyArray array -> false;
            case Expr.Between between -> false;
            case Expr.IsNull isNull -> false;
            case Expr.ArrayItems array -> false;
            case Expr.Row row -> false;
        };
    }

    /** Whether a call can only mean a function of the server's own. */
    boolean isBuiltIn(Expr.Function call) {
        return facts.functions().stream()
                .noneMatch(use -> use.call() == call && (use.facts() == null || !use.facts().builtIn()));
    }
}
