package dev.trunkline.frontend;

import dev.trunkline.error.ProxyError;
import dev.trunkline.session.ClientOutput;
import dev.trunkline.wire.BackendEncoder;
import dev.trunkline.wire.ErrorFields;
import io.netty.channel.ChannelHandlerContext;
import java.util.concurrent.TimeUnit;

/**
 * A client's turn to log in: at once, after a wait in the {@link LoginLine}, or never. Confined to the client's event loop.
 */
final class LoginTurn {

    private final Reception reception;
    private final ClientConnection connection;
    private final ChannelHandlerContext context;
    private final ClientOutput out;
    /** What stands in line for the client. */
    private final Runnable call = this::called;
    private boolean gone;

    LoginTurn(Reception reception, ClientConnection connection, ChannelHandlerContext context, ClientOutput out) {
        this.reception = reception;
        this.connection = connection;
        this.context = context;
        this.out = out;
    }

    /** The client has come: its dialog begins now or later, or it is turned away. */
    void await() {
        switch (reception.clients().logins().come(call)) {
            case INSIDE -> connection.beginDialog();
            case IN_LINE -> {
                connection.reading(false);
                long limit = reception.limits().authenticationTimeout().toMillis();
                context.executor().schedule(this::waitedTooLong, limit, TimeUnit.MILLISECONDS);
            }
            case NONE -> turnAway();
        }
    }

    /** By whoever has left, on its thread. */
    private void called() {
        context.executor().execute(() -> {
            if (gone) {
                reception.clients().logins().leave();
            } else {
                connection.beginDialog();
                connection.reading(true);
            }
        });
    }

    private void waitedTooLong() {
        if (reception.clients().logins().giveUp(call)) {
            turnAway();
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

    /** The client is gone, and wants it no more. */
    void giveUp() {
        gone = true;
        reception.clients().logins().giveUp(call);
    }
}
