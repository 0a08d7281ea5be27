package dev.trunkline.session;

import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.plan.SessionAction.Signal;
import dev.trunkline.value.PgOid;
import dev.trunkline.wire.BackendEncoder;
import dev.trunkline.wire.BackendMessage.Field;
import dev.trunkline.wire.BindLayout;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.ErrorFields;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;

/**
 * {@code pg_cancel_backend} and {@code pg_terminate_backend} of a process id that a client was told. A client of the same login needs
 * no connection to a node for it, so that it works when all are in use; otherwise a node is asked whether the one role may signal the
 * other. A node's own process id is the node's affair.
 */
final class ClientSignal {

    private static final String ALLOWED = "allowed";
    private static final String SUPERUSER = "superuser";
    /** PostgreSQL's own rule (pg_signal_backend in signalfuncs.c). */
    private static final String MAY = """
            SELECT CASE WHEN r.rolsuper AND NOT me.rolsuper THEN 'superuser'
                        WHEN pg_catalog.pg_has_role(me.oid, r.oid, 'USAGE')
                             OR pg_catalog.pg_has_role(me.oid, 'pg_signal_backend', 'USAGE') THEN 'allowed'
                        ELSE 'no' END
              FROM pg_catalog.pg_roles r, pg_catalog.pg_roles me
             WHERE r.rolname = %s AND me.rolname = current_user""";

    private final Session session;
    private final Signal signal;
    private final Signals signals;
    private final Runnable done;
    private final boolean binary;
    /** Null for NULL. */
    private final Long process;
    private final Long timeout;

    private ClientSignal(Session session, Signal signal, StatementSource source, Runnable done) {
        this.session = session;
        this.signal = signal;
        this.signals = session.database().signals();
        this.done = done;
        ByteBuf body = body(source.values());
        BindLayout layout = new BindLayout();
        if (body != null) {
            layout.read(body);
        }
        this.binary = body != null && layout.resultFormatCount() > 0 && layout.resultFormat(body, 0) == 1;
        this.process = signal.process() instanceof Signal.Own
                ? Long.valueOf(session.identity().processId())
                : number(signal.process(), "integer", PgOid.INT4, source.types(), body, layout);
        this.timeout = number(signal.timeout(), "bigint", PgOid.INT8, source.types(), body, layout);
    }

    static void start(Session session, Signal signal, StatementSource source, Runnable done) {
        new ClientSignal(session, signal, source, done).run();
    }

    /** The one column of the answer; {@code portal} is null for a statement. */
    static Field column(Signal signal, Portal portal) {
        ByteBuf body = portal == null ? null : body(portal.values());
        int format = 0;
        if (body != null) {
            BindLayout layout = new BindLayout();
            layout.read(body);
            format = layout.resultFormat(body, 0);
        }
        return new Field(signal.column(), 0, 0, PgOid.BOOL, 1, -1, format);
    }

    /** A Bind's body with two empty names, since what follows the names is all that is kept; null without parameters. */
    private static ByteBuf body(ByteBuf values) {
        if (values == null) {
            return null;
        }
        byte[] body = new byte[2 + values.readableBytes()];
        values.getBytes(values.readerIndex(), body, 2, values.readableBytes());
        return Unpooled.wrappedBuffer(body);
    }

    // ---- arguments

    private static Long number(Signal.Number number, String type, int oid, int[] types, ByteBuf body,
            BindLayout layout) {
        return switch (number) {
            case Signal.Own own -> throw new IllegalStateException("no number is written");
            case Signal.Given given -> given.value();
            case Signal.Parameter parameter -> {
                int at = parameter.number() - 1;
                if (body == null || at >= layout.count()) {
                    throw ProxyError.UNDEFINED_PARAMETER.with("$" + parameter.number());
                }
                int given = at < types.length && !PgOid.isUnspecified(types[at]) ? types[at] : oid;
                if (given != oid && given != PgOid.INT2 && !(oid == PgOid.INT8 && given == PgOid.INT4)) {
                    throw ProxyError.UNDEFINED_FUNCTION.with("with a parameter of another type");
                }
                int length = layout.lengths()[at];
                yield length < 0
                        ? null
                        : bound(body.slice(layout.starts()[at], length), layout.formats()[at] == 1, type,
                                given);
            }
        };
    }

    private static Long bound(ByteBuf value, boolean binary, String type, int oid) {
        if (!binary) {
            String text = value.toString(StandardCharsets.UTF_8);
            Long number = Signal.read(text);
            if (number == null || oid == PgOid.INT4 && number != number.intValue()) {
                throw ProxyError.INVALID_NUMBER.with(type, text);
            }
            return number;
        }
        int width = value.readableBytes();
        if (width == 2 && oid == PgOid.INT2) {
            return (long) value.getShort(value.readerIndex());
        } else if (width == 4 && oid == PgOid.INT4) {
            return (long) value.getInt(value.readerIndex());
        } else if (width == 8 && oid == PgOid.INT8) {
            return value.getLong(value.readerIndex());
        }
        throw ProxyError.PROTOCOL_VIOLATION.with("incorrect binary data format in bind parameter");
    }

