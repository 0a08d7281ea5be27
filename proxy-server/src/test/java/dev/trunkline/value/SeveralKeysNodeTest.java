package dev.trunkline.value;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
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
import java.util.BitSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Several keys at once against real servers: the elements of an array, and the columns of a composite key. */
class SeveralKeysNodeTest {

    private static final long SEED = Long.getLong("trunkline.test.seed", 20_240_601L);

    static Stream<Arguments> serversAndKeyTypes() throws Exception {
        return PostgresVersions.all().stream()
                .flatMap(node -> Stream.of(KeyType.values()).map(type -> Arguments.of(node.version(), node, type)));
    }

    private static int major(RunningNode node) {
        return Integer.parseInt(node.version().split("\\.")[0]);
    }

    private static Connection connect(RunningNode node) throws SQLException {
        Connection connection = node.connect("postgres");
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET TimeZone = 'Asia/Kolkata'");
        }
        return connection;
    }

    /** Rule 5: a key of several columns hashes as their record, whatever their types. */
    @ParameterizedTest(autoCloseArguments = false, name = "{0} {2}")
    @MethodSource("serversAndKeyTypes")
    void aCompositeKeyHashesAsItsRecord(String version, RunningNode node, KeyType type) throws Exception {
        RandomSpelling random = new RandomSpelling(SEED + 7 + type.ordinal());
        String sql = "SELECT " + KeyType.sqlVirtualShard(List.of("?::" + type.sqlName(), "?::text"), 256) + ", "
                + KeyType.sqlVirtualShard(List.of("?::text", "?::" + type.sqlName()), 4096);
        try (Connection connection = connect(node); PreparedStatement query = connection.prepareStatement(sql)) {
            for (int i = 0; i < 50; i++) {
                String key = random.of(type);
                String text = random.text();
                query.setString(1, key);
                query.setString(2, text);
                query.setString(3, text);
                query.setString(4, key);
                long first = hash(type, key);
                long second = hash(KeyType.TEXT, text);
                try (ResultSet rows = query.executeQuery()) {
                    rows.next();
                    assertEquals(rows.getInt(1), PgHash.virtualShard(PgHash.combine(first, second), 256), key + text);
                    assertEquals(rows.getInt(2), PgHash.virtualShard(PgHash.combine(second, first), 4096), key + text);
                }
            }
        }
    }

    private static long hash(KeyType type, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        KeyResult result = KeyConversion.compared(ColumnType.of(type), PgOid.UNSPECIFIED, -1, WireFormat.TEXT, utf8, 0,
                utf8.length);
        return ((KeyResult.Hashed) result).hash();
    }

    /** Arrays as the server prints and sends them, element by element, and the server reads the parts that we make. */
    @ParameterizedTest(autoCloseArguments = false, name = "{0} {2}")
    @MethodSource("serversAndKeyTypes")
    void arraysAreReadAndDividedAsTheServerDoes(String version, RunningNode node, KeyType type) throws Exception {
        RandomSpelling random = new RandomSpelling(SEED + 99 + type.ordinal());
        String array = type.sqlName() + "[]";
        String sql = "SELECT a::text, array_send(a), array(SELECT " + type.sqlHash("k", major(node))
                + " FROM unnest(a) WITH ORDINALITY AS u(k, n) WHERE k IS NOT NULL ORDER BY n) FROM (SELECT ?::text[]::"
                + array
                + " AS a) AS v";
        try (Connection connection = connect(node); PreparedStatement query = connection.prepareStatement(sql)) {
            for (int round = 0; round < 25; round++) {
                String[] elements = new String[round % 6];
                for (int i = 0; i < elements.length; i++) {
                    boolean isNull = round % 4 == 3 && i % 2 == 0;
                    elements[i] = isNull ? null : round % 5 == 0 && type == KeyType.TEXT ? "NULL" : random.of(type);
                }
                query.setArray(1, connection.createArrayOf("text", elements));
                try (ResultSet rows = query.executeQuery()) {
                    rows.next();
                    Long[] expected = (Long[]) rows.getArray(3).getArray();
                    byte[] text = rows.getString(1).getBytes(StandardCharsets.UTF_8);
                    byte[] binary = rows.getBytes(2);
                    boolean nulls = round % 4 == 3;
                    boolean textual = type.hashClass() == HashClass.TEXT || type == KeyType.BPCHAR
                            || type == KeyType.BYTEA;
                    if (!(nulls && textual)) {
                        assertEquals(List.of(expected), hashes(type, WireFormat.TEXT, text), rows.getString(1));
                    }
                    assertEquals(List.of(expected), hashes(type, WireFormat.BINARY, binary), rows.getString(1));
                    divided(connection, type, elements, text, binary);
                }
            }
        }
    }

    /** Damaged array literals: what we read, the server reads alike. */
    @ParameterizedTest(autoCloseArguments = false, name = "{0} {2}")
    @MethodSource("serversAndKeyTypes")
    void anArrayLiteralThatIsReadMeansTheSameToTheServer(String version, RunningNode node, KeyType type)
            throws Exception {
        RandomSpelling random = new RandomSpelling(SEED + 55 + type.ordinal());
        String[] literals = new String[600];
        for (int i = 0; i < literals.length; i++) {
            StringBuilder literal = new StringBuilder(i % 7 == 0 ? " { " : "{");
            for (int n = i % 4; n > 0; n--) {
                String element = random.of(type);
                literal.append(i % 3 == 0 || element.isBlank() || element.contains(",")
                        ? "\"" + element.replace("\\", "\\\\").replace("\"", "\\\"") + "\""
                        : i % 5 == 0 ? "NULL" : element).append(n > 1 ? "," : "");
            }
            literals[i] = random.damaged(literal.append("}").toString());
        }
        try (Connection connection = connect(node)) {
            try (Statement statement = connection.createStatement()) {
                statement.execute("CREATE FUNCTION pg_temp.hashes(s text) RETURNS int8[] LANGUAGE plpgsql AS $$"
                        + " BEGIN RETURN array(SELECT " + type.sqlHash("k", major(node)) + " FROM unnest(s::"
                        + type.sqlName()
                        + "[]) WITH ORDINALITY AS u(k, n) WHERE k IS NOT NULL ORDER BY n);"
                        + " EXCEPTION WHEN OTHERS THEN RETURN NULL; END $$");
            }
            int read = 0;
            try (PreparedStatement query = connection
                    .prepareStatement("SELECT s, pg_temp.hashes(s) FROM unnest(?::text[]) AS s")) {
                query.setArray(1, connection.createArrayOf("text", literals));
                try (ResultSet rows = query.executeQuery()) {
                    while (rows.next()) {
                        List<Long> ours = readable(type, rows.getString(1));
                        if (ours != null) {
                            assertTrue(rows.getArray(2) != null, type + " " + rows.getString(1));
                            assertEquals(List.of((Long[]) rows.getArray(2).getArray()), ours, rows.getString(1));
                            read++;
                        }
                    }
                }
            }
            assertTrue(read > 0, "damage left nothing to compare");
        }
    }

    /** The hashes of the elements that are not NULL; null where the literal or an element is none that we read. */
    private static List<Long> readable(KeyType type, String literal) {
        byte[] utf8 = literal.getBytes(StandardCharsets.UTF_8);
        ArrayElements array = new ArrayElements();
        array.open(PgOid.UNSPECIFIED, WireFormat.TEXT, utf8, 0, utf8.length);
        List<Long> hashes = new ArrayList<>();
        boolean readable = true;
        while (array.next()) {
            switch (array.compared(ColumnType.of(type))) {
                case KeyResult.Hashed hashed -> hashes.add(hashed.hash());
                case KeyResult.NoRow none -> {
                }
                case KeyResult.NotAKey not -> readable = false;
            }
        }
        return readable && array.problem() == null ? hashes : null;
    }

    private static List<Long> hashes(KeyType type, WireFormat format, byte[] bytes) {
        ArrayElements array = new ArrayElements();
        array.open(PgOid.arrayOf(type.oid()), format, bytes, 0, bytes.length);
        List<Long> hashes = new ArrayList<>();
        while (array.next()) {
            switch (array.compared(ColumnType.of(type))) {
                case KeyResult.Hashed hashed -> hashes.add(hashed.hash());
                case KeyResult.NoRow none -> {
                }
                case KeyResult.NotAKey not -> fail(not.why());
            }
        }
        assertEquals(null, array.problem());
        return hashes;
    }

    private static void divided(Connection connection, KeyType type, String[] elements, byte[] text, byte[] binary)
            throws SQLException {
        BitSet odd = new BitSet();
        List<String> kept = new ArrayList<>();
        for (int i = 1; i < elements.length; i += 2) {
            odd.set(i);
            kept.add(elements[i]);
        }
        ArrayElements array = new ArrayElements();
        array.open(PgOid.arrayOf(type.oid()), WireFormat.TEXT, text, 0, text.length);
        byte[] textPart = array.subset(odd);
        array.open(PgOid.arrayOf(type.oid()), WireFormat.BINARY, binary, 0, binary.length);
        byte[] binaryPart = array.subset(odd);
        String name = type.sqlName() + "[]";
        try (PreparedStatement query = connection
                .prepareStatement("SELECT ?::text::" + name + " IS NOT DISTINCT FROM ?::text[]::"
                        + name + ", array_send(?::text[]::" + name + ")")) {
            query.setString(1, new String(textPart, StandardCharsets.UTF_8));
            query.setArray(2, connection.createArrayOf("text", kept.toArray()));
            query.setArray(3, connection.createArrayOf("text", kept.toArray()));
            try (ResultSet rows = query.executeQuery()) {
                rows.next();
                assertTrue(rows.getBoolean(1), new String(textPart, StandardCharsets.UTF_8));
                assertArrayEquals(rows.getBytes(2), binaryPart);
            }
        }
    }
}
