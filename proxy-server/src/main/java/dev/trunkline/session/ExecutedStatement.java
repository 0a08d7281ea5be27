package dev.trunkline.session;

import dev.trunkline.backend.ServerStatement;
import dev.trunkline.error.ProxyError;
import dev.trunkline.plan.Plan;
import dev.trunkline.plan.PreparedPlans;
import dev.trunkline.plan.SessionAction;
import dev.trunkline.plan.SessionAction.Execute.ArgumentCalls;
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
import java.util.function.Consumer;

/**
 * An EXECUTE of SQL whose name has been looked up and whose arguments have been read: what runs, and where.
 *
 * <p>On one node the statement is prepared there under the proxy's name, and EXECUTE is sent with that name and its arguments
 * as they are written, so that whatever they are stays PostgreSQL's affair. Over several nodes they become the values of a
 * Bind, where a text is sure to mean the same; and so they do when a node had to evaluate them before.
 *
 * <pre>
 *   of --all constants, or nothing depends on them--> has a destination
 *      --a node has to evaluate them--> open --ArgumentQuestion--> of, with their values --> has a destination
 * </pre>
 *
 * @param prepared what the name means
 * @param plan what is run of it
 * @param destination null for one that is open
 * @param before what stands before it in the client's text
 * @param written the EXECUTE as the client has written it
 * @param nodeSql the EXECUTE as a node that has the statement understands it
 * @param types those of the parameters, as far as they are known
 * @param bound whether the arguments have been evaluated, so that they must not be again
 * @param configured what its set_config sets, null where that can't be seen
 */
