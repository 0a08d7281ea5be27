package dev.trunkline.plan;

import dev.trunkline.catalog.SequenceUse;
import dev.trunkline.route.ExecuteArguments;
import dev.trunkline.sql.Statement.Transaction.Isolation;
import dev.trunkline.value.PgOid;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What a statement means to the session that runs it, whether or not a node sees it as well: transaction control, settings,
 * prepared statements and cursors. The plan only says what was asked for; the session knows its state.
 */
public sealed interface SessionAction {

    /** BEGIN or START TRANSACTION. {@code modes} is the text of the modes as written; isolation and readOnly may be null. */
    record Begin(Isolation isolation, Boolean readOnly, String modes) implements SessionAction {}

    record Commit(boolean chain) implements SessionAction {}

    /** PREPARE TRANSACTION of a database with one node: ends the session's part in the transaction, as COMMIT does. */
    record PrepareTransaction(String name) implements SessionAction {}

    record Rollback(boolean chain) implements SessionAction {}

    record Savepoint(String name) implements SessionAction {}

    record Release(String name) implements SessionAction {}

    record RollbackTo(String name) implements SessionAction {}

    /** SET TRANSACTION; {@code modes} as written. */
    record SetTransaction(Isolation isolation, Boolean readOnly, String modes) implements SessionAction {}

    /** SET SESSION CHARACTERISTICS AS TRANSACTION; {@code modes} as written. */
    record SetCharacteristics(Isolation isolation, Boolean readOnly, String modes) implements SessionAction {}

    /** SET CONSTRAINTS over several nodes; {@code names} are the parts of each name, none for ALL. */
    record SetConstraints(List<List<String>> names, boolean deferred) implements SessionAction {

        public SetConstraints {
            names = List.copyOf(names);
        }
    }

    /**
     * SET, also of {@code trunkline.*}. {@code valueText} is the values as written, fit to stand after {@code SET name TO};
     * null for DEFAULT. {@code local}: until the transaction's end.
     */
    record SetSetting(boolean local, String name, String valueText) implements SessionAction {}

    /** SELECT of {@code set_config} alone: what it sets is known when the values are. */
    record Configure(List<Call> calls) implements SessionAction {

        public Configure {
            calls = List.copyOf(calls);
        }

        /** One call's arguments. */
        public record Call(Argument name, Argument value, Argument local) {}

        public sealed interface Argument {}

        /** A literal's value; null for NULL. */
        public record Constant(String value) implements Argument {}

        /** The parameter {@code $number}, taken as it is or cast to the argument's type. */
        public record Parameter(int number) implements Argument {}

        /**
         * A boolean as PostgreSQL reads it: 1, 0, or a beginning of true, false, yes, no, on or off that could be no other's,
         * in any case. Null for anything else; NULL is false to set_config.
         */
        public static Boolean truth(String text) {
            if (text == null) {
                return false;
            }
            String word = text.strip().toLowerCase(Locale.ROOT);
            if (word.isEmpty() || word.equals("o")) {
                return null;
            }
            if (word.equals("1") || "true".startsWith(word) || "yes".startsWith(word) || "on".startsWith(word)) {
                return true;
            }
            return word.equals("0") || "false".startsWith(word) || "no".startsWith(word) || "off".startsWith(word)
                    ? false
                    : null;
        }
    }

    /** RESET; {@code name} is null for ALL. */
    record ResetSetting(String name) implements SessionAction {}

    /** SHOW of one of the proxy's own settings, {@code trunkline.*}. */
    record ShowTrunkline(String name) implements SessionAction {}

    /** EXPLAIN (ROUTE): says where a statement goes, with {@code analyze} after having run it. */
    record ExplainRoute(boolean analyze, boolean json) implements SessionAction {}

    /**
     * PREPARE: the session knows the statement by this name from now on, as if the protocol had prepared it.
     * {@code types} are the OIDs of the types as written, -1 for one that only a node can look up.
     */
    record Prepare(String name, List<Integer> types) implements SessionAction {

        /** A type that is none of PostgreSQL's own. */
        public static final int UNKNOWN_TYPE = -1;
    }

