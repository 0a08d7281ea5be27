package dev.trunkline.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.List;
import org.junit.jupiter.api.Test;

class SettingValuesTest {

    @Test
    void wordsStringsAndNames() {
        assertEquals(List.of("allow"), SettingValues.of("allow"));
        assertEquals(List.of("it's", "A b", "7"), SettingValues.of(" 'it''s' , \"A b\",7 "));
        assertEquals(List.of(""), SettingValues.of("''"));
        assertEquals(List.of("'"), SettingValues.of("''''"));
    }

    @Test
    void whatIsNoList() {
        for (String text : List.of("", " ", "a,", ",a", "a b", "'a", "'a''", "\"a", "a'b'", "'a' 'b'")) {
            assertNull(SettingValues.of(text), text);
        }
    }

    /** A regular expression overflowed the stack here, and the client waited for ever. */
    @Test
    void aLongString() {
        assertEquals(List.of("x".repeat(1_000_000)), SettingValues.of("'" + "x".repeat(1_000_000) + "'"));
        assertEquals(List.of("'".repeat(1_000_000)), SettingValues.of("'" + "''".repeat(1_000_000) + "'"));
    }
}
