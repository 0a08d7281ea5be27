package dev.trunkline.admin;

import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.frontend.AdminAccess;
import dev.trunkline.session.ClientInput;
import dev.trunkline.session.ClientOutput;
import dev.trunkline.session.ClientSession;
import dev.trunkline.session.ClientStatus;
import dev.trunkline.wire.BackendEncoder;
import dev.trunkline.wire.BackendMessage.Field;
import dev.trunkline.wire.Bytes;
import dev.trunkline.wire.ErrorFields;
import dev.trunkline.wire.FrontendDecoder;
import dev.trunkline.wire.FrontendMessage;
import dev.trunkline.wire.FrontendMessage.Bind;
import dev.trunkline.wire.FrontendMessage.Close;
import dev.trunkline.wire.FrontendMessage.Describe;
import dev.trunkline.wire.FrontendMessage.Execute;
import dev.trunkline.wire.FrontendMessage.Parse;
import dev.trunkline.wire.FrontendMessage.Target;
import dev.trunkline.wire.MessageTypes;
import dev.trunkline.wire.ProtocolViolation;
import dev.trunkline.wire.TransactionStatus;
import io.netty.buffer.ByteBuf;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A session of the admin database, in the simple and in the extended protocol.
 *
 * <pre>
 *   IDLE --Query, Execute--> RUNNING (no input is taken) --answer--> IDLE
 *   IDLE --error in the extended protocol--> SKIPPING --Sync--> IDLE
 * </pre>
 *
 * <p>Transactions are only played: drivers open them, and nothing here can be rolled back.
 *
 * <p>Confined to the event loop of the client's channel; answers that come from other loops hop over.
 */
final class AdminSession implements ClientSession {

    private static final Logger LOG = LoggerFactory.getLogger(AdminSession.class);

    private enum State {
        IDLE,
        RUNNING,
        SKIPPING,
        CLOSED
    }

    /** A bound statement; {@code answer} is null before the first Execute. */
    private static final class Portal {
        final AdminStatement statement;
        final List<Integer> formats;
        Answer answer;
        int next;

        Portal(AdminStatement statement, List<Integer> formats) {
            this.statement = statement;
            this.formats = formats;
        }

        int format(int column) {
            return formats.isEmpty() ? 0 : formats.get(formats.size() == 1 ? 0 : column);
        }
    }

    private final AdminAccess.Visitor visitor;
    private final Execution execution;
    private final ClientInput input;
    private final ClientOutput out;
    private final Instant connected = Instant.now();
    private final Map<String, AdminStatement> statements = new HashMap<>();
    private final Map<String, Portal> portals = new HashMap<>();
    private volatile State state = State.IDLE;
    private TransactionStatus transaction = TransactionStatus.IDLE;
    private CompletableFuture<Answer> running;
    private long requests;
    private Instant requested;

    AdminSession(AdminAccess.Visitor visitor, Execution execution, ClientInput input, ClientOutput out) {
        this.visitor = visitor;
        this.execution = execution;
        this.input = input;
        this.out = out;
    }

    @Override
    public boolean takesInput() {
        return state == State.IDLE || state == State.SKIPPING;
    }

    @Override
    public boolean takesCopyData() {
        return false;
    }

    @Override
    public void copyBytes(ByteBuf piece) {
        piece.release();
    }

    @Override
    public boolean accept(byte type, ByteBuf in, int start, int length) {
        if (type == MessageTypes.TERMINATE) {
            input.close();
            return true;
        }
        if (state == State.SKIPPING && type != MessageTypes.SYNC) {
            return true;
        }
        try {
            FrontendMessage message = FrontendDecoder.decode(type, in.slice(start + 5, length - 5));
            take(message);
        } catch (ProtocolViolation e) {
            if (e.fatal()) {
                throw e;
            }
            fail(e.error(), type == MessageTypes.QUERY);
        } catch (ProxyException e) {
            fail(e, type == MessageTypes.QUERY);
        }
        return true;
    }

    private void take(FrontendMessage message) {
        switch (message) {
            case FrontendMessage.Query query -> {
                begin();
                query(AdminParser.parse(query.sql()), 0);
            }
            case Parse parse -> parse(parse);
            case Bind bind -> bind(bind);
            case Describe describe -> describe(describe);
            case Execute execute -> execute(execute);
            case Close close -> {
                (close.target() == Target.STATEMENT ? statements : portals).remove(close.name());
                BackendEncoder.closeComplete(out.stage());
            }
            case FrontendMessage.Flush flush -> out.flush();
            case FrontendMessage.Sync sync -> {
                begin();
                if (transaction == TransactionStatus.IDLE) {
                    portals.clear();
                }
                state = State.IDLE;
                ready();
            }
            default -> throw ProxyError.PROTOCOL_VIOLATION.with(
                    message.getClass().getSimpleName() + " is not served by the admin database");
        }
    }

    private void begin() {
        requests++;
        requested = Instant.now();
    }

    // ---- simple protocol