    /**
     * EXECUTE: the statement of this name goes where its own plan says with these arguments. {@code made} are the tables of a CREATE TEMP TABLE AS.
     */
    record Execute(String name, List<ExecuteArguments.Written> arguments, ArgumentCalls calls, Form form,
            List<String> made) implements SessionAction {

        /**
         * What the functions in the arguments do, whatever is executed. {@code plain}: nothing but expressions of PostgreSQL's own, which
         * read no table.
         */
        public record ArgumentCalls(Access access, Set<SessionEffect> effects, SequenceUse sequences, Place place,
                boolean plain) {

            /** Which node has to run them, if it matters. */
            public enum Place {
                ANY,
                HOME,
                TRANSACTION
            }

            static final ArgumentCalls NONE = new ArgumentCalls(Access.read("no function is called"), Set.of(),
                    SequenceUse.NONE, Place.ANY, true);

            public ArgumentCalls {
                effects = Set.copyOf(effects);
            }
        }

        /** What becomes of the rows. */
        public enum Form {
            PLAIN,
            EXPLAINED,
            ANALYZED,
            TABLE,
            TEMP_TABLE
        }
    }

    /** DEALLOCATE; {@code name} is null for ALL. */
    record Deallocate(String name) implements SessionAction {}

    /** DISCARD ALL, PLANS, SEQUENCES or TEMP. */
    record Discard(String what) implements SessionAction {}

    /**
     * CREATE TEMP TABLE and its kin: from now on these names mean the session's own tables, with {@code passing} (ON COMMIT DROP)
     * until the transaction's end.
     */
    record CreateTemp(List<String> names, boolean passing) implements SessionAction {

        /** Something that may be a temp object, or one that hides no table: a function, a type. */
        static final CreateTemp UNNAMED = new CreateTemp(List.of(), false);
    }

    /** {@code pg_listening_channels()} by itself; {@code column} is the result's name. */
    record ListChannels(String column) implements SessionAction {}

    /**
     * {@code pg_cancel_backend} or {@code pg_terminate_backend} of a process id that a client may have been told; {@code column} is the
     * result's name.
     */
    record Signal(boolean terminate, Number process, Number timeout, String column) implements SessionAction {

        static final String CANCEL = "pg_cancel_backend";
        static final String TERMINATE = "pg_terminate_backend";
        /** Process ids of a server are no greater; those that clients are told are. */
        private static final long GREATEST_OF_SERVER = 1L << 22;

        public sealed interface Number {}

        /** A number that stands in the text. */
        public record Given(Long value) implements Number {}

        /** The parameter {@code $number}. */
        public record Parameter(int number) implements Number {}

        /** What pg_backend_pid() says to the one who asks: its own session's. */
        public record Own() implements Number {}

        static boolean isFunction(String name) {
            return name.equals(CANCEL) || name.equals(TERMINATE);
        }

        /** Whether a process id is of the kind that clients are told. */
        public static boolean isTold(long processId) {
            return processId > GREATEST_OF_SERVER && processId <= Integer.MAX_VALUE;
        }

        /** An integer as every version of PostgreSQL reads it, or null. */
        public static Long read(String text) {
            String digits = text == null ? "" : text.strip();
            return digits.matches("[+-]?[0-9]{1,18}") ? Long.valueOf(digits) : null;
        }

        /** By number, from $1 on. */
        int[] parameterTypes() {
            int[] types = new int[Math.max(number(process), number(timeout))];
            if (timeout instanceof Parameter) {
                types[number(timeout) - 1] = PgOid.INT8;
            }
            if (process instanceof Parameter) {
                types[number(process) - 1] = PgOid.INT4;
            }
            return types;
        }

        private static int number(Number argument) {
            return argument instanceof Parameter parameter ? parameter.number() : 0;
        }

        public String function() {
            return terminate ? TERMINATE : CANCEL;
        }
    }

    /** DECLARE: the cursor lives on the statement's node. */
    record DeclareCursor(String name, boolean hold) implements SessionAction {}

    /** FETCH, MOVE and WHERE CURRENT OF: goes to the cursor's node. */
    record UseCursor(String name) implements SessionAction {}

    /** CLOSE; {@code name} is null for ALL. */
    record CloseCursor(String name) implements SessionAction {}

    /** LISTEN: from the transaction's commit on the session hears what is notified on the channel, at every node. */
    record Listen(String channel) implements SessionAction {}

    /** UNLISTEN; {@code channel} is null for all of them. */
    record Unlisten(String channel) implements SessionAction {}

    /** An empty statement: EmptyQueryResponse. */
    record Nothing() implements SessionAction {}
}
