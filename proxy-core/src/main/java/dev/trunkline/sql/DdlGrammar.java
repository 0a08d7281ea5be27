package dev.trunkline.sql;

import java.util.List;
import java.util.Set;

import dev.trunkline.sql.Statement.Ddl.Verb;
import dev.trunkline.sql.Statement.Option;
import dev.trunkline.sql.grammar.PostgresParserConstants;

/**
 * Statements on objects: CREATE is {@link CreateGrammar}'s, ALTER {@link AlterGrammar}'s. The facts are read: which objects of which kind, which other relations, which options. Clauses that
 * routing never asks about are passed over; the node that runs the statement checks them.
 */
final class DdlGrammar implements PostgresParserConstants {

    private final TokenCursor at;
    private final DdlFacts facts;
    private final ObjectNames names;

    DdlGrammar(TokenCursor at) {
        this.at = at;
        this.facts = new DdlFacts(at);
        this.names = new ObjectNames(at);
    }

    Statement statement() {
        String first = at.peek().word;
        at.skip();
        switch (first) {
            case "create" -> new CreateGrammar(at, facts).create();
            case "alter" -> new AlterGrammar(at, facts).alter();
            case "drop" -> drop();
            case "grant", "revoke" -> grant(first.equals("grant") ? Verb.GRANT : Verb.REVOKE);
            case "comment" -> comment("CommentStmt", Verb.COMMENT);
            case "security" -> {
                at.expect("label");
                comment("SecLabelStmt", Verb.SECURITY_LABEL);
            }
            case "vacuum" -> maintain("VacuumStmt", Verb.VACUUM);
            case "analyze", "analyse" -> maintain("VacuumStmt", Verb.ANALYZE);
            case "cluster" -> maintain("ClusterStmt", Verb.CLUSTER);
            case "reindex" -> reindex();
            case "refresh" -> refresh();
            case "reassign" -> {
                at.expect("owned", "by");
                facts.is("ReassignOwnedStmt", Verb.REASSIGN, "owned");
                facts.objects.addAll(names.roles());
                at.expect("to");
                facts.options.add(new Option("to", names.role().last()));
            }
            case "import" -> importSchema();
            case "load" -> {
                facts.is("LoadStmt", Verb.LOAD, "library");
                int start = at.index();
                facts.object(new Name(List.of(at.string()), at.span(start)));
            }
            case "checkpoint" -> facts.is("CheckPointStmt", Verb.CHECKPOINT, "");
            default -> {
                at.moveTo(facts.start());
                throw at.error();
            }
        }
        return facts.statement();
    }

    Statement setConstraints() {
        at.expect("set", "constraints");
        facts.is("ConstraintsSetStmt", Verb.OTHER, "set constraints");
        if (!at.take("all")) {
            facts.objects.addAll(at.qualifiedNames());
        }
        if (at.take("deferred")) {
            facts.options.add(new Option("deferred", null));
        } else if (!at.take("immediate")) {
            throw at.error();
        }
        return facts.statement();
    }

    private void drop() {
        if (at.take("owned", "by")) {
            facts.is("DropOwnedStmt", Verb.DROP, "owned");
            facts.objects.addAll(names.roles());
            facts.rest();
            return;
        }
        at.take("procedural");
        String kind = names.objectKind();
        String node = switch (kind) {
            case "role", "user", "group" -> "DropRoleStmt";
            case "database" -> "DropdbStmt";
            case "tablespace" -> "DropTableSpaceStmt";
            case "subscription" -> "DropSubscriptionStmt";
            case "user mapping" -> "DropUserMappingStmt";
            default -> "DropStmt";
        };
        facts.is(node, Verb.DROP, kind);
        facts.concurrently = at.take("concurrently");
        facts.ifExists = at.take("if", "exists");
        switch (kind) {
            case "cast", "transform", "user mapping" -> names.unnamed(kind, facts);
            case "operator" -> {
                facts.object(names.operatorName());
                at.skipParentheses();
            }
            case "trigger", "rule", "policy" -> {
                facts.objects.add(at.qualifiedName());
                at.expect("on");
                facts.tables.add(at.qualifiedName());
            }
            default -> {
                do {
                    facts.objects.add(at.qualifiedName());
                    at.skipParentheses();
                } while (at.takeKind(COMMA));
            }
        }
        facts.rest();
    }

    private void grant(Verb verb) {
        int start = at.index();
        int on = start;
        while (on < at.limit() && !at.is(on - at.index(), "on") && !at.is(on - at.index(), "to")
                && !at.is(on - at.index(), "from")) {
            on++;
        }
        boolean objects = on < at.limit() && at.is(on - at.index(), "on");
        at.moveTo(on);
        facts.is(objects ? "GrantStmt" : "GrantRoleStmt", verb, objects ? "table" : "role");
        if (objects) {
            facts.options.add(new Option("privileges", at.text(start, on)));
            at.skip();
            grantedObjects();
        } else {
            at.moveTo(start);
            if (at.isAny("admin", "inherit", "set") && at.are(at.peek().word, "option", "for")) {
                at.expect(at.peek().word, "option", "for");
            }
            facts.objects.addAll(names.roles());
        }
        while (!at.atEnd() && !at.isAny("to", "from")) {
            at.skip();
        }
        at.skip();
        names.roles().forEach(role -> facts.options.add(new Option(verb == Verb.GRANT ? "to" : "from", role.last())));
        facts.rest();
    }

