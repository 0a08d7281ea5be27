package dev.trunkline.sql;

import java.util.List;
import java.util.Locale;

/**
 * A parsed statement. {@link #kind} is libpg_query's name of its node ({@code SelectStmt}), which users of {@code explain}
 * see. What may go wrong in routing is what is left out here: a statement that is not understood is {@link Unknown}.
 */
public sealed interface Statement {

    Span span();

    String kind();

    /** A query as a statement. SELECT INTO creates a table and has a kind of its own, though PostgreSQL's node is the same. */
    record Select(Query query, Span span) implements Statement {
        @Override
        public String kind() {
            boolean into = query.body() instanceof Query.Select select && select.into() != null;
            return into ? "SelectIntoStmt" : "SelectStmt";
        }
    }

    /**
     * INSERT. {@code columns} is null when no list is written; {@code source} is null for DEFAULT VALUES. An item that is
     * DEFAULT is {@link Expr.Opaque} with shape {@code DEFAULT}. {@code valuesSpans} in {@link Query.Values} rows are exact.
     */
    record Insert(List<Query.Cte> with, FromItem.Table target, List<Assignment> columns, Query source,
            OnConflict onConflict,
            List<Query.Item> returning, String overriding, Span span) implements Statement {
        @Override
        public String kind() {
            return "InsertStmt";
        }
    }

    /**
     * {@code doNothing} or the assignments of DO UPDATE. {@code target} holds the conflict's columns and expressions,
     * {@code targetWhere} the predicate of a partial index, or null.
     */
    record OnConflict(List<Expr> target, Expr targetWhere, String constraint, boolean doNothing, List<Assignment> set,
            Expr where,
            Span span) {}

    /** {@code column = value}; {@code value} is null in INSERT's column list; {@code subfield} when a field or element is assigned. A multi-column SET from a subquery repeats it with shape {@code MULTI}. */
    record Assignment(String column, boolean subfield, Expr value, Span span) {}

    record Update(List<Query.Cte> with, FromItem.Table target, List<Assignment> set, List<FromItem> from, Expr where,
            String currentOf, List<Query.Item> returning, Span span) implements Statement {
        @Override
        public String kind() {
            return "UpdateStmt";
        }
    }

    record Delete(List<Query.Cte> with, FromItem.Table target, List<FromItem> using, Expr where, String currentOf,
            List<Query.Item> returning, Span span) implements Statement {
        @Override
        public String kind() {
            return "DeleteStmt";
        }
    }

    record Merge(List<Query.Cte> with, FromItem.Table target, FromItem source, Expr on, List<MergeAction> actions,
            List<Query.Item> returning, Span span) implements Statement {
        @Override
        public String kind() {
            return "MergeStmt";
        }
    }

    enum MergeVerb {
        INSERT,
        UPDATE,
        DELETE,
        NOTHING
    }

    enum MergeMatch {
        MATCHED,
        NOT_MATCHED_BY_TARGET,
        NOT_MATCHED_BY_SOURCE
    }

    record MergeAction(MergeMatch match, Expr condition, MergeVerb verb, List<Assignment> set, Span span) {}

    /**
     * EXPLAIN with its options (lower case) and the statement explained. {@code route} is Trunkline's own option; {@code head}
     * is the keyword with the options.
     */
    record Explain(List<Option> options, boolean analyze, boolean route, Span head, Statement inner,
            Span span) implements Statement {

        /** The last FORMAT in lower case; text without one. */
        public String format() {
            return options.stream().filter(option -> option.name().equals("format") && option.value() != null)
                    .map(option -> option.value().toLowerCase(Locale.ROOT)).reduce("text", (first, last) -> last);
        }

        @Override
        public String kind() {
            return "ExplainStmt";
        }
    }

    /** An option of a utility statement: its name in lower case and its value as text, or null. */
    record Option(String name, String value) {}

