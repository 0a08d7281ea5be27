package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.Undo;
import dev.trunkline.wire.BackendEncoder;
import dev.trunkline.wire.ClientEncoding;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.FrontendEncoder;
import io.netty.buffer.ByteBuf;
import java.util.function.Consumer;

/**
 * Whose turn it is to reply to the client. At most one backend owes replies at a time; before another one is used, the first
 * one's replies are flushed and awaited. Replies of our own take their turn in the queue of that backend. Owned by the session's
 * event loop.
 */
final class Replies {

    private final Session session;
    private final ClientOutput out;
    private final SessionSettings settings;
    /** The backend that has been used last, if it may still owe replies; otherwise null. */
    private BackendConnection current;

    Replies(Session session) {
        this.session = session;
        this.out = session.out();
        this.settings = session.settings();
    }

    // ---- of nodes

    /** Whether replies to earlier messages are outstanding; if so, the session waits for them. */
    boolean mustDrain(Runnable next) {
        if (current == null || !current.isBusy()) {
            return false;
        }
        FrontendEncoder.flush(current.stage());
        session.waiting().begin(SessionState.DRAINING, next);
        return true;
    }

    /** Makes a backend the one that replies; false when another one's replies have to come in first. */
    boolean switchTo(BackendConnection backend, Runnable next) {
        if (current != backend && mustDrain(next)) {
            return false;
        }
        current = backend;
        return true;
    }

    /** A backend is gone: it replies no more. */
    void forget(BackendConnection backend) {
        if (backend == current) {
            current = null;
        }
    }

    /** All replies are in. */
    void complete() {
        current = null;
    }

    /** Has the backend that replies send what it has. */
    void flushNode() {
        if (current != null && current.isBusy()) {
            FrontendEncoder.flush(current.stage());
        }
    }

    // ---- our own

    /** Replies with bytes of our own, in their turn. */
    void add(Consumer<ByteBuf> writer) {
        add(writer, null);
    }

    /** As above; {@code ifSkipped} is run if an error of the backend comes before and sweeps the reply away. */
    void add(Consumer<ByteBuf> writer, Undo ifSkipped) {
        if (current != null && current.isBusy()) {
            ByteBuf bytes = out.allocate();
            writer.accept(bytes);
            ClientEncoding encoding = settings.clientEncoding();
            if (encoding != null) {
                encoding.encodeMessages(bytes, bytes.readerIndex());
            }
            current.expectFake(out, bytes, ifSkipped);
        } else {
            now(writer);
        }
    }

    /** Replies at once, whoever owes what. */
    void now(Consumer<ByteBuf> writer) {
        ByteBuf stage = out.stage();
        int from = stage.writerIndex();
        writer.accept(stage);
        if (settings.clientEncoding() != null) {
            settings.clientEncoding().encodeMessages(stage, from);
        }
    }

    /** An error that is told at once. */
    void sayNow(ErrorFields error) {
        now(b -> BackendEncoder.error(b, error));
    }

    void commandComplete(String tag) {
        add(b -> BackendEncoder.commandComplete(b, tag));
    }

    /** A notice or warning, unless the client does not want such. */
    void notice(ErrorFields fields) {
        if (settings.wants(fields.severity())) {
            add(b -> BackendEncoder.notice(b, fields));
        }
    }
}
