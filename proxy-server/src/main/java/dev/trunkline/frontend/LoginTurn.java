package dev.trunkline.frontend;

import dev.trunkline.error.ProxyError;
import dev.trunkline.session.ClientOutput;
import dev.trunkline.wire.BackendEncoder;
import dev.trunkline.wire.ErrorFields;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * A client's turn to log in: at once, after a wait in the {@link LoginLine}, or never. Confined to the client's event loop.
 */
final class LoginTurn {

    private final LoginLine line;
    private final Reception reception;
    private final ClientConnection connection;
    private final ChannelHandlerContext context;
    private final ClientOutput out;
    /** What stands in line for the client. */
    private final Runnable call = this::called;
    /** Bounds the time before its first turn; null from then on. */
    private Future<?> timeout;
    /** Looks now and then whether somebody in front has to make room; null when it is not in line. */
    private Future<?> relief;
    private boolean gone;

    LoginTurn(Reception reception, ClientConnection connection, ChannelHandlerContext context, ClientOutput out) {
        this.line = reception.clients().logins();
        this.reception = reception;
        this.connection = connection;
        this.context = context;
        this.out = out;
    }

    /** The client has come: it may say something, or is turned away. */
    void await() {
        if (line.come(call)) {
            long limit = reception.limits().authenticationTimeout().toMillis();
            timeout = context.executor().schedule(this::waitedTooLong, limit, TimeUnit.MILLISECONDS);
        } else {
            gone = true;
            turnAway();
        }
    }

    /** The client has said something. Whether it is its turn; otherwise it is called, and not read before. */
    boolean isNow() {
        if (relief != null) {
            return false;
        }
        if (line.speaks(call, System.nanoTime())) {
            begin();
            return true;
        }
        connection.reading(false);
        relief = context.executor().scheduleWithFixedDelay(() -> line.relieve(System.nanoTime()),
                LoginLine.PATIENCE_NANOS, LoginLine.PATIENCE_NANOS, TimeUnit.NANOSECONDS);
        return false;
    }

    /** What the client has said is done with, and more is awaited of it. */
    void awaitsMore() {
        line.rests(call);
    }

    /** By whoever has made room, on its thread. */
    private void called() {
        context.executor().execute(() -> {
            if (!gone) {
                cancel(relief);
                relief = null;
                begin();
                connection.reading(true);
                connection.goAhead();
            }
        });
    }

    private void begin() {
        if (timeout != null) {
            cancel(timeout);
            timeout = null;
            connection.beginDialog();
        }
    }

    private static void cancel(Future<?> timer) {
        if (timer != null) {
            timer.cancel(false);
        }
    }

    /** Whoever has said nothing is told nothing, as in PostgreSQL. */
    private void waitedTooLong() {
        boolean spoke = relief != null;
        if (spoke && !line.isInLine(call)) {
            // It is being called.
            return;
        }
        leave();
        if (spoke) {
            turnAway();
        } else {
            connection.closeNow();
        }
    }

    /** A client understands an error that comes before it has said anything. Those who hold out on it are limited, too. */
    private void turnAway() {
        Clients clients = reception.clients();
        if (!clients.mayBeTold()) {
            connection.closeNow();
            return;
        }
        connection.takeNoMore();
        context.channel().closeFuture().addListener(closed -> clients.told());
        BackendEncoder.error(out.stage(), ErrorFields.of("FATAL", ProxyError.TOO_MANY_CLIENTS.with()
                .withHint("Come again later; limits.unauthenticatedClients says how many log in at a time.")));
        out.flush();
        Farewell.after(context);
    }

    /** The client has logged in, or is gone. */
    void leave() {
        if (!gone) {
            gone = true;
            cancel(timeout);
            cancel(relief);
            line.leave(call, System.nanoTime());
        }
    }
}
