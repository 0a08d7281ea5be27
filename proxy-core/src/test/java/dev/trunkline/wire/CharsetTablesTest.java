package dev.trunkline.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** The tables of an encoding are made once, by whom the first to ask says, and not again when they are missing. */
class CharsetTablesTest {

    private final AtomicInteger made = new AtomicInteger();
    private final Deque<Runnable> tasks = new ArrayDeque<>();

    private CharsetTables counted(Supplier<Charset> maker) {
        return new CharsetTables(() -> {
            made.incrementAndGet();
            return maker.get();
        });
    }

    @Test
    void onceHoweverManyAsk() {
        CharsetTables tables = counted(() -> StandardCharsets.UTF_16);
        assertFalse(tables.isDecided());
        assertFalse(tables.isMissing());
        var first = tables.prepare(tasks::add).toCompletableFuture();
        var second = tables.prepare(tasks::add).toCompletableFuture();
        assertFalse(tables.isDecided());
        assertEquals(1, tasks.size());
        tasks.remove().run();
        assertEquals(StandardCharsets.UTF_16, first.join());
        assertEquals(StandardCharsets.UTF_16, second.join());
        assertTrue(tables.isDecided());
        assertFalse(tables.isMissing());
        assertEquals(StandardCharsets.UTF_16, tables.get());
        assertEquals(1, made.get());
    }

    @Test
    void whoCannotWaitMakesThem() {
        CharsetTables tables = counted(() -> StandardCharsets.UTF_16);
        assertEquals(StandardCharsets.UTF_16, tables.get());
        assertTrue(tables.isDecided());
        tables.prepare(tasks::add);
        assertTrue(tasks.isEmpty());
        assertEquals(1, made.get());
    }

    /** On a Java with other tables they had been made, and found wrong, each time that somebody asked. */
    @Test
    void whatIsMissingIsNotMadeAgain() {
        CharsetTables tables = counted(() -> null);
        ClientEncoding encoding = new ClientEncoding("UHC", MultibyteForm.PAIRS, tables);
        assertFalse(encoding.isReady());
        assertFalse(encoding.isMissing());
        for (int i = 0; i < 3; i++) {
            assertNull(tables.get());
            assertTrue(encoding.isReady());
            assertTrue(encoding.isMissing());
        }
        assertEquals(1, made.get());
        assertEquals("a?", new String(encoding.fromText("a\u4f60"), StandardCharsets.US_ASCII));
    }

    @Test
    void whatCannotBeMadeIsMissing() {
        CharsetTables tables = counted(() -> {
            throw new IllegalStateException("no such resource");
        });
        var asked = tables.prepare(tasks::add).toCompletableFuture();
        tasks.remove().run();
        assertThrows(CompletionException.class, asked::join);
        assertTrue(tables.isMissing());
        assertNull(tables.get());
        assertEquals(1, made.get());
    }

    @Test
    void whereThereIsNoThreadForItNobodyWaits() {
        CharsetTables tables = counted(() -> StandardCharsets.UTF_16);
        var asked = tables.prepare(task -> {
            throw new OutOfMemoryError("unable to create native thread");
        }).toCompletableFuture();
        assertThrows(CompletionException.class, asked::join);
        assertTrue(tables.isMissing());
        assertEquals(0, made.get());
    }

    /** Asking about a name is what event loops do. */
    @Test
    void namesMakeNothing() {
        ClientEncoding before = ClientEncoding.BY_NAME.get("uhc");
        ClientEncoding.BY_NAME.put("uhc",
                new ClientEncoding("UHC", MultibyteForm.PAIRS, counted(() -> StandardCharsets.UTF_16)));
        try {
            assertEquals("UHC", ClientEncoding.canonical("Uhc"));
            assertNotNull(ClientEncoding.of("UHC"));
            assertFalse(ClientEncoding.isUnserved("'uhc'"));
            assertEquals(0, made.get());
            ClientEncoding.prepare("'UHC'");
            ClientEncoding.prepare("nosuch");
            assertEquals(1, made.get());
        } finally {
            ClientEncoding.BY_NAME.put("uhc", before);
        }
    }
}
