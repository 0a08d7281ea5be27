package dev.trunkline.sql;

import java.util.ArrayList;
import java.util.List;

import dev.trunkline.sql.Statement.Copy;
import dev.trunkline.sql.Statement.Option;
import dev.trunkline.sql.grammar.PostgresParserConstants;

/** COPY, with its options in both spellings. */
final class CopyGrammar implements PostgresParserConstants {

    private final TokenCursor at;
    private final int from;

    CopyGrammar(TokenCursor at) {
        this.at = at;
        this.from = at.index();
    }

    Statement copy() {
        at.skip();
        List<Option> options = new ArrayList<>();
        FromItem.Table table = null;
        Statement query = null;
        List<String> columns = List.of();
        if (at.isKind(LPAREN)) {
            int close = at.closing();
            at.skip();
            query = at.statement(close);
            at.expectKind(RPAREN);
        } else {
            if (at.is("binary") && at.peek(1) != null && at.peek(1).isName()) {
                at.skip();
                options.add(new Option("format", "binary"));
            }
            int start = at.index();
            Name name = at.qualifiedName();
            table = new FromItem.Table(name, null, List.of(), false, null, at.span(start));
            if (at.isKind(LPAREN)) {
                columns = at.namesInParentheses();
            }
        }
        Copy.Direction direction = at.is("from") ? Copy.Direction.FROM : Copy.Direction.TO;
        if (query != null && direction == Copy.Direction.FROM || !at.take("from") && !at.take("to")) {
            throw at.error();
        }
        Copy.Endpoint endpoint = endpoint();
        if (at.take("using", "delimiters") || at.take("delimiters")) {
            options.add(new Option("delimiter", at.string()));
        }
        at.take("with");
        if (at.isKind(LPAREN)) {
            options.addAll(at.optionsInParentheses());
        } else {
            while (!at.atEnd() && !at.is("where")) {
                options.add(option());
            }
        }
        Expr where = at.take("where") ? at.expression() : null;
        return new Copy(table, List.copyOf(columns), query, direction, endpoint, List.copyOf(options), where,
                at.span(from));
    }

    private Copy.Endpoint endpoint() {
        if (at.take("stdin") || at.take("stdout")) {
            return Copy.Endpoint.STDIO;
        }
        boolean program = at.take("program");
        at.string();
        return program ? Copy.Endpoint.PROGRAM : Copy.Endpoint.FILE;
    }

    /** An option of the old spelling, named as in the new one. */
    private Option option() {
        if (at.take("binary")) {
            return new Option("format", "binary");
        }
        if (at.take("csv")) {
            return new Option("format", "csv");
        }
        if (at.take("freeze") || at.take("header")) {
            return new Option(at.text(at.index() - 1, at.index()).toLowerCase(java.util.Locale.ROOT), null);
        }
        if (at.take("force", "quote")) {
            return new Option("force_quote", columns());
        }
        if (at.take("force", "not", "null")) {
            return new Option("force_not_null", columns());
        }
        if (at.take("force", "null")) {
            return new Option("force_null", columns());
        }
        if (!at.isAny("delimiter", "null", "quote", "escape", "encoding")) {
            throw at.error();
        }
        String name = at.label();
        at.take("as");
        return new Option(name, at.string());
    }

    private String columns() {
        int start = at.index();
        if (!at.takeKind(STAR)) {
            do {
                at.name();
            } while (at.takeKind(COMMA));
        }
        return at.text(start, at.index());
    }
}
