package dev.trunkline.sql.grammar;

import java.io.Reader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

import org.apache.calcite.avatica.util.Casing;
import org.apache.calcite.sql.SqlBasicCall;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlLiteral;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlNodeList;
import org.apache.calcite.sql.parser.SqlAbstractParserImpl;
import org.apache.calcite.sql.parser.SqlParseException;
import org.apache.calcite.sql.parser.SqlParserPos;
import org.apache.calcite.sql.validate.SqlConformance;

/**
 * What the productions need besides JavaCC: where PostgreSQL's LALR grammar looks ahead by state, they ask here. All
 * tokens are known before parsing starts, so every question is answered in constant time from the token list.
 */
abstract class GrammarSupport extends SqlAbstractParserImpl implements PostgresParserConstants {

    // The levels of PostgreSQL's operators (gram.y), lowest first.
    static final int IS_LEVEL = 1;
    static final int COMPARISON_LEVEL = 2;
    static final int LIKE_LEVEL = 3;
    static final int OPERATOR_LEVEL = 4;
    static final int ADD_LEVEL = 5;
    static final int MULTIPLY_LEVEL = 6;
    static final int POWER_LEVEL = 7;
    static final int AT_LEVEL = 8;
    static final int COLLATE_LEVEL = 9;

    // What continues an expression.
    static final int NOTHING = 0;
    static final int INFIX_IS = 1;
    static final int INFIX_ISNULL = 2;
    static final int INFIX_NOTNULL = 3;
    static final int INFIX_OPERATOR = 4;
    static final int INFIX_QUANTIFIED = 5;
    static final int INFIX_BETWEEN = 6;
    static final int INFIX_IN = 7;
    static final int INFIX_LIKE = 8;
    static final int INFIX_SIMILAR = 9;
    static final int INFIX_AT = 10;
    static final int INFIX_COLLATE = 11;
    static final int INFIX_OVERLAPS = 12;

    // What an operand without operators is.
    static final int PRIMARY_COLUMN = 1;
    static final int PRIMARY_FUNCTION = 2;
    static final int PRIMARY_TYPED_LITERAL = 3;
    static final int PRIMARY_SPECIAL = 4;
    static final int PRIMARY_PARENTHESES = 5;
    static final int PRIMARY_SUBQUERY = 6;
    static final int PRIMARY_OTHER = 7;

    private static final Set<String> TYPE_WORDS = Set.of("int", "integer", "smallint", "bigint", "real", "float",
            "double", "decimal", "dec", "numeric", "boolean", "bit", "char", "character", "national", "nchar",
            "varchar",
            "time", "timestamp", "interval", "json");
    /** Functions with a syntax of their own; a name of this kind before a parenthesis never is an ordinary call. */
    private static final Set<String> SPECIAL_CALLS = Set.of("exists", "extract", "position", "substring", "overlay",
            "trim", "normalize", "treat", "coalesce", "greatest", "least", "nullif", "grouping", "row", "merge_action",
            "xmlconcat", "xmlelement", "xmlexists", "xmlforest", "xmlparse", "xmlpi", "xmlroot", "xmlserialize",
            "xmltable", "json_object", "json_array", "json", "json_scalar", "json_serialize", "json_query",
            "json_exists",
            "json_value", "json_objectagg", "json_arrayagg", "json_table");
    private static final Set<String> SPECIAL_WORDS = Set.of("case", "cast", "array", "default", "current_date",
            "current_time", "current_timestamp", "localtime", "localtimestamp", "current_role", "current_user",
            "session_user", "system_user", "user", "current_catalog");
    private static final Map<String, String> TYPE_NAMES = Map.ofEntries(Map.entry("int", "int4"),
            Map.entry("integer", "int4"), Map.entry("smallint", "int2"), Map.entry("bigint", "int8"),
            Map.entry("real", "float4"), Map.entry("float", "float8"), Map.entry("decimal", "numeric"),
            Map.entry("dec", "numeric"), Map.entry("boolean", "bool"), Map.entry("char", "bpchar"),
            Map.entry("character", "bpchar"), Map.entry("nchar", "bpchar"));

