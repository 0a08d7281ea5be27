package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.ReplySink;
import java.util.List;

/**
 * What a session waits for before it goes on: a plan, a connection, settings in force, the replies of others. Then a step goes
 * on, or the message at hand, which was not taken, is offered again from its beginning. Owned by the session's event loop.
 */
final class Waiting {

    private final Session session;
    private final ClientInput input;
    /** What goes on; null when the message at hand is offered again, or nothing is awaited. */
    private Runnable next;
    private long sinceNanos;

    Waiting(Session session, ClientInput input) {
        this.session = session;
        this.input = input;
    }

    // ---- its beginning

    /** Stops taking input until {@link #over}; then {@code step} runs, or (null) the message is offered again. */
    void begin(SessionState state, Runnable step) {
        begin(state, step, state == SessionState.WAITING ? System.nanoTime() : 0);
    }

    /** Waits for a connection that was asked for at that time. */
    void forConnection(Runnable step, long askedNanos) {
        begin(SessionState.WAITING, step, askedNanos);
    }

    private void begin(SessionState state, Runnable step, long since) {
        next = step;
        sinceNanos = since;
        session.become(state);
    }

    /** Applies the session's settings to a connection that has others; {@code step} runs when they are in force. */
    void forSettings(BackendConnection backend, Settings wanted, String difference, Runnable step) {
        boolean fromScratch = backend.settings() == null || backend.settings() == Settings.UNKNOWN;
        ReplySink sink = fromScratch ? DroppingSink.APPLYING : DroppingSink.CHANGING;
        List<String> strings = backend.encoding() == null ? List.of(difference) : wanted.spokenFrom(difference);
        backend.settings(wanted);
        for (String sql : strings) {
            backend.query(sql, sink);
            backend.encoding(null);
        }
        session.cycle().awaitReady(strings.size(), this::over);
        begin(SessionState.WAITING, step, System.nanoTime());
        backend.flush();
    }

    /** As above, for the same step, after a connection has not taken the difference to what it had. */
    void forSettingsFromScratch(BackendConnection backend) {
        Settings wanted = session.transaction().at(backend.node()).settingsBefore();
        forSettings(backend, wanted, wanted.difference(backend.settings()), next);
    }

    // ---- what it is

    /** Whether the message at hand has not been taken, and is to be offered again when what is awaited is there. */
    boolean holdsMessage() {
        return next == null && session.state().keepsWaiting();
    }

    /** Whether the session waits in order to go on with exactly this. */
    boolean isFor(Runnable step) {
        return next == step;
    }

    /** When it began to wait for a connection; 0 when it doesn't. */
    long sinceNanos() {
        return sinceNanos;
    }

    // ---- its end

    /** What was awaited is there. */
    void over() {
        Runnable step = next;
        next = null;
        sinceNanos = 0;
        if (session.state() == SessionState.CLOSED) {
            return;
        }
        if (step != null) {
            session.become(SessionState.ACTIVE);
            session.guarded(step);
        } else {
            offerAgain();
        }
        session.flushReplies();
    }

    /** Takes the message at hand from its beginning, or the next one. */
    void offerAgain() {
        session.become(session.cycle().stateForInput());
        input.resume();
    }

    /** What the session was about to go on with is given up. */
    void giveUp() {
        next = null;
    }

    /** Offers the input again once the current call is over. */
    void offerLater() {
        session.worker().loop().execute(this::offer);
    }

    private void offer() {
        if (session.state().takesInput()) {
            input.resume();
            session.flushReplies();
        }
    }
}
