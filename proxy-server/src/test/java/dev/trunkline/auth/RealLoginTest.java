package dev.trunkline.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.demo.EmbeddedPostgres;
import dev.trunkline.demo.NodeOptions;
import dev.trunkline.demo.RunningNode;
import dev.trunkline.error.ProxyException;
import dev.trunkline.testing.PgClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Our client's side logs in to a real server, and our verifiers are the server's own. */
@Timeout(300)
class RealLoginTest {

    private static final List<String> PASSWORDS = List.of("pencil", "a b", "quote'\"\\$,=", "žluťoučký kůň", "🐎",
            "I\u00ADX", "\u2168", "\u00AA", "a\u00A0b", "a\u0007b", "\u0627\u0031", "\u00AD", "\u0221", "\u200B",
            "\u0627a\u0627", "e\u0301", "\uFB01", "x".repeat(200));

    private static final int STEP = 37;

    private static RunningNode node;

    @BeforeAll
    static void start() throws Exception {
        node = EmbeddedPostgres.start(NodeOptions.forTests().withAuthentication(NodeOptions.Authentication.SCRAM));
        Path hba = node.dataDirectory().resolve("pg_hba.conf");
        Files.writeString(hba, """
                host all trusted 127.0.0.1/32 trust
                host all hashed 127.0.0.1/32 md5
                host all clear 127.0.0.1/32 password
                """ + Files.readString(hba));
        sql("SELECT pg_reload_conf()");
        sql("CREATE ROLE trusted LOGIN");
        sql("CREATE ROLE clear LOGIN PASSWORD 'pencil'");
        sql("SET password_encryption = 'md5'; CREATE ROLE hashed LOGIN PASSWORD 'pencil'");
    }

    @AfterAll
    static void stop() throws Exception {
        node.close();
    }

    /** The server prepared and hashed the password itself: with its salt we come to the same keys. */
    @Test
    void verifiersAreTheServersOwn() throws Exception {
        for (String password : PASSWORDS) {
            sql("DROP ROLE IF EXISTS u; CREATE ROLE u LOGIN PASSWORD '" + password.replace("'", "''") + "'");
            var theirs = ScramVerifier.parse(storedPassword());
            assertEquals(theirs, ScramVerifier.of(password, theirs.salt().array(), theirs.iterations()), password);
            login("u", password).close();
        }
    }

    /**
     * Characters from all over Unicode, between left-to-right and right-to-left letters. Whole planes agreed when this was
     * written; a sample keeps watch.
     */
    @Test
    void anyCharacter() throws Exception {
        sql("DROP ROLE IF EXISTS w; CREATE ROLE w");
        try (Connection connection = node.connect("postgres"); Statement statement = connection.createStatement()) {
            statement.execute("SET scram_iterations = 1");
            for (int code = 1; code < 0x30000; code += STEP) {
                if (code != '\'' && (code < Character.MIN_SURROGATE || code > Character.MAX_SURROGATE)) {
                    String c = Character.toString(code);
                    checkPrepared(statement, "a" + c + "b");
                    checkPrepared(statement, "\u0627" + c + "\u0627");
                }
            }
        }
    }

    private static void checkPrepared(Statement statement, String password) throws SQLException {
        statement.execute("ALTER ROLE w PASSWORD '" + password + "'");
        try (ResultSet row = statement.executeQuery("SELECT rolpassword FROM pg_authid WHERE rolname = 'w'")) {
            row.next();
            var theirs = ScramVerifier.parse(row.getString(1));
            assertEquals(theirs, ScramVerifier.of(password, theirs.salt().array(), 1),
                    () -> String.format("U+%04X", password.codePointAt(1)));
        }
    }

    /** A verifier of ours, written into the server, lets the JDBC driver in. */
    @Test
    void ourVerifiersServeElsewhere() throws Exception {
        for (String password : List.of("pencil", "žluťoučký kůň", "\u2168")) {
            var verifier = ScramVerifier.of(password, new byte[]{1, 2, 3, 4, 5}, 5000);
            sql("DROP ROLE IF EXISTS u; CREATE ROLE u LOGIN PASSWORD '" + verifier.format() + "'");
            assertEquals(verifier, ScramVerifier.parse(storedPassword()));
            try (Connection connection = DriverManager.getConnection(
                    "jdbc:postgresql://127.0.0.1:" + node.port() + "/postgres", "u", password)) {
                assertTrue(connection.isValid(5));
            }
        }
    }

    @Test
    void otherMethods() throws Exception {
        login("trusted", null).close();
        login("clear", "pencil").close();
        login("hashed", "pencil").close();
        var refused = assertThrows(AssertionError.class, () -> login("hashed", "pencil2"));
        assertEquals("login refused: password authentication failed for user \"hashed\"", refused.getMessage());
        assertEquals(
                "the proxy could not log in to node \"under test\": it asks for a password, and none is configured",
                assertThrows(ProxyException.class, () -> login("hashed", null)).getMessage());
    }

    @Test
    void theWrongPassword() throws Exception {
        sql("DROP ROLE IF EXISTS u; CREATE ROLE u LOGIN PASSWORD 'pencil'");
        var refused = assertThrows(AssertionError.class, () -> login("u", "pen"));
        assertEquals("login refused: password authentication failed for user \"u\"", refused.getMessage());
    }

    private static PgClient login(String user, String password) throws Exception {
        return PgClient.login("127.0.0.1", node.port(), user, "postgres", password);
    }

    private static String storedPassword() throws SQLException {
        try (Connection connection = node.connect("postgres");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT rolpassword FROM pg_authid WHERE rolname = 'u'")) {
            row.next();
            return row.getString(1);
        }
    }

    private static void sql(String sql) throws SQLException {
        try (Connection connection = node.connect("postgres"); Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