    private TokenFeed feed;

    /** Starts on other tokens. */
    public final void start(TokenFeed tokens) {
        feed = tokens;
        ReInit(tokens);
    }

    /** The index of the next token: where an expression ended, or what a syntax error is about. */
    public final int nextIndex() {
        return ahead(1).index;
    }

    /** JavaCC's. */
    public abstract void ReInit(TokenManager tokens);

    /** JavaCC's: 0 is the token read last, 1 the next one. */
    public abstract Token getToken(int index);

    /** JavaCC's. */
    public abstract ParseException generateParseException();

    /** The {@code n}th token ahead, from 1 on. JavaCC would walk there from the first. */
    final GrammarToken ahead(int n) {
        GrammarToken next = (GrammarToken) getToken(1);
        return n == 1 ? next : feed.at(next.index + n - 1);
    }

    final int kind(int n) {
        return ahead(n).kind;
    }

    final boolean word(int n, String lowerCase) {
        return ahead(n).is(lowerCase);
    }

    /** Where the node that starts with the next token starts. */
    final int begin() {
        return getToken(1).beginColumn;
    }

    /** From there to the token read last. */
    final SqlParserPos pos(int begin) {
        int end = getToken(0).endColumn;
        return new SqlParserPos(1, begin, 1, Math.max(end, begin - 1));
    }

    /** The position of the token read last. */
    final SqlParserPos here() {
        Token last = getToken(0);
        return new SqlParserPos(1, last.beginColumn, 1, last.endColumn);
    }

    /** The token after the partner of the {@code n}th token, an opening parenthesis. */
    private GrammarToken afterMatch(int n) {
        GrammarToken open = ahead(n);
        return open.match < 0 ? feed.at(-1) : feed.at(open.match + 1);
    }

    private static boolean isString(GrammarToken token) {
        return token.kind == QUOTED_STRING;
    }

    // ---- names

    final boolean nameAhead() {
        return ahead(1).isName();
    }

    final boolean bareLabelAhead() {
        return ahead(1).isBareLabel();
    }

    /** An alias without AS; SET is the clause of UPDATE, not an alias. */
    final boolean aliasAhead(boolean beforeSet) {
        GrammarToken next = ahead(1);
        return next.isName() && !(beforeSet && next.is("set"));
    }

    final SqlIdentifier identifier(Token token) {
        return new SqlIdentifier(token.image, here());
    }

    final SqlIdentifier identifier(List<String> names, int begin) {
        return new SqlIdentifier(names, pos(begin));
    }

    // ---- queries

    final boolean queryAhead() {
        int kind = kind(1);
        return kind == SELECT || kind == VALUES || kind == WITH || kind == TABLE
                || kind == LPAREN && ahead(1).query;
    }

    final boolean subqueryAhead() {
        return kind(1) == LPAREN && ahead(1).query;
    }

    /** WITH RECURSIVE, unless a common table expression has that name. */
    final boolean recursiveAhead() {
        return word(1, "recursive") && kind(2) != AS && kind(2) != LPAREN;
    }

    final boolean selectItemAhead() {
        int kind = kind(1);
        return kind != FROM && kind != EOF && kind != RPAREN && kind != WHERE && kind != UNION && kind != INTERSECT
                && kind != EXCEPT && kind != INTO && kind != GROUP && kind != HAVING && kind != WINDOW && kind != ORDER
                && kind != LIMIT && kind != OFFSET && kind != FETCH && kind != FOR && kind != ON && kind != RETURNING;
    }

    /** A list of columns in parentheses before the source of INSERT. */
    final boolean columnListAhead() {
        return kind(1) == LPAREN && !ahead(1).query;
    }

