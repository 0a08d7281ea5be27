package dev.trunkline.sql.grammar;

import java.util.Set;

/**
 * What the productions ask where PostgreSQL's LALR grammar looks ahead by state. Every question is answered in constant
 * time from the token list.
 */
abstract class LookAhead extends FedParser {

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
    static final Set<String> INTERVAL_FIELDS = Set.of("year", "month", "day", "hour", "minute", "second");

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
                after = tokenAt(afterIndex + 3);
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

    static boolean isTypeWord(GrammarToken token) {
        return token.word != null && TYPE_WORDS.contains(token.word);
    }

    final boolean typeWordAhead() {
        GrammarToken next = ahead(1);
        return isTypeWord(next) && (!next.is("double") || word(2, "precision"));
    }

    final boolean intervalFieldAhead() {
        return ahead(1).word != null && INTERVAL_FIELDS.contains(ahead(1).word);
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
}
