package dev.trunkline.backend;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.ArrayList;
import java.util.List;

/**
 * Sockets of one event loop that are flushed when the loop has handled everything that was ready. Under load replies to many
 * clients come at once: written one after the other at the end, they wake a client process once, instead of letting it take
 * turns with the proxy on its processor for each of them.
 */
final class PendingFlushes {

    private static final FastThreadLocal<PendingFlushes> OF_LOOP = new FastThreadLocal<>() {
        @Override
        protected PendingFlushes initialValue() {
            return new PendingFlushes();
        }
    };

    private final List<SocketOutput> outputs = new ArrayList<>();
    private final Runnable task = this::flush;

    private PendingFlushes() {}

    /** Those of the current thread. */
    static PendingFlushes ofLoop() {
        return OF_LOOP.get();
    }

    void add(SocketOutput output, EventLoop loop) {
        if (outputs.isEmpty()) {
            loop.execute(task);
        }
        outputs.add(output);
    }

    private void flush() {
        int done = 0;
        try {
            // What a flush brings about may add to them.
            while (done < outputs.size()) {
                outputs.get(done++).flushPending();
            }
        } finally {
            outputs.subList(0, done).clear();
            if (!outputs.isEmpty()) {
                // One of them has failed beyond all handling; nobody else waits for ever because of it.
                outputs.getFirst().loop().execute(task);
            }
        }
    }
}