    private void query(List<AdminStatement> all, int index) {
        if (index == all.size()) {
            state = State.IDLE;
            ready();
            return;
        }
        AdminStatement statement = all.get(index);
        if (statement instanceof AdminStatement.Empty) {
            BackendEncoder.emptyQueryResponse(out.stage());
            query(all, index + 1);
            return;
        }
        run(statement, true, answer -> {
            Portal portal = new Portal(statement, List.of());
            describe(portal, false);
            portal.answer = answer;
            rows(portal, 0);
            query(all, index + 1);
        });
    }

    // ---- extended protocol

    private void parse(Parse parse) {
        if (!parse.name().isEmpty() && statements.containsKey(parse.name())) {
            throw ProxyError.DUPLICATE_PREPARED_STATEMENT.with(parse.name());
        }
        List<AdminStatement> parsed = AdminParser.parse(parse.sql());
        if (parsed.size() > 1) {
            throw ProxyError.SYNTAX_ERROR.with("cannot insert multiple commands into a prepared statement");
        }
        statements.put(parse.name(), parsed.getFirst());
        BackendEncoder.parseComplete(out.stage());
    }

    private void bind(Bind bind) {
        AdminStatement statement = statement(bind.statement());
        if (!bind.values().isEmpty()) {
            throw ProxyError.PROTOCOL_VIOLATION.with("bind message supplies " + bind.values().size()
                    + " parameters, but prepared statement \"" + bind.statement() + "\" requires 0");
        }
        portals.put(bind.portal(), new Portal(statement, bind.resultFormats()));
        BackendEncoder.bindComplete(out.stage());
    }

    private AdminStatement statement(String name) {
        AdminStatement statement = statements.get(name);
        if (statement == null) {
            throw ProxyError.UNDEFINED_PREPARED_STATEMENT.with(name.isEmpty()
                    ? "unnamed prepared statement"
                    : "prepared statement \"" + name + "\"");
        }
        return statement;
    }

    private Portal portal(String name) {
        Portal portal = portals.get(name);
        if (portal == null) {
            throw ProxyError.UNDEFINED_PORTAL.with(name);
        }
        return portal;
    }

    private void describe(Describe describe) {
        if (describe.target() == Target.PORTAL) {
            describe(portal(describe.name()), true);
            return;
        }
        AdminStatement statement = statement(describe.name());
        BackendEncoder.parameterDescription(out.stage(), List.of());
        describe(new Portal(statement, List.of()), true);
    }

    private void describe(Portal portal, boolean orNoData) {
        List<Column> columns = execution.columns(portal.statement);
        if (columns != null) {
            List<Field> fields = new ArrayList<>();
            for (int i = 0; i < columns.size(); i++) {
                fields.add(columns.get(i).field(portal.format(i)));
            }
            BackendEncoder.rowDescription(out.stage(), fields);
        } else if (orNoData) {
            BackendEncoder.noData(out.stage());
        }
    }

    private void execute(Execute execute) {
        Portal portal = portal(execute.portal());
        if (portal.statement instanceof AdminStatement.Empty) {
            BackendEncoder.emptyQueryResponse(out.stage());
        } else if (portal.answer != null) {
            rows(portal, execute.maxRows());
        } else {
            run(portal.statement, false, answer -> {
                portal.answer = answer;
                rows(portal, execute.maxRows());
                state = State.IDLE;
            });
        }
    }

    /** The next rows; {@code most} 0 means all. */
    private void rows(Portal portal, int most) {
        List<Column> columns = execution.columns(portal.statement);
        List<List<Object>> rows = portal.answer.rows();
        int end = most == 0 ? rows.size() : Math.min(rows.size(), portal.next + most);
        for (; portal.next < end; portal.next++) {
            List<Object> row = rows.get(portal.next);
            List<Bytes> values = new ArrayList<>();
            for (int i = 0; i < row.size(); i++) {
                values.add(columns.get(i).encode(row.get(i), portal.format(i)));
            }
            BackendEncoder.dataRow(out.stage(), values);
        }
        if (portal.next < rows.size()) {
            BackendEncoder.portalSuspended(out.stage());
        } else {
            BackendEncoder.commandComplete(out.stage(), portal.answer.tag());
        }
    }

    // ---- running

    /** Runs a statement; {@code next} gets the answer, now or when it comes. */
    private void run(AdminStatement statement, boolean simple, Consumer<Answer> next) {
        if (statement instanceof AdminStatement.Transaction step) {
            next.accept(step(step));
            return;
        }
        if (transaction == TransactionStatus.FAILED) {
            throw ProxyError.IN_FAILED_TRANSACTION.with();
        }
        if (statement instanceof AdminStatement.SetSetting set && !execution.isSessionSetting(set.name())) {
            warn(ErrorFields.of("WARNING", "01000", "SET " + set.name() + " changes nothing").with(ErrorFields.HINT,
                    "The configuration file has the settings, and RELOAD applies them; SHOW CONFIG lists them."));
        }
        if (statement instanceof AdminStatement.Forget forget && forget.tag().startsWith("DEALLOCATE")) {
            deallocate(forget.name());
        }
        CompletableFuture<Answer> answer = execution.run(statement);
        if (answer.isDone() && !answer.isCompletedExceptionally()) {
            next.accept(answer.join());
            return;
        }
        state = State.RUNNING;
        running = answer;
        answer.whenComplete((got, failure) -> visitor.loop().execute(() -> ended(got, failure, simple, next)));
    }

