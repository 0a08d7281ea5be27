package dev.trunkline.route;

import dev.trunkline.sql.Expr;
import dev.trunkline.sql.LiteralText;
import dev.trunkline.sql.Span;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/**
 * The statement's text while it is planned. A literal's value is read through it and nowhere else: what was read must be the
 * same whenever the plan is used again (semantics.md 16).
 */
public final class StatementText {

    private final String text;
    private final boolean standardConformingStrings;
    private final Map<Integer, byte[]> read = new TreeMap<>();

    public StatementText(String text, boolean standardConformingStrings) {
        this.text = text;
        this.standardConformingStrings = standardConformingStrings;
    }

    /** The value of a literal, quotes and escapes resolved; null where PostgreSQL refuses it. */
    public String read(Expr.Literal literal) {
        byte[] source = source(literal);
        // Nodes print views as with standard_conforming_strings = on.
        boolean standard = standardConformingStrings || literal.source() != null;
        byte[] value = LiteralText.value(source, 0, source.length, literal.kind(), standard);
        return value == null ? null : new String(value, StandardCharsets.UTF_8);
    }

    private byte[] source(Expr.Literal literal) {
        if (literal.source() != null) {
            return literal.source().getBytes(StandardCharsets.UTF_8);
        }
        byte[] source = literal.span().of(text).getBytes(StandardCharsets.UTF_8);
        if (literal.slot() >= 0) {
            read.put(literal.slot(), source);
        }
        return source;
    }

    /** Whether arguments of a call may be named, {@code f(a => 1)}: then they need not stand in the function's order. */
    public boolean mayNameArguments(Span call) {
        String source = call.of(text);
        return source.contains("=>") || source.contains(":=");
    }

    /** Whether the text at a WITH clause goes on with RECURSIVE. */
    boolean recursive(int with) {
        int at = skipBlanks(with);
        if (!text.regionMatches(true, at, "with", 0, 4)) {
            return false;
        }
        at = skipBlanks(at + 4);
        int end = at + "recursive".length();
        return text.regionMatches(true, at, "recursive", 0, end - at)
                && (end >= text.length() || !Character.isJavaIdentifierPart(text.charAt(end)));
    }

    /** The position after white space and comments. */
    private int skipBlanks(int from) {
        int at = from;
        while (at < text.length()) {
            if (Character.isWhitespace(text.charAt(at))) {
                at++;
            } else if (text.startsWith("--", at)) {
                int end = text.indexOf('\n', at);
                at = end < 0 ? text.length() : end;
            } else if (text.startsWith("/*", at)) {
                int depth = 0;
                do {
                    depth += text.startsWith("/*", at) ? 1 : text.startsWith("*/", at) ? -1 : 0;
                    at += text.startsWith("/*", at) || text.startsWith("*/", at) ? 2 : 1;
                } while (depth > 0 && at < text.length());
            } else {
                return at;
            }
        }
        return at;
    }

    /** The source bytes of every literal that was read, by slot. */
    public Map<Integer, byte[]> literalsRead() {
        return read;
    }

    /** A piece of the text that is not a literal. */
    public String of(Span span) {
        return span.of(text);
    }

    public String text() {
        return text;
    }
}
