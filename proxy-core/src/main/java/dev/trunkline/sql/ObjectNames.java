package dev.trunkline.sql;

import dev.trunkline.sql.grammar.PostgresParserConstants;
import java.util.ArrayList;
import java.util.List;

/** How objects of every kind are called in statements on them. */
final class ObjectNames implements PostgresParserConstants {

    /** The words that name a kind, the longest first. */
    static final String[][] KINDS = {{"foreign", "table"}, {"foreign", "data", "wrapper"},
            {"materialized", "view"}, {"access", "method"}, {"event", "trigger"}, {"user", "mapping"},
            {"operator", "class"}, {"operator", "family"}, {"text", "search", "parser"},
            {"text", "search", "dictionary"}, {"text", "search", "template"}, {"text", "search", "configuration"},
            {"large", "object"}, {"table"}, {"view"}, {"index"}, {"sequence"}, {"schema"}, {"database"}, {"function"},
            {"procedure"}, {"routine"}, {"trigger"}, {"rule"}, {"role"}, {"user"}, {"group"}, {"type"}, {"domain"},
            {"aggregate"}, {"operator"}, {"collation"}, {"conversion"}, {"cast"}, {"extension"}, {"server"},
            {"language"}, {"policy"}, {"publication"}, {"subscription"}, {"statistics"}, {"tablespace"}, {"transform"},
            {"system"}, {"column"}, {"constraint"}};

    private final TokenCursor at;

    ObjectNames(TokenCursor at) {
        this.at = at;
    }

    /** An operator's name, possibly qualified: the only names that are not words. */
    Name operatorName() {
        int start = at.index();
        while (at.peek() != null && at.peek().isLabel() && at.isKind(1, DOT)) {
            at.skip();
            at.skip();
        }
        if (at.atEnd()) {
            throw at.error();
        }
        at.skip();
        return new Name(List.of(at.text(start, at.index())), at.span(start));
    }

    /** The words that name a kind of object, in the singular. */
    String objectKind() {
        for (String[] words : KINDS) {
            if (at.take(words)) {
                return String.join(" ", words);
            }
        }
        throw at.error();
    }

    /** A role; ALL, CURRENT_USER and the like are words, too. */
    Name role() {
        int start = at.index();
        return new Name(List.of(at.label()), at.span(start));
    }

    /** A cast is called by its two types, a transform by its type, a user mapping by its user, a large object by its OID. */
    void unnamed(String kind, DdlFacts facts) {
        switch (kind) {
            case "cast" -> {
                at.expectKind(LPAREN);
                facts.object(at.type().name());
                at.expect("as");
                facts.object(at.type().name());
                at.expectKind(RPAREN);
            }
            case "transform" -> {
                at.expect("for");
                facts.object(at.type().name());
                at.expect("language");
                facts.options.add(new Statement.Option("language", at.label()));
            }
            case "user mapping" -> {
                at.expect("for");
                facts.object(role());
                at.expect("server");
                facts.options.add(new Statement.Option("server", at.name()));
            }
            case "large object" -> {
                int start = at.index();
                at.skip();
                facts.object(new Name(List.of(at.text(start, at.index())), at.span(start)));
            }
            default -> throw new IllegalArgumentException(kind + " has a name");
        }
    }

    /** Roles, separated by commas. */
    List<Name> roles() {
        List<Name> roles = new ArrayList<>();
        do {
            if (at.is("group") && at.peek(1) != null && !at.isKind(1, COMMA)) {
                at.skip();
            }
            roles.add(role());
        } while (at.takeKind(COMMA));
        return roles;
    }
}
