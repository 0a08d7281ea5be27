package dev.trunkline.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the processes of a port find each other. */
class RuntimeDirectoryTest {

    @TempDir
    Path directory;

    /** Whoever may write there might pose as another process of the port. */
    @Test
    void aDirectoryOfEverybodyIsRefused() throws Exception {
        Path open = Files.createDirectory(directory.resolve("open"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
        IOException why = assertThrows(IOException.class, () -> RuntimeDirectory.open(open.toString()));
        assertTrue(why.getMessage().contains("can be written to by others"), why.getMessage());
    }

    @Test
    void aMissingOneIsMadeForOurUserAlone() throws Exception {
        Path made = RuntimeDirectory.open(directory.resolve("a/b").toString()).path();
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(made)));
    }

    @Test
    void oneAtATimeHasTheLock() throws Exception {
        RuntimeDirectory one = RuntimeDirectory.open(directory.resolve("run").toString());
        RuntimeDirectory other = RuntimeDirectory.open(directory.resolve("run").toString());
        one.lock();
        AtomicBoolean held = new AtomicBoolean(true);
        CompletableFuture<Boolean> heldAsWell = CompletableFuture.supplyAsync(() -> {
            try {
                other.lock();
                boolean both = held.get();
                other.unlock();
                return both;
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        held.set(false);
        one.unlock();
        one.unlock();
        assertFalse(heldAsWell.get());
    }
}