    private void ended(Answer answer, Throwable failure, boolean simple, Consumer<Answer> next) {
        running = null;
        if (state == State.CLOSED) {
            return;
        }
        if (failure != null) {
            fail(refusal(failure), simple);
        } else {
            try {
                next.accept(answer);
            } catch (ProxyException e) {
                fail(e, simple);
            }
        }
        if (state != State.RUNNING) {
            input.resume();
        }
        out.flush();
    }

    private static ProxyException refusal(Throwable failure) {
        Throwable cause = failure instanceof CompletionException && failure.getCause() != null
                ? failure.getCause()
                : failure;
        if (cause instanceof ProxyException refusal) {
            return refusal;
        }
        LOG.error("unexpected error", cause);
        return ProxyError.INTERNAL.with(cause.getClass().getSimpleName());
    }

    private void deallocate(String name) {
        if (name == null) {
            statements.clear();
        } else if (statements.remove(name) == null) {
            throw ProxyError.UNDEFINED_PREPARED_STATEMENT.with("prepared statement \"" + name + "\"");
        }
    }

    private Answer step(AdminStatement.Transaction statement) {
        boolean failed = transaction == TransactionStatus.FAILED;
        return switch (statement.step()) {
            case BEGIN -> {
                if (failed) {
                    throw ProxyError.IN_FAILED_TRANSACTION.with();
                }
                if (transaction == TransactionStatus.IN_TRANSACTION) {
                    warn(ErrorFields.of("WARNING", "25001", "there is already a transaction in progress"));
                }
                transaction = TransactionStatus.IN_TRANSACTION;
                yield Answer.done(statement.tag());
            }
            case COMMIT, ROLLBACK -> {
                if (transaction == TransactionStatus.IDLE) {
                    warn(ErrorFields.of("WARNING", "25P01", "there is no transaction in progress"));
                }
                transaction = TransactionStatus.IDLE;
                portals.clear();
                yield Answer.done(failed ? "ROLLBACK" : statement.tag());
            }
            case SAVEPOINT -> {
                if (failed) {
                    throw ProxyError.IN_FAILED_TRANSACTION.with();
                }
                requireTransaction(statement);
                yield Answer.done(statement.tag());
            }
            case ROLLBACK_TO -> {
                requireTransaction(statement);
                transaction = TransactionStatus.IN_TRANSACTION;
                yield Answer.done(statement.tag());
            }
        };
    }

    private void requireTransaction(AdminStatement.Transaction statement) {
        if (transaction == TransactionStatus.IDLE) {
            throw ProxyError.NO_ACTIVE_TRANSACTION.with(statement.tag() + " can only be used in transaction blocks");
        }
    }

    private void warn(ErrorFields warning) {
        BackendEncoder.notice(out.stage(), warning);
    }

    private void fail(ProxyException error, boolean simple) {
        LOG.atInfo().addKeyValue("request", requestId()).addKeyValue("user", visitor.user())
                .addKeyValue("database", AdminAccess.DATABASE).addKeyValue("sqlstate", error.sqlState())
                .log(error.logged());
        BackendEncoder.error(out.stage(), ErrorFields.of(error).with(ErrorFields.ROUTINE, "request " + requestId()));
        if (transaction == TransactionStatus.IN_TRANSACTION) {
            transaction = TransactionStatus.FAILED;
        }
        if (simple) {
            state = State.IDLE;
            ready();
        } else {
            state = State.SKIPPING;
        }
    }

    private String requestId() {
        return visitor.processId() + "." + requests;
    }

    private void ready() {
        BackendEncoder.readyForQuery(out.stage(), transaction);
    }

    // ---- the connection

    @Override
    public void flushReplies() {
        out.flush();
    }

    @Override
    public void clientWritable(boolean is) {
        // Answers are small and made at once: nothing has to be held back.
    }

    @Override
    public void cancel(Runnable passedOn) {
        if (running != null) {
            running.completeExceptionally(ProxyError.QUERY_CANCELED.with());
        }
        passedOn.run();
    }

    @Override
    public ProxyException interrupted(ProxyException why) {
        return why;
    }

    @Override
    public void closed() {
        state = State.CLOSED;
        cancel(() -> {
        });
        out.release();
    }

    @Override
    public boolean isAtRest() {
        return state != State.RUNNING;
    }

    @Override
    public ClientStatus status(long nowNanos) {
        String word = state == State.RUNNING
                ? "active"
                : switch (transaction) {
                    case IDLE -> "idle";
                    case IN_TRANSACTION -> "idle in transaction";
                    case FAILED -> "idle in transaction (aborted)";
                };
        return new ClientStatus(visitor.processId(), visitor.user(), AdminAccess.DATABASE, visitor.address(), word, 0,
                null, List.of(), execution.setting("application_name"), connected, requestId(), requests, 0, null, 0,
                requested);
    }
}
