package dev.trunkline.wire;

import java.nio.charset.Charset;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * A charset that has to be made before it can be used, which takes up to half a second: once in a process, when somebody first
 * wants it. What can't be made is known to be missing from then on. Thread-safe.
 */
final class CharsetTables {

    private final Supplier<Charset> maker;
    /** Null until somebody asks. Its result is null where the charset is missing. */
    private volatile CompletableFuture<Charset> making;

    /** @param maker gives null where there is no such charset */
    CharsetTables(Supplier<Charset> maker) {
        this.maker = maker;
    }

    static CharsetTables made(Charset charset) {
        CharsetTables tables = new CharsetTables(() -> charset);
        tables.making = CompletableFuture.completedFuture(charset);
        return tables;
    }

    /** Whether they are there, or known to be missing: then nobody waits for anything any more. */
    boolean isDecided() {
        CompletableFuture<Charset> asked = making;
        return asked != null && asked.isDone();
    }

    boolean isMissing() {
        return isDecided() && get() == null;
    }

    /** Has them made by an executor, if nobody has yet. Fails if making them does; then they are missing. */
    CompletionStage<Charset> prepare(Executor executor) {
        CompletableFuture<Charset> mine;
        synchronized (this) {
            if (making != null) {
                return making;
            }
            mine = new CompletableFuture<>();
            making = mine;
        }
        executor.execute(() -> {
            try {
                mine.complete(maker.get());
            } catch (RuntimeException | Error e) {
                mine.completeExceptionally(e);
            }
        });
        return mine;
    }

    /** The charset, or null; made here, or waited for, unless that is decided. */
    Charset get() {
        prepare(Runnable::run);
        return making.handle((charset, failure) -> charset).join();
    }
}
