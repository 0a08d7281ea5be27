package dev.trunkline.route;

import dev.trunkline.catalog.KeyColumn;
import dev.trunkline.catalog.Placement;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.sql.Expr;
import dev.trunkline.value.PgOid;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What a statement touches, and what can be proven about where its rows lie. */
public final class StatementFacts {

    /** More alternatives of a composite key than this are not worked out. */
    private static final int MOST_ALTERNATIVES = 10_000;

    /**
     * The proof that the rows of some keys alone decide a statement.
     *
     * @param keys
     *            the keys: each by itself names nodes, and one node must be among those of all of them
     * @param unproven
     *            the sharded tables whose key nothing restricts; the proof holds when there are none
     * @param problem
     *            why a write can't be routed whatever the facts, or null
     * @param findings
     *            the key of each use of a sharded table that has one, for explanations
     */
    public record KeyProof(List<KeyRule> keys, List<RowSource> unproven, ProxyException problem,
            List<Finding> findings) {}

    /** The key that was found for one use of a sharded table. */
    public record Finding(RowSource table, KeyRule key) {}

    /**
     * The proof that the nodes' answers, each over its own rows, are together the answer.
     *
     * @param root
     *            the table whose rows each give their own part of the result; null without proof
     * @param obstacle
     *            what stands in the way, fit to stand before "is not supported over several nodes"; null with a root
     */
    public record Distribution(RowSource root, String obstacle) {}

    private final Reading reading;
    private final Shape top;

    StatementFacts(Reading reading, Shape top) {
        this.reading = reading;
        this.top = top;
        top.top = true;
    }

    /** Every use of a relation, in the order of the text's reading. */
    public List<RowSource> tables() {
        return reading.tables;
    }

    public List<FunctionUse> functions() {
        return reading.functions;
    }

    /**
     * The types that PostgreSQL infers for the parameters when the client declares none, by number from 1;
     * {@link PgOid#UNSPECIFIED} where the statement doesn't make them certain.
     */
    public int[] parameterTypes() {
        return reading.parameters.inferred();
    }

    /** Whether SELECT INTO makes a table that stays. */
    public boolean into() {
        return reading.into;
    }

    /** Whether there is a MERGE, also in WITH. */
    public boolean merges() {
        return reading.merges;
    }

    /** Whether the statement's own query aggregates its rows. */
    public boolean aggregated() {
        return top.aggregated;
    }

    /** Whether the statement's own query has window functions. */
    public boolean windowed() {
        return top.windowed;
    }

    /** What is known of the rows of the statement's own SELECT; null when it is not a SELECT. */
    public ResultFacts result() {
        return top.scope == null ? null : new ResultFacts(top, reading.facts, reading.text);
    }

    private List<RowSource> sharded() {
        return reading.tables.stream().filter(table -> table.sharded() != null).toList();
    }

    /** Looks for keys that restrict every use of every sharded table. */
    public KeyProof keys() {
        Map<Term, Set<KeySet>> known = reading.facts.closure(Map.of());
        List<RowSource> restricted = new ArrayList<>(sharded());
        List<KeyRule> written = new ArrayList<>();
        for (KeyWrite write : reading.writes) {
            if (write.problem() != null) {
                return new KeyProof(List.of(), List.of(), write.problem(), List.of());
            }
            written.add(withTypes(write.rule()));
            if (write.rule().use() == KeyRule.Use.ASSIGNED) {
                restricted.remove(write.target());
            }
        }
        List<RowSource> unproven = new ArrayList<>();
        List<Finding> findings = new ArrayList<>();
        List<KeyRule> keys = new ArrayList<>(choose(restricted, known, unproven, findings));
        keys.addAll(ranges(known, unproven, findings));
        keys.addAll(written);
        for (int i = 0; i < written.size(); i++) {
            findings.add(new Finding(reading.writes.get(i).target(), written.get(i)));
        }
        return new KeyProof(keys, unproven, nullable(known), findings);
    }

    /** Why each sharded table has a key or has none. */
    public List<KeyReasons.TableKey> reasons(KeyProof proof) {
        return new KeyReasons(reading, reading.facts.closure(Map.of())).tables(proof);
    }

    /** The fewest predicates that would give every table a key. */
    public List<KeyReasons.Missing> missing(KeyProof proof) {
        return KeyReasons.missing(reading.facts, proof.unproven(),
                proof.findings().stream().map(Finding::table).toList());
    }

