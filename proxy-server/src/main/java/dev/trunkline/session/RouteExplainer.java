package dev.trunkline.session;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.error.ProxyError;
import dev.trunkline.error.ProxyException;
import dev.trunkline.plan.OfflineExplain;
import dev.trunkline.plan.PlanKey;
import dev.trunkline.plan.RouteAnalysis;
import dev.trunkline.plan.SessionAction;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.route.BoundValues;
import dev.trunkline.route.Destination;
import dev.trunkline.route.DestinationTable;
import dev.trunkline.route.RoutingHint;
import dev.trunkline.sql.LexedText;
import dev.trunkline.sql.SqlParser;
import dev.trunkline.sql.Statement;
import dev.trunkline.value.PgOid;
import dev.trunkline.wire.BackendEncoder;
import dev.trunkline.wire.BackendMessage.Field;
import dev.trunkline.wire.BindLayout;
import dev.trunkline.wire.Bytes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * EXPLAIN (ROUTE): finds out on the planner's threads where the statement goes with the values it has, with ANALYZE has it
 * run, and answers.
 */
final class RouteExplainer {

    /** The explained statement, and what there is to say of it before it runs. */
    private record Found(byte[] sql, StatementPlan plan, OfflineExplain.Explanation explanation) {}

    /** What the session knows at the time: nothing of it changes while the planner's threads look at it. */
    private record Question(byte[] text, byte[] bind, int[] types, PlanKey key, Catalog catalog,
            DestinationTable destinations, int pinnedNode, RoutingHint hint) {

        Found answer() {
            String explain = new String(text, StandardCharsets.UTF_8);
            Statement.Explain statement = (Statement.Explain) new SqlParser().parse(explain,
                    key.standardConformingStrings());
            // Comments stay: a routing hint may be among them.
            String sql = (explain.substring(0, statement.head().start()) + explain.substring(statement.head().end()))
                    .strip();
            OfflineExplain explainer = new OfflineExplain(catalog, destinations, key);
            StatementPlan plan = explainer.plan(sql);
            byte[] bytes = sql.getBytes(StandardCharsets.UTF_8);
            return new Found(bytes, plan, explainer.explain(sql, plan, values(plan, bytes)));
        }

        /** Null where parameters decide that have no value. */
        BoundValues values(StatementPlan plan, byte[] sql) {
            if (plan.rule() == null) {
                return null;
            }
            LexedText lexed = new LexedText();
            lexed.lex(sql, 0, sql.length, key.standardConformingStrings());
            BoundValues values = new BoundValues()
                    .statement(sql, lexed.fingerprint(0), key.standardConformingStrings()).pinnedNode(pinnedNode)
                    .hint(hint);
            int count = 0;
            if (bind != null) {
                BindLayout layout = new BindLayout();
                layout.read(Unpooled.wrappedBuffer(bind));
                count = layout.count();
                values.parameters(bind, layout.starts(), layout.lengths(), layout.formats(), count, types, count);
            }
            for (int number : plan.keyParameters()) {
                if (number > count) {
                    return null;
                }
            }
            return values;
        }
    }

    private final Session session;
    private final SessionAction.ExplainRoute explain;
    private final StatementSource source;
    private final Runnable done;
    private final Runnable next = this::go;
    private Question question;
    private Found found;

    private RouteExplainer(Session session, SessionAction.ExplainRoute explain, StatementSource source,
            Runnable done) {
        this.session = session;
        this.explain = explain;
        this.source = source;
        this.done = done;
    }

    static void start(Session session, SessionAction.ExplainRoute explain, StatementSource source, Runnable done) {
        new RouteExplainer(session, explain, source, done).ask();
    }

    /** The one column of the answer. */
    static Field column(SessionAction.ExplainRoute explain) {
        return new Field("QUERY PLAN", 0, 0, explain.json() ? PgOid.JSON : PgOid.TEXT, -1, -1, 0);
    }

