package dev.trunkline.session;

import static dev.trunkline.session.Talk.*;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.trunkline.testing.PgClient;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * DateStyle is set in two parts. What a client had left of it went with its connection: it was told another order of day and month
 * than it had set, and its dates were read so.
 */
@Timeout(300)
class DateStyleTest {

    private static final List<String> DIALOG = List.of("SET DateStyle TO 'SQL'", "SELECT date '01/02/2020'",
            "SET DateStyle = dmy", "SET datestyle TO postgres, ymd", "SET DateStyle TO 'iso, sql'",
            "SET DateStyle TO 'no'",
            "SELECT set_config('DateStyle', 'mdy', false)", "SET DateStyle TO 'German'",
            "SET DateStyle TO 'MDY, German'",
            "SET DateStyle TO DEFAULT", "BEGIN", "SET LOCAL DateStyle = 'SQL'", "SELECT date '01/02/2020'", "ROLLBACK",
            "BEGIN; SET DateStyle = 'US'; COMMIT", "SET DateStyle = euro; SET DateStyle = iso", "RESET DateStyle");

    private static SessionFixture fixture;

    @BeforeAll
    static void start() throws Exception {
        fixture = SessionFixture.start(1, "pool: { size: 1, waitTimeout: 60s }");
    }

    @AfterAll
    static void stop() throws Exception {
        fixture.close();
    }

    private static PgClient login(int port, String dateStyle) throws Exception {
        PgClient client = PgClient.connect("127.0.0.1", port);
        client.login(Map.of("user", SessionFixture.USER, "database", fixture.database, "DateStyle", dateStyle), null);
        return client;
    }

    @Test
    void bothPartsAreTheSessionsOwn() throws Exception {
        for (String atStart : List.of("German", "SQL", "ISO, DMY", "MDY, German", "YMD")) {
            try (PgClient plain = login(fixture.nodes.getFirst().port(), atStart);
                    PgClient client = login(fixture.proxy.port(), atStart);
                    PgClient other = fixture.client()) {
                assertEquals(plain.settings().get("DateStyle"), client.settings().get("DateStyle"), atStart);
                for (String sql : DIALOG) {
                    String expected = ask(plain, sql);
                    assertEquals(expected, ask(client, sql), sql);
                    if (expected.endsWith("Z:I")) {
                        for (String spoilt : List.of("'SQL, YMD'", "'Postgres, MDY'", "'German, DMY'")) {
                            ask(other, "SET DateStyle TO " + spoilt);
                            assertEquals(ask(plain, "SHOW DateStyle"), ask(client, "SHOW DateStyle"),
                                    atStart + ", " + sql);
                        }
                    }
                }
            }
        }
    }
}
