package dev.trunkline.node;

import dev.trunkline.catalog.Collation;
import dev.trunkline.catalog.ColumnFacts;
import dev.trunkline.catalog.ConstraintFacts;
import dev.trunkline.catalog.DefaultKind;
import dev.trunkline.catalog.FunctionFacts;
import dev.trunkline.catalog.NodeSchema;
import dev.trunkline.catalog.RelationFacts;
import dev.trunkline.catalog.RelationKind;
import dev.trunkline.catalog.RelationName;
import dev.trunkline.catalog.SequenceCalls;
import dev.trunkline.catalog.SequenceFacts;
import dev.trunkline.catalog.Sql;
import dev.trunkline.catalog.UserFunction;
import dev.trunkline.catalog.UserType;
import dev.trunkline.sql.RoutineSource;
import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads one node's schema over one connection, in one snapshot. Confined to the calling thread, which waits for the node.
 */
final class SchemaDiscovery {

    private static final Pattern IDENTIFIER = Pattern.compile("[\\p{L}_][\\p{L}\\p{N}_$]*");
    /**
     * Possessive: matched without the stack, however long it is. Nothing in quotes counts as well, so that after a quote that
     * has no other the rest pair up, and is not searched to its end again and again.
     */
    private static final Pattern WORD = Pattern.compile("\"((?:[^\"]++|\"\")*+)\"|" + IDENTIFIER);

    private final Statement statement;
    private final Map<Long, RelationName> relationNames = new LinkedHashMap<>();
    /** What a column has whose type's collation is not overridden. */
    private Collation defaultCollation;

    private SchemaDiscovery(Statement statement) {
        this.statement = statement;
    }

    /** Gives way before PostgreSQL looks for deadlocks: it would end whoever looks, and that may be a client's DDL. */
    private static final String GIVE_WAY = "SELECT set_config('lock_timeout', greatest(setting::int / 2, 1)::text, true)"
            + " FROM pg_settings WHERE name = 'deadlock_timeout'";

    /**
     * Spelling out views and reading sequences locks tables for as long as the reading takes.
     *
     * @param reported what the node reports at login
     * @throws SQLException also 55P03 when another transaction has locked a table: the reading may be begun again
     */
    static NodeSchema read(Connection connection, Map<String, String> reported) throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
            statement.execute(GIVE_WAY);
            return new SchemaDiscovery(statement).read(reported);
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    private NodeSchema read(Map<String, String> reported) throws SQLException {
        NodeSchema.ServerFacts server = server();
        Map<RelationName, RelationFacts> relations = relations();
        Map<String, List<String>> unnamed = new LinkedHashMap<>();
        query(SchemaQueries.UNNAMED_CALLS,
                r -> unnamed.computeIfAbsent(r.getString(1), k -> new ArrayList<>()).add(r.getString(2)));
        return new NodeSchema(server, relations, functions(), types(), builtInFunctions(), systemRelations(), reported,
                new NodeSchema.UnnamedCalls(unnamed, textSet(SchemaQueries.EVENT_TRIGGERS)));
    }

    /** Reads one row after the other. */
    private interface RowReader {
        void read(ResultSet row) throws SQLException;
    }

