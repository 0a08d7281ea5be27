package dev.trunkline.error;

/**
 * Every error that the proxy itself raises. The message is lower case without a full stop and the hint is a sentence, as in
 * PostgreSQL; both are {@link String#format} templates over the same arguments. {@code docs/errors.md} lists them all. Each says
 * what the log has of it: one that may quote a client's values is logged without them.
 *
 * <p>Refusals use class TL and not 0A000: HikariCP drops a healthy connection on 0A000 (semantics.md 29).
 */
public enum ProxyError {

    // Refusals: what several nodes can't answer exactly, or must not do.
    FAN_OUT_REJECTED("TL001", Fault.CLIENT,
            "statement would go to %s nodes and the fan-out policy is reject: %s", "%s"),
    NOT_OVER_NODES("TL002", Fault.CLIENT, "%s is not supported over several nodes", "%s"),
    SHARD_KEY_NOT_KNOWN("TL003", Fault.CLIENT, "the shard key %s", "%s"),
    HINT_CONTRADICTED("TL003", Fault.CLIENT, "the routing hint %s contradicts the statement: %s",
            "Leave the hint out, or make both name the same shard key and node.",
            LoggedText.as("the routing hint contradicts the statement: %2$s")),
    HINT_NOT_A_KEY("22023", Fault.CLIENT, "the routing hint %s is no shard key of %s: %s",
            "Give a value of the key's type, or a list like (42, 'eu') for a key of several columns.",
            LoggedText.as("the routing hint is no shard key of %2$s: %3$s")),
    OVER_BUDGET("TL004", Fault.CLIENT, "%s", "%s"),
    NOT_UNDERSTOOD("TL005", Fault.CLIENT, "statement not understood: %s", "%s", LoggedText.WITHOUT_LITERALS),

    // SQL that PostgreSQL would refuse as well.
    SYNTAX_ERROR("42601", Fault.CLIENT, "%s", null, LoggedText.WITHOUT_LITERALS),
    TOO_COMPLEX("54001", Fault.CLIENT, "%s", "Shorten the statement or split it into several."),
    UNDEFINED_FUNCTION("42883", Fault.CLIENT, "function %s is not known on the nodes",
            "Check its name and schema; the proxy sees a function that was just created after some seconds."),
    UNDEFINED_PARAMETER("42P02", Fault.CLIENT, "there is no parameter %s", null),
    UNDEFINED_PREPARED_STATEMENT("26000", Fault.CLIENT, "%s does not exist", null),
    DUPLICATE_PREPARED_STATEMENT("42P05", Fault.CLIENT, "prepared statement \"%s\" already exists", null),
    RESULT_TYPE_CHANGED("0A000", Fault.CLIENT, "cached plan must not change result type", null),
    UNDEFINED_PORTAL("34000", Fault.CLIENT, "portal \"%s\" does not exist", null),
    PORTAL_CANNOT_BE_RUN("55000", Fault.CLIENT, "portal \"%s\" cannot be run", null),
    DUPLICATE_CURSOR("42P03", Fault.CLIENT, "cursor \"%s\" already exists", null),
    UNDEFINED_CURSOR("34000", Fault.CLIENT, "cursor \"%s\" does not exist", null),
    IN_FAILED_TRANSACTION("25P02", Fault.CLIENT,
            "current transaction is aborted, commands ignored until end of transaction block", null),
    ACTIVE_TRANSACTION("25001", Fault.CLIENT, "%s", null),
    TRANSACTIONS_NOT_ALLOWED("TL002", Fault.CLIENT, "a transaction block is not supported with pool.mode statement",
            "Set pool.mode to transaction for this user or database."),
    NOT_PREPARABLE("0A000", Fault.CLIENT,
            "cannot PREPARE a transaction that has executed LISTEN, UNLISTEN, or NOTIFY", null),
    NO_ACTIVE_TRANSACTION("25P01", Fault.CLIENT, "%s", null),
    UNDEFINED_SAVEPOINT("3B001", Fault.CLIENT, "savepoint \"%s\" does not exist", null),
    IDLE_IN_TRANSACTION("25P03", Fault.CLIENT,
            "terminating connection due to idle-in-transaction timeout", null),
    TRANSACTION_TIMEOUT("25P04", Fault.CLIENT, "terminating connection due to transaction timeout", null),
    IDLE_SESSION_TIMEOUT("57P05", Fault.CLIENT, "terminating connection due to idle-session timeout", null),
    STATEMENT_TIMEOUT("57014", Fault.CLIENT, "canceling statement due to statement timeout", null),
    BAD_COPY_DATA("22P04", Fault.CLIENT, "%s", null, LoggedText.WITHOUT_VALUES),
    INVALID_PARAMETER_VALUE("22023", Fault.CLIENT, "%s", "%s", LoggedText.WITHOUT_VALUES),
    OUT_OF_RANGE("22003", Fault.CLIENT, "%s", null),
    CHANNELS_ELSEWHERE("TL002", Fault.CLIENT,
            "pg_listening_channels is not supported: the proxy listens, not the session's connection",
            "SHOW trunkline.channels names the session's channels."),
    STATEMENTS_ELSEWHERE("TL002", Fault.CLIENT,
            "this use of pg_prepared_statements is not supported: a node's connection has prepared statements of all clients",
            "SELECT from the view without WITH and with no sharded table, or SHOW trunkline.prepared_statements."),
    SIGNALS_ALONE("TL002", Fault.CLIENT,
            "%s of a process id that a client was told is served alone in a SELECT only",
            "SELECT it with a constant or a parameter and nothing else, or use KILL in the admin database."),
    SIGNAL_DENIED("42501", Fault.CLIENT, "%s", null),
    INVALID_NUMBER("22P02", Fault.CLIENT, "invalid input syntax for type %s: \"%s\"", null,
            LoggedText.as("invalid input syntax for type %1$s")),
    UNDEFINED_SETTING("42704", Fault.CLIENT, "unrecognized configuration parameter \"%s\"", null),