    /** A column that INSERT ... SELECT writes to a key must not be NULL in any row. */
    private ProxyException nullable(Map<Term, Set<KeySet>> known) {
        for (Map.Entry<Term, Term> selected : reading.selectedKeys.entrySet()) {
            Term written = selected.getKey();
            if (known.containsKey(written) && !neverNull(selected.getValue(), known)) {
                return ProxyError.SHARD_KEY_NOT_KNOWN.with(
                        written.source().relation().fullName() + "." + written.source().columns().get(written.column())
                                + " could be NULL in rows of the query",
                        "Select the shard key from a table that no outer join fills with NULLs.");
            }
        }
        return null;
    }

    private static boolean neverNull(Term term, Map<Term, Set<KeySet>> known) {
        RowSource source = term.source();
        return switch (source.kind()) {
            case TABLE -> source.preserved && (known.containsKey(term)
                    || source.relation().columns().get(term.column()).notNull());
            case QUERY -> source.preserved && neverNull(new Term(source.shape().result, term.column()), known);
            case RESULT -> {
                Shape shape = source.shape();
                if (shape.branches != null) {
                    yield shape.branches.stream().allMatch(b -> neverNull(new Term(b.result, term.column()), known));
                }
                Term inside = shape.outputs.get(term.column()).term();
                yield inside != null && !shape.groupingSets && neverNull(inside, known);
            }
            case TEMP, UNKNOWN, OPAQUE -> false;
        };
    }

    /** The values of a key in a colocation group: equal keys of another group may lie on another node. */
    private record Choice(String group, List<KeySet> sets) {}

    /** A key for each source, as few different ones as can be, single ones before lists. */
    private List<KeyRule> choose(List<RowSource> sources, Map<Term, Set<KeySet>> known, List<RowSource> unproven,
            List<Finding> findings) {
        Map<Choice, KeyRule> chosen = new LinkedHashMap<>();
        for (RowSource source : sources) {
            List<List<KeySet>> options = options(source, known);
            String group = source.sharded().colocationGroup();
            Optional<List<KeySet>> before = options.stream()
                    .filter(option -> chosen.containsKey(new Choice(group, option))).findFirst();
            if (before.isPresent()) {
                findings.add(new Finding(source, rule(source, before.get())));
                continue;
            }
            List<KeySet> best = null;
            long bestWorth = -1;
            for (List<KeySet> option : options) {
                long worth = (option.stream().allMatch(KeySet::single) ? 1000 : 0) + sources.stream()
                        .filter(other -> other.sharded().colocationGroup().equals(group)
                                && options(other, known).contains(option))
                        .count();
                if (worth > bestWorth && alternatives(option) != null) {
                    best = option;
                    bestWorth = worth;
                }
            }
            if (best == null) {
                unproven.add(source);
            } else {
                chosen.put(new Choice(group, best), rule(source, best));
                findings.add(new Finding(source, chosen.get(new Choice(group, best))));
            }
        }
        return List.copyOf(chosen.values());
    }

    /** The values known for the columns of a source's key: for one column each set, for several the best of each. */
    private static List<List<KeySet>> options(RowSource source, Map<Term, Set<KeySet>> known) {
        List<KeyColumn> key = source.sharded().key();
        if (key.size() == 1) {
            return equal(source, key.getFirst(), known).stream().map(List::of).toList();
        }
        List<KeySet> best = new ArrayList<>();
        for (KeyColumn column : key) {
            Set<KeySet> sets = equal(source, column, known);
            if (sets.isEmpty()) {
                return List.of();
            }
            best.add(sets.stream().filter(KeySet::single).findFirst().orElse(sets.iterator().next()));
        }
        return List.of(best);
    }

    private static Set<KeySet> known(RowSource source, KeyColumn column, Map<Term, Set<KeySet>> known) {
        int index = position(source, column);
        return index < 0 ? Set.of() : known.getOrDefault(new Term(source, index), Set.of());
    }

    /** What is known of a column but for its bounds. */
    private static Set<KeySet> equal(RowSource source, KeyColumn column, Map<Term, Set<KeySet>> known) {
        Set<KeySet> sets = known(source, column, known);
        if (sets.stream().noneMatch(KeySet::isBound)) {
            return sets;
        }
        Set<KeySet> equal = new LinkedHashSet<>(sets);
        equal.removeIf(KeySet::isBound);
        return equal;
    }

