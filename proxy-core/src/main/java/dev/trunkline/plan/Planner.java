package dev.trunkline.plan;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.FunctionFacts;
import dev.trunkline.catalog.SequenceUse;
import dev.trunkline.catalog.TaintingCode;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.route.KeyRule;
import dev.trunkline.route.KeyValue;
import dev.trunkline.route.NodeRule;
import dev.trunkline.route.StatementText;
import dev.trunkline.sql.Fingerprint;
import dev.trunkline.sql.Identifiers;
import dev.trunkline.sql.LexedText;
import dev.trunkline.sql.RoutineSource;
import dev.trunkline.sql.SqlParser;
import dev.trunkline.sql.Statement;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Makes the plan of a statement: parse, read its facts, decide where it goes. The ladder is: answered by the session, one
 * node, several nodes with a merge, refused. Stateless; the parser is one for each thread.
 */
public final class Planner {

    private final SqlParser parser;

    public Planner(SqlParser parser) {
        this.parser = parser;
    }

    /** The plan of one statement's text. Never fails for what the statement says: what can't be planned is refused. */
    public StatementPlan plan(String sql, PlanKey key, Catalog catalog) {
        byte[] bytes = sql.getBytes(StandardCharsets.UTF_8);
        LexedText lexed = new LexedText();
        lexed.lex(bytes, 0, bytes.length, key.standardConformingStrings());
        if (lexed.failed() || lexed.statementCount() != 1) {
            String message = lexed.failed() ? lexed.errorMessage() : "not one statement";
            int position = lexed.failed() ? characters(bytes, lexed.errorPosition()) + 1 : 0;
            return plan(Decision.refuse(ProxyError.SYNTAX_ERROR.with(message).withPosition(position)),
                    new Footprint(Access.write("not planned")), "Unknown", "", List.of(), catalog);
        }
        Fingerprint fingerprint = lexed.fingerprint(0);
        Hints hints;
        try {
            hints = Hints.of(fingerprint.hintComment(), key, catalog);
        } catch (ProxyException wrong) {
            return plan(Decision.refuse(wrong), new Footprint(Access.write("not planned")), "Unknown",
                    fingerprint.toString(), List.of(), catalog);
        }
        StatementText text = new StatementText(sql, key.standardConformingStrings());
        Statement statement = parser.parse(sql, key.standardConformingStrings());
        Decision decision;
        Footprint footprint;
        try {
            StatementPlanner planner = new StatementPlanner(catalog, key, hints, text);
            decision = planner.decideWhole(statement);
            footprint = planner.footprint();
            if (taints(sql, key, catalog, footprint)) {
                footprint.with(SessionEffect.TAINT);
            }
            if (footprint.effects().contains(SessionEffect.TAINT)) {
                footprint.with(SequenceUse.PERHAPS);
            }
        } catch (ProxyException refusal) {
            decision = Decision.refuse(refusal);
            footprint = new Footprint(Access.write("not planned"));
        } catch (StackOverflowError deep) {
            decision = Decision.refuse(ProxyError.TOO_COMPLEX.with("statement nests too deeply"));
            footprint = new Footprint(Access.write("not planned"));
        }
        Map<Integer, byte[]> guarded = new TreeMap<>(text.literalsRead());
        switch (decision.root()) {
            case Plan.FanOut fanOut -> guardAll(fanOut, bytes, fingerprint, guarded);
            case Plan.OneNode oneNode -> {
                if (oneNode.otherwise() != null && oneNode.otherwise().nodeSql() != null) {
                    guardAll(oneNode.otherwise(), bytes, fingerprint, guarded);
                }
            }
            case Plan.LocalReply local -> {
                // What is set stands in the plan itself; what is prepared or given to it is read from the text.
                if (!(local.action() instanceof SessionAction.Prepare)
                        && !(local.action() instanceof SessionAction.Execute)) {
                    guardAll(Set.of(), bytes, fingerprint, guarded);
                }
            }
            // What could not be read is told in the words of the text.
            case Plan.Refuse refuse -> {
                if (statement instanceof Statement.Unknown) {
                    guardAll(Set.of(), bytes, fingerprint, guarded);
                }
            }
        }
        List<Guard> guards = new ArrayList<>();
        guarded.forEach((slot, source) -> guards.add(new Guard(slot, source)));
        return plan(decision, footprint, statement.kind(), fingerprint.toString(), guards, catalog);
    }

