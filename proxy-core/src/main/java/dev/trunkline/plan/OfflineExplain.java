package dev.trunkline.plan;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.DdlSchema;
import dev.trunkline.catalog.ShardMap;
import dev.trunkline.config.Configuration;
import dev.trunkline.config.DatabaseConfig;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.route.BoundValues;
import dev.trunkline.route.Destination;
import dev.trunkline.route.DestinationTable;
import dev.trunkline.route.KeyRule;
import dev.trunkline.route.KeyValue;
import dev.trunkline.route.NodeRule;
import dev.trunkline.route.Routing;
import dev.trunkline.route.StatementFacts;
import dev.trunkline.route.StatementReader;
import dev.trunkline.route.StatementText;
import dev.trunkline.sql.LexedText;
import dev.trunkline.sql.LiteralKind;
import dev.trunkline.sql.LiteralText;
import dev.trunkline.sql.SqlParser;
import dev.trunkline.sql.Statement;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Explains statements without a node, from a configuration and the DDL of the nodes: {@code trunkline explain}. The answers
 * are the planner's own.
 */
public final class OfflineExplain {

    private final Catalog catalog;
    private final DestinationTable destinations;
    private final PlanKey key;
    private final Planner planner = new Planner(new SqlParser());

    public OfflineExplain(Catalog catalog, ShardMap map) {
        this(catalog, new DestinationTable(map, catalog.nodes().size(), catalog.homeNode()), PlanKey.DEFAULT);
    }

    /** For the statements of a session. */
    public OfflineExplain(Catalog catalog, DestinationTable destinations, PlanKey key) {
        this.catalog = catalog;
        this.destinations = destinations;
        this.key = key;
    }

    /** For a database of a configuration whose nodes all have the schema that a script of DDL makes. */
    public static OfflineExplain of(Configuration configuration, DatabaseConfig database, String ddl) {
        DdlSchema schema = new DdlSchema();
        SqlParser parser = new SqlParser();
        byte[] bytes = ddl.getBytes(StandardCharsets.UTF_8);
        LexedText lexed = new LexedText();
        lexed.lex(bytes, 0, bytes.length, true);
        for (int i = 0; i < lexed.statementCount(); i++) {
            String statement = text(bytes, lexed, i);
            schema.add(parser.parse(statement), statement);
        }
        return new OfflineExplain(schema.catalog(configuration, database).catalog(), ShardMap.initial(database));
    }

    private static String text(byte[] bytes, LexedText lexed, int i) {
        return new String(bytes, lexed.statementStart(i), lexed.statementEnd(i) - lexed.statementStart(i),
                StandardCharsets.UTF_8);
    }