    final boolean joinAhead() {
        int kind = kind(1);
        return kind == JOIN || kind == CROSS || kind == NATURAL || kind == INNER || kind == LEFT || kind == RIGHT
                || kind == FULL;
    }

    /** A function in FROM: a name and a parenthesis, or one of the words that call without. */
    final boolean functionAhead() {
        GrammarToken next = ahead(1);
        if (next.keyword != null && next.keyword.category() == Keyword.Category.RESERVED) {
            return next.kind != LPAREN && (SPECIAL_WORDS.contains(next.word)) && !next.is("case") && !next.is("array");
        }
        if (next.is("current_schema")) {
            return true;
        }
        if (next.is("collation") && word(2, "for")) {
            return true;
        }
        int i = 1;
        while (ahead(i).isLabel() && kind(i + 1) == DOT) {
            i += 2;
        }
        return ahead(i).isLabel() && kind(i + 1) == LPAREN;
    }

    /** A definition list, (a int, b text), rather than plain aliases. */
    final boolean definitionsAhead() {
        return kind(1) == LPAREN && ahead(2).isName() && kind(3) != COMMA && kind(3) != RPAREN;
    }

    final boolean currentOfAhead() {
        return word(1, "current") && word(2, "of");
    }

    final boolean uniqueKeysAhead() {
        return (kind(1) == WITH || word(1, "without")) && kind(2) == UNIQUE;
    }

    /** A behaviour of SQL/JSON: something ON EMPTY, something ON ERROR. */
    final boolean jsonBehaviorAhead() {
        return kind(1) == DEFAULT_ || word(1, "error") || word(1, "null") || word(1, "true") || word(1, "false")
                || word(1, "unknown") || word(1, "empty");
    }

    final boolean zoneAhead() {
        return (kind(1) == WITH || word(1, "without")) && word(2, "time");
    }

    // ---- operands

    /** What the next operand is: a {@code PRIMARY_} constant. */
    final int primaryAhead() {
        GrammarToken next = ahead(1);
        if (next.kind == LPAREN) {
            return next.query ? PRIMARY_SUBQUERY : PRIMARY_PARENTHESES;
        }
        if (!next.isLabel()) {
            return PRIMARY_OTHER;
        }
        if (next.word != null && SPECIAL_WORDS.contains(next.word)) {
            return PRIMARY_SPECIAL;
        }
        boolean call = kind(2) == LPAREN;
        if (next.word != null) {
            if (next.is("current_schema") && !call || next.is("collation") && word(2, "for")) {
                return PRIMARY_SPECIAL;
            }
            if (typedLiteralAhead()) {
                return PRIMARY_TYPED_LITERAL;
            }
            if (call && SPECIAL_CALLS.contains(next.word)) {
                return PRIMARY_SPECIAL;
            }
            if (next.keyword != null && next.keyword.category() == Keyword.Category.RESERVED) {
                return PRIMARY_OTHER;
            }
        } else if (typedLiteralAhead()) {
            return PRIMARY_TYPED_LITERAL;
        }
        int i = 1;
        while (kind(i + 1) == DOT && ahead(i + 2).isLabel()) {
            i += 2;
        }
        if (kind(i + 1) == LPAREN) {
            return PRIMARY_FUNCTION;
        }
        return next.isName() ? PRIMARY_COLUMN : PRIMARY_OTHER;
    }

    /** A type's name and a string: {@code date '2020-01-01'}, {@code timestamp(3) with time zone '...'}. */
    private boolean typedLiteralAhead() {
        GrammarToken next = ahead(1);
        int i = 2;
        if (next.word != null && TYPE_WORDS.contains(next.word)) {
            if (next.is("double")) {
                i = word(2, "precision") ? 3 : 2;
            } else if (next.is("national")) {
                i = 3;
            }
            if (word(i, "varying")) {
                i++;
            }
            if (isString(ahead(i))) {
                return true;
            }
            GrammarToken after = ahead(i);
            int afterIndex = after.index;
            if (after.kind == LPAREN) {
                after = afterMatch(i);
                afterIndex = after.index;
            }
            if (after.is("with") || after.is("without")) {
                after = feed.at(afterIndex + 3);
            }
            return isString(after);
        }
        while (kind(i) == DOT && ahead(i + 1).isLabel()) {
            i += 2;
        }
        if (next.keyword != null && i == 2 && !next.isFunctionName()) {
            return false;
        }
        return isString(ahead(i)) || kind(i) == LPAREN && isString(afterMatch(i));
    }

