package dev.trunkline.plan;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.ConstraintFacts;
import dev.trunkline.catalog.KeyColumn;
import dev.trunkline.route.KeyReasons;
import dev.trunkline.route.RowSource;
import dev.trunkline.route.StatementFacts;
import dev.trunkline.sql.Span;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What gave each sharded table of a statement its key, or why it has none, and the smallest change that would make the
 * statement one-node: the content of EXPLAIN (ROUTE), of {@code explain --json} and of the warning about a fan-out.
 */
public record KeyExplanation(List<Table> tables, Change change) {

    static final KeyExplanation NONE = new KeyExplanation(List.of(), null);

    public KeyExplanation {
        tables = List.copyOf(tables);
    }

    /**
     * A use of a sharded table. {@code why} is null where it has a key.
     *
     * @param alias
     *            its name in the statement
     */
    public record Table(String table, String alias, List<String> key, List<Predicate> predicates, String why) {

        String line() {
            String name = alias.equals(table) ? table : table + " " + alias;
            String columns = alias + "." + (key.size() == 1 ? key.getFirst() : "(" + String.join(", ", key) + ")");
            if (why != null) {
                return "key of " + name + ": none, " + why;
            }
            return "key of " + name + ": " + columns + (predicates.isEmpty()
                    ? " as it is written"
                    : " by " + predicates.stream().map(Predicate::toString).collect(Collectors.joining(" and ")));
        }

        String json() {
            return "{\"table\": " + Json.quoted(table) + ", \"alias\": " + Json.quoted(alias) + ", \"key\": "
                    + key.stream().map(Json::quoted).collect(Collectors.joining(", ", "[", "]"))
                    + ", \"predicates\": "
                    + predicates.stream().map(Predicate::json).collect(Collectors.joining(", ", "[", "]"))
                    + ", \"why\": " + Json.quoted(why) + "}";
        }
    }

    /** A predicate that gave a key; {@code place} says line and column, {@code position} counts characters from 1. */
    public record Predicate(String text, String place, int position) {

        @Override
        public String toString() {
            return text + " (" + place + ")";
        }

        String json() {
            return "{\"text\": " + Json.quoted(text) + ", \"place\": " + Json.quoted(place) + ", \"position\": "
                    + position + "}";
        }
    }

    /** The predicates to add, and what is known already that makes them enough; {@code because} may be null. */
    public record Change(String add, String because) {

        /** As a sentence's part: {@code orders.customer_id = customers.id is known: add customers.id = ...}. */
        @Override
        public String toString() {
            return because == null ? "add " + add : because + ": add " + add;
        }
    }

    static KeyExplanation of(StatementFacts facts, StatementFacts.KeyProof proof, Catalog catalog, String text) {
        List<Table> tables = new ArrayList<>();
        for (KeyReasons.TableKey reason : facts.reasons(proof)) {
            RowSource table = reason.table();
            tables.add(new Table(table.relation().fullName().toString(), table.name(),
                    table.sharded().key().stream().map(KeyColumn::name).toList(),
                    reason.predicates().stream().map(span -> predicate(span, text)).toList(), reason.why()));
        }
        return new KeyExplanation(tables, proof.unproven().isEmpty() ? null : change(facts, proof, catalog));
    }

    private static Predicate predicate(Span span, String text) {
        boolean written = span.end() > span.start() && span.end() <= text.length();
        return written
                ? new Predicate(span.of(text).strip().replaceAll("\\s+", " "), KeyReasons.place(text, span),
                        text.codePointCount(0, span.start()) + 1)
                : new Predicate("USING or NATURAL", "the join", 0);
    }

    /** What is missing, in words; null where nothing is. */
    static Change change(StatementFacts facts, StatementFacts.KeyProof proof, Catalog catalog) {
        List<String> add = new ArrayList<>();
        Set<String> because = new LinkedHashSet<>();
        for (KeyReasons.Missing missing : facts.missing(proof)) {
            RowSource table = missing.table();
            // Of two of the same name nobody could say which is meant.
            boolean joined = missing.like() != null && !missing.like().name().equals(table.name());
            add.add(joined ? equal(table, missing.like()) : QueryPlanner.predicate(table));
            missing.known().stream().filter(other -> !other.name().equals(table.name()))
                    .forEach(other -> because.add(equal(other, table) + " is known"));
            if (joined) {
                because.addAll(reference(table, missing.like(), catalog));
            }
        }
        return add.isEmpty()
                ? null
                : new Change(String.join(" AND ", add), because.isEmpty() ? null : String.join(" and ", because));
    }

    /** {@code o.customer_id = c.id}. */
    private static String equal(RowSource table, RowSource other) {
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < table.sharded().key().size(); i++) {
            parts.add(table.name() + "." + table.sharded().key().get(i).name() + " = " + other.name() + "."
                    + other.sharded().key().get(i).name());
        }
        return String.join(" AND ", parts);
    }

    /** The foreign key between two tables, whose rows belong together then. */
    private static List<String> reference(RowSource table, RowSource other, Catalog catalog) {
        List<String> pairs = references(table, other, catalog);
        return pairs.isEmpty() ? references(other, table, catalog) : pairs;
    }

    private static List<String> references(RowSource from, RowSource to, Catalog catalog) {
        ConstraintFacts key = catalog.foreignKey(from.relation().fullName(), to.relation().fullName());
        List<String> pairs = new ArrayList<>();
        for (int i = 0; key != null && i < Math.min(key.columns().size(), key.targetColumns().size()); i++) {
            pairs.add(from.relation().fullName() + "." + key.columns().get(i) + " refers to "
                    + to.relation().fullName() + "." + key.targetColumns().get(i));
        }
        return pairs;
    }

    /** Lines for people. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        tables.forEach(table -> lines.add(table.line()));
        if (change != null) {
            lines.add("to make it one-node: " + change);
        }
        return lines;
    }

    /** Two members of a JSON object. */
    String json() {
        return "\"tables\": " + tables.stream().map(Table::json).collect(Collectors.joining(", ", "[", "]"))
                + ", \"change\": " + (change == null
                        ? "null"
                        : "{\"add\": " + Json.quoted(change.add()) + ", \"because\": " + Json.quoted(change.because())
                                + "}");
    }
}
