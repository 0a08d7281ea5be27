package dev.trunkline.backend;

import io.netty.util.concurrent.FastThreadLocal;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is flushed when the loop has handled everything that was ready, by {@link FlushingIoHandler}. Under load replies to many
 * clients come at once: written one after the other at the end, they wake a client process once, instead of letting it take
 * turns with the proxy on its processor for each of them. The same holds for nodes whose connections are handed over to
 * statements that waited for them.
 */
final class PendingFlushes {

    /** Has bytes to be flushed. */
    abstract static class Pending {

        private final PendingFlushes ofLoop = ofLoop();
        private boolean isPending;

        final void flushAtEndOfTurn() {
            if (!isPending) {
                isPending = true;
                ofLoop.pending.add(this);
            }
        }

        /** The time for it has come, or it came earlier: nothing may be left to do. */
        abstract void flush();

        /** Flushing it has failed beyond all handling. */
        abstract void flushFailed(Throwable why);
    }

    private static final Logger LOG = LoggerFactory.getLogger(PendingFlushes.class);

    private static final FastThreadLocal<PendingFlushes> OF_LOOP = new FastThreadLocal<>() {
        @Override
        protected PendingFlushes initialValue() {
            return new PendingFlushes();
        }
    };

    private final List<Pending> pending = new ArrayList<>();

    private PendingFlushes() {}

    /** Those of the current thread. */
    static PendingFlushes ofLoop() {
        return OF_LOOP.get();
    }

    /** Flushes all, also what is added by that. */
    void flush() {
        for (int i = 0; i < pending.size(); i++) {
            Pending one = pending.get(i);
            one.isPending = false;
            try {
                one.flush();
            } catch (Throwable t) {
                // Nobody else waits for ever because of it.
                failed(one, t);
            }
        }
        pending.clear();
    }

    private static void failed(Pending one, Throwable why) {
        try {
            one.flushFailed(why);
        } catch (Throwable t) {
            LOG.error("a connection can't be ended after an error", t);
        }
    }
}