    /** BEGIN, COMMIT and so on. {@code modes} is the text of the transaction modes as written, or empty. */
    record Transaction(Verb verb, String name, Isolation isolation, Boolean readOnly, boolean chain, String modes,
            Span span) implements Statement {

        public enum Verb {
            BEGIN,
            COMMIT,
            ROLLBACK,
            SAVEPOINT,
            RELEASE,
            ROLLBACK_TO,
            PREPARE,
            COMMIT_PREPARED,
            ROLLBACK_PREPARED
        }

        public enum Isolation {
            READ_UNCOMMITTED,
            READ_COMMITTED,
            REPEATABLE_READ,
            SERIALIZABLE
        }

        @Override
        public String kind() {
            return "TransactionStmt";
        }
    }

    /**
     * SET, RESET and their kin. {@code name} is lower case; {@code value} the text of the values as written, or null for
     * DEFAULT and RESET. SET TIME ZONE, SET NAMES, SET ROLE, SET SESSION AUTHORIZATION, SET TRANSACTION and SET SESSION
     * CHARACTERISTICS appear as {@code timezone}, {@code client_encoding}, {@code role}, {@code session_authorization},
     * {@code transaction} and {@code session_characteristics}. RESET ALL has the name {@code all}.
     */
    record Setting(Verb verb, Scope scope, String name, String value, Span span) implements Statement {

        public enum Verb {
            SET,
            RESET
        }

        public enum Scope {
            SESSION,
            LOCAL
        }

        @Override
        public String kind() {
            return "VariableSetStmt";
        }
    }

    record Show(String name, Span span) implements Statement {
        @Override
        public String kind() {
            return "VariableShowStmt";
        }
    }

    /** COPY. Exactly one of {@code table} and {@code query} is set. */
    record Copy(FromItem.Table table, List<String> columns, Statement query, Direction direction, Endpoint endpoint,
            List<Option> options, Expr where, Span span) implements Statement {

        public enum Direction {
            FROM,
            TO
        }

        public enum Endpoint {
            STDIO,
            FILE,
            PROGRAM
        }

        @Override
        public String kind() {
            return "CopyStmt";
        }
    }

    /** SQL's PREPARE; {@code types} as written. */
    record Prepare(String name, List<TypeName> types, Statement inner, Span span) implements Statement {
        @Override
        public String kind() {
            return "PrepareStmt";
        }
    }

    record Execute(String name, List<Expr> arguments, Span span) implements Statement {
        @Override
        public String kind() {
            return "ExecuteStmt";
        }
    }

    /** {@code name} is null for ALL. */
    record Deallocate(String name, Span span) implements Statement {
        @Override
        public String kind() {
            return "DeallocateStmt";
        }
    }

    /** DISCARD; {@code what} in upper case: ALL, PLANS, SEQUENCES, TEMP. */
    record Discard(String what, Span span) implements Statement {
        @Override
        public String kind() {
            return "DiscardStmt";
        }
    }

    record DeclareCursor(String name, boolean hold, boolean scroll, boolean binary, Query query,
            Span span) implements Statement {
        @Override
        public String kind() {
            return "DeclareCursorStmt";
        }
    }

    /** FETCH, MOVE. */
    record Fetch(String cursor, boolean move, Span span) implements Statement {
        @Override
        public String kind() {
            return "FetchStmt";
        }
    }

    /** CLOSE; {@code cursor} is null for ALL. */
    record ClosePortal(String cursor, Span span) implements Statement {
        @Override
        public String kind() {
            return "ClosePortalStmt";
        }
    }

    /** LISTEN, UNLISTEN (channel null for *), NOTIFY. */
    record Notification(Verb verb, String channel, Span span) implements Statement {

        public enum Verb {
            LISTEN,
            UNLISTEN,
            NOTIFY
        }

        @Override
        public String kind() {
            return switch (verb) {
                case LISTEN -> "ListenStmt";
                case UNLISTEN -> "UnlistenStmt";
                case NOTIFY -> "NotifyStmt";
            };
        }
    }

    /** LOCK TABLE. */
    record LockTable(List<FromItem.Table> tables, String mode, boolean nowait, Span span) implements Statement {
        @Override
        public String kind() {
            return "LockStmt";
        }
    }

    record Truncate(List<FromItem.Table> tables, boolean cascade, boolean restartIdentity,
            Span span) implements Statement {
        @Override
        public String kind() {
            return "TruncateStmt";
        }
    }

