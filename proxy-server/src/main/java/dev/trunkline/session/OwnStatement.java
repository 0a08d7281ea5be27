package dev.trunkline.session;

import dev.trunkline.backend.BackendConnection;
import dev.trunkline.backend.ReplySink;
import dev.trunkline.backend.ServerStatement;
import dev.trunkline.wire.FrontendEncoder;
import dev.trunkline.wire.FrontendMessage.Target;
import java.nio.charset.StandardCharsets;

/** Sends a statement of the session's own in the extended protocol: a simple query would commit an implicit transaction. */
final class OwnStatement {

    /** A portal of our own: the client may have the unnamed one open. */
    static final String PORTAL = "trunkline";

    private static final short[] ALL_TEXT = {};

    private OwnStatement() {}

    /** Puts it before what a node is sent next, which the node runs only if this one has gone well. */
    static void ahead(BackendConnection backend, String sql, ReplySink sink) {
        parse(backend, sql.getBytes(StandardCharsets.UTF_8), sink);
        NodeMessages.bind(backend.stage(), "", "");
        backend.expectBind(sink, null);
        FrontendEncoder.execute(backend.stage(), "", 0);
        backend.expectExecute(sink);
    }

    /** Runs it by itself; {@code drained} tells that it is over. */
    static void run(BackendConnection backend, String sql, ReplySink result) {
        run(backend, sql.getBytes(StandardCharsets.UTF_8), ALL_TEXT, DroppingSink.TELLING, result);
    }

    /**
     * As above.
     *
     * @param sql in UTF-8
     * @param formats of the result's columns, none if all are text
     * @param others takes all replies but the result
     */
    static void run(BackendConnection backend, byte[] sql, short[] formats, ReplySink others, ReplySink result) {
        parse(backend, sql, others);
        NodeMessages.bind(backend.stage(), PORTAL, "", formats);
        backend.expectBind(others, null);
        FrontendEncoder.execute(backend.stage(), PORTAL, 0);
        backend.expectExecute(result);
        FrontendEncoder.close(backend.stage(), Target.PORTAL, PORTAL);
        backend.expectClose(others);
        FrontendEncoder.flush(backend.stage());
    }

    private static void parse(BackendConnection backend, byte[] sql, ReplySink sink) {
        byte[] text = backend.spoken(sql, 0, sql.length);
        FrontendEncoder.parse(backend.stage(), "", text, 0, text.length, new int[0]);
        backend.expectParse(ServerStatement.unnamed(sql, new int[0]), sink, null);
    }
}