    // ---- operators

    /** The operator that {@code OPERATOR(schema.op)} or an operator token at the {@code n}th place is, or null. */
    private String operatorAt(int n) {
        GrammarToken token = ahead(n);
        switch (token.kind) {
            case PG_OP, EQ, STAR, PLUS, MINUS :
                return token.image;
            default :
                return token.is("operator") && kind(n + 1) == LPAREN ? "operator" : null;
        }
    }

    static int level(String operator) {
        return switch (operator) {
            case "=", "<", ">", "<=", ">=", "<>" -> COMPARISON_LEVEL;
            case "+", "-" -> ADD_LEVEL;
            case "*", "/", "%" -> MULTIPLY_LEVEL;
            case "^" -> POWER_LEVEL;
            default -> OPERATOR_LEVEL;
        };
    }

    /** Whether an operator stands ahead that takes one operand. */
    final boolean prefixOperatorAhead() {
        String operator = operatorAt(1);
        return operator != null && level(operator) == OPERATOR_LEVEL;
    }

    final boolean signAhead() {
        int kind = kind(1);
        return kind == PLUS || kind == MINUS;
    }

    /**
     * How the expression goes on, an {@code INFIX_} constant, if by an operator of at least this level.
     *
     * @param blocked a level whose operators don't associate and that was just used, or 0
     * @param simple whether this is a b_expr, which ends at IS, IN, LIKE, BETWEEN and their kin
     */
    final int infixAhead(int level, int blocked, boolean simple) {
        String operator = operatorAt(1);
        if (operator != null) {
            int at = level(operator);
            if (at < level || at == blocked) {
                return NOTHING;
            }
            return quantifiedAt(operator.equals("operator") ? afterOperator() : 2) ? INFIX_QUANTIFIED : INFIX_OPERATOR;
        }
        GrammarToken next = ahead(1);
        if (next.word == null) {
            return NOTHING;
        }
        return switch (next.word) {
            case "is" -> level <= IS_LEVEL && !endsItem(2) && (!simple || isOfSimple()) ? INFIX_IS : NOTHING;
            case "isnull" -> level <= IS_LEVEL && !simple ? INFIX_ISNULL : NOTHING;
            case "notnull" -> level <= IS_LEVEL && !simple ? INFIX_NOTNULL : NOTHING;
            case "at" -> level <= AT_LEVEL && (word(2, "time") && word(3, "zone") || word(2, "local"))
                    ? INFIX_AT
                    : NOTHING;
            case "collate" -> INFIX_COLLATE;
            case "overlaps" -> kind(2) == LPAREN || word(2, "row") ? INFIX_OVERLAPS : NOTHING;
            case "not" -> predicate(ahead(2), 2, level, blocked, simple);
            default -> predicate(next, 1, level, blocked, simple);
        };
    }

    private int predicate(GrammarToken token, int at, int level, int blocked, boolean simple) {
        if (level > LIKE_LEVEL || blocked == LIKE_LEVEL || simple || token.word == null) {
            return NOTHING;
        }
        int infix = switch (token.word) {
            case "between" -> INFIX_BETWEEN;
            case "in" -> INFIX_IN;
            case "like", "ilike" -> quantifiedAt(at + 1) ? INFIX_QUANTIFIED : INFIX_LIKE;
            case "similar" -> word(at + 1, "to") ? INFIX_SIMILAR : NOTHING;
            default -> NOTHING;
        };
        return infix == NOTHING || endsItem(at + 1) ? NOTHING : infix;
    }

