package dev.trunkline.frontend;

import dev.trunkline.wire.FrontendMessage.CancelRequest;
import io.netty.channel.EventLoop;
import java.util.concurrent.atomic.LongAdder;

/**
 * Finds out whom a cancel request is for, by the proxy's id in its process id: a client of this process, or one of another
 * process that listens on the same port. Thread-safe.
 */
public final class Cancels {

    /** The way to the clients of the other processes of the port. */
    @FunctionalInterface
    public interface Elsewhere {

        /** There are none: what is not ours is nobody's. */
        Elsewhere NOWHERE = (request, loop, passedOn) -> passedOn.run();

        /**
         * Passes a request on.
         *
         * @param loop where {@code passedOn} is run, once the other process has done the same or can't be reached
         */
        void pass(CancelRequest request, EventLoop loop, Runnable passedOn);
    }

    private final Clients clients;
    private final Elsewhere elsewhere;
    private final LongAdder here = new LongAdder();
    private final LongAdder passedOn = new LongAdder();
    private final LongAdder ignored = new LongAdder();

    public Cancels(Clients clients, Elsewhere elsewhere) {
        this.clients = clients;
        this.elsewhere = elsewhere;
    }

    /** Takes a request that has come in by the port. */
    void deliver(CancelRequest request, EventLoop loop, Runnable passedOn) {
        if (clients.isOurs(request.processId())) {
            deliverHere(request, loop, passedOn);
        } else {
            this.passedOn.increment();
            elsewhere.pass(request, loop, passedOn);
        }
    }

    /**
     * Takes a request for a client of this process.
     *
     * @param loop where {@code passedOn} is run, once all nodes that work for the client know
     */
    public void deliverHere(CancelRequest request, EventLoop loop, Runnable passedOn) {
        ClientConnection target = clients.find(request.processId(), request.secretKey().array());
        if (target == null) {
            // A wrong key is answered with silence, as PostgreSQL does.
            ignored.increment();
            passedOn.run();
            return;
        }
        here.increment();
        target.loop().execute(() -> target.cancelRunning(() -> loop.execute(passedOn)));
    }

    /** Requests for a client of this process. */
    public long delivered() {
        return here.sum();
    }

    /** Requests that were for another process. */
    public long passedOn() {
        return passedOn.sum();
    }

    /** Requests whose client is gone, or whose key is wrong. */
    public long ignored() {
        return ignored.sum();
    }
}