    /**
     * What is said of one statement; {@code nodes} and {@code virtualShards} are null when only a parameter decides, and the
     * parameters' types where the statement doesn't make them certain.
     */
    public record Explanation(String sql, String kind, Routing routing, List<String> nodes,
            List<Integer> virtualShards, List<Key> keys, KeyExplanation why, List<String> parameters, Access access,
            String plan, String reason, ProxyException error) {

        /** One line of JSON. */
        public String json() {
            return json(null);
        }

        /** One line of JSON, with what came of executing the statement; null when it wasn't. */
        public String json(RouteAnalysis analysis) {
            return "{\"sql\": " + Json.quoted(sql) + ", \"kind\": " + Json.quoted(kind) + ", \"routing\": "
                    + Json.quoted(routing.text()) + ", \"nodes\": "
                    + (nodes == null
                            ? "null"
                            : nodes.stream().map(Json::quoted).collect(Collectors.joining(", ", "[", "]")))
                    + ", \"virtualShards\": "
                    + (virtualShards == null
                            ? "null"
                            : virtualShards.stream().map(String::valueOf).collect(Collectors.joining(", ", "[", "]")))
                    + ", \"keys\": " + keys.stream().map(Key::json).collect(Collectors.joining(", ", "[", "]"))
                    + ", " + why.json() + ", \"parameters\": " + PlanText.json(parameters) + ", \"access\": "
                    + Json.quoted(access.mode().name().toLowerCase(Locale.ROOT)) + ", \"plan\": " + Json.quoted(plan)
                    + ", \"reason\": " + Json.quoted(reason) + ", \"error\": " + errorJson()
                    + (analysis == null ? "" : ", \"analysis\": " + analysis.json()) + "}";
        }

        private String errorJson() {
            return error == null
                    ? "null"
                    : "{\"sqlstate\": " + Json.quoted(error.sqlState()) + ", \"message\": "
                            + Json.quoted(error.getMessage()) + ", \"hint\": " + Json.quoted(error.hint())
                            + ", \"position\": " + (error.position() == 0 ? "null" : error.position()) + "}";
        }

        /** A few lines for people, the statement before them. */
        public String text() {
            StringBuilder text = new StringBuilder(sql.strip()).append('\n');
            lines().forEach(line -> text.append("  ").append(line).append('\n'));
            return text.toString();
        }

        /** A few lines for people. */
        public List<String> lines() {
            List<String> lines = new ArrayList<>();
            lines.add("routing: " + routing.text()
                    + (nodes == null || nodes.isEmpty() ? "" : " (" + String.join(", ", nodes) + ")"));
            lines.add("reason: " + reason);
            lines.add("access: " + access.mode().name().toLowerCase(Locale.ROOT) + " (" + access.reason() + ")");
            if (!parameters.isEmpty()) {
                lines.add(PlanText.line(parameters));
            }
            lines.addAll(plan.lines().toList());
            lines.addAll(why.lines());
            return lines;
        }
    }

    /** A key of a sharded table: {@code value} or {@code parameter} is null; {@code position} counts characters from 1. */
    public record Key(String table, String column, String value, Integer parameter, int position) {

        String json() {
            return "{\"table\": " + Json.quoted(table) + ", \"column\": " + Json.quoted(column)
                    + (parameter == null ? ", \"value\": " + Json.quoted(value) : ", \"parameter\": " + parameter)
                    + ", \"position\": " + position + "}";
        }
    }

    /** Explains every statement of a script, in order; text that is no SQL is explained as an error. */
    public List<Explanation> explain(String script) {
        List<Explanation> explanations = new ArrayList<>();
        byte[] bytes = script.getBytes(StandardCharsets.UTF_8);
        LexedText lexed = new LexedText();
        lexed.lex(bytes, 0, bytes.length, true);
        int whole = lexed.statementCount();
        if (lexed.failed() && whole > 0
                && !semicolonBetween(bytes, lexed.statementEnd(whole - 1), lexed.errorPosition())) {
            // What stands before the error was counted, too.
            whole--;
        }
        for (int i = 0; i < whole; i++) {
            explanations.add(statement(text(bytes, lexed, i)));
        }
        if (lexed.failed()) {
            int end = whole == 0 ? 0 : lexed.statementEnd(whole - 1) + 1;
            explanations.add(statement(new String(bytes, end, bytes.length - end, StandardCharsets.UTF_8)));
        }
        return explanations;
    }

