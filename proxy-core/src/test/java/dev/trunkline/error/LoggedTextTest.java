package dev.trunkline.error;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.EnumSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What of an error is logged: nothing that a client has bound or written, but for names. */
class LoggedTextTest {

    /** Those of which every argument is a name, a number or a text of ours. One that is added here has been looked at. */
    private static final Set<ProxyError> OURS = EnumSet.of(ProxyError.FAN_OUT_REJECTED, ProxyError.NOT_OVER_NODES,
            ProxyError.SHARD_KEY_NOT_KNOWN, ProxyError.OVER_BUDGET, ProxyError.MERGES_OUT_OF_MEMORY,
            ProxyError.TOO_COMPLEX, ProxyError.UNDEFINED_FUNCTION, ProxyError.UNDEFINED_PARAMETER,
            ProxyError.UNDEFINED_PREPARED_STATEMENT,
            ProxyError.DUPLICATE_PREPARED_STATEMENT, ProxyError.UNDEFINED_PORTAL, ProxyError.PORTAL_CANNOT_BE_RUN,
            ProxyError.DUPLICATE_CURSOR, ProxyError.UNDEFINED_CURSOR, ProxyError.ACTIVE_TRANSACTION,
            ProxyError.NO_ACTIVE_TRANSACTION, ProxyError.UNDEFINED_SAVEPOINT, ProxyError.OUT_OF_RANGE,
            ProxyError.SIGNALS_ALONE, ProxyError.SIGNAL_DENIED, ProxyError.UNDEFINED_SETTING,
            ProxyError.PROTOCOL_VIOLATION, ProxyError.UNSUPPORTED_FORMAT_CODE, ProxyError.UNSUPPORTED_PROTOCOL,
            ProxyError.INVALID_PASSWORD, ProxyError.INVALID_AUTHORIZATION, ProxyError.UNSUPPORTED_AUTHENTICATION,
            ProxyError.UNKNOWN_DATABASE, ProxyError.AUTHENTICATION_TIMEOUT, ProxyError.UNSUPPORTED_ENCODING,
            ProxyError.NODE_DOWN, ProxyError.NODE_LOST, ProxyError.SESSION_LOST, ProxyError.LISTENING_LOST,
            ProxyError.NOTIFICATIONS_OVERFLOWN, ProxyError.UNTRANSLATABLE_NOTIFICATION, ProxyError.OUTCOME_UNKNOWN,
            ProxyError.NODE_LOGIN_FAILED, ProxyError.WAITING_FOR_CONNECTION, ProxyError.POOL_EXHAUSTED,
            ProxyError.NODE_PROTOCOL_VIOLATION, ProxyError.CATALOG_UNKNOWN, ProxyError.RELOAD_REFUSED,
            ProxyError.CONFIGURATION_UNUSABLE, ProxyError.INSUFFICIENT_PRIVILEGE);

    /** Each argument in turn is a value, as it stands in the texts that quote one. */
    @Test
    void noErrorIsLoggedWithAValue() {
        for (ProxyError error : ProxyError.values()) {
            for (int i = 0; i < 4 && !OURS.contains(error); i++) {
                int place = i;
                Object[] arguments = IntStream.range(0, 4)
                        .mapToObj(n -> n == place ? "at or near \"'4111 \"1111\" 2222'\"" : "name").toArray();
                ProxyException told = error.with(arguments).withDetail("d").withHint("h").withPosition(1);
                assertFalse(told.logged().contains("1111") && isData(error, place), error + ": " + told.logged());
            }
        }
    }

    /** Whether the argument is the client's, where the others are names. */
    private static boolean isData(ProxyError error, int place) {
        return switch (error) {
            case HINT_CONTRADICTED, HINT_NOT_A_KEY -> place == 0;
            case INVALID_NUMBER, INVALID_BYTES -> place == 1;
            default -> error != ProxyError.UNTRANSLATABLE || place == 0;
        };
    }

    @Test
    void aMessageIsLoggedAsTheClientIsToldIt() {
        assertEquals("prepared statement \"p\" already exists",
                ProxyError.DUPLICATE_PREPARED_STATEMENT.with("p").logged());
    }

    @Test
    void whatIsNoValueStays() {
        assertEquals("invalid input syntax for type integer", ProxyError.INVALID_NUMBER.with("integer", "x").logged());
        assertEquals("the routing hint contradicts the statement: it needs another node",
                ProxyError.HINT_CONTRADICTED.with("key=42", "it needs another node").logged());
        assertEquals("the routing hint is no shard key of t: it is not a uuid",
                ProxyError.HINT_NOT_A_KEY.with("key=42", "t", "it is not a uuid").logged());
        assertEquals("invalid byte sequence for encoding \"UTF8\"", ProxyError.INVALID_ENCODING.with("0xe9").logged());
        assertEquals("character in encoding \"SJIS\" has no equivalent in encoding \"UTF8\"",
                ProxyError.UNTRANSLATABLE.with("0x80", "SJIS", "UTF8").logged());
    }

    @Test
    void ofAStatementWordsAndOperatorsStay() {
        for (String token : new String[]{"FORM", "_x1", "<=", "(", "]"}) {
            String message = "syntax error at or near \"" + token + "\"";
            assertEquals(message, ProxyError.SYNTAX_ERROR.with(message).logged());
        }
        for (String token : new String[]{"'x'", "'x", "E'x'", "$$x$$", "$1", "42", "4.2", "1x", "\"a b", "a b", "''"}) {
            assertEquals("syntax error at or near \"...\"",
                    ProxyError.SYNTAX_ERROR.with("syntax error at or near \"" + token + "\"").logged());
        }
        assertEquals("syntax error at end of input",
                ProxyError.SYNTAX_ERROR.with("syntax error at end of input").logged());
    }
}