    /** DO; CALL is {@link Call}. */
    record Do(Span span) implements Statement {
        @Override
        public String kind() {
            return "DoStmt";
        }
    }

    record Call(Expr.Function function, Span span) implements Statement {
        @Override
        public String kind() {
            return "CallStmt";
        }
    }

    /**
     * CREATE, ALTER, DROP, GRANT, COMMENT, VACUUM, REINDEX and other statements on objects. {@code kind} is libpg_query's;
     * {@code objectKind} is lower case ({@code table}, {@code index}, {@code view}, {@code sequence}, {@code function},
     * {@code schema}, {@code role}, {@code materialized view}, ...). {@code objects} are the objects named, {@code tables}
     * the relations that the statement refers to besides (an index's table, REFERENCES, LIKE, INHERITS, PARTITION OF), also
     * those in what it holds (bodies of SQL functions, elements of schemas, actions of rules, conditions of policies); the
     * tables of {@code query} are only there. {@code query} is the query of CREATE VIEW or CREATE TABLE AS, or null.
     * {@code columns}, {@code constraints} and {@code actions} are those of CREATE and ALTER TABLE; the columns of an index
     * are in its one constraint. An index's name is in {@code objects} if it has one. ON COMMIT DROP is an option.
     * {@code temporary}: a temp relation is made, by TEMP or under a name in {@code pg_temp}.
     */
    record Ddl(String kind, Verb verb, String objectKind, List<Name> objects, List<Name> tables, Statement query,
            List<ColumnDefinition> columns, List<Constraint> constraints, List<AlterAction> actions, boolean temporary,
            boolean ifExists, boolean ifNotExists, boolean cascade, boolean concurrently, List<Option> options,
            Span span) implements Statement {

        public enum Verb {
            CREATE,
            ALTER,
            DROP,
            GRANT,
            REVOKE,
            COMMENT,
            VACUUM,
            ANALYZE,
            REINDEX,
            CLUSTER,
            REFRESH,
            SECURITY_LABEL,
            REASSIGN,
            IMPORT,
            LOAD,
            CHECKPOINT,
            OTHER
        }

        /** Whether what it makes ends with the transaction. */
        public boolean isDroppedOnCommit() {
            return options.stream().anyMatch(option -> option.name().equals("on commit"));
        }
    }

    /**
     * A column of CREATE TABLE or ADD COLUMN; {@code defaultValue} is the expression of DEFAULT or GENERATED, or null.
     * {@code collation} is null when not written. Constraints written at the column are among the table's.
     */
    record ColumnDefinition(String name, TypeName type, boolean notNull, DefaultKind defaultKind, Expr defaultValue,
            Name collation, Span span) {

        public enum DefaultKind {
            NONE,
            EXPRESSION,
            IDENTITY,
            GENERATED
        }
    }

    /**
     * A constraint or an index: its columns (an expression's place is null), and what a foreign key refers to.
     * {@code expressions} holds what is not a plain column: CHECK, index expressions, predicates.
     */
    record Constraint(Kind kind, String name, List<String> columns, Name references, List<String> referencedColumns,
            List<Expr> expressions, Span span) {

        public enum Kind {
            PRIMARY_KEY,
            UNIQUE,
            FOREIGN_KEY,
            CHECK,
            EXCLUDE,
            INDEX,
            NOT_NULL
        }
    }

    /** One action of ALTER: its words ({@code ADD COLUMN}, {@code ALTER COLUMN TYPE}, {@code SET SCHEMA}), the column, constraint or new name, or null, and a type or null. */
    record AlterAction(String action, String name, TypeName type, Span span) {}

    /** An empty statement: nothing between two semicolons. */
    record Empty(Span span) implements Statement {
        @Override
        public String kind() {
            return "Empty";
        }
    }

    /**
     * A statement that the lexer can read and the grammar can't. {@code names} holds every identifier, folded, so that a
     * token scan can tell whether it may touch a sharded table. {@code sqlState} is 42601 for a syntax error, 54001 for a
     * statement that nests too deep; {@code position} is where the parser stopped, a character offset.
     */
    record Unknown(String firstWord, List<String> names, String sqlState, String message, int position,
            Span span) implements Statement {
        @Override
        public String kind() {
            return "Unknown";
        }
    }
}