    // The connection.
    NEGATIVE_LIMIT("2201W", Fault.CLIENT, "LIMIT must not be negative", null),
    NEGATIVE_OFFSET("2201X", Fault.CLIENT, "OFFSET must not be negative", null),
    PROTOCOL_VIOLATION("08P01", Fault.CLIENT, "%s", null),
    UNSUPPORTED_FORMAT_CODE("22023", Fault.CLIENT, "unsupported format code: %s", null),
    INVALID_ENCODING("22021", Fault.CLIENT, "invalid byte sequence for encoding \"UTF8\": %s", null,
            LoggedText.as("invalid byte sequence for encoding \"UTF8\"")),
    INVALID_BYTES("22021", Fault.CLIENT, "invalid byte sequence for encoding \"%s\": %s", null,
            LoggedText.as("invalid byte sequence for encoding \"%1$s\"")),
    UNTRANSLATABLE("22P05", Fault.CLIENT,
            "character with byte sequence %s in encoding \"%s\" has no equivalent in encoding \"%s\"", null,
            LoggedText.as("character in encoding \"%2$s\" has no equivalent in encoding \"%3$s\"")),
    UNSUPPORTED_PROTOCOL("0A000", Fault.CLIENT, "unsupported frontend protocol %s: server supports 3.0 to 3.2", null),
    REPLICATION_NOT_SERVED("0A000", Fault.CLIENT,
            "replication connections are not served by the proxy", "Connect to the node itself."),
    INVALID_PASSWORD("28P01", Fault.CLIENT, "password authentication failed for user \"%s\"", null),
    INVALID_AUTHORIZATION("28000", Fault.CLIENT, "%s", "%s"),
    UNSUPPORTED_AUTHENTICATION("0A000", Fault.CLIENT, "%s", null),
    UNKNOWN_DATABASE("3D000", Fault.CLIENT, "database \"%s\" does not exist", null),
    AUTHENTICATION_TIMEOUT("08P01", Fault.CLIENT, "authentication took longer than %s", null),
    TOO_MANY_CLIENTS("53300", Fault.OPERATOR,
            "sorry, too many clients already", "Raise limits.clients, or close idle connections."),
    UNSUPPORTED_ENCODING("22023", Fault.CLIENT, "client_encoding %s is not supported by the proxy",
            "Use UTF8; the proxy refuses encodings that it does not transcode exactly as PostgreSQL does."),

