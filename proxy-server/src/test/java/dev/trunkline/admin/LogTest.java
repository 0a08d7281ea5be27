package dev.trunkline.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.util.PSQLException;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** An error's request id is in the log; slow statements are logged by fingerprint; a line is one line, or one JSON object. */
@Timeout(300)
class LogTest {

    private static final class Events extends AppenderBase<ILoggingEvent> {

        final List<ILoggingEvent> all = new CopyOnWriteArrayList<>();

        @Override
        protected void append(ILoggingEvent event) {
            event.prepareForDeferredProcessing();
            all.add(event);
        }
    }

    private static final LoggerContext LOGBACK = (LoggerContext) LoggerFactory.getILoggerFactory();
    private static final Logger OURS = LOGBACK.getLogger("dev.trunkline");
    private static final Events EVENTS = new Events();
    private static AdminFixture fixture;

    @BeforeAll
    static void start() throws SQLException {
        fixture = new AdminFixture();
        // Another proxy counts its requests from one again.
        EVENTS.all.clear();
        EVENTS.setContext(LOGBACK);
        EVENTS.start();
        OURS.addAppender(EVENTS);
        OURS.setAdditive(false);
        OURS.setLevel(Level.INFO);
    }

    @AfterAll
    static void stop() throws SQLException {
        OURS.detachAppender(EVENTS);
        OURS.setAdditive(true);
        OURS.setLevel(null);
        fixture.close();
    }

    private static String pair(ILoggingEvent event, String key) {
        return event.getKeyValuePairs() == null
                ? null
                : event.getKeyValuePairs().stream().filter(p -> p.key.equals(key)).map(p -> String.valueOf(p.value))
                        .findFirst().orElse(null);
    }

    private static ILoggingEvent event(String request, String logger) {
        return EVENTS.all.stream().filter(e -> request.equals(pair(e, "request")) && e.getLoggerName().endsWith(logger))
                .findFirst().orElseThrow(() -> new AssertionError("nothing about request " + request));
    }

    private static ILoggingEvent refusal() throws SQLException {
        try (Connection client = fixture.client()) {
            PSQLException e = assertThrows(PSQLException.class,
                    () -> AdminFixture.rows(client, "SELECT k FROM kv WHERE v = 'secret' FOR UPDATE"));
            String request = e.getServerErrorMessage().getRoutine().replace("request ", "");
            ILoggingEvent event = event(request, "Session");
            assertEquals(e.getSQLState(), pair(event, "sqlstate"));
            assertEquals(e.getServerErrorMessage().getMessage(), event.getFormattedMessage());
            assertEquals(fixture.database, pair(event, "database"));
            return event;
        }
    }

    @Test
    void anErrorIsFoundByItsRequest() throws SQLException {
        assertEquals(Level.INFO, refusal().getLevel());
    }

    /** Each of these errors quotes what the client has written or bound; its line in the log does not. */
    @Test
    void noValueOfAClientIsLogged() throws SQLException {
        Map<String, String> states = new LinkedHashMap<>();
        states.put("SELECT 1sesame", "42601");
        states.put("SELECT k FROM kv WHERE v = 'a' 'sesame'", "TL005");
        states.put("SET trunkline.fan_out = 'sesame'", "22023");
        states.put("SET trunkline.shard_key = '(sesame'", "22023");
        states.put("/* trunkline: key=sesame */ SELECT v FROM kv", "22023");
        states.put("/* trunkline: key=73571113 */ SELECT v FROM kv WHERE k = 7", "TL003");
        try (Connection client = fixture.client(); Statement statement = client.createStatement()) {
            for (Map.Entry<String, String> each : states.entrySet()) {
                assertQuotedToTheClientAlone(each.getValue(),
                        assertThrows(PSQLException.class, () -> statement.execute(each.getKey()), each.getKey()));
            }
            try (PreparedStatement signal = client.prepareStatement("SELECT pg_cancel_backend(?)")) {
                signal.setObject(1, "sesame", Types.OTHER);
                assertQuotedToTheClientAlone("22P02", assertThrows(PSQLException.class, signal::executeQuery));
            }
        }
        for (ILoggingEvent event : EVENTS.all) {
            String line = event.getFormattedMessage() + event.getKeyValuePairs() + event.getThrowableProxy();
            assertFalse(line.contains("sesame") || line.contains("73571113"), line);
        }
    }

    private static void assertQuotedToTheClientAlone(String state, PSQLException told) {
        assertEquals(state, told.getSQLState(), told.getMessage());
        assertTrue(told.getMessage().contains("sesame") || told.getMessage().contains("73571113"), told.getMessage());
        String request = told.getServerErrorMessage().getRoutine().replace("request ", "");
        assertEquals(state, pair(event(request, "Session"), "sqlstate"));
    }

    @Test
    void slowStatementsAreLoggedByFingerprint() throws SQLException {
        try (Connection client = fixture.client()) {
            AdminFixture.rows(client, "SELECT v, pg_sleep(0.05) FROM kv WHERE k = 1");
            AdminFixture.rows(client, "SELECT v FROM kv WHERE k = 2");
            int id = client.unwrap(org.postgresql.PGConnection.class).getBackendPID();
            List<ILoggingEvent> slow = EVENTS.all.stream().filter(e -> e.getLoggerName().equals("dev.trunkline.slow")
                    && pair(e, "request").startsWith(id + ".") && e.getFormattedMessage().contains("pg_sleep"))
                    .toList();
            assertEquals(1, slow.size());
            assertEquals("select v, pg_sleep(?) from kv where k = ?", slow.getFirst().getFormattedMessage());
            assertEquals("one-node", pair(slow.getFirst(), "routing"));
            assertTrue(Double.parseDouble(pair(slow.getFirst(), "ms")) >= 50);
        }
    }

    @Test
    void aLineIsOneLine() throws Exception {
        Matcher pattern = Pattern.compile("<pattern>(.*)</pattern>")
                .matcher(Files.readString(Path.of("src", "main", "resources", "logback.xml")));
        assertTrue(pattern.find());
        PatternLayout layout = new PatternLayout();
        layout.setContext(LOGBACK);
        layout.setPattern(pattern.group(1));
        layout.start();
        String line = layout.doLayout(refusal());
        assertEquals(1, line.lines().count(), line);
        assertTrue(line.contains("request=\""), line);
        assertFalse(line.contains("secret"), line);
    }

    @Test
    void jsonIsOneObjectForEachEvent() throws Exception {
        String line = new String(LogOutput.encoder(LOGBACK).encode(refusal()), StandardCharsets.UTF_8);
        assertEquals(1, line.lines().count(), line);
        JsonNode event = new ObjectMapper().readTree(line);
        assertEquals("INFO", event.get("level").asString());
        assertTrue(event.get("formattedMessage").asString().length() > 10);
        assertTrue(event.get("kvpList").toString().contains("\"sqlstate\""), line);
    }
}