    private void query(String sql, RowReader reader) throws SQLException {
        try (ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                reader.read(rows);
            }
        }
    }

    private NodeSchema.ServerFacts server() throws SQLException {
        try (ResultSet row = statement.executeQuery(SchemaQueries.SERVER)) {
            row.next();
            defaultCollation = new Collation("default", true, row.getBoolean(7), row.getString(8), row.getString(9));
            String system = row.getString(6);
            return new NodeSchema.ServerFacts(row.getInt(1), row.getString(2), row.getString(3), row.getBoolean(4),
                    system == null ? "" : system + "/" + row.getLong(5));
        }
    }

    private record RelationRow(long oid, RelationName name, RelationKind kind, String replicaIdentity,
            boolean updatable, String definition, boolean ruled) {}

    private Map<RelationName, RelationFacts> relations() throws SQLException {
        List<RelationRow> rows = new ArrayList<>();
        query(SchemaQueries.RELATIONS, r -> {
            RelationName name = new RelationName(r.getString(2), r.getString(3));
            relationNames.put(r.getLong(1), name);
            rows.add(new RelationRow(r.getLong(1), name, kind(r.getString(4)), r.getString(5), r.getBoolean(6),
                    r.getString(7), r.getBoolean(8)));
        });
        Map<Long, List<ColumnFacts>> columns = columns();
        Map<Long, List<ConstraintFacts>> constraints = constraints();
        Map<Long, List<RelationName>> parents = new HashMap<>();
        query(SchemaQueries.PARENTS, r -> list(parents, r.getLong(1))
                .add(new RelationName(r.getString(2), r.getString(3))));
        Map<Long, List<RelationFacts.TriggerFacts>> triggers = new HashMap<>();
        query(SchemaQueries.TRIGGERS, r -> list(triggers, r.getLong(1)).add(new RelationFacts.TriggerFacts(
                r.getString(2), r.getBoolean(3), r.getBoolean(4), r.getString(5), r.getString(6))));
        Map<Long, Set<RelationName>> reads = relationSets(SchemaQueries.READS);
        Map<Long, Set<String>> calls = new HashMap<>();
        Map<Long, Set<String>> calledByReading = new HashMap<>();
        query(SchemaQueries.CALLS, r -> {
            calls.computeIfAbsent(r.getLong(1), k -> new LinkedHashSet<>()).add(r.getString(2));
            if (r.getBoolean(3)) {
                calledByReading.computeIfAbsent(r.getLong(1), k -> new LinkedHashSet<>()).add(r.getString(2));
            }
        });
        Map<Long, List<String>> primaryIndexes = new HashMap<>();
        Map<Long, List<String>> chosenIndexes = new HashMap<>();
        query(SchemaQueries.REPLICA_INDEXES, r -> {
            if (r.getBoolean(2)) {
                chosenIndexes.put(r.getLong(1), texts(r.getArray(4)));
            }
            if (r.getBoolean(3)) {
                primaryIndexes.put(r.getLong(1), texts(r.getArray(4)));
            }
        });
        Map<RelationName, RelationFacts> relations = new LinkedHashMap<>();
        for (RelationRow row : rows) {
            List<String> identity = switch (row.replicaIdentity()) {
                case "f" -> null;
                case "i" -> chosenIndexes.getOrDefault(row.oid(), List.of());
                case "d" -> primaryIndexes.getOrDefault(row.oid(), List.of());
                default -> List.of();
            };
            relations.put(row.name(), new RelationFacts(row.name(), row.kind(), (int) row.oid(),
                    columns.getOrDefault(row.oid(), List.of()), constraints.getOrDefault(row.oid(), List.of()),
                    parents.getOrDefault(row.oid(), List.of()), triggers.getOrDefault(row.oid(), List.of()), identity,
                    reads.getOrDefault(row.oid(), Set.of()), calls.getOrDefault(row.oid(), Set.of()),
                    calledByReading.getOrDefault(row.oid(), Set.of()), row.updatable(), row.definition(),
                    row.ruled()));
        }
        return relations;
    }

    private static RelationKind kind(String relkind) {
        return switch (relkind) {
            case "r" -> RelationKind.TABLE;
            case "p" -> RelationKind.PARTITIONED_TABLE;
            case "v" -> RelationKind.VIEW;
            case "m" -> RelationKind.MATERIALIZED_VIEW;
            case "f" -> RelationKind.FOREIGN_TABLE;
            case "S" -> RelationKind.SEQUENCE;
            default -> throw new IllegalArgumentException("relkind " + relkind);
        };
    }

    private Map<Long, List<ColumnFacts>> columns() throws SQLException {
        record Row(long relation, ColumnFacts column, long sequence, boolean owned) {}
        List<Row> rows = new ArrayList<>();
        Map<Long, Boolean> sequences = new LinkedHashMap<>();
        query(SchemaQueries.COLUMNS, r -> {
            long sequence = r.getLong(15);
            boolean identity = r.getBoolean(16) || r.getBoolean(11);
            if (sequence != 0) {
                sequences.put(sequence, identity);
            }
            String defaultText = r.getString(13);
            DefaultKind defaultKind = r.getBoolean(11)
                    ? DefaultKind.IDENTITY
                    : r.getBoolean(12)
                            ? DefaultKind.GENERATED
                            : sequence != 0
                                    ? DefaultKind.SEQUENCE
                                    : defaultText == null
                                            ? DefaultKind.NONE
                                            : r.getBoolean(14) ? DefaultKind.EXPRESSION : DefaultKind.CONSTANT;
            rows.add(new Row(r.getLong(1),
                    new ColumnFacts(r.getString(2), (int) r.getLong(3), r.getString(4), r.getString(5), r.getInt(6),
                            (int) r.getLong(7), r.getInt(8), r.getString(9), r.getBoolean(10), defaultKind, defaultText,
                            null, collation(r)),
                    sequence, r.getBoolean(23)));
        });
        Map<Long, SequenceFacts> facts = sequences(sequences);
        Map<Long, List<ColumnFacts>> columns = new HashMap<>();
        for (Row row : rows) {
            SequenceFacts sequence = facts.get(row.sequence());
            list(columns, row.relation()).add(sequence == null
                    ? row.column()
                    : row.column().withSequence(sequence.withOwned(row.owned())));
        }
        return columns;
    }

    private Collation collation(ResultSet r) throws SQLException {
        String name = r.getString(17);
        if (name == null) {
            return null;
        }
        boolean byteOrder = switch (r.getString(19)) {
            case "b" -> true;
            case "c" -> r.getBoolean(20);
            default -> false;
        };
        return r.getString(19).equals("d")
                ? defaultCollation
                : new Collation(name, r.getBoolean(18), byteOrder, r.getString(21), r.getString(22));
    }

    /** The increment and residue of sequences; where the value can't be read, of where the sequence started. */
    private Map<Long, SequenceFacts> sequences(Map<Long, Boolean> identities) throws SQLException {
        Map<Long, SequenceFacts> facts = new HashMap<>();
        if (identities.isEmpty()) {
            return facts;
        }
        StringBuilder last = new StringBuilder();
        query("select seqrelid, seqincrement, seqstart, has_table_privilege(seqrelid, 'select') from pg_sequence",
                r -> {
                    long oid = r.getLong(1);
                    RelationName name = relationNames.get(oid);
                    if (!identities.containsKey(oid) || name == null) {
                        return;
                    }
                    facts.put(oid, new SequenceFacts(name, identities.get(oid), r.getLong(2),
                            Math.floorMod(r.getLong(3), Math.abs(r.getLong(2))), false));
                    // By steps of one every value has the same residue, and reading it would lock the sequence.
                    if (r.getBoolean(4) && Math.abs(r.getLong(2)) > 1) {
                        last.append(last.isEmpty() ? "" : " union all ").append("select ").append(oid)
                                .append("::int8, last_value from ").append(Sql.quote(name));
                    }
                });
        if (!last.isEmpty()) {
            query(last.toString(), r -> facts.computeIfPresent(r.getLong(1), (oid, s) -> new SequenceFacts(s.name(),
                    s.identity(), s.increment(), Math.floorMod(lastValue(r), Math.abs(s.increment())), false)));
        }
        return facts;
    }

    private static long lastValue(ResultSet row) {
        try {
            return row.getLong(2);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private Map<Long, List<ConstraintFacts>> constraints() throws SQLException {
        Map<Long, List<ConstraintFacts>> constraints = new HashMap<>();
        query(SchemaQueries.CONSTRAINTS, r -> {
            ConstraintFacts.Kind kind = switch (r.getString(3)) {
                case "p" -> ConstraintFacts.Kind.PRIMARY_KEY;
                case "u" -> ConstraintFacts.Kind.UNIQUE;
                case "x" -> ConstraintFacts.Kind.EXCLUDE;
                case "f" -> ConstraintFacts.Kind.FOREIGN_KEY;
                default -> ConstraintFacts.Kind.CHECK;
            };
            RelationName target = r.getString(6) == null ? null : new RelationName(r.getString(5), r.getString(6));
            list(constraints, r.getLong(1)).add(new ConstraintFacts(r.getString(2), kind, texts(r.getArray(4)), target,
                    texts(r.getArray(7)), r.getString(8)));
        });
        query(SchemaQueries.UNIQUE_INDEXES, r -> list(constraints, r.getLong(1)).add(new ConstraintFacts(r.getString(2),
                ConstraintFacts.Kind.UNIQUE_INDEX, texts(r.getArray(3)), null, List.of(), r.getString(4))));
        return constraints;
    }

    private List<UserFunction> functions() throws SQLException {
        Map<Long, Set<RelationName>> reads = relationSets(SchemaQueries.FUNCTION_READS);
        Map<Long, Set<String>> calls = textSets(SchemaQueries.FUNCTION_CALLS);
        List<UserFunction> functions = new ArrayList<>();
        query(SchemaQueries.FUNCTIONS, r -> {
            FunctionFacts facts = new FunctionFacts(r.getString(4), kindOf(r.getString(5).charAt(0)),
                    volatility("isv".indexOf(r.getString(6))), false, r.getBoolean(7));
            functions.add(new UserFunction(r.getString(2), r.getString(3), facts, r.getString(8),
                    reads.getOrDefault(r.getLong(1), Set.of()), words(r.getString(9)),
                    calls.getOrDefault(r.getLong(1), Set.of()),
                    RoutineSource.traces(r.getString(10), facts.worst() == FunctionFacts.Volatility.VOLATILE,
                            r.getString(11)),
                    RoutineSource.mayDraw(r.getString(10), r.getString(11)),
                    SequenceCalls.in(r.getString(10), r.getString(11))));
        });
        return functions;
    }

    private static FunctionFacts.Kind kindOf(char prokind) {
        return switch (prokind) {
            case 'a' -> FunctionFacts.Kind.AGGREGATE;
            case 'w' -> FunctionFacts.Kind.WINDOW;
            case 'p' -> FunctionFacts.Kind.PROCEDURE;
            default -> FunctionFacts.Kind.FUNCTION;
        };
    }

    private static FunctionFacts.Volatility volatility(int fromBest) {
        return FunctionFacts.Volatility.values()[fromBest];
    }

    /** Every identifier of a source, in strings and comments too: a name in a string may be executed. */
    static Set<String> words(String source) {
        Set<String> words = new HashSet<>();
        Matcher m = WORD.matcher(source);
        while (m.find()) {
            if (m.group(1) == null) {
                add(m.group(), words);
            } else if (!m.group(1).isEmpty()) {
                words.add(m.group(1).replace("\"\"", "\""));
                // The quotes may be a string's, and the words in it names.
                Matcher inner = IDENTIFIER.matcher(m.group(1));
                while (inner.find()) {
                    add(inner.group(), words);
                }
            }
        }
        return words;
    }

    /** As it is written too: a single quote in a comment has the names after it look as if they stood outside of theirs. */
    private static void add(String word, Set<String> words) {
        words.add(word);
        words.add(foldAscii(word));
    }

    private static String foldAscii(String word) {
        StringBuilder folded = new StringBuilder(word);
        for (int i = 0; i < folded.length(); i++) {
            char c = folded.charAt(i);
            if (c >= 'A' && c <= 'Z') {
                folded.setCharAt(i, (char) (c + 32));
            }
        }
        return folded.toString();
    }

    private List<UserType> types() throws SQLException {
        List<UserType> types = new ArrayList<>();
        query(SchemaQueries.TYPES, r -> types.add(
                new UserType(r.getString(1), (int) r.getLong(2), (int) r.getLong(3),
                        r.getString(4) == null ? "" : r.getString(4))));
        return types;
    }

    private List<FunctionFacts> builtInFunctions() throws SQLException {
        List<FunctionFacts> functions = new ArrayList<>();
        query(SchemaQueries.BUILT_IN_FUNCTIONS, r -> {
            EnumSet<FunctionFacts.Kind> kinds = EnumSet.noneOf(FunctionFacts.Kind.class);
            r.getString(2).chars().forEach(c -> kinds.add(kindOf((char) c)));
            functions.add(new FunctionFacts(r.getString(1), kinds, volatility(r.getInt(3) - 1), true, r.getBoolean(4),
                    null));
        });
        return functions;
    }

    private List<RelationName> systemRelations() throws SQLException {
        List<RelationName> relations = new ArrayList<>();
        query(SchemaQueries.SYSTEM_RELATIONS, r -> relations.add(new RelationName(r.getString(1), r.getString(2))));
        return relations;
    }

    private Map<Long, Set<RelationName>> relationSets(String sql) throws SQLException {
        Map<Long, Set<RelationName>> sets = new HashMap<>();
        query(sql, r -> sets.computeIfAbsent(r.getLong(1), k -> new LinkedHashSet<>())
                .add(new RelationName(r.getString(2), r.getString(3))));
        return sets;
    }

    private Map<Long, Set<String>> textSets(String sql) throws SQLException {
        Map<Long, Set<String>> sets = new HashMap<>();
        query(sql, r -> sets.computeIfAbsent(r.getLong(1), k -> new LinkedHashSet<>()).add(r.getString(2)));
        return sets;
    }

    private Set<String> textSet(String sql) throws SQLException {
        Set<String> texts = new LinkedHashSet<>();
        query(sql, r -> texts.add(r.getString(1)));
        return texts;
    }

    private static <T> List<T> list(Map<Long, List<T>> lists, long key) {
        return lists.computeIfAbsent(key, k -> new ArrayList<>());
    }

    private static List<String> texts(Array array) throws SQLException {
        return List.of((String[]) array.getArray());
    }
}