    // ---- the signal

    private void run() {
        if (!session.cycle().inPipeline()) {
            // Errors come behind it, as in PostgreSQL.
            session.replies().add(b -> BackendEncoder.rowDescription(b, List.of(column(signal, null))));
        }
        if (process == null || timeout == null) {
            answer(null);
            return;
        }
        if (timeout < 0) {
            throw ProxyError.OUT_OF_RANGE.with("\"timeout\" must not be negative");
        }
        if (!Signal.isTold(process)) {
            toNode();
            return;
        }
        int id = process.intValue();
        if (!signals.isOurs(id)) {
            throw ProxyError.NOT_OVER_NODES.with(signal.function() + " of a client that another proxy serves",
                    "Ask the proxy that has told the process id.");
        }
        if (id == session.identity().processId()) {
            if (!signal.terminate()) {
                throw ProxyError.QUERY_CANCELED.with();
            }
            send(id);
        } else if (signals.isThere(id)) {
            toOther(id, signals.whoHas(id));
        } else {
            session.replies().notice(
                    ErrorFields.of("WARNING", "01000", "PID " + id + " is not a PostgreSQL backend process"));
            answer(false);
        }
    }

    private void toNode() {
        if (session.database().nodes().size() > 1) {
            throw ProxyError.NOT_OVER_NODES.with(signal.function() + " of a node's process",
                    "Connect to the node itself, or use KILL in the admin database.");
        }
        ask("SELECT pg_catalog." + signal.function() + "(" + process
                + (signal.terminate() ? ", " + timeout + ")" : ")"), word -> answer("t".equals(word)));
    }

    private void toOther(int id, SessionIdentity other) {
        if (other == null || other.database() != session.database()) {
            throw ProxyError.NOT_OVER_NODES.with(signal.function() + " of a client of another database",
                    "Use KILL in the admin database.");
        }
        int home = session.database().catalog().homeNode();
        String mine = session.identity().logins().get(home).user();
        String its = other.logins().get(home).user();
        SessionSettings settings = session.settings();
        boolean isLogin = isDefault(settings.effective("role"))
                && isDefault(settings.effective("session_authorization"));
        if (isLogin && (mine.equals(its) || session.database().isSuperuser(mine))) {
            send(id);
        } else {
            ask(MAY.formatted(Settings.literal(its)), word -> {
                if (!ALLOWED.equals(word)) {
                    throw denied(SUPERUSER.equals(word));
                }
                send(id);
            });
        }
    }

    private static boolean isDefault(String role) {
        return role == null || role.equalsIgnoreCase("none") || role.equalsIgnoreCase("default");
    }

    /** In the words of the node's version. */
    private ProxyException denied(boolean superuser) {
        String what = signal.terminate() ? "process" : "query";
        boolean old = session.database().startupParameters().getOrDefault("server_version", "").startsWith("15");
        if (old) {
            String done = signal.terminate() ? "terminate" : "cancel";
            return ProxyError.SIGNAL_DENIED.with(superuser
                    ? "must be a superuser to " + done + " superuser " + what
                    : "must be a member of the role whose " + what + " is being "
                            + (signal.terminate() ? "terminated" : "canceled") + " or member of pg_signal_backend");
        }
        String detail = superuser
                ? "Only roles with the SUPERUSER attribute may "
                        + (signal.terminate() ? "terminate processes" : "cancel queries")
                        + " of roles with the SUPERUSER attribute."
                : "Only roles with privileges of the role whose " + what + " is being "
                        + (signal.terminate() ? "terminated" : "canceled")
                        + " or with privileges of the \"pg_signal_backend\" role may "
                        + (signal.terminate() ? "terminate" : "cancel") + " this " + what + ".";
        return ProxyError.SIGNAL_DENIED.with("permission denied to " + (signal.terminate() ? "terminate" : "cancel")
                + " " + what).withDetail(detail);
    }

    private void send(int id) {
        Runnable next = () -> answer(true);
        session.waiting().begin(SessionState.ACTIVE, next);
        signals.send(id, signal.terminate(), () -> session.worker().loop().execute(() -> {
            if (session.waiting().isFor(next)) {
                session.waiting().over();
            }
        }));
    }

    /** Asks a node, in the session's role and transaction. */
    private void ask(String sql, Consumer<String> then) {
        int node = session.nodes().preferred(session.database().catalog().homeNode());
        Participant participant = session.participant(node, () -> ask(sql, then));
        if (participant != null) {
            WordSink word = new WordSink();
            TellRun.ask(session, participant, sql, word, () -> then.accept(word.word()));
        }
    }

    private void answer(Boolean signalled) {
        Bytes value = signalled == null
                ? null
                : binary ? Bytes.of((byte) (signalled ? 1 : 0)) : Bytes.utf8(signalled ? "t" : "f");
        session.replies().add(b -> BackendEncoder.dataRow(b, Collections.singletonList(value)));
        session.replies().commandComplete("SELECT 1");
        done.run();
    }
}
