package dev.trunkline.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Array;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Lists of keys over three nodes, as literals and as parameters in text and binary: each node gets its own elements only, and
 * the answer is that of one database with all rows.
 */
@Timeout(300)
class KeyListTest {

    private static final int ROWS = 60;

    private static SessionFixture fixture;
    /** Another database, which has all rows. */
    private static SessionFixture whole;

    @BeforeAll
    static void start() throws SQLException {
        fixture = SessionFixture.start(3);
        whole = SessionFixture.start(1);
        for (SessionFixture one : List.of(fixture, whole)) {
            try (Connection client = DriverManager.getConnection(one.jdbcUrl());
                    Statement statement = client.createStatement()) {
                for (int k = 1; k <= ROWS; k++) {
                    statement.execute("INSERT INTO items VALUES (" + k + ", 'v" + k % 7 + "')");
                }
            }
        }
    }

    @AfterAll
    static void stop() throws SQLException {
        fixture.close();
        whole.close();
    }

    private static Connection client(SessionFixture one, String options) throws SQLException {
        return DriverManager.getConnection(one.jdbcUrl() + options);
    }

    private static List<String> rows(ResultSet rows, boolean ordered) throws SQLException {
        List<String> all = new ArrayList<>();
        while (rows.next()) {
            StringBuilder row = new StringBuilder();
            for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                row.append(i == 1 ? "" : "|").append(rows.getString(i));
            }
            all.add(row.toString());
        }
        if (!ordered) {
            all.sort(null);
        }
        return all;
    }

    private static List<String> rows(Connection client, String sql) throws SQLException {
        try (Statement statement = client.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
            return rows(rows, sql.contains("ORDER BY"));
        }
    }

    /** In text first, and in binary once pgjdbc has prepared the statement at the server. */
    private static List<String> withArray(Connection client, String sql, Object[] elements) throws SQLException {
        try (PreparedStatement statement = client.prepareStatement(sql)) {
            Array array = elements == null ? null : client.createArrayOf("int8", elements);
            if (array == null) {
                statement.setNull(1, java.sql.Types.ARRAY, "_int8");
            } else {
                statement.setArray(1, array);
            }
            try (ResultSet rows = statement.executeQuery()) {
                return rows(rows, sql.contains("ORDER BY"));
            }
        }
    }

    private static final List<String> ARRAYS = List.of("SELECT k, v FROM items WHERE k = ANY (?)",
            "SELECT k, v FROM items WHERE k = ANY (?) ORDER BY k DESC LIMIT 4 OFFSET 1",
            "SELECT v, count(*), min(k) FROM items WHERE k = ANY (?) GROUP BY v",
            "SELECT DISTINCT v FROM items WHERE k = ANY (?)", "SELECT count(*), max(k) FROM items WHERE k = ANY (?)",
            "SELECT i.k FROM items i JOIN unnest(?::int8[]) u(k) ON i.k = u.k",
            "SELECT i.k, n FROM items i JOIN unnest(?::int8[]) WITH ORDINALITY u(k, n) ON i.k = u.k ORDER BY 2, 1",
            "SELECT k FROM items WHERE k IN (SELECT unnest(?::int8[]))",
            "SELECT k, cardinality(a) FROM items, (SELECT ?::int8[] AS a) x WHERE k = ANY (a) AND k = 5");

    @Test
    void arraysAsParameters() throws SQLException {
        SplittableRandom random = new SplittableRandom(7);
        for (String options : List.of("&binaryTransfer=true&prepareThreshold=-1", "&binaryTransfer=false")) {
            try (Connection divided = client(fixture, options); Connection one = client(whole, options)) {
                for (int round = 0; round < 12; round++) {
                    Object[] elements = new Object[round == 0 ? 0 : random.nextInt(12)];
                    for (int i = 0; i < elements.length; i++) {
                        elements[i] = random.nextInt(8) == 0 ? null : (Object) (long) (random.nextInt(ROWS + 10) - 3);
                    }
                    for (String sql : ARRAYS) {
                        assertEquals(withArray(one, sql, elements), withArray(divided, sql, elements),
                                sql + " " + List.of(java.util.Arrays.toString(elements)));
                    }
                }
                assertEquals(List.of(), withArray(divided, ARRAYS.getFirst(), null));
            }
        }
    }

    private static final List<String> SINGLE = List.of("SELECT k, v FROM items WHERE k IN (?, ?, ?)",
            "SELECT k FROM items WHERE k = ? OR k = ? OR ? = k ORDER BY k LIMIT 2",
            "SELECT v, count(*) FROM items WHERE k IN (?, ?, ?) GROUP BY v ORDER BY v",
            "SELECT k FROM items WHERE k = ? AND v = 'v1' OR k = ? AND v <> 'v1' OR k = ? AND v IS NULL",
            "SELECT i.k, t.x FROM items i JOIN (VALUES (?::int8, 'a'), (?, 'b'), (?, 'c')) t(k, x) ON t.k = i.k",
            "SELECT k FROM items WHERE k IN (VALUES (?::int8), (?), (?))");

    @Test
    void keysAsParameters() throws SQLException {
        SplittableRandom random = new SplittableRandom(8);
        try (Connection divided = client(fixture, "&prepareThreshold=-1");
                Connection one = client(whole, "&prepareThreshold=-1")) {
            for (int round = 0; round < 30; round++) {
                Long[] keys = {(long) random.nextInt(ROWS), random.nextInt(6) == 0 ? null : (Long) 5L,
                        (long) random.nextInt(ROWS)};
                for (String sql : SINGLE) {
                    assertEquals(withKeys(one, sql, keys), withKeys(divided, sql, keys), sql);
                }
            }
        }
    }

    private static List<String> withKeys(Connection client, String sql, Long[] keys) throws SQLException {
        try (PreparedStatement statement = client.prepareStatement(sql)) {
            for (int i = 0; i < keys.length; i++) {
                statement.setObject(i + 1, keys[i], java.sql.Types.BIGINT);
            }
            try (ResultSet rows = statement.executeQuery()) {
                return rows(rows, sql.contains("ORDER BY"));
            }
        }
    }

    @Test
    void literals() throws SQLException {
        String[] lists = {"k IN (%s)", "k = ANY (ARRAY[%s])", "k = ANY ('{%s}')",
                "k IN (SELECT unnest('{%s}'::int8[]))",
                "k IN (/* one */ %s, NULL)", "k = ANY (ARRAY[%s]::int8[])", "(k = 1 OR k IN (%s))"};
        String[] statements = {"SELECT k, v FROM items WHERE %s", "SELECT k FROM items WHERE %s ORDER BY k LIMIT 3",
                "SELECT 'x,''y', sum(k) FROM items WHERE %s",
                "SELECT v, max(k) FROM items WHERE %s AND v <> '7' GROUP BY v",
                "SELECT DISTINCT k %% 7 AS \"é\" FROM items WHERE v IN ('v1', 'v2') AND v <> 'é' AND %s ORDER BY 1"};
        SplittableRandom random = new SplittableRandom(9);
        try (Connection divided = client(fixture, "&preferQueryMode=simple");
                Connection one = client(whole, "&preferQueryMode=simple")) {
            for (int round = 0; round < 6; round++) {
                List<String> keys = new ArrayList<>();
                for (int i = 0; i <= round * 2; i++) {
                    keys.add(Integer.toString(random.nextInt(ROWS + 8) - 4));
                }
                for (String list : lists) {
                    for (String statement : statements) {
                        String sql = statement.formatted(list.formatted(String.join(", ", keys)));
                        assertEquals(rows(one, sql), rows(divided, sql), sql);
                    }
                }
            }
        }
    }

    /** What the nodes were asked last, as they tell it. */
    @Test
    void eachNodeGetsItsOwnElements() throws SQLException {
        long a = fixture.key(0, 0);
        long b = fixture.key(1, 0);
        long c = fixture.key(2, 0);
        String marker = "/* marked */ SELECT v FROM items WHERE k IN (" + a + ", " + b + ", " + c + ", " + a
                + ") AND v <> 'q'";
        try (Connection client = client(fixture, "&preferQueryMode=simple")) {
            assertEquals(3, rows(client, marker).size());
            assertEquals(3, rows(client, marker.replace(" AND v <> 'q'", " ORDER BY k")).size());
        }
        for (int node = 0; node < 3; node++) {
            String own = node == 0 ? a + ", " + a : Long.toString(node == 1 ? b : c);
            String asked = fixture.ask(node, "SELECT query FROM pg_stat_activity WHERE datname = current_database() "
                    + "AND query LIKE '%marked%' AND pid <> pg_backend_pid()");
            assertTrue(asked.contains("WHERE k IN (" + own + ")"), asked);
        }
    }
}
