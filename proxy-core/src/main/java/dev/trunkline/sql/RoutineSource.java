package dev.trunkline.sql;

import dev.trunkline.sql.grammar.GrammarToken;
import dev.trunkline.sql.grammar.PostgresParserConstants;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The source of a function, read for what it may leave on its connection when its transaction is over: settings, session locks,
 * temp tables, LISTEN and the like. SQL and PL/pgSQL are read token by token, since both have PostgreSQL's scanner; whatever is
 * not certain counts as left behind. Names that are called are not followed here.
 *
 * <p>A setting for the transaction alone (SET LOCAL, {@code set_config(..., true)}) leaves nothing, nor does the SET clause
 * of a function: the server takes its value back when the function returns.
 */
public final class RoutineSource {

    /** What running the source may leave behind, from the best to the worst. */
    public enum Traces {
        NONE,
        /** What the functions and tables leave that it names only while it runs. */
        OF_UNKNOWN_NAMES,
        SESSION
    }

    /** The server's own functions that change the session, or that run SQL which nobody sees. */
    private static final Set<String> FUNCTIONS = Set.of("pg_advisory_lock", "pg_advisory_lock_shared",
            "pg_try_advisory_lock", "pg_try_advisory_lock_shared", "pg_advisory_unlock", "pg_advisory_unlock_shared",
            "pg_advisory_unlock_all", "setseed", "pg_replication_origin_session_setup",
            "pg_replication_origin_session_reset", "query_to_xml", "query_to_xmlschema",
            "query_to_xml_and_xmlschema", "cursor_to_xml", "cursor_to_xmlschema", "table_to_xml", "table_to_xmlschema",
            "table_to_xml_and_xmlschema", "schema_to_xml", "schema_to_xmlschema", "schema_to_xml_and_xmlschema",
            "database_to_xml", "database_to_xmlschema", "database_to_xml_and_xmlschema", "ts_stat", "ts_rewrite");
    /** Words that begin a statement which changes the session, or which holds code of its own. */
    private static final Set<String> STATEMENTS = Set.of("reset", "discard", "load", "listen", "unlisten", "prepare",
            "deallocate", "do");
    /** Words after which a statement of PL/pgSQL or SQL begins. */
    private static final Set<String> BEFORE_STATEMENTS = Set.of("begin", "then", "else", "loop", "atomic");
    /** For what can't be read by tokens: any of these anywhere. */
    private static final Pattern RISKS = Pattern.compile("\\b(set|reset|discard|load|listen|unlisten|prepare|deallocate"
            + "|execute|do|temp|temporary|pg_temp|hold|set_config|setseed|\\w+_to_xml\\w*|ts_stat|ts_rewrite"
            + "|pg_(try_)?advisory_(un)?lock\\w*|pg_replication_origin_\\w+)\\b");

    private static final Pattern DRAWS = Pattern.compile("nextval|setval", Pattern.CASE_INSENSITIVE);
    private static final Set<String> BEFORE_TABLES = Set.of("into", "table", "exists", "on", "only", "references");
    private static final Pattern FORMATS = Pattern.compile("%(\\d+\\$)?-?\\d*(.)");
    /** Stands for a name that {@code format} puts in. */
    private static final String PUT_IN = "name_that_format_puts_in";

    private final GrammarToken[] tokens;
    private final boolean procedural;
    private Traces traces = Traces.NONE;

    private RoutineSource(TokenList list, boolean procedural) {
        this.tokens = list.tokens();
        this.procedural = procedural;
    }

    /**
     * Reads a source.
     *
     * @param language
     *            the name of its language
     * @param isVolatile
     *            whether it is declared so: what other languages run can't be read, and is trusted as far as it is declared
     * @param source
     *            its text; of a C function the name of a symbol
     */
    public static Traces traces(String language, boolean isVolatile, String source) {
        return switch (language) {
            case "sql" -> read(source, false);
            case "plpgsql" -> read(source, true);
            // Another name for a function of the server's.
            case "internal" -> RISKS.matcher(source).find() || source.startsWith("set_config")
                    || source.startsWith("pg_advisory_") || source.startsWith("pg_try_advisory_")
                            ? Traces.SESSION
                            : Traces.NONE;
            case "c" -> Traces.NONE;
            default -> isVolatile ? Traces.SESSION : roughly(source);
        };
    }

    /** Whether a source in any language but C may take a number from a sequence by itself. */
    public static boolean mayDraw(String language, String source) {
        return !language.equals("c") && DRAWS.matcher(source).find();
    }

    /** Whether a call of this function of the server's may change the session, or run SQL that nobody sees. */
    public static boolean isSessionFunction(String name) {
        return FUNCTIONS.contains(name);
    }

    private static Traces roughly(String source) {
        return RISKS.matcher(source.toLowerCase(Locale.ROOT)).find() ? Traces.SESSION : Traces.NONE;
    }

    private static Traces read(String source, boolean procedural) {
        // What \' means depends on a setting when it runs.
        TokenList list = source.contains("\\'") ? null : new TokenList(source, true);
        if (list == null || list.error() != null) {
            return roughly(source);
        }
        RoutineSource reader = new RoutineSource(list, procedural);
        reader.read();
        return reader.traces;
    }

    private void read() {
        for (int i = 0; i < tokens.length && traces != Traces.SESSION; i++) {
            if (tokens[i].isLabel()) {
                label(i);
            }
        }
    }

