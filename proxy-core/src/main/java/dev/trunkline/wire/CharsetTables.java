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
    /** Null until somebody asks. Guarded by this. */
    private CompletableFuture<Charset> making;
    /** Null where it is missing, and before it is decided. */
    private Charset charset;
    private volatile boolean decided;

    /** @param maker gives null where there is no such charset */
    CharsetTables(Supplier<Charset> maker) {
        this.maker = maker;
    }

    static CharsetTables made(Charset charset) {
        CharsetTables tables = new CharsetTables(() -> charset);
        tables.get();
        return tables;
    }

    /** Whether they are there, or known to be missing: then nobody waits for anything any more. */
    boolean isDecided() {
        return decided;
    }

    boolean isMissing() {
        return decided && charset == null;
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
        try {
            executor.execute(() -> make(mine));
        } catch (RuntimeException | Error e) {
            // There is no thread for it.
            decide(mine, null, e);
        }
        return mine;
    }

    private void make(CompletableFuture<Charset> mine) {
        Charset made;
        try {
            made = maker.get();
        } catch (RuntimeException | Error e) {
            decide(mine, null, e);
            return;
        }
        decide(mine, made, null);
    }

    private void decide(CompletableFuture<Charset> mine, Charset made, Throwable failure) {
        charset = made;
        decided = true;
        if (failure == null) {
            mine.complete(made);
        } else {
            mine.completeExceptionally(failure);
        }
    }

    /** The charset, or null; made here, or waited for, unless that is decided. */
    Charset get() {
        if (!decided) {
            prepare(Runnable::run).handle((made, failure) -> made).toCompletableFuture().join();
        }
        return charset;
    }
}
