package dev.trunkline.session;

import dev.trunkline.error.ProxyError;
import dev.trunkline.plan.Plan;
import dev.trunkline.plan.PreparedPlans;
import dev.trunkline.plan.SessionAction;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.route.BoundValues;
import dev.trunkline.route.Destination;
import dev.trunkline.route.ExecuteArguments;
import dev.trunkline.route.ExecuteArguments.Argument;
import dev.trunkline.sql.Fingerprint;
import dev.trunkline.sql.LexedText;
import dev.trunkline.sql.PreparedText;
import dev.trunkline.value.PgOid;
import dev.trunkline.wire.ClientEncoding;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An EXECUTE of SQL whose name has been looked up and whose arguments have been read: what runs, and where.
 *
 * <p>On one node the statement is prepared there under the proxy's name, and EXECUTE is sent with that name and its arguments
 * as they are written, so that whatever they are stays PostgreSQL's affair. Over several nodes they become the values of a
 * Bind, where a text is sure to mean the same.
 *
 * @param prepared what the name means
 * @param plan what is run of it
 * @param nodeSql the EXECUTE as a node that has the statement understands it
 * @param configured what its set_config sets, null where that can't be seen
 */
record ExecutedStatement(ClientStatement prepared, StatementPlan plan, Destination destination, byte[] nodeSql,
        List<Argument> arguments, List<ConfiguredSetting> configured) {

    private static final short[] TEXTS = {};

    /**
     * Looks an EXECUTE up. Uses the worker's lexer and values.
     *
     * @param sql holds the EXECUTE in {@code [start, end)}
     * @param literals those of the EXECUTE
     * @return null when it has to wait: then {@code next} goes on, or (null) the message is offered again
     */
    static ExecutedStatement of(Session session, SessionAction.Execute execute, byte[] sql, int start, int end,
            Fingerprint literals, boolean standardStrings, Runnable next) {
        ClientStatement prepared = session.statements().get(execute.name());
        byte[] text = Arrays.copyOfRange(sql, start, end);
        int count = execute.arguments().size();
        List<ExecuteArguments.Written> constants = execute.arguments();
        int[] types = types(session, prepared, count);
        List<Argument> arguments = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            arguments.add(ExecuteArguments.read(constants.get(i), types[i], sql, literals, standardStrings));
        }
        if (!session.plans().makeCurrent(prepared, next)) {
            return null;
        }
        StatementPlan plan = prepared.plan();
        check(session, prepared, count);
        StatementPlan executed = PreparedPlans.executed(execute, plan);
        Destination destination = executed.bind(values(session, prepared, arguments, types),
                session.database().destinations());
        if (destination instanceof Destination.Many) {
            requireBindable(execute, arguments);
            if (arguments.stream().anyMatch(a -> a instanceof Argument.Text t && !isAscii(t.utf8()))) {
                // They are bound as they are.
                session.settings().requireUtf8();
            }
        }
        List<ConfiguredSetting> configured = executed.action() instanceof SessionAction.Configure configure
                ? ConfiguredSetting.required(ConfiguredSetting.of(configure, arguments), session.database())
                : null;
        byte[] nodeSql = PreparedText.ofExecute(text, standardStrings).withName(prepared.server().name());
        return new ExecutedStatement(prepared, executed, destination, nodeSql, arguments, configured);
    }

    private static void check(Session session, ClientStatement prepared, int count) {
        StatementPlan plan = prepared.plan();
        if (plan.refusal() != null) {
            throw plan.refusal().withPosition(0);
        }
        boolean rows = Preparing.ROWS.contains(plan.kind());
        if (plan.root() instanceof Plan.LocalReply || !rows && session.database().nodes().size() > 1) {
            throw ProxyError.NOT_OVER_NODES.with("EXECUTE of a statement that is no query",
                    "Send the statement itself.");
        }
        if (prepared.server().name().isEmpty()) {
            throw new IllegalStateException("a statement without a name has none at the nodes");
        }
        int wanted = Math.max(plan.parameterCount(), prepared.server().parameterTypes().length);
        if (rows && wanted != count) {
            throw ProxyError.SYNTAX_ERROR
                    .with("wrong number of parameters for prepared statement \"" + prepared.name() + "\"")
                    .withDetail("Expected " + wanted + " parameters but got " + count + ".");
        }
    }

    /** The parameters' types: as declared, as a node has described them, as inferred; 0 where nobody knows. */
    private static int[] types(Session session, ClientStatement prepared, int count) {
        int[] types = new int[count];
        int[] declared = prepared.server().parameterTypes();
        int[] described = session.preparing().describedTypes(prepared);
        int[] inferred = prepared.plan().parameterTypes();
        for (int i = 0; i < count; i++) {
            int type = i < declared.length ? declared[i] : PgOid.UNSPECIFIED;
            if (PgOid.isUnspecified(type)) {
                type = i < described.length ? described[i] : i < inferred.length ? Math.max(0, inferred[i]) : 0;
            }
            types[i] = type;
        }
        return types;
    }

    private static BoundValues values(Session session, ClientStatement prepared, List<Argument> arguments,
            int[] types) {
        BoundValues values = session.worker().values();
        byte[] sql = prepared.sql();
        Fingerprint literals = null;
        if (prepared.plan().readsLiterals()) {
            LexedText lexed = session.worker().lexed();
            lexed.lex(sql, 0, sql.length, prepared.standardConformingStrings());
            literals = lexed.fingerprint(0);
        }
        values.statement(sql, literals, prepared.standardConformingStrings()).pinnedNode(session.nodes().pinned())
                .hint(session.own().hint());
        int count = arguments.size();
        int[] starts = new int[count];
        int[] lengths = new int[count];
        int size = 0;
        for (Argument argument : arguments) {
            size += argument instanceof Argument.Text text ? text.utf8().length : 0;
        }
        byte[] body = new byte[size];
        int at = 0;
        for (int i = 0; i < count; i++) {
            starts[i] = at;
            switch (arguments.get(i)) {
                case Argument.Text text -> {
                    lengths[i] = text.utf8().length;
                    System.arraycopy(text.utf8(), 0, body, at, lengths[i]);
                    at += lengths[i];
                }
                case Argument.Null none -> lengths[i] = -1;
                case Argument.Open open -> lengths[i] = BoundValues.NOT_KNOWN;
            }
        }
        return values.parameters(body, starts, lengths, TEXTS, 0, types, count);
    }

    private static void requireBindable(SessionAction.Execute execute, List<Argument> arguments) {
        if (execute.form() != SessionAction.Execute.Form.PLAIN) {
            throw ProxyError.NOT_OVER_NODES.with("EXPLAIN EXECUTE of a fan-out",
                    "Explain the statement itself, with its values in place of the parameters.");
        }
        if (arguments.stream().anyMatch(Argument.Open.class::isInstance)) {
            throw ProxyError.NOT_OVER_NODES.with("EXECUTE with an argument that is no constant of its parameter's type",
                    "Give a plain literal, and name the types in PREPARE.");
        }
    }

    private static boolean isAscii(byte[] text) {
        return ClientEncoding.isAscii(text, 0, text.length);
    }

    /** What follows the names in a Bind with the arguments as values. */
    ByteBuf bindValues(ByteBuf resultFormats) {
        int size = 4;
        for (Argument argument : arguments) {
            size += 4 + (argument instanceof Argument.Text text ? text.utf8().length : 0);
        }
        ByteBuf rest = Unpooled.buffer(size + resultFormats.readableBytes());
        rest.writeShort(0).writeShort(arguments.size());
        for (Argument argument : arguments) {
            switch (argument) {
                case Argument.Text text -> rest.writeInt(text.utf8().length).writeBytes(text.utf8());
                case Argument.Null none -> rest.writeInt(-1);
                case Argument.Open open -> throw new IllegalStateException("a value that only a node can find");
            }
        }
        return rest.writeBytes(resultFormats, resultFormats.readerIndex(), resultFormats.readableBytes());
    }

    /** The statement for a fan-out of the simple protocol. */
    StatementSource source() {
        return StatementSource.of(prepared.sql(), prepared.server().parameterTypes(),
                bindValues(Unpooled.wrappedBuffer(new byte[2])));
    }

    /** The EXECUTE as a statement of its own, at a node that has what it executes. */
    ClientStatement atNode() {
        return prepared.as(nodeSql, plan);
    }

    /** Where the node's errors are told in the words of the client's text. */
    RewritingSink sink(ClientOutput out, byte[] written) {
        return new RewritingSink(out, written, nodeSql, prepared.server().name(), prepared.name());
    }
}