    /** In a b_expr only IS [NOT] DISTINCT FROM and IS [NOT] DOCUMENT go on. */
    private boolean isOfSimple() {
        GrammarToken test = word(2, "not") ? ahead(3) : ahead(2);
        return test.is("distinct") || test.is("document");
    }

    private boolean quantifiedAt(int n) {
        int kind = kind(n);
        return (kind == ANY || kind == SOME || kind == ALL) && kind(n + 1) == LPAREN;
    }

    /** The place after OPERATOR(...). */
    private int afterOperator() {
        int n = 3;
        while (kind(n) != RPAREN && kind(n) != EOF) {
            n++;
        }
        return n + 1;
    }

    /** Whether the word before is a label, since no operand can follow. */
    private boolean endsItem(int n) {
        int kind = kind(n);
        return kind == EOF || kind == COMMA || kind == RPAREN || kind == FROM || kind == INTO || kind == WHERE
                || kind == ORDER || kind == UNION;
    }

    // ---- nodes

    static SqlNode call(String name, SqlParserPos pos, SqlNode... operands) {
        return new SqlBasicCall(PgOperators.special(name), Arrays.asList(operands), pos);
    }

    static SqlNode call(String name, SqlParserPos pos, List<SqlNode> operands) {
        return new SqlBasicCall(PgOperators.special(name), operands, pos);
    }

    static SqlNode binary(String name, SqlParserPos pos, SqlNode left, SqlNode right) {
        return new SqlBasicCall(PgOperators.binary(name), Arrays.asList(left, right), pos);
    }

    static SqlNode prefix(String name, SqlParserPos pos, SqlNode operand) {
        return new SqlBasicCall(PgOperators.prefix(name), List.of(operand), pos);
    }

    static SqlNode chain(String name, SqlParserPos pos, List<SqlNode> operands) {
        return new SqlBasicCall(PgOperators.binary(name), operands, pos);
    }

    final PgNodes.Function function(String name, SqlParserPos pos, List<SqlNode> arguments) {
        SqlParserPos at = new SqlParserPos(1, pos.getColumnNum(), 1, pos.getColumnNum() + name.length() - 1);
        return new PgNodes.Function(pos, new SqlIdentifier(name, at), arguments, false, false, null, null, null, null);
    }

    final SqlNode string(Token token) {
        return SqlLiteral.createCharString(token.image, here());
    }

    final SqlNode number(Token token) {
        // A number of a megabyte would take minutes to convert, and nobody reads its value from the node.
        String image = token.image;
        if (image.length() > 1000 || image.indexOf('_') >= 0 || hasRadix(image)) {
            return string(token);
        }
        boolean exponent = image.indexOf('e') >= 0 || image.indexOf('E') >= 0;
        return exponent ? SqlLiteral.createApproxNumeric(image, here()) : SqlLiteral.createExactNumeric(image, here());
    }

    private static boolean hasRadix(String number) {
        return number.length() > 1 && number.charAt(0) == '0' && Character.isLetter(number.charAt(1))
                && (number.charAt(1) | 0x20) != 'e';
    }

    /** The canonical name of a type that is a keyword. */
    static String typeName(String word) {
        return TYPE_NAMES.getOrDefault(word, word);
    }

    static boolean isTypeWord(GrammarToken token) {
        return token.word != null && TYPE_WORDS.contains(token.word);
    }

    final boolean typeWordAhead() {
        GrammarToken next = ahead(1);
        return isTypeWord(next) && (!next.is("double") || word(2, "precision"));
    }

    static String floatName(SqlNode precision) {
        return precision instanceof SqlLiteral literal && literal.getValue() instanceof java.math.BigDecimal bits
                && bits.intValue() <= 24 ? "float4" : "float8";
    }