    /**
     * Whether it may run code of the user's that leaves something on its connection. Names count wherever they stand: a
     * function can be called as if it were a column.
     */
    private static boolean taints(String sql, PlanKey key, Catalog catalog, Footprint footprint) {
        TaintingCode code = catalog.taintingCode();
        boolean ddl = footprint.effects().contains(SessionEffect.CATALOG_CHANGE)
                || footprint.effects().contains(SessionEffect.TEMP_TABLE);
        if (code.isEmpty()) {
            return ddl && Identifiers.of(sql, key.standardConformingStrings()).stream()
                    .anyMatch(name -> changesSession(name, catalog));
        }
        return code.runsAnywhere() || footprint.hasUnknownTables() || ddl
                || footprint.tables().stream().anyMatch(use -> code.runsAt(use.relation().fullName(), use.written()))
                || Identifiers.of(sql, key.standardConformingStrings()).stream().anyMatch(code.functions()::contains);
    }

    /** DDL runs the functions of defaults, conversions and queries that it holds, and what they are is not looked for there. */
    private static boolean changesSession(String name, Catalog catalog) {
        FunctionFacts facts = catalog.function(null, name);
        return facts != null && (RoutineSource.isSessionFunction(name) || name.equals("set_config")
                || !facts.builtIn() && facts.worst() == FunctionFacts.Volatility.VOLATILE);
    }

    private static StatementPlan plan(Decision decision, Footprint footprint, String kind, String fingerprint,
            List<Guard> guards, Catalog catalog) {
        return new StatementPlan(fingerprint, kind, decision.root(), decision.rule(), decision.routing(),
                footprint.access(), footprint.effects(), footprint.sequences(), footprint.action(), footprint.tables(),
                footprint.parameterTypes(), keyParameters(keys(decision.rule())), guards, catalog.version());
    }

    private static int characters(byte[] bytes, int length) {
        return new String(bytes, 0, length, StandardCharsets.UTF_8).length();
    }

    private static List<KeyRule> keys(NodeRule rule) {
        return rule == null ? List.of() : rule.keysRead();
    }

    /** A plan for several nodes depends on every literal but those of its keys, and on these too when the nodes' text holds them. */
    private static void guardAll(Plan.FanOut fanOut, byte[] sql, Fingerprint fingerprint,
            Map<Integer, byte[]> guarded) {
        Set<Integer> late = new TreeSet<>();
        for (KeyRule key : fanOut.nodeSql() == null ? keys(fanOut.rule()) : List.<KeyRule>of()) {
            for (KeyValue value : key.values()) {
                if (value instanceof KeyValue.Literal literal) {
                    late.add(literal.slot());
                } else if (value instanceof KeyValue.LiteralElements elements) {
                    late.add(elements.slot());
                }
            }
        }
        guardAll(late, sql, fingerprint, guarded);
    }

    private static void guardAll(Set<Integer> late, byte[] sql, Fingerprint fingerprint, Map<Integer, byte[]> guarded) {
        for (int slot = 0; slot < fingerprint.literalCount(); slot++) {
            if (!late.contains(slot)) {
                guarded.put(slot,
                        Arrays.copyOfRange(sql, fingerprint.literalStart(slot), fingerprint.literalEnd(slot)));
            }
        }
    }

    private static int[] keyParameters(List<KeyRule> keys) {
        Set<Integer> numbers = new TreeSet<>();
        for (KeyRule key : keys) {
            for (KeyValue value : key.values()) {
                if (value instanceof KeyValue.Parameter parameter) {
                    numbers.add(parameter.number());
                } else if (value instanceof KeyValue.ParameterElements elements) {
                    numbers.add(elements.number());
                }
            }
        }
        return numbers.stream().mapToInt(Integer::intValue).toArray();
    }
}