    private static boolean semicolonBetween(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] == ';') {
                return true;
            }
        }
        return false;
    }

    private Explanation statement(String withComments) {
        ExplainParameters parameters = ExplainParameters.before(withComments);
        String sql = parameters.sql();
        StatementPlan plan = plan(sql);
        byte[] bytes = sql.getBytes(StandardCharsets.UTF_8);
        LexedText lexed = new LexedText();
        lexed.lex(bytes, 0, bytes.length, true);
        return explain(sql, plan, plan.rule() == null || !parameters.cover(plan.keyParameters())
                ? null
                : parameters.bind(new BoundValues().statement(bytes, lexed.fingerprint(0), true), plan));
    }

    public StatementPlan plan(String sql) {
        return planner.plan(sql, key, catalog);
    }

    /**
     * Explains a statement that is planned.
     *
     * @param values of its literals and parameters; null where they are not known
     */
    public Explanation explain(String sql, StatementPlan plan, BoundValues values) {
        if (plan.kind().equals("Unknown") && plan.refusal() != null) {
            return error(sql, plan, KeyExplanation.NONE, ProxyError.SYNTAX_ERROR.with(plan.refusal().getMessage())
                    .withPosition(plan.refusal().position()));
        }
        StatementFacts facts = facts(sql);
        KeyExplanation why = facts == null || catalog.nodes().size() == 1
                ? KeyExplanation.NONE
                : KeyExplanation.of(facts, facts.keys(), catalog, sql);
        if (plan.refusal() != null) {
            return error(sql, plan, why, plan.refusal());
        }
        List<Key> keys = keys(facts, sql);
        if (plan.root() instanceof Plan.LocalReply) {
            return new Explanation(sql, plan.kind(), plan.routing(), List.of(), List.of(), keys, why,
                    PlanText.parameters(plan.parameterTypes()), plan.access(), plan.root().describe(),
                    "the session itself answers", null);
        }
        if (values == null) {
            return new Explanation(sql, plan.kind(), plan.routing(), null, null, keys, why,
                    PlanText.parameters(plan.parameterTypes()), plan.access(), plan.root().describe(),
                    reason(plan, keys), null);
        }
        try {
            return placed(sql, plan, keys, why, plan.bind(values, destinations));
        } catch (ProxyException refusal) {
            return error(sql, plan, why, refusal);
        }
    }

    private static Explanation error(String sql, StatementPlan plan, KeyExplanation why, ProxyException error) {
        return new Explanation(sql, plan.kind(), Routing.REFUSED, List.of(), List.of(), List.of(), why,
                PlanText.parameters(plan.parameterTypes()), plan.access(), plan.root().describe(), error.getMessage(),
                error);
    }

    private Explanation placed(String sql, StatementPlan plan, List<Key> keys, KeyExplanation why,
            Destination destination) {
        List<String> nodes = new ArrayList<>();
        List<Integer> shards = new ArrayList<>();
        switch (destination) {
            case Destination.One one -> {
                nodes.add(node(one.node()));
                if (one.virtualShard() >= 0) {
                    shards.add(one.virtualShard());
                }
            }
            case Destination.Many many -> {
                BitSet all = new BitSet();
                for (int i = 0; i < many.nodes().length; i++) {
                    nodes.add(node(many.nodes()[i]));
                    all.or(many.virtualShards()[i]);
                }
                all.stream().forEach(shards::add);
            }
            case Destination.None none -> {
            }
            case Destination.Any any -> catalog.nodes().forEach(node -> nodes.add(node.name()));
            case Destination.Transaction transaction -> nodes.add(node(catalog.homeNode()));
            case Destination.Pinned pinned -> {
            }
            case Destination.Cursor cursor -> {
            }
        }
        return new Explanation(sql, plan.kind(), plan.routing(destination), nodes, shards, keys, why,
                PlanText.parameters(plan.parameterTypes()), plan.access(), plan.root().describe(), reason(plan, keys),
                notParsed(sql));
    }

    /** What is wrong with a statement that goes home because it names nothing of interest; PostgreSQL will say so, too. */
    private static ProxyException notParsed(String sql) {
        return new SqlParser().parse(sql) instanceof Statement.Unknown unknown
                ? ProxyError.SYNTAX_ERROR.with(unknown.message()).withPosition(unknown.position() + 1)
                : null;
    }

    private String node(int index) {
        return catalog.nodes().get(index).name();
    }

    private static String reason(StatementPlan plan, List<Key> keys) {
        return switch (plan.rule()) {
            case NodeRule.ByKey byKey -> byKey.keys().stream().map(OfflineExplain::reason)
                    .collect(Collectors.joining(" and "));
            case NodeRule.EveryNode every -> "nothing restricts " + plan.fanOut().reason().table() + "."
                    + String.join(", ", plan.fanOut().reason().columns()) + ", the shard key";
            case NodeRule.Home home ->
                "catalogs, tables that are not known and functions of the whole database are at home";
            case NodeRule.TransactionNode transaction -> "no table is touched";
            case NodeRule.AnyNode any -> "only reference tables are read";
            case NodeRule.OnNode on -> "all its tables are on one node";
            case NodeRule.PinnedNode pinned -> "temp tables are on the session's own node";
            case NodeRule.CursorNode cursor -> "the cursor is on its node";
            case NodeRule.Hinted hinted -> "the routing hint " + (hinted.hint() == null ? "" : hinted.hint().text())
                    + " says so";
        };
    }

    private static String reason(KeyRule key) {
        return key.table() + "." + String.join(", ", key.columns()) + switch (key.use()) {
            case COMPARED -> " is restricted";
            case ASSIGNED -> " is given";
            case REASSIGNED -> " keeps its virtual shard";
        };
    }

    /** What is known of a query or a write; null for other statements, and for what can't be read. */
    private StatementFacts facts(String sql) {
        Statement statement = new SqlParser().parse(sql);
        if (statement instanceof Statement.Explain explain) {
            statement = explain.inner();
        }
        boolean read = switch (statement) {
            case Statement.Select select -> true;
            case Statement.Insert insert -> true;
            case Statement.Update update -> true;
            case Statement.Delete delete -> true;
            default -> false;
        };
        try {
            return read
                    ? new StatementReader(catalog, key.searchPath(), key.tempTables(), new StatementText(sql, true))
                            .read(statement)
                    : null;
        } catch (ProxyException refusal) {
            return null;
        }
    }

    /** The key of each sharded table, in the order of the text. */
    private static List<Key> keys(StatementFacts facts, String sql) {
        List<Key> keys = new ArrayList<>();
        for (StatementFacts.Finding finding : facts == null
                ? List.<StatementFacts.Finding>of()
                : facts.keys()
                        .findings()) {
            KeyRule rule = finding.key();
            for (List<KeyValue> values : rule.alternatives()) {
                for (int i = 0; i < values.size(); i++) {
                    String table = finding.table().relation().fullName().toString();
                    keys.add(key(table, finding.table().sharded().key().get(i).name(), values.get(i), sql));
                }
            }
        }
        return keys;
    }

    private static Key key(String table, String column, KeyValue value, String sql) {
        int position = value.span().start() + 1;
        return switch (value) {
            case KeyValue.Parameter p -> new Key(table, column, null, p.number(), position);
            case KeyValue.ParameterElements p -> new Key(table, column, null, p.number(), position);
            case KeyValue.Literal l -> new Key(table, column, literal(l, sql), null, position);
            case KeyValue.LiteralElements l -> new Key(table, column, literal(l.slot(), LiteralKind.STRING, sql), null,
                    position);
            case KeyValue.Null n -> new Key(table, column, null, null, position);
        };
    }

    private static String literal(KeyValue.Literal literal, String sql) {
        return switch (literal.kind()) {
            case TRUE -> "true";
            case FALSE -> "false";
            case INTEGER, NUMERIC, STRING, BIT, NULL -> (literal.negative() ? "-" : "")
                    + (literal.source() == null
                            ? literal(literal.slot(), literal.kind(), sql)
                            : text(LiteralText.value(literal.source().getBytes(StandardCharsets.UTF_8), 0,
                                    literal.source().getBytes(StandardCharsets.UTF_8).length, literal.kind())));
        };
    }

    private static String literal(int slot, LiteralKind kind, String sql) {
        byte[] bytes = sql.getBytes(StandardCharsets.UTF_8);
        LexedText lexed = new LexedText();
        lexed.lex(bytes, 0, bytes.length, true);
        byte[] value = LiteralText.value(bytes, lexed.fingerprint(0).literalStart(slot),
                lexed.fingerprint(0).literalEnd(slot), kind);
        return text(value);
    }

    private static String text(byte[] value) {
        return value == null ? null : new String(value, StandardCharsets.UTF_8);
    }
}