    /** The types of a statement's parameters: as declared, else as inferred; text where neither says. */
    static List<Integer> parameterTypes(ClientStatement statement) {
        int[] declared = statement.server().parameterTypes();
        int[] inferred = statement.plan().parameterTypes();
        List<Integer> types = new ArrayList<>();
        for (int i = 0; i < Math.max(declared.length, inferred.length); i++) {
            int type = i < declared.length ? declared[i] : PgOid.UNSPECIFIED;
            if (type == PgOid.UNSPECIFIED && i < inferred.length) {
                type = inferred[i];
            }
            types.add(type == PgOid.UNSPECIFIED ? PgOid.TEXT : type);
        }
        return types;
    }

    private void ask() {
        session.waiting().begin(SessionState.PLANNING, next);
        question = new Question(source.sql(), bind(), source.types(), session.planKey(), session.database().catalog(),
                session.database().destinations(), session.nodes().pinned(), session.own().hint());
        session.database().plans().compute(question::answer)
                .whenComplete((answer, failure) -> session.worker().loop().execute(() -> answered(answer)));
    }

    /** A Bind's body with two empty names, since what follows the names is all that is kept. */
    private byte[] bind() {
        ByteBuf values = source.values();
        if (values == null) {
            return null;
        }
        byte[] body = new byte[2 + values.readableBytes()];
        values.getBytes(values.readerIndex(), body, 2, values.readableBytes());
        return body;
    }

    private void answered(Found answer) {
        if (session.waiting().isFor(next)) {
            found = answer;
            session.waiting().over();
        }
    }

    private void go() {
        if (found == null) {
            throw ProxyError.INTERNAL.with("a statement could not be explained");
        }
        if (!explain.analyze()) {
            answer(null);
            return;
        }
        StatementPlan plan = found.plan();
        ProxyException refusal = found.explanation().error();
        if (refusal != null) {
            throw refusal.withPosition(refusal.position() == 0 ? 0 : position(refusal.position()));
        }
        BoundValues values = question.values(plan, found.sql());
        if (values == null) {
            throw ProxyError.PROTOCOL_VIOLATION.with("EXPLAIN (ROUTE, ANALYZE) needs a value for every parameter");
        }
        Destination destination = plan.bind(values, session.database().destinations());
        StatementSource statement = StatementSource.of(found.sql(), source.types(), source.values());
        Destination.Many nodes = destination instanceof Destination.Many many
                ? many
                : new Destination.Many(new int[]{session.nodes().of(destination)}, new BitSet[]{new BitSet()}, true, 0,
                        null);
        session.settings().requireUtf8();
        FanOutMeasure measure = new FanOutMeasure(session.database().nodeNames(nodes.nodes()), this::answer);
        new FanOutRun(session, plan, destination, nodes, statement, 0, measure, measure, () -> {
            // The explanation ends the statement.
        }).join();
    }

    /** A position in the explained statement as one in the client's text; 0 where comments make it uncertain. */
    private int position(int inStatement) {
        int start = new String(source.sql(), StandardCharsets.UTF_8).lastIndexOf(
                new String(found.sql(), StandardCharsets.UTF_8));
        return start < 0 ? 0 : start + inStatement;
    }

    private void answer(RouteAnalysis analysis) {
        if (!session.cycle().inPipeline()) {
            session.replies().add(b -> BackendEncoder.rowDescription(b, List.of(column(explain))));
        }
        List<String> lines = new ArrayList<>();
        if (explain.json()) {
            lines.add(found.explanation().json(analysis));
        } else {
            lines.addAll(found.explanation().lines());
            if (analysis != null) {
                lines.addAll(analysis.lines());
            }
        }
        for (String line : lines) {
            session.replies().add(b -> BackendEncoder.dataRow(b, List.of(Bytes.utf8(line))));
        }
        session.replies().commandComplete("EXPLAIN");
        done.run();
    }
}
