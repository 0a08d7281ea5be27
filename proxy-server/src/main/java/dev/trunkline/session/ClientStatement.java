package dev.trunkline.session;

import dev.trunkline.backend.ServerStatement;
import dev.trunkline.plan.PlanKey;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.sql.ConstantText;
import dev.trunkline.wire.ErrorFields;
import java.time.Instant;

/**
 * A prepared statement as its session knows it: the text, its plan, and what the nodes call it. The plan is replaced when
 * the catalog or the meaning of names changes.
 */
final class ClientStatement {

    /** In place of the types of columns, compared by identity. */
    static final int[] NO_ROWS = {};

    private final String name;
    private final byte[] sql;
    private final boolean commented;
    private final boolean constants;
    private ServerStatement server;
    private final boolean standardConformingStrings;
    private StatementPlan plan;
    private PlanKey planKey;
    /** An EXECUTE of what there was not: to PostgreSQL it has no rows, whatever it comes to mean. */
    private boolean early;
    /** What the client knows of the columns, and of what it was so; null when it has not been told. */
    private ResultShape told;
    private ServerStatement toldOf;
    /** The types of its parameters as a node has described them last; null when none has. */
    private int[] describedTypes;
    /** The types of its columns likewise; {@link #NO_ROWS} where it returns none. */
    private int[] describedColumns;
    /** The text of the PREPARE that has made it, with all that was sent with it; null if the protocol has. */
    private byte[] prepare;
    private Instant since;

    /** @param sql the client's text, which may have comments that the nodes' has not */
    ClientStatement(String name, byte[] sql, ServerStatement server, boolean standardConformingStrings,
            StatementPlan plan, PlanKey planKey) {
        this.name = name;
        this.sql = sql;
        this.commented = sql != server.sql();
        this.constants = server.isShared() && ConstantText.isIn(server.sql());
        this.server = server;
        this.standardConformingStrings = standardConformingStrings;
        this.plan = plan;
        this.planKey = planKey;
    }

    /** What a statement becomes at a node that is to run it in another way, by the unnamed statement there. */
    ClientStatement as(byte[] nodeSql, StatementPlan other) {
        return new ClientStatement(name, sql, ServerStatement.unnamed(nodeSql, new int[0]), standardConformingStrings,
                other, planKey);
    }

    /** The client's name; empty for the unnamed statement. */
    String name() {
        return name;
    }

    ServerStatement server() {
        return server;
    }

    /** Whether there may be string constants in the text. */
    boolean hasConstants() {
        return constants;
    }

    /** The same text under another schema, or with another meaning. */
    void server(ServerStatement newer) {
        server = newer;
    }

    boolean isEarly() {
        return early;
    }

    void early(boolean is) {
        early = is;
    }

    /** Whether the nodes' text lacks comments of the client's. */
    boolean isCommented() {
        return commented;
    }

    /** The client knows the columns: it may rely on them whenever it executes the statement. */
    void told(ResultShape columns) {
        told(columns, this);
    }

    /** As above, of the columns of another one, which it executes. */
    void told(ResultShape columns, ClientStatement executed) {
        told = columns;
        toldOf = executed.server;
    }

    boolean hasBeenTold() {
        return told != null;
    }

    /**
     * Whether the schema has changed since the client was told the columns, or the meaning of the names. The columns are those of
     * {@code executed}.
     */
    boolean isToldOfOther(ClientStatement executed) {
        return told != null && toldOf != executed.server;
    }

    /** Whether what the client knows still holds. */
    boolean stillReturns(ResultShape columns, ClientStatement executed) {
        if (!told.equals(columns)) {
            return false;
        }
        toldOf = executed.server;
        return true;
    }

    int[] describedTypes() {
        return describedTypes;
    }

    void describedTypes(int[] types) {
        describedTypes = types;
    }

    int[] describedColumns() {
        return describedColumns;
    }

    void describedColumns(int[] types) {
        describedColumns = types;
    }

    byte[] sql() {
        return sql;
    }

    /** The text of the PREPARE that has made it, with all that was sent with it; null if the protocol has. */
    byte[] prepare() {
        return prepare;
    }

    ClientStatement madeBy(byte[] text) {
        prepare = text;
        return this;
    }

    /** When it got its name; null if it has none. */
    Instant since() {
        return since;
    }

    void since(Instant when) {
        since = when;
    }

    boolean standardConformingStrings() {
        return standardConformingStrings;
    }

    StatementPlan plan() {
        return plan;
    }

    PlanKey planKey() {
        return planKey;
    }

    /** A node's error about the statement with its position in the client's text. */
    ErrorFields asWritten(ErrorFields fields) {
        return commented
                ? RewrittenText.withComments(fields, sql, server.sql(), standardConformingStrings)
                : fields;
    }

    /** Whether the plan was made from this catalog, for a session whose names mean what they mean now. */
    boolean isPlannedFor(long catalogVersion, PlanKey key) {
        return plan.catalogVersion() >= catalogVersion && planKey.equals(key);
    }

    void plan(StatementPlan newer, PlanKey key) {
        plan = newer;
        planKey = key;
    }
}