    /**
     * The ranges of keys that restrict tables which are placed by range: what all tables of a group share that have nothing
     * better, so that one range decides for all of them.
     */
    private List<KeyRule> ranges(Map<Term, Set<KeySet>> known, List<RowSource> unproven, List<Finding> findings) {
        Map<String, Set<KeySet>> shared = new LinkedHashMap<>();
        for (RowSource source : unproven) {
            if (source.sharded().placement() instanceof Placement.Ranges) {
                Set<KeySet> bounds = new LinkedHashSet<>(known(source, source.sharded().key().getFirst(), known));
                bounds.removeIf(set -> !set.isBound());
                shared.merge(source.sharded().colocationGroup(), bounds, (some, others) -> {
                    some.retainAll(others);
                    return some;
                });
            }
        }
        List<KeyRule> rules = new ArrayList<>();
        for (Map.Entry<String, Set<KeySet>> group : shared.entrySet()) {
            if (group.getValue().isEmpty()) {
                continue;
            }
            List<RowSource> restricted = unproven.stream()
                    .filter(source -> source.sharded().colocationGroup().equals(group.getKey())).toList();
            KeyRule rule = withTypes(KeyRule.between(restricted.getFirst().relation().fullName().toString(),
                    restricted.getFirst().sharded(), group.getValue().stream().map(KeySet::bound).toList()));
            rules.add(rule);
            restricted.forEach(source -> findings.add(new Finding(source, rule)));
            unproven.removeAll(restricted);
        }
        return rules;
    }

    /** The place of a key column, which an alias list may have renamed. */
    static int position(RowSource source, KeyColumn column) {
        for (int i = 0; i < source.relation().columns().size(); i++) {
            if (source.relation().columns().get(i).name().equals(column.name())) {
                return i;
            }
        }
        return -1;
    }

    /** Every combination of the columns' values; null where there are too many, or a list among several columns. */
    private static List<List<KeyValue>> alternatives(List<KeySet> sets) {
        List<List<KeyValue>> all = List.of(List.of());
        for (KeySet set : sets) {
            List<List<KeyValue>> next = new ArrayList<>();
            for (List<KeyValue> begun : all) {
                for (KeyValue value : set.values()) {
                    boolean list = value instanceof KeyValue.LiteralElements
                            || value instanceof KeyValue.ParameterElements;
                    if (sets.size() > 1 && (list || next.size() >= MOST_ALTERNATIVES)) {
                        return null;
                    }
                    List<KeyValue> longer = new ArrayList<>(begun);
                    longer.add(value);
                    next.add(longer);
                }
            }
            all = next;
        }
        return all;
    }

    private KeyRule rule(RowSource source, List<KeySet> sets) {
        KeyRule rule = new KeyRule(source.relation().fullName().toString(), source.sharded(),
                source.sharded().key().stream().map(KeyColumn::name).toList(),
                sets.stream().map(KeySet::type).toList(), KeyRule.Use.COMPARED, alternatives(sets));
        boolean cut = sets.size() == 1
                && source.sharded().colocationGroup().equals(sets.getFirst().cutIn()) && eachParameterOnce(rule);
        return withTypes(cut ? rule.cut(sets.getFirst().form()) : rule);
    }

    /** Whether the parameters of a list stand nowhere else: a value can only be left out where it means nothing more. */
    private boolean eachParameterOnce(KeyRule rule) {
        BitSet once = null;
        for (KeyValue value : rule.values()) {
            int number = value instanceof KeyValue.Parameter p
                    ? p.number()
                    : value instanceof KeyValue.ParameterElements p ? p.number() : 0;
            if (number > 0) {
                once = once == null ? Expr.Parameter.standingOnce(reading.text.text()) : once;
                if (!once.get(number)) {
                    return false;
                }
            }
        }
        return true;
    }

    /** The columns that are given of keys of several columns which are not given as a whole. */
    public List<NodeRule.KeyPart> partialKeys(List<RowSource> unproven) {
        Map<Term, Set<KeySet>> known = reading.facts.closure(Map.of());
        List<NodeRule.KeyPart> parts = new ArrayList<>();
        for (RowSource source : unproven) {
            List<KeyColumn> key = source.sharded().key();
            for (int i = 0; key.size() > 1 && i < key.size(); i++) {
                for (KeySet set : equal(source, key.get(i), known)) {
                    parts.add(new NodeRule.KeyPart(i, withTypes(new KeyRule(
                            source.relation().fullName().toString(), source.sharded(),
                            List.of(key.get(i).name()), List.of(set.type()), KeyRule.Use.COMPARED,
                            alternatives(List.of(set))))));
                }
            }
        }
        return parts;
    }