    private void grantedObjects() {
        if (at.are("foreign", "server")) {
            at.skip();
        }
        if (at.take("all")) {
            int start = at.index();
            at.label();
            facts.objectKind = "all " + at.text(start, at.index()).toLowerCase(java.util.Locale.ROOT) + " in schema";
            at.expect("in", "schema");
            facts.objects.addAll(at.qualifiedNames());
            return;
        }
        for (String[] words : ObjectNames.KINDS) {
            boolean name = words.length == 1 && (at.isKind(1, COMMA) || at.isKind(1, DOT) || at.is(1, "to")
                    || at.is(1, "from"));
            if (!name && at.take(words)) {
                facts.objectKind = String.join(" ", words);
                break;
            }
        }
        if (at.is("parameter") && !at.is(1, "to")) {
            at.skip();
            facts.objectKind = "parameter";
        }
        if (facts.objectKind.equals("large object")) {
            do {
                names.unnamed("large object", facts);
            } while (at.takeKind(COMMA));
            return;
        }
        do {
            facts.objects.add(at.qualifiedName());
            at.skipParentheses();
        } while (at.takeKind(COMMA));
    }

    private void comment(String kind, Verb verb) {
        if (verb == Verb.SECURITY_LABEL && at.take("for")) {
            at.skip();
        }
        at.expect("on");
        at.take("procedural");
        String object = names.objectKind();
        facts.is(kind, verb, object);
        switch (object) {
            case "cast", "transform", "large object" -> names.unnamed(object, facts);
            case "operator" -> facts.object(names.operatorName());
            case "column" -> {
                Name column = at.qualifiedName();
                facts.objects.add(column);
                if (column.parts().size() > 1) {
                    facts.tables.add(new Name(column.parts().subList(0, column.parts().size() - 1), column.span()));
                }
            }
            case "constraint", "trigger", "rule", "policy" -> {
                facts.objects.add(at.qualifiedName());
                at.expect("on");
                if (!at.take("domain")) {
                    facts.tables.add(at.qualifiedName());
                }
            }
            case "role" -> facts.object(names.role());
            default -> facts.objects.add(at.qualifiedName());
        }
        facts.rest();
    }

    /** VACUUM, ANALYZE, CLUSTER: options, tables, columns. */
    private void maintain(String kind, Verb verb) {
        facts.is(kind, verb, "table");
        if (at.isKind(LPAREN)) {
            facts.options.addAll(at.optionsInParentheses());
        } else {
            while (at.isAny("full", "freeze", "verbose", "analyze", "analyse")) {
                facts.options.add(new Option(at.label(), null));
            }
        }
        while (!at.atEnd()) {
            if (verb == Verb.CLUSTER && at.is(1, "on")) {
                at.skip();
                at.expect("on");
            }
            at.take("only");
            facts.objects.add(at.qualifiedName());
            at.takeKind(STAR);
            at.skipParentheses();
            if (verb == Verb.CLUSTER && at.take("using")) {
                at.name();
            }
            if (!at.atEnd()) {
                at.expectKind(COMMA);
            }
        }
    }

    private void reindex() {
        facts.is("ReindexStmt", Verb.REINDEX, "table");
        if (at.isKind(LPAREN)) {
            facts.options.addAll(at.optionsInParentheses());
        }
        facts.objectKind = at.label();
        if (!Set.of("index", "table", "schema", "system", "database").contains(facts.objectKind)) {
            throw at.error();
        }
        facts.concurrently = at.take("concurrently");
        if (!at.atEnd()) {
            facts.objects.add(at.qualifiedName());
        }
    }

    private void refresh() {
        at.expect("materialized", "view");
        facts.is("RefreshMatViewStmt", Verb.REFRESH, "materialized view");
        facts.concurrently = at.take("concurrently");
        facts.objects.add(at.qualifiedName());
        facts.rest();
    }

    private void importSchema() {
        at.expect("foreign", "schema");
        facts.is("ImportForeignSchemaStmt", Verb.IMPORT, "foreign schema");
        facts.objects.add(at.qualifiedName());
        // LIMIT TO and EXCEPT name the server's tables, none of this database.
        while (!at.atEnd() && !at.are("from", "server")) {
            if (!at.skipParentheses()) {
                at.skip();
            }
        }
        at.expect("from", "server");
        facts.options.add(new Option("server", at.name()));
        at.expect("into");
        facts.options.add(new Option("into", at.name()));
        facts.rest();
    }
}