    private void label(int i) {
        String name = tokens[i].image;
        boolean starts = startsStatement(i);
        if (FUNCTIONS.contains(name) || name.equals("pg_temp") || name.startsWith("pg_temp_")
                || name.equals("set_config") && !isLocalCall(i)
                || starts && STATEMENTS.contains(tokens[i].word) && !is(i + 1, "nothing")
                || starts && is(i, "set") && !isHarmlessSet(i)
                || starts && !procedural && is(i, "execute")
                || (is(i, "temp") || is(i, "temporary")) && makesTemp(i)
                || is(i, "hold") && is(i - 1, "with")
                || name.equals(PUT_IN) && isCall(i)
                || is(i, "extension") && (is(i - 1, "create") || is(i - 1, "alter"))) {
            traces = Traces.SESSION;
        } else if (procedural && is(i, "execute")) {
            execute(i);
        }
    }

    private boolean is(int i, String word) {
        return i >= 0 && i < tokens.length && tokens[i].is(word);
    }

    private boolean isKind(int i, int kind) {
        return i >= 0 && i < tokens.length && tokens[i].kind == kind;
    }

    private boolean startsStatement(int i) {
        if (i == 0) {
            return true;
        }
        GrammarToken before = tokens[i - 1];
        // A label stands in << >>; an option line (#variable_conflict) comes before the first BEGIN or DECLARE.
        return before.kind == PostgresParserConstants.SEMICOLON
                || before.word != null && BEFORE_STATEMENTS.contains(before.word)
                || before.kind == PostgresParserConstants.PG_OP && before.image.endsWith(">>");
    }

    /** SET LOCAL, SET TRANSACTION and SET CONSTRAINTS end with the transaction. */
    private boolean isHarmlessSet(int i) {
        return is(i + 1, "local") || is(i + 1, "transaction") || is(i + 1, "constraints");
    }

    /** Whether {@code set_config(name, value, true)}, in any notation, stands here. */
    private boolean isLocalCall(int i) {
        if (!isKind(i + 1, PostgresParserConstants.LPAREN) || tokens[i + 1].match < 0) {
            return false;
        }
        int end = tokens[i + 1].match;
        int argument = 1;
        int start = i + 2;
        for (int at = start; at <= end; at++) {
            if (at == end || tokens[at].kind == PostgresParserConstants.COMMA) {
                boolean named = isKind(start + 1, PostgresParserConstants.NAMED_ARGUMENT_ASSIGNMENT);
                int value = named ? start + 2 : start;
                if ((named ? is(start, "is_local") : argument == 3) && at == value + 1 && isTrue(value)) {
                    return true;
                }
                argument++;
                start = at + 1;
            } else if (tokens[at].match > at) {
                at = tokens[at].match;
            }
        }
        return false;
    }

    private boolean isTrue(int i) {
        return is(i, "true") || isKind(i, PostgresParserConstants.QUOTED_STRING)
                && Set.of("t", "true", "on", "yes", "1").contains(tokens[i].image);
    }

    /** CREATE TEMP or INTO TEMP, but for a table that is gone at the commit. */
    private boolean makesTemp(int i) {
        // After INTO of PL/pgSQL stands a variable.
        boolean into = !procedural && is(i - 1, "into") && !is(i - 2, "insert") && !is(i - 2, "merge");
        boolean makes = into || is(i - 1, "create") || is(i - 1, "local") || is(i - 1, "global")
                || is(i - 1, "replace");
        boolean table = is(i + 1, "table");
        for (int at = i; makes && at < tokens.length && tokens[at].kind != PostgresParserConstants.SEMICOLON; at++) {
            if (table && is(at, "on") && is(at + 1, "commit") && is(at + 2, "drop")) {
                return false;
            }
        }
        return makes;
    }

    /**
     * EXECUTE of PL/pgSQL: a text that stands there is read in its turn, and so is the template of a {@code format} that only
     * puts names and literals into it. EXECUTE FUNCTION belongs to CREATE TRIGGER.
     */
    private void execute(int i) {
        boolean trigger = is(i + 1, "function") || is(i + 1, "procedure");
        if (trigger) {
            return;
        }
        int at = is(i + 1, "format") && isKind(i + 2, PostgresParserConstants.LPAREN) ? i + 3 : i + 1;
        boolean formatted = at == i + 3;
        if (!isKind(at, PostgresParserConstants.QUOTED_STRING)) {
            traces = Traces.SESSION;
            return;
        }
        int after = formatted ? tokens[i + 2].match + 1 : at + 1;
        boolean whole = after > at && (after == tokens.length || isKind(after, PostgresParserConstants.SEMICOLON)
                || is(after, "into") || is(after, "using") || is(after, "loop"))
                && (!formatted || tokens[at + 1].kind == PostgresParserConstants.COMMA || at + 1 == after - 1);
        String text = tokens[at].image;
        if (!whole || formatted && !onlyNamesAndLiterals(text)) {
            traces = Traces.SESSION;
            return;
        }
        Traces inner = read(formatted ? filled(text) : text, false);
        Traces least = formatted ? Traces.OF_UNKNOWN_NAMES : Traces.NONE;
        for (Traces each : new Traces[]{least, inner}) {
            traces = each.compareTo(traces) > 0 ? each : traces;
        }
    }

    private static boolean onlyNamesAndLiterals(String template) {
        return FORMATS.matcher(template).results().allMatch(m -> "IL%".contains(m.group(2)));
    }

    private static String filled(String template) {
        return FORMATS.matcher(template).replaceAll(m -> switch (m.group(2)) {
            case "I" -> PUT_IN;
            case "L" -> "'put in'";
            default -> "%";
        });
    }

    /** Whether what was put in is called: as a function, not as a table before the names of its columns. */
    private boolean isCall(int i) {
        if (!isKind(i + 1, PostgresParserConstants.LPAREN)) {
            return false;
        }
        int first = i;
        while (isKind(first - 1, PostgresParserConstants.DOT)) {
            first -= 2;
        }
        return first < 1 || tokens[first - 1].word == null || !BEFORE_TABLES.contains(tokens[first - 1].word);
    }
}
