package dev.trunkline.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the JDBC driver says of a database: ORMs and tools build on it, and the driver asks the catalog for each answer. */
@Timeout(300)
class DatabaseMetaDataTest {

    private static ParityProxy proxy;

    @BeforeAll
    static void startProxy() throws Exception {
        proxy = ParityProxy.start(2);
    }

    @AfterAll
    static void stopProxy() throws Exception {
        proxy.close();
    }

    /** A question to the driver. */
    private interface Question {
        ResultSet ask(DatabaseMetaData metaData) throws SQLException;
    }

    static Stream<Named<Question>> questions() {
        return Stream.of(Named.of("getTables", m -> m.getTables(null, "public", "%", new String[]{"TABLE", "VIEW"})),
                Named.of("getTables of all kinds", m -> m.getTables(null, null, "c%", null)),
                Named.of("getColumns", m -> m.getColumns(null, "public", "%", "%")),
                Named.of("getColumns of one table", m -> m.getColumns(null, "public", "orders", "%")),
                Named.of("getPrimaryKeys", m -> m.getPrimaryKeys(null, "public", "order_items")),
                Named.of("getImportedKeys", m -> m.getImportedKeys(null, "public", "order_items")),
                Named.of("getExportedKeys", m -> m.getExportedKeys(null, "public", "customers")),
                Named.of("getCrossReference",
                        m -> m.getCrossReference(null, "public", "customers", null, "public", "orders")),
                Named.of("getIndexInfo", m -> m.getIndexInfo(null, "public", "audit_log", false, true)),
                Named.of("getSchemas", m -> m.getSchemas()), Named.of("getTableTypes", m -> m.getTableTypes()),
                Named.of("getTypeInfo", m -> m.getTypeInfo()),
                Named.of("getFunctions", m -> m.getFunctions(null, "public", "%")),
                Named.of("getFunctionColumns", m -> m.getFunctionColumns(null, "public", "tax", "%")),
                Named.of("getProcedures", m -> m.getProcedures(null, "public", "%")),
                Named.of("getBestRowIdentifier",
                        m -> m.getBestRowIdentifier(null, "public", "orders", DatabaseMetaData.bestRowSession, true)),
                Named.of("getTablePrivileges", m -> m.getTablePrivileges(null, "public", "customers")),
                Named.of("getColumnPrivileges", m -> m.getColumnPrivileges(null, "public", "customers", "%")),
                Named.of("getUDTs", m -> m.getUDTs(null, "public", "%", null)),
                Named.of("getClientInfoProperties", m -> m.getClientInfoProperties()));
    }

    @ParameterizedTest
    @MethodSource("questions")
    void answersAsPlainPostgres(Question question) throws SQLException {
        try (Connection plain = connect(proxy.plainPort(), proxy.plainDatabase());
                Connection through = connect(proxy.port(), proxy.database())) {
            List<String> expected = rows(question.ask(plain.getMetaData()));
            List<String> got = rows(question.ask(through.getMetaData()));
            expected.replaceAll(row -> row.replace(proxy.plainDatabase(), "DATABASE"));
            got.replaceAll(row -> row.replace(proxy.database(), "DATABASE"));
            assertEquals(String.join("\n", expected), String.join("\n", got));
            assertFalse(expected.isEmpty());
        }
    }

    @ParameterizedTest
    @MethodSource("preparations")
    void describesStatementsAsPlainPostgres(String sql) throws SQLException {
        List<String> answers = new ArrayList<>();
        for (boolean behindProxy : List.of(false, true)) {
            try (Connection connection = behindProxy
                    ? connect(proxy.port(), proxy.database())
                    : connect(proxy.plainPort(), proxy.plainDatabase());
                    java.sql.PreparedStatement statement = connection.prepareStatement(sql)) {
                StringBuilder answer = new StringBuilder();
                ResultSetMetaData columns = statement.getMetaData();
                for (int i = 1; columns != null && i <= columns.getColumnCount(); i++) {
                    answer.append(columns.getColumnName(i)).append(' ').append(columns.getColumnTypeName(i)).append('(')
                            .append(columns.getPrecision(i)).append(',').append(columns.getScale(i)).append(") ")
                            .append(columns.isNullable(i)).append(columns.isAutoIncrement(i)).append('\n');
                }
                for (int i = 1; i <= statement.getParameterMetaData().getParameterCount(); i++) {
                    answer.append("parameter ").append(statement.getParameterMetaData().getParameterTypeName(i))
                            .append('\n');
                }
                answers.add(answer.toString());
            }
        }
        assertEquals(answers.get(0), answers.get(1));
    }

    static Stream<String> preparations() {
        return Stream.of("SELECT * FROM customers WHERE id = ?", "SELECT name, credit FROM customers WHERE credit > ?",
                "SELECT count(*), sum(total) FROM orders", "INSERT INTO orders (customer_id, status) VALUES (?, ?)",
                "INSERT INTO orders (customer_id, status) VALUES (?, ?) RETURNING id", "SELECT ? || 'x', 1 + ?",
                "UPDATE customers SET credit = ? WHERE id = ?", "DELETE FROM audit_log WHERE id = ANY (?)");
    }

    private static List<String> rows(ResultSet rows) throws SQLException {
        List<String> lines = new ArrayList<>();
        int columns = rows.getMetaData().getColumnCount();
        StringBuilder header = new StringBuilder();
        for (int i = 1; i <= columns; i++) {
            header.append(rows.getMetaData().getColumnLabel(i)).append('|');
        }
        lines.add(header.toString());
        while (rows.next()) {
            StringBuilder line = new StringBuilder();
            for (int i = 1; i <= columns; i++) {
                line.append(rows.getString(i)).append('|');
            }
            lines.add(line.toString());
        }
        return lines;
    }

    private static Connection connect(int port, String database) throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/" + database, ParityDatabases.USER,
                "");
    }
}