    // Nodes.
    NODE_DOWN("58000", Fault.NODE,
            "node \"%s\" is not reachable", "The proxy retries by itself; statements for other nodes go on."),
    NODE_LOST("58000", Fault.NODE, "connection to node \"%s\" was lost", "%s"),
    SESSION_LOST("08006", Fault.NODE,
            "connection to node \"%s\" was lost, and with it what this session had there",
            "Connect again; temp tables, session locks and the like are gone."),
    LISTENING_LOST("08006", Fault.NODE,
            "the connection that listens at node \"%s\" was lost: notifications may have been missed",
            "Connect again, LISTEN, and look at what the notifications are about."),
    NOTIFICATIONS_OVERFLOWN("54000", Fault.CLIENT,
            "more than %s of notifications wait for this session",
            "Read them, keep transactions short, or raise limits.notifications."),
    UNTRANSLATABLE_NOTIFICATION("22P05", Fault.CLIENT,
            "a notification on channel \"%s\" has characters that encoding \"%s\" does not have",
            "Listen with client_encoding UTF8."),
    OUTCOME_UNKNOWN("08007", Fault.NODE,
            "connection to node \"%s\" was lost during commit: the outcome is unknown",
            "Check whether the change is there before repeating it."),
    NODE_LOGIN_FAILED("58000", Fault.OPERATOR,
            "the proxy could not log in to node \"%s\": %s",
            "Check the node's user and password in the configuration file."),
    WAITING_FOR_CONNECTION("00000", Fault.OPERATOR,
            "waiting for a connection to node \"%s\"",
            "The statement goes on when one becomes free. Shorten transactions, or raise the limit."),
    POOL_EXHAUSTED("53300", Fault.OPERATOR,
            "no connection to node \"%s\" became free within %s",
            "Shorten transactions, or raise the limit or pool.waitTimeout."),
    NODE_PROTOCOL_VIOLATION("58000", Fault.NODE,
            "node \"%s\" sent an unexpected message", "The connection to the node was closed."),
    NODE_ROW_MALFORMED("58000", Fault.NODE, "a node's row has not the layout of its description",
            "The connections to the statement's nodes were closed."),
    CATALOG_UNKNOWN("58000", Fault.NODE, "no node of database \"%s\" is reachable", "The proxy retries by itself."),

    // The admin database.
    QUERY_CANCELED("57014", Fault.CLIENT, "canceling statement due to user request", null),
    RELOAD_REFUSED("55P02", Fault.OPERATOR, "%s cannot be changed by an edit of the configuration file",
            "It says where rows are, and an edit moves none: put the old value back. Nothing was applied."),
    CONFIGURATION_UNUSABLE("F0000", Fault.OPERATOR, "%s", "Mend the file and RELOAD again. Nothing was applied."),

    // The proxy.
    SHUTTING_DOWN("57P01", Fault.OPERATOR, "terminating connection due to administrator command", null),
    INTERNAL("XX000", Fault.PROXY,
            "internal error: %s", "This is a defect of Trunkline; please report it with the proxy's log.",
            LoggedText.WITHOUT_VALUES),
    OUT_OF_MEMORY("53200", Fault.OPERATOR, "out of memory",
            "Give the proxy more memory, or lower limits.clients, limits.messageSize or limits.clientBuffer."),
    MERGES_OUT_OF_MEMORY("53200", Fault.OPERATOR, "out of memory for %s over several nodes",
            "All such statements together may hold half of the proxy's heap: repeat it later, or give the proxy more by -Xmx."),
    MAP_INCOMPLETE("58000", Fault.OPERATOR,
            "the shard map does not cover every virtual shard exactly once", "Run trunkline check -c FILE."),
    INSUFFICIENT_PRIVILEGE("42501", Fault.CLIENT, "%s", "%s");

    /** Who has to act. */
    public enum Fault {
        CLIENT,
        NODE,
        PROXY,
        OPERATOR
    }

    private final String sqlState;
    private final Fault fault;
    private final String message;
    private final String hint;
    private final LoggedText logged;

    ProxyError(String sqlState, Fault fault, String message, String hint) {
        this(sqlState, fault, message, hint, LoggedText.AS_TOLD);
    }

    ProxyError(String sqlState, Fault fault, String message, String hint, LoggedText logged) {
        this.sqlState = sqlState;
        this.fault = fault;
        this.message = message;
        this.hint = hint;
        this.logged = logged;
    }

    public String sqlState() {
        return sqlState;
    }

    public Fault fault() {
        return fault;
    }

    /**
     * An exception of this error. The arguments fill the message first and the hint with what is left over, so that a
     * template that is {@code "%s"} takes free text.
     */
    public ProxyException with(Object... arguments) {
        int inMessage = placeholders(message);
        String text = String.format(message, arguments);
        String advice = null;
        if (hint != null) {
            Object[] rest = new Object[Math.max(0, arguments.length - inMessage)];
            System.arraycopy(arguments, Math.min(inMessage, arguments.length), rest, 0, rest.length);
            advice = String.format(hint, rest);
        }
        return new ProxyException(this, text, logged.of(text, arguments), advice);
    }

    /** What a client is told of an error that should not have come as far as its session. */
    public static ProxyException of(Throwable cause) {
        return switch (cause) {
            case StackOverflowError deep -> TOO_COMPLEX.with("stack depth limit exceeded");
            // That of Netty's buffers as well.
            case OutOfMemoryError full -> OUT_OF_MEMORY.with();
            default -> INTERNAL.with(cause.getClass().getSimpleName());
        };
    }

    private static int placeholders(String template) {
        int n = 0;
        for (int i = template.indexOf("%s"); i >= 0; i = template.indexOf("%s", i + 2)) {
            n++;
        }
        return n;
    }
}
