package dev.trunkline.value;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Hashes written down from a server, so that a change of the port is seen without one. */
class PgHashTest {

    @Test
    void integersOfAnyWidthHashAlike() {
        assertEquals(7363975540656877951L, PgHash.int8(42));
        assertEquals(-5017072347659237694L, PgHash.int8(-1));
    }

    @Test
    void bytesOfEveryTailLength() {
        assertEquals(4582948299391179068L, text("customer-00012345"));
        assertEquals(-5700645584453517373L, text(""));
        assertEquals(-4675236657575567309L, text("twelve bytes and more than that, žluťoučký kůň"));
    }

    @Test
    void trailingBlanksOfBpcharDoNotCount() {
        byte[] padded = "ab  ".getBytes(StandardCharsets.UTF_8);
        assertEquals(596009030900183869L, PgHash.blankTrimmed(padded, 0, padded.length));
        assertEquals(text("ab"), PgHash.blankTrimmed(padded, 0, padded.length));
    }

    @Test
    void boolIsHashedAsAnInteger() {
        assertEquals(5968994663651403477L, PgHash.bool(true));
    }

    @Test
    void severalColumnsHashAsTheirRecord() {
        assertEquals(-6133831623022241210L, PgHash.combine(PgHash.int8(1), text("a")));
    }

    @Test
    void sqlSpellingUsesTheRecordWhereTheServerHasNoFunction() {
        assertEquals("pg_catalog.hashint8extended(id, 8816678312871386365)", KeyType.INT8.sqlHash("id", 15));
        assertEquals("(pg_catalog.hash_record_extended(ROW(d), 8816678312871386365) & 255)",
                KeyType.DATE.sqlVirtualShard("d", 17, 256));
        assertEquals("pg_catalog.hashdateextended(d, 8816678312871386365)", KeyType.DATE.sqlHash("d", 18));
    }

    private static long text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return PgHash.bytes(bytes, 0, bytes.length);
    }
}
