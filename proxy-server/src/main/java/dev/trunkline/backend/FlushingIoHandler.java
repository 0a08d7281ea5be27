package dev.trunkline.backend;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoRegistration;

/**
 * A loop's turn with its {@link PendingFlushes} at the end. They are no task of the loop: that would cost an entry in its queue
 * and two looks at the clock in each turn.
 */
public final class FlushingIoHandler implements IoHandler {

    private final IoHandler io;
    private PendingFlushes flushes;

    private FlushingIoHandler(IoHandler io) {
        this.io = io;
    }

    /** Handlers that do what those of another factory do, and flush. */
    public static IoHandlerFactory over(IoHandlerFactory factory) {
        return executor -> new FlushingIoHandler(factory.newHandler(executor));
    }

    @Override
    public void initialize() {
        flushes = PendingFlushes.ofLoop();
        io.initialize();
    }

    @Override
    public int run(IoHandlerContext context) {
        // What the loop's tasks have left: nothing may wait while the loop does.
        flushes.flush();
        int handled = io.run(context);
        flushes.flush();
        return handled;
    }

    @Override
    public void prepareToDestroy() {
        io.prepareToDestroy();
    }

    @Override
    public void destroy() {
        io.destroy();
    }

    @Override
    public IoRegistration register(IoHandle handle) throws Exception {
        return io.register(handle);
    }

    @Override
    public void wakeup() {
        io.wakeup();
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> type) {
        return io.isCompatible(type);
    }
}