    /** The type that a keyword and what followed it name. */
    final SqlNode wordType(int begin, String word, boolean varying, boolean zone, boolean literal,
            List<SqlNode> modifiers) {
        String name = typeName(word);
        List<SqlNode> given = modifiers;
        SqlParserPos pos = pos(begin);
        switch (word) {
            case "float" :
                name = modifiers.isEmpty() ? "float8" : floatName(modifiers.getFirst());
                given = List.of();
                break;
            case "double" :
                name = "float8";
                break;
            case "char", "character", "nchar", "bit" :
                if (varying) {
                    name = word.equals("bit") ? "varbit" : "varchar";
                } else if (modifiers.isEmpty() && !literal) {
                    given = List.of(SqlLiteral.createExactNumeric("1", pos));
                }
                break;
            case "time", "timestamp" :
                name = zone ? word + "tz" : word;
                break;
            default :
                break;
        }
        return new PgNodes.Type(pos, new SqlIdentifier(name, pos), given, 0);
    }

    final SqlNode arrayOf(SqlNode element, int begin, int dimensions) {
        PgNodes.Type type = (PgNodes.Type) element;
        return dimensions == 0 ? type : new PgNodes.Type(pos(begin), type.name, type.modifiers, dimensions);
    }

    static boolean isInterval(SqlNode type) {
        return type instanceof PgNodes.Type named && named.name.isSimple()
                && named.name.getSimple().equals("interval");
    }

    /** The index of a parameter, from 0; a number that no message can carry becomes the largest. */
    static int parameterNumber(Token token) {
        String digits = token.image.substring(1);
        long number = digits.length() > 9 ? Integer.MAX_VALUE : Long.parseLong(digits);
        return (int) Math.max(number - 1, 0);
    }

    static final Set<String> INTERVAL_FIELDS = Set.of("year", "month", "day", "hour", "minute", "second");

    final boolean intervalFieldAhead() {
        return ahead(1).word != null && INTERVAL_FIELDS.contains(ahead(1).word);
    }

    /** The operands of a row, if there are as many as columns; otherwise null. */
    static List<SqlNode> rowOperands(SqlNode value, int columns) {
        if (value instanceof SqlBasicCall call && call.getOperator().getName().equals("ROW")
                && call.operandCount() == columns) {
            return call.getOperandList();
        }
        return null;
    }

    static SqlNodeList list(List<? extends SqlNode> nodes, SqlParserPos pos) {
        return new SqlNodeList(new ArrayList<SqlNode>(nodes), pos);
    }

    static String upper(String word) {
        return word.toUpperCase(Locale.ROOT);
    }

    // ---- what Calcite's facade asks of a parser: it has no lexical states, and folding is the lexer's

    @Override
    public void ReInit(Reader reader) {
        throw new UnsupportedOperationException("tokens come from a TokenFeed");
    }

    @Override
    protected SqlParserPos getPos() {
        return here();
    }

    @Override
    public Metadata getMetadata() {
        throw new UnsupportedOperationException("keywords depend on context, see Keyword");
    }

    @Override
    public SqlParseException normalizeException(Throwable e) {
        return new SqlParseException(e.getMessage(), here(), null, null, e);
    }

    @Override
    public void setTabSize(int tabSize) {
        // positions are character offsets
    }

    @Override
    public void switchTo(LexicalState state) {
        // one lexer, no states
    }

    @Override
    public SqlNode parseArray() {
        throw new UnsupportedOperationException("array literals are strings");
    }

    @Override
    public void setQuotedCasing(Casing quotedCasing) {
        // the lexer folds
    }

    @Override
    public void setUnquotedCasing(Casing unquotedCasing) {
        // the lexer folds
    }

    @Override
    public void setIdentifierMaxLength(int identifierMaxLength) {
        // the lexer cuts
    }

    @Override
    public void setConformance(SqlConformance conformance) {
        // PostgreSQL's is the only one
    }
}