record ExecutedStatement(ClientStatement prepared, StatementPlan plan, ArgumentCalls calls, Destination destination,
        byte[] before, byte[] written, byte[] nodeSql, boolean standardStrings, List<Argument> arguments, int[] types,
        boolean bound,
        List<ConfiguredSetting> configured) {

    private static final short[] TEXTS = {};

    /**
     * Looks an EXECUTE up. Uses the worker's lexer and values.
     *
     * @param sql holds the EXECUTE in {@code [start, end)}
     * @param literals those of the EXECUTE
     * @param evaluated the arguments' values if a node has found them, otherwise null
     * @return null when it has to wait: then {@code next} goes on, or (null) the message is offered again
     */
    static ExecutedStatement of(Session session, SessionAction.Execute execute, byte[] sql, int start, int end,
            Fingerprint literals, boolean standardStrings, ArgumentValues evaluated, Runnable next) {
        ClientStatement prepared = session.statements().get(execute.name());
        byte[] text = Arrays.copyOfRange(sql, start, end);
        int count = execute.arguments().size();
        int[] types = evaluated == null ? types(session, prepared, count) : evaluated.types();
        List<Argument> arguments = evaluated == null
                ? read(execute, types, sql, literals, standardStrings)
                : evaluated.values();
        if (!session.plans().makeCurrent(prepared, next)) {
            return null;
        }
        check(session, prepared, count);
        if (evaluated != null && !Arrays.equals(types, types(session, prepared, count))) {
            // To PostgreSQL they would be the same for ever, and evaluating twice what may have effects is no way out.
            throw ProxyError.RESULT_TYPE_CHANGED.with();
        }
        StatementPlan executed = evaluated == null ? PreparedPlans.executed(execute, prepared.plan()) : prepared.plan();
        Destination destination = null;
        List<ConfiguredSetting> configured = null;
        boolean open = evaluated == null && session.database().nodes().size() > 1
                && mustEvaluate(execute, executed, arguments);
        if (!open) {
            destination = executed.bind(values(session, prepared, arguments, types),
                    session.database().destinations());
            open = destination instanceof Destination.Many && isOpen(arguments);
        }
        if (open || destination instanceof Destination.Many) {
            requirePlain(execute);
        }
        if (open) {
            destination = null;
        } else {
            if (destination instanceof Destination.Many && isBeyondAscii(arguments)) {
                // They are bound as they are.
                session.settings().requireUtf8();
            }
            configured = executed.action() instanceof SessionAction.Configure configure
                    ? ConfiguredSetting.required(ConfiguredSetting.of(configure, arguments), session.database())
                    : null;
        }
        byte[] nodeSql = PreparedText.ofExecute(text, standardStrings).withName(prepared.server().name());
        return new ExecutedStatement(prepared, executed, execute.calls(), destination,
                Arrays.copyOf(sql, start), text, nodeSql, standardStrings, arguments, types, evaluated != null,
                configured);
    }

    private static List<Argument> read(SessionAction.Execute execute, int[] types, byte[] sql, Fingerprint literals,
            boolean standardStrings) {
        List<Argument> arguments = new ArrayList<>(types.length);
        for (int i = 0; i < types.length; i++) {
            arguments.add(ExecuteArguments.read(execute.arguments().get(i), types[i], sql, literals, standardStrings));
        }
        return arguments;
    }

    /**
     * Whether an argument that is no constant has to be evaluated before it is known where the statement goes, or at another node
     * than where that is.
     */
    private static boolean mustEvaluate(SessionAction.Execute execute, StatementPlan executed,
            List<Argument> arguments) {
        if (!isOpen(arguments)) {
            return false;
        }
        if (execute.calls().place() != ArgumentCalls.Place.ANY
                || executed.action() instanceof SessionAction.Configure) {
            return true;
        }
        for (int number : executed.keyParameters()) {
            if (number <= arguments.size() && arguments.get(number - 1) instanceof Argument.Open) {
                return true;
            }
        }
        return false;
    }

    private static boolean isOpen(List<Argument> arguments) {
        return arguments.stream().anyMatch(Argument.Open.class::isInstance);
    }

    private static boolean isBeyondAscii(List<Argument> arguments) {
        return arguments.stream().anyMatch(a -> a instanceof Argument.Text t
                && !ClientEncoding.isAscii(t.utf8(), 0, t.utf8().length));
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
                type = described != null && i < described.length
                        ? described[i]
                        : i < inferred.length ? Math.max(0, inferred[i]) : 0;
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
        short[] formats = formats(arguments);
        int size = arguments.stream().mapToInt(ExecutedStatement::size).sum();
        byte[] body = new byte[size];
        int at = 0;
        for (int i = 0; i < count; i++) {
            starts[i] = at;
            switch (arguments.get(i)) {
                case Argument.Text text -> {
                    lengths[i] = text.utf8().length;
                    System.arraycopy(text.utf8(), 0, body, at, lengths[i]);
                }
                case Argument.Binary binary -> {
                    lengths[i] = binary.bytes().length;
                    System.arraycopy(binary.bytes(), 0, body, at, lengths[i]);
                }
                case Argument.Null none -> lengths[i] = -1;
                case Argument.Open open -> lengths[i] = BoundValues.NOT_KNOWN;
            }
            at += Math.max(0, lengths[i]);
        }
        return values.parameters(body, starts, lengths, formats, formats.length, types, count);
    }

    private static int size(Argument argument) {
        return switch (argument) {
            case Argument.Text text -> text.utf8().length;
            case Argument.Binary binary -> binary.bytes().length;
            case Argument.Null none -> 0;
            case Argument.Open open -> 0;
        };
    }

    /** The format codes of a Bind: none where all are texts, otherwise one for each. */
    private static short[] formats(List<Argument> arguments) {
        if (arguments.stream().noneMatch(Argument.Binary.class::isInstance)) {
            return TEXTS;
        }
        short[] formats = new short[arguments.size()];
        for (int i = 0; i < formats.length; i++) {
            formats[i] = (short) (arguments.get(i) instanceof Argument.Binary ? 1 : 0);
        }
        return formats;
    }

    private static void requirePlain(SessionAction.Execute execute) {
        if (execute.form() != SessionAction.Execute.Form.PLAIN) {
            throw ProxyError.NOT_OVER_NODES.with(
                    "EXPLAIN EXECUTE of a fan-out, or with arguments to be computed first,",
                    "Explain the statement itself, with its values in place of the parameters.");
        }
    }

    /** Whether its arguments have to be evaluated before it can go anywhere. */
    boolean isOpen() {
        return destination == null;
    }

    /**
     * Has a node evaluate the arguments; the session waits. When {@code taker} has them, {@code next} goes on, or (null) the message
     * is offered again.
     */
    void evaluate(Session session, Consumer<ArgumentValues> taker, Runnable next) {
        if (session.preparing().describedTypes(prepared) == null && !isTyped()) {
            DescriptionQuestion.ask(session, prepared, next);
        } else {
            ArgumentQuestion.ask(session, this, taker, next);
        }
    }

    /** Whether all types were declared with the statement. */
    private boolean isTyped() {
        int[] declared = prepared.server().parameterTypes();
        return declared.length >= types.length && Arrays.stream(declared).noneMatch(PgOid::isUnspecified);
    }

    /** The EXECUTE with the same arguments of another statement. */
    byte[] of(ServerStatement other) {
        return PreparedText.ofExecute(written, standardStrings).withName(other.name());
    }

    /**
     * What follows the names in a Bind with the arguments as values.
     *
     * @param encoding in which texts are spoken, null for UTF-8
     */
    ByteBuf bindValues(ByteBuf resultFormats, ClientEncoding encoding) {
        short[] formats = formats(arguments);
        int size = 4 + 2 * formats.length + 4 * arguments.size()
                + arguments.stream().mapToInt(ExecutedStatement::size).sum();
        ByteBuf rest = Unpooled.buffer(size + resultFormats.readableBytes());
        rest.writeShort(formats.length);
        for (short format : formats) {
            rest.writeShort(format);
        }
        rest.writeShort(arguments.size());
        for (Argument argument : arguments) {
            switch (argument) {
                case Argument.Text text -> {
                    byte[] utf8 = text.utf8();
                    byte[] spoken = encoding == null || ClientEncoding.isAscii(utf8, 0, utf8.length)
                            ? utf8
                            : encoding.fromUtf8(utf8, 0, utf8.length);
                    rest.writeInt(spoken.length).writeBytes(spoken);
                }
                case Argument.Binary binary -> rest.writeInt(binary.bytes().length).writeBytes(binary.bytes());
                case Argument.Null none -> rest.writeInt(-1);
                case Argument.Open open -> throw new IllegalStateException("a value that only a node can find");
            }
        }
        return rest.writeBytes(resultFormats, resultFormats.readerIndex(), resultFormats.readableBytes());
    }

    /** As above, with all results as text. */
    ByteBuf bindValues(ClientEncoding encoding) {
        return bindValues(Unpooled.wrappedBuffer(new byte[2]), encoding);
    }

    /** The statement for a fan-out of the simple protocol. */
    StatementSource source() {
        return StatementSource.of(prepared.sql(), bound ? types : prepared.server().parameterTypes(),
                bindValues(null));
    }

    /** The EXECUTE as a statement of its own, at a node that has what it executes. */
    ClientStatement atNode() {
        return prepared.as(nodeSql, plan);
    }

    /** Where the node's errors are told in the words of the client's text. */
    RewritingSink sink(ClientOutput out) {
        return sink(out, prepared.server(), nodeSql);
    }

    /** As above, for an EXECUTE of another statement. */
    RewritingSink sink(ClientOutput out, ServerStatement other, byte[] sent) {
        return new RewritingSink(out, before, written, sent, other.name(), prepared.name());
    }
}
