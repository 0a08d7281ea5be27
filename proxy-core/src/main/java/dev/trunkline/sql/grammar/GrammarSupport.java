package dev.trunkline.sql.grammar;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.calcite.sql.SqlBasicCall;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlLiteral;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlNodeList;
import org.apache.calcite.sql.parser.SqlParserPos;

/** What the productions make nodes with; what they ask before is {@link LookAhead}'s. */
abstract class GrammarSupport extends LookAhead {

    private static final Map<String, String> TYPE_NAMES = Map.ofEntries(Map.entry("int", "int4"),
            Map.entry("integer", "int4"), Map.entry("smallint", "int2"), Map.entry("bigint", "int8"),
            Map.entry("real", "float4"), Map.entry("float", "float8"), Map.entry("decimal", "numeric"),
            Map.entry("dec", "numeric"), Map.entry("boolean", "bool"), Map.entry("char", "bpchar"),
            Map.entry("character", "bpchar"), Map.entry("nchar", "bpchar"));

    final SqlIdentifier identifier(Token token) {
        return new SqlIdentifier(token.image, here());
    }

    final SqlIdentifier identifier(List<String> names, int begin) {
        return new SqlIdentifier(names, pos(begin));
    }

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
}
