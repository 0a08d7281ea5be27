package dev.trunkline.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.trunkline.wire.ErrorFields;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RewrittenTextTest {

    private static final String WRITTEN = "SELECT é😀, a FROM m WHERE b ORDER BY c";
    private static final String SENT = "SELECT é😀, a, c AS \"trunkline 1\" FROM m WHERE b ORDER BY c";

    /** Positions count characters: an emoji is one. */
    @ParameterizedTest
    @CsvSource({"8, 8", "10, 10", "12, 12", "14, ", "15, ", "33, 13", "46, 26", "48, 28", "58, 38"})
    void findsThePositionInWhatTheClientWrote(int inSent, Integer inWritten) {
        ErrorFields told = RewrittenText.asWritten(ErrorFields.of("ERROR", "42703", "no").withPosition(inSent),
                bytes(WRITTEN), bytes(SENT));
        assertEquals(inWritten == null ? null : inWritten.toString(), told.get(ErrorFields.POSITION));
        assertEquals("42703", told.sqlState());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
