package dev.trunkline.session;

import dev.trunkline.wire.ClientEncoding;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that makes the tables of an encoding, once in a process for each that clients use: an event loop would be stalled by
 * it for up to half a second.
 */
public final class EncodingThread {

    private static final Logger LOG = LoggerFactory.getLogger(EncodingThread.class);

    private EncodingThread() {}

    /**
     * Sees to it that an encoding can be used.
     *
     * @param encoding null for UTF-8
     * @param loop where {@code then} is run when the tables are there, or known to be missing
     * @return false when there is nothing to wait for; {@code then} is not run
     */
    public static boolean await(ClientEncoding encoding, Executor loop, Runnable then) {
        if (encoding == null || encoding.isReady()) {
            return false;
        }
        encoding.prepare(EncodingThread::start).whenComplete((made, failure) -> {
            if (failure != null) {
                LOG.error("the tables of {} could not be made: it is not served", encoding.name(), failure);
            }
            loop.execute(then);
        });
        return true;
    }

    private static void start(Runnable making) {
        Thread.ofPlatform().daemon().name("trunkline-encoding").start(making);
    }
}