    /** Says of each parameter whether its type is sure, which is known when all of the statement has been read. */
    public KeyRule withTypes(KeyRule rule) {
        List<List<KeyValue>> typed = new ArrayList<>();
        for (List<KeyValue> key : rule.alternatives()) {
            List<KeyValue> values = new ArrayList<>();
            for (int i = 0; i < key.size(); i++) {
                values.add(withType(key.get(i), rule.types().get(i).type().oid()));
            }
            typed.add(values);
        }
        List<KeyBound> bounds = rule.bounds().stream()
                .map(bound -> new KeyBound(bound.side(),
                        withType(bound.value(), rule.types().getFirst().type().oid())))
                .toList();
        return new KeyRule(rule.table(), rule.colocationGroup(), rule.placement(), rule.columns(), rule.types(),
                rule.use(), typed, bounds, rule.single(), rule.form());
    }

    private KeyValue withType(KeyValue value, int columnOid) {
        return switch (value) {
            case KeyValue.Parameter p -> new KeyValue.Parameter(p.number(), p.typeOid(), reading.parameters
                    .sure(p.number(), p.typeOid() == PgOid.UNSPECIFIED ? columnOid : p.typeOid()), p.span());
            case KeyValue.ParameterElements p -> new KeyValue.ParameterElements(p.number(), p.typeOid(),
                    reading.parameters.sure(p.number(), PgOid.arrayOf(
                            p.typeOid() == PgOid.UNSPECIFIED ? columnOid : p.typeOid())),
                    p.span());
            case KeyValue.Literal l -> l;
            case KeyValue.LiteralElements l -> l;
            case KeyValue.Null n -> n;
        };
    }

    /**
     * Looks for a table that the statement's result is linear in: each of its rows gives its part of the result, whatever the
     * others are, and for that part only rows of the other sharded tables with the same key count. Then the nodes' results
     * are together the result.
     */
    public Distribution distribution() {
        List<RowSource> sharded = sharded();
        String unsteady = unsteady();
        if (unsteady != null) {
            return new Distribution(null, unsteady + " in a subquery, which each node would answer in its own way,");
        }
        RowSource stray = null;
        for (RowSource root : sharded) {
            if (!linear(root)) {
                continue;
            }
            stray = stray(root, sharded);
            if (stray == null) {
                return new Distribution(root, null);
            }
            if (!linear(stray)) {
                return new Distribution(null, "a subquery or outer join over " + stray.relation().fullName()
                        + " that is not on the shard key of " + root.relation().fullName());
            }
            return new Distribution(null, "a join of " + root.relation().fullName() + " and "
                    + stray.relation().fullName() + " that is not on the shard key");
        }
        return new Distribution(null, "combining the rows of " + sharded.getFirst().relation().fullName()
                + " in a set operation, an outer join's optional side or a subquery");
    }

    /** What makes a query that stands by itself come out differently on each node, or null. */
    private String unsteady() {
        for (Shape shape : reading.facts.shapes()) {
            boolean byItself = shape != top && !shape.correlated
                    && shape.sources.stream().noneMatch(source -> source.sharded() != null);
            if (byItself && shape.differsEachTime() != null) {
                return shape.differsEachTime();
            }
        }
        return top.unsteadyFrom;
    }

    /** A sharded source that may need rows of another key than a row of the root, or null. */
    private RowSource stray(RowSource root, List<RowSource> sharded) {
        Map<Term, KeySet> rowKey = new HashMap<>();
        List<KeyColumn> key = root.sharded().key();
        for (int i = 0; i < key.size(); i++) {
            rowKey.put(new Term(root, position(root, key.get(i))), KeySet.ofRow(i));
        }
        Map<Term, Set<KeySet>> known = reading.facts.closure(rowKey);
        for (RowSource source : sharded) {
            List<KeyColumn> columns = source.sharded().key();
            boolean follows = source.sharded().colocationGroup().equals(root.sharded().colocationGroup())
                    && columns.size() == key.size();
            for (int i = 0; follows && i < columns.size(); i++) {
                follows = known(source, columns.get(i), known).contains(KeySet.ofRow(i));
            }
            if (!follows) {
                return source;
            }
        }
        return null;
    }

    private static boolean linear(RowSource source) {
        if (!source.preserved || source.owner == null) {
            return false;
        }
        Shape level = source.owner;
        return level.top || level.rowByRow() && level.users.size() == 1 && !level.usedElsewhere
                && linear(level.users.getFirst());
    }

    /** The distinct tables among the sources, in order. */
    public static Set<String> names(List<RowSource> sources) {
        Set<String> names = new LinkedHashSet<>();
        sources.forEach(source -> names.add(source.relation().fullName().toString()));
        return names;
    }
}
