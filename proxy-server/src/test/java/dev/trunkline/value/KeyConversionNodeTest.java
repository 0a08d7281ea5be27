package dev.trunkline.value;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.trunkline.demo.RunningNode;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Rules 1, 2 and 5 against real servers: whatever the proxy reads as a key has the hash that the server computes for the row.
 *
 * <p>One direction is strict: a hash of ours that differs from the server's would send a statement to the wrong node. The other
 * (the server accepts what we don't read) only costs a refusal or a fan-out, and is pinned by the lists of what must be read.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KeyConversionNodeTest {

    private static final int VALUES_PER_TYPE = Integer.getInteger("trunkline.test.values", 8_000);
    private static final long SEED = Long.getLong("trunkline.test.seed", 20_240_601L);

    static Stream<Arguments> serversAndKeyTypes() throws Exception {
        return PostgresVersions.all().stream()
                .flatMap(node -> Stream.of(KeyType.values()).map(type -> Arguments.of(node.version(), node, type)));
    }

    static Stream<Arguments> servers() throws Exception {
        return PostgresVersions.all().stream().map(node -> Arguments.of(node.version(), node));
    }

    private static int major(RunningNode node) {
        return Integer.parseInt(node.version().split("\\.")[0]);
    }

    private static Connection connect(RunningNode node) throws SQLException {
        Connection connection = node.connect("postgres");
        // Nothing that is read may depend on these; what the server prints is read back, so dates are printed in ISO.
        execute(connection, "SET TimeZone = 'Asia/Kolkata'; SET DateStyle = 'ISO, DMY'");
        return connection;
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static KeyResult compared(KeyType key, int oid, int modifier, WireFormat format, byte[] bytes) {
        return KeyConversion.compared(ColumnType.of(key), oid, modifier, format, bytes, 0, bytes.length);
    }

    private static KeyResult compared(KeyType key, int oid, String text) {
        return compared(key, oid, -1, WireFormat.TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    /** As written by the client, as printed and as sent by the server: one hash, the server's. */
    @ParameterizedTest(autoCloseArguments = false, name = "{0} {2}")
    @MethodSource("serversAndKeyTypes")
    void theHashOfEveryValueIsTheServers(String version, RunningNode node, KeyType type) throws Exception {
        RandomSpelling random = new RandomSpelling(SEED + type.ordinal());
        String[] spelled = new String[VALUES_PER_TYPE];
        for (int i = 0; i < spelled.length; i++) {
            spelled[i] = random.of(type);
        }
        String sql = "SELECT s, k::text, " + SendFunction.of(type.oid()) + "(k), " + type.sqlHash("k", major(node))
                + ", "
                + type.sqlVirtualShard("k", major(node), 256)
                + " FROM (SELECT s, s::" + type.sqlName() + " AS k FROM unnest(?::text[]) AS s OFFSET 0) AS v";
        try (Connection connection = connect(node); PreparedStatement query = connection.prepareStatement(sql)) {
            query.setArray(1, connection.createArrayOf("text", spelled));
            int seen = 0;
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    String text = rows.getString(1);
                    long hash = rows.getLong(4);
                    KeyResult expected = new KeyResult.Hashed(hash);
                    assertEquals(expected, compared(type, PgOid.UNSPECIFIED, text), text);
                    assertEquals(expected, compared(type, type.oid(), rows.getString(2)), text);
                    assertEquals(expected, compared(type, type.oid(), -1, WireFormat.BINARY, rows.getBytes(3)), text);
                    assertEquals(rows.getInt(5), PgHash.virtualShard(hash, 256));
                    seen++;
                }
            }
            assertEquals(VALUES_PER_TYPE, seen);
        }
    }

    /** Damaged spellings, under two sets of settings: what we read, the server reads alike. */
    @ParameterizedTest(autoCloseArguments = false, name = "{0} {2}")
    @MethodSource("serversAndKeyTypes")
    void aSpellingThatIsReadMeansTheSameToTheServerUnderAnySetting(String version, RunningNode node, KeyType type)
            throws Exception {
        RandomSpelling random = new RandomSpelling(SEED + 31 + type.ordinal());
        String[] spelled = new String[VALUES_PER_TYPE / 4];
        for (int i = 0; i < spelled.length; i++) {
            spelled[i] = random.damaged(random.of(type));
        }
        try (Connection connection = connect(node)) {
            // Settings of a function are none that the driver hears of; it insists on DateStyle ISO.
            for (String settings : List.of("SET DateStyle = 'SQL, DMY' SET TimeZone = 'America/St_Johns'",
                    "SET DateStyle = 'German, MDY' SET TimeZone = 'Asia/Kolkata' SET bytea_output = 'escape'")) {
                execute(connection,
                        "CREATE OR REPLACE FUNCTION pg_temp.hash_or_null(s text) RETURNS int8 LANGUAGE plpgsql "
                                + settings + " AS $$ BEGIN RETURN " + type.sqlHash("s::" + type.sqlName(), major(node))
                                + "; EXCEPTION WHEN OTHERS THEN RETURN NULL; END $$");
                int read = 0;
                try (PreparedStatement query = connection
                        .prepareStatement("SELECT s, pg_temp.hash_or_null(s) FROM unnest(?::text[]) AS s")) {
                    query.setArray(1, connection.createArrayOf("text", spelled));
                    try (ResultSet rows = query.executeQuery()) {
                        while (rows.next()) {
                            if (compared(type, PgOid.UNSPECIFIED, rows.getString(1)) instanceof KeyResult.Hashed ours) {
                                assertEquals(rows.getObject(2), ours.hash(), type + " '" + rows.getString(1) + "'");
                                read++;
                            }
                        }
                    }
                }
                assertTrue(read > 0, "damage left nothing to compare");
            }
        }
    }

    /** The types that a value may have, with their OIDs and modifiers. */
    private record ValueType(String sql, int oid, int modifier, KeyType sampleLike) {

        static ValueType of(KeyType type) {
            return new ValueType(type.sqlName(), type.oid(), -1, type);
        }
    }

    private static final List<ValueType> VALUE_TYPES = valueTypes();

    private static List<ValueType> valueTypes() {
        List<ValueType> types = new ArrayList<>();
        for (KeyType type : KeyType.values()) {
            types.add(ValueType.of(type));
        }
        types.add(new ValueType("float4", PgOid.FLOAT4, -1, KeyType.NUMERIC));
        types.add(new ValueType("float8", PgOid.FLOAT8, -1, KeyType.NUMERIC));
        types.add(new ValueType("varchar(3)", PgOid.VARCHAR, 7, KeyType.VARCHAR));
        types.add(new ValueType("bpchar(3)", PgOid.BPCHAR, 7, KeyType.BPCHAR));
        types.add(new ValueType("numeric(6,1)", PgOid.NUMERIC, (6 << 16 | 1) + 4, KeyType.NUMERIC));
        types.add(new ValueType("timestamp(0)", PgOid.TIMESTAMP, 0, KeyType.TIMESTAMP));
        types.add(new ValueType("timestamptz(3)", PgOid.TIMESTAMPTZ, 3, KeyType.TIMESTAMPTZ));
        return types;
    }

    /** Values that sit on the edges where types meet. */
    private static List<String> samples(KeyType type) {
        return switch (type) {
            case INT2 -> List.of("0", "1", "-1", "5", "32767", "-32768");
            case INT4 -> List.of("0", "1", "-1", "5", "32767", "32768", "2147483647", "-2147483648", "16777217");
            case INT8 -> List.of("0", "1", "-1", "5", "32768", "2147483648", "9223372036854775807",
                    "-9223372036854775808", "9007199254740993", "9007199254740992", "16777216");
            case NUMERIC ->
                List.of("0", "0.000", "1", "1.0", "-1.00", "5", "5.4", "5.5", "4.5", "-5.5", "1.005", "1.015",
                        "2.5", "0.05", "0.04999", "99999.95", "32767.4", "32767.5", "-32768.5", "2147483647.5",
                        "9223372036854775807",
                        "9223372036854775807.5", "9007199254740993", "9007199254740992", "1e20", "123456789.123456789",
                        "16777217", "NaN", "Infinity", "-Infinity", "0.1", "1e-7");
            case TEXT, VARCHAR, BPCHAR ->
                List.of("", " ", "a", "a ", "a  ", "abc", "abc   ", "abcd", "ab d", "abcdef   ",
                        "5", "05", "t", "true", "žlu", "žluť", "žlu ", "žlu  ť", "😀😀😀", "😀😀😀😀", "😀😀😀  ");
            case UUID -> List.of("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "00000000-0000-0000-0000-000000000000");
            case BYTEA -> List.of("", "\\x00", "\\x6161", "abc");
            case DATE -> List.of("2000-01-01", "1999-12-31", "2020-02-29", "infinity", "-infinity", "5000000-01-01",
                    "4714-11-24 BC", "0001-01-01 BC");
            case TIMESTAMP -> List.of("2000-01-01", "2000-01-01 00:00:00.5", "1999-12-31 23:59:59.5",
                    "1999-12-31 23:59:59.499999", "2020-02-29 12:00:00.0005", "2020-02-29", "infinity", "-infinity",
                    "294276-12-31 23:59:59.9", "2000-01-01 00:00:01", "1999-12-31 18:30:00", "2000-01-01 05:30:00");
            case TIMESTAMPTZ ->
                List.of("2000-01-01 00:00:00Z", "2000-01-01 05:30:00+05:30", "2000-01-01 00:00:00+05:30",
                        "1999-12-31 23:59:59.5Z", "2020-02-29 12:00:00.0005-03", "infinity", "-infinity",
                        "2000-01-01 00:00:00.0015Z");
            case BOOL -> List.of("t", "f");
        };
    }

    /** Rule 2's table, every pair: a row that the server finds equal has the hash that we gave the value. */
    @ParameterizedTest(autoCloseArguments = false, name = "{0}")
    @MethodSource("servers")
    void everyPairOfTheComparisonTable(String version, RunningNode node) throws Exception {
        Map<String, Integer> matches = new TreeMap<>();
        try (Connection connection = connect(node)) {
            for (KeyType key : KeyType.values()) {
                for (ValueType value : VALUE_TYPES) {
                    compareAll(connection, node, key, value, matches);
                }
                // Without a type of its own, a literal takes the column's.
                compareAll(connection, node, key, null, matches);
            }
        }
        TreeSet<String> expected = new TreeSet<>();
        for (KeyType key : KeyType.values()) {
            expected.add(key.sqlName() + " = ?");
            for (ValueType value : VALUE_TYPES) {
                if (KeyConversion.comparison(key, value.oid) != KeyConversion.Comparison.NO_KEY) {
                    expected.add(key.sqlName() + " = " + value.sql);
                }
            }
        }
        assertEquals(expected, new TreeSet<>(matches.keySet()), "every pair that is a key was seen to match rows");
    }

    private static void compareAll(Connection connection, RunningNode node, KeyType key, ValueType value,
            Map<String, Integer> matches) throws SQLException {
        for (String text : samples(value == null ? key : value.sampleLike)) {
            String literal = "'" + text.replace("'", "''") + "'" + (value == null ? "" : "::" + value.sql);
            String sql = "SELECT k::text, " + key.sqlHash("k", major(node)) + ", " + (value == null
                    ? "NULL"
                    : SendFunction.of(value.oid) + "(" + literal + ")")
                    + " FROM unnest(?::" + key.sqlName() + "[]) AS k WHERE k = " + literal;
            KeyResult ours = value == null
                    ? compared(key, PgOid.UNSPECIFIED, text)
                    : compared(key, value.oid, value.modifier, WireFormat.TEXT, text.getBytes(StandardCharsets.UTF_8));
            try (PreparedStatement query = connection.prepareStatement(sql)) {
                query.setArray(1, connection.createArrayOf("text", samples(key).toArray()));
                try (ResultSet rows = query.executeQuery()) {
                    while (rows.next()) {
                        String what = key.sqlName() + " " + rows.getString(1) + " = " + literal;
                        KeyResult equal = new KeyResult.Hashed(rows.getLong(2));
                        if (!(ours instanceof KeyResult.NotAKey)) {
                            assertEquals(equal, ours, what);
                            matches.merge(key.sqlName() + " = " + (value == null ? "?" : value.sql), 1, Integer::sum);
                        }
                        if (value != null && value.modifier == -1 && !(ours instanceof KeyResult.NotAKey)) {
                            assertEquals(equal, compared(key, value.oid, -1, WireFormat.BINARY, rows.getBytes(3)),
                                    what);
                        }
                    }
                }
            } catch (SQLException e) {
                // No such operator, or a value that is none of its type: nothing can be routed wrongly.
                assertTrue(
                        List.of("42883", "42846", "22P02", "22003", "22007", "22008", "22001")
                                .contains(e.getSQLState()),
                        key + " " + literal + ": " + e);
                if (e.getSQLState().startsWith("42")) {
                    assertTrue(ours instanceof KeyResult.NotAKey, key + " = " + literal + " is no key: " + ours);
                }
            }
        }
    }

    /** A key column as it is declared. */
    private record KeyColumn(String sql, ColumnType type) {}

    private static final List<KeyColumn> KEY_COLUMNS = keyColumns();

    private static List<KeyColumn> keyColumns() {
        List<KeyColumn> columns = new ArrayList<>();
        for (KeyType type : KeyType.values()) {
            columns.add(new KeyColumn(type.sqlName(), ColumnType.of(type)));
        }
        columns.add(new KeyColumn("varchar(3)", new ColumnType(KeyType.VARCHAR, 7)));
        columns.add(new KeyColumn("bpchar(3)", new ColumnType(KeyType.BPCHAR, 7)));
        columns.add(new KeyColumn("char", new ColumnType(KeyType.BPCHAR, 5)));
        for (int[] p : new int[][]{{10, 2}, {6, 1}, {3, 0}, {3, -2}, {2, 4}, {38, 10}}) {
            columns.add(new KeyColumn("numeric(" + p[0] + "," + p[1] + ")",
                    new ColumnType(KeyType.NUMERIC, (p[0] << 16 | p[1] & 0x7ff) + 4)));
        }
        for (int p = 0; p <= 6; p += 3) {
            columns.add(new KeyColumn("timestamp(" + p + ")", new ColumnType(KeyType.TIMESTAMP, p)));
            columns.add(new KeyColumn("timestamptz(" + p + ")", new ColumnType(KeyType.TIMESTAMPTZ, p)));
        }
        return columns;
    }

    /** Which casts on assignment must be followed, key column's type from value's type; all others must be refused. */
    private static final List<String> FOLLOWED = List.of("int2 from float4 float8 int2 int4 int8 numeric",
            "int4 from float4 float8 int2 int4 int8 numeric", "int8 from float4 float8 int2 int4 int8 numeric",
            "numeric from float4 float8 int2 int4 int8 numeric",
            "text from bool bpchar int2 int4 int8 text varchar", "varchar from bool bpchar int2 int4 int8 text varchar",
            "bpchar from bool bpchar int2 int4 int8 text varchar", "uuid from uuid", "bytea from bytea",
            "date from date timestamp", "timestamp from date timestamp", "timestamptz from timestamptz",
            "bool from bool");

    /** Rule 1, every pair: {@code INSERT ... RETURNING} says what the server stored. */
    @ParameterizedTest(autoCloseArguments = false, name = "{0}")
    @MethodSource("servers")
    void everyAssignmentCast(String version, RunningNode node) throws Exception {
        Map<String, TreeSet<String>> followed = new TreeMap<>();
        try (Connection connection = connect(node)) {
            for (KeyColumn column : KEY_COLUMNS) {
                KeyType type = column.type.type();
                execute(connection, "CREATE TEMP TABLE stored (k " + column.sql + ");"
                        + " CREATE FUNCTION pg_temp.stored_hash(v text) RETURNS int8 LANGUAGE plpgsql AS $$"
                        + " DECLARE h int8; BEGIN EXECUTE 'INSERT INTO stored VALUES (' || v || ') RETURNING "
                        + type.sqlHash("k", major(node)) + "' INTO h; RETURN h;"
                        + " EXCEPTION WHEN OTHERS THEN RETURN NULL; END $$");
                for (ValueType value : VALUE_TYPES) {
                    for (String text : samples(value.sampleLike)) {
                        if (assignOne(connection, column, value, text)) {
                            followed.computeIfAbsent(type.sqlName(), t -> new TreeSet<>())
                                    .add(KeyType.ofOid(value.oid) == null
                                            ? value.sql
                                            : KeyType.ofOid(value.oid).sqlName());
                        }
                    }
                }
                for (String text : samples(type)) {
                    assignOne(connection, column, null, text);
                }
                execute(connection, "DROP FUNCTION pg_temp.stored_hash; DROP TABLE stored");
            }
        }
        List<String> seen = Stream.of(KeyType.values())
                .map(t -> t.sqlName() + " from " + String.join(" ", followed.get(t.sqlName()))).toList();
        assertEquals(FOLLOWED, seen);
    }

    /** Whether the value was stored and we said with which hash. */
    private static boolean assignOne(Connection connection, KeyColumn column, ValueType value, String text)
            throws SQLException {
        String literal = "'" + text.replace("'", "''") + "'" + (value == null ? "" : "::" + value.sql);
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        KeyResult ours = KeyConversion.assigned(column.type, value == null ? 0 : value.oid,
                value == null ? -1 : value.modifier, WireFormat.TEXT, utf8, 0, utf8.length);
        String what = column.sql + " <- " + literal;
        try (PreparedStatement query = connection.prepareStatement("SELECT pg_temp.stored_hash(?)")) {
            query.setString(1, literal);
            try (ResultSet rows = query.executeQuery()) {
                rows.next();
                Object stored = rows.getObject(1);
                if (ours instanceof KeyResult.Hashed hashed) {
                    assertEquals(stored, hashed.hash(), what);
                    if (value != null && value.modifier == -1) {
                        assertEquals(ours, assignedBinary(connection, column, value, literal), what);
                    }
                    return true;
                }
                assertTrue(ours instanceof KeyResult.NotAKey, what);
                if (stored != null && (value == null || value.oid == column.type.type().oid())) {
                    fail(what + " is stored by the server, and of the column's own type, but was not read: " + ours);
                }
                return false;
            }
        }
    }

    private static KeyResult assignedBinary(Connection connection, KeyColumn column, ValueType value, String literal)
            throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT " + SendFunction.of(value.oid) + "(" + literal + ")")) {
            rows.next();
            byte[] sent = rows.getBytes(1);
            return KeyConversion.assigned(column.type, value.oid, -1, WireFormat.BINARY, sent, 0, sent.length);
        }
    }

    /** Random values of every numeric type into every number column: rounding is where it goes wrong. */
    @ParameterizedTest(autoCloseArguments = false, name = "{0}")
    @MethodSource("servers")
    void numbersAreRoundedAsTheServerDoes(String version, RunningNode node) throws Exception {
        RandomSpelling random = new RandomSpelling(SEED + 77);
        try (Connection connection = connect(node)) {
            for (KeyColumn column : KEY_COLUMNS) {
                KeyType type = column.type.type();
                if (type.hashClass() != HashClass.INTEGER && type.hashClass() != HashClass.NUMERIC) {
                    continue;
                }
                for (ValueType value : VALUE_TYPES) {
                    if (value.sampleLike != KeyType.NUMERIC) {
                        continue;
                    }
                    String[] spelled = new String[400];
                    for (int i = 0; i < spelled.length; i++) {
                        spelled[i] = random.of(KeyType.NUMERIC).strip();
                    }
                    execute(connection, "CREATE TEMP TABLE stored (k " + column.sql + ");"
                            + "CREATE FUNCTION pg_temp.stored_hash(s text, out h int8, out b bytea) LANGUAGE plpgsql AS $$"
                            + " BEGIN INSERT INTO stored VALUES (s::" + value.sql + ") RETURNING "
                            + type.sqlHash("k", major(node)) + " INTO h; b := " + SendFunction.of(value.oid) + "(s::"
                            + value.sql
                            + "); EXCEPTION WHEN OTHERS THEN NULL; END $$");
                    try (PreparedStatement query = connection
                            .prepareStatement("SELECT s, h, b FROM unnest(?::text[]) AS s, pg_temp.stored_hash(s)")) {
                        query.setArray(1, connection.createArrayOf("text", spelled));
                        try (ResultSet rows = query.executeQuery()) {
                            while (rows.next()) {
                                String what = column.sql + " <- " + value.sql + " " + rows.getString(1);
                                byte[] utf8 = rows.getString(1).getBytes(StandardCharsets.UTF_8);
                                KeyResult ours = KeyConversion.assigned(column.type, value.oid, value.modifier,
                                        WireFormat.TEXT, utf8, 0, utf8.length);
                                if (ours instanceof KeyResult.Hashed hashed) {
                                    assertEquals(rows.getObject(2), hashed.hash(), what);
                                } else if (value.oid == PgOid.NUMERIC) {
                                    assertEquals(null, rows.getObject(2), what + " was not read: " + ours);
                                }
                                byte[] sent = rows.getBytes(3);
                                if (sent != null && value.modifier == -1) {
                                    assertEquals(ours, KeyConversion.assigned(column.type, value.oid, -1,
                                            WireFormat.BINARY, sent, 0, sent.length), what);
                                }
                            }
                        }
                    }
                    execute(connection, "DROP FUNCTION pg_temp.stored_hash; DROP TABLE stored");
                }
            }
        }
    }
}
