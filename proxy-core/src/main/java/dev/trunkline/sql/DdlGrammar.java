package dev.trunkline.sql;

import java.util.List;
import java.util.Map;
import java.util.Set;

import dev.trunkline.sql.Statement.Ddl.Verb;
import dev.trunkline.sql.Statement.Option;
import dev.trunkline.sql.grammar.PostgresParserConstants;

/**
 * Statements on objects. The facts are read: which objects of which kind, which other relations, which options. Clauses that
 * routing never asks about are passed over; the node that runs the statement checks them.
 */
final class DdlGrammar implements PostgresParserConstants {

    /** The nodes that libpg_query gives to CREATE of a kind; those that depend on more are in {@link #create}. */
    private static final Map<String, String> CREATE_KINDS = Map.ofEntries(Map.entry("sequence", "CreateSeqStmt"),
            Map.entry("schema", "CreateSchemaStmt"), Map.entry("database", "CreatedbStmt"),
            Map.entry("function", "CreateFunctionStmt"), Map.entry("procedure", "CreateFunctionStmt"),
            Map.entry("trigger", "CreateTrigStmt"), Map.entry("event trigger", "CreateEventTrigStmt"),
            Map.entry("rule", "RuleStmt"), Map.entry("role", "CreateRoleStmt"), Map.entry("user", "CreateRoleStmt"),
            Map.entry("group", "CreateRoleStmt"), Map.entry("user mapping", "CreateUserMappingStmt"),
            Map.entry("aggregate", "DefineStmt"), Map.entry("operator", "DefineStmt"),
            Map.entry("collation", "DefineStmt"), Map.entry("text search parser", "DefineStmt"),
            Map.entry("text search dictionary", "DefineStmt"), Map.entry("text search template", "DefineStmt"),
            Map.entry("text search configuration", "DefineStmt"), Map.entry("operator class", "CreateOpClassStmt"),
            Map.entry("operator family", "CreateOpFamilyStmt"), Map.entry("domain", "CreateDomainStmt"),
            Map.entry("cast", "CreateCastStmt"), Map.entry("conversion", "CreateConversionStmt"),
            Map.entry("extension", "CreateExtensionStmt"), Map.entry("foreign data wrapper", "CreateFdwStmt"),
            Map.entry("server", "CreateForeignServerStmt"), Map.entry("language", "CreatePLangStmt"),
            Map.entry("policy", "CreatePolicyStmt"), Map.entry("publication", "CreatePublicationStmt"),
            Map.entry("subscription", "CreateSubscriptionStmt"), Map.entry("statistics", "CreateStatsStmt"),
            Map.entry("tablespace", "CreateTableSpaceStmt"), Map.entry("transform", "CreateTransformStmt"),
            Map.entry("access method", "CreateAmStmt"));

    private static final Map<String, String> ALTER_KINDS = Map.ofEntries(Map.entry("table", "AlterTableStmt"),
            Map.entry("index", "AlterTableStmt"), Map.entry("view", "AlterTableStmt"),
            Map.entry("materialized view", "AlterTableStmt"), Map.entry("foreign table", "AlterTableStmt"),
            Map.entry("sequence", "AlterSeqStmt"), Map.entry("database", "AlterDatabaseStmt"),
            Map.entry("role", "AlterRoleStmt"), Map.entry("user", "AlterRoleStmt"), Map.entry("group", "AlterRoleStmt"),
            Map.entry("system", "AlterSystemStmt"), Map.entry("type", "AlterTypeStmt"),
            Map.entry("domain", "AlterDomainStmt"), Map.entry("function", "AlterFunctionStmt"),
            Map.entry("procedure", "AlterFunctionStmt"), Map.entry("routine", "AlterFunctionStmt"),
            Map.entry("operator family", "AlterOpFamilyStmt"), Map.entry("operator", "AlterOperatorStmt"),
            Map.entry("extension", "AlterExtensionStmt"), Map.entry("foreign data wrapper", "AlterFdwStmt"),
            Map.entry("server", "AlterForeignServerStmt"), Map.entry("user mapping", "AlterUserMappingStmt"),
            Map.entry("policy", "AlterPolicyStmt"), Map.entry("publication", "AlterPublicationStmt"),
            Map.entry("subscription", "AlterSubscriptionStmt"), Map.entry("statistics", "AlterStatsStmt"),
            Map.entry("tablespace", "AlterTableSpaceOptionsStmt"),
            Map.entry("text search configuration", "AlterTSConfigurationStmt"),
            Map.entry("text search dictionary", "AlterTSDictionaryStmt"),
            Map.entry("collation", "AlterCollationStmt"), Map.entry("event trigger", "AlterEventTrigStmt"));

    private static final Set<String> RELATION_KINDS = Set.of("table", "index", "view", "materialized view",
            "foreign table", "sequence");

    private final TokenCursor at;
    private final DdlFacts facts;

    DdlGrammar(TokenCursor at) {
        this.at = at;
        this.facts = new DdlFacts(at);
    }

    Statement statement() {
        String first = at.peek().word;
        at.skip();
        switch (first) {
            case "create" -> create();
            case "alter" -> alter();
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
                facts.rest();
            }
            case "import" -> importSchema();
            case "load" -> {
                facts.is("LoadStmt", Verb.LOAD, "library");
                at.string();
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
        if (!at.take("deferred") && !at.take("immediate")) {
            throw at.error();
        }
        return facts.statement();
    }

    // ---- CREATE

    private void create() {
        at.take("or", "replace");
        if (!at.take("local")) {
            at.take("global");
        }
        facts.temporary = at.take("temp") || at.take("temporary");
        at.take("unlogged");
        at.take("recursive");
        at.take("trusted");
        at.take("procedural");
        at.take("default");
        at.take("constraint");
        if (at.is("unique") || at.is("index")) {
            new TableGrammar(at, facts).createIndex();
            return;
        }
        String kind = objectKind();
        switch (kind) {
            case "table", "foreign table" -> new TableGrammar(at, facts).createTable(kind);
            case "view" -> createView();
            case "materialized view" -> createMaterializedView();
            case "type" -> createType();
            default -> {
                if (!CREATE_KINDS.containsKey(kind)) {
                    throw at.error();
                }
                facts.is(CREATE_KINDS.get(kind), Verb.CREATE, kind);
                createOther(kind);
            }
        }
    }

    private void createView() {
        facts.is("ViewStmt", Verb.CREATE, "view");
        facts.objects.add(at.qualifiedName());
        if (at.isKind(LPAREN)) {
            facts.columnNames(at.namesInParentheses());
        }
        if (at.take("with")) {
            facts.options.addAll(at.optionsInParentheses());
        }
        at.expect("as");
        facts.query = at.statement(endOfQuery("with", "check", "option"));
        facts.rest();
    }

    private void createMaterializedView() {
        facts.is("CreateTableAsStmt", Verb.CREATE, "materialized view");
        facts.ifNotExists = at.take("if", "not", "exists");
        facts.objects.add(at.qualifiedName());
        if (at.isKind(LPAREN)) {
            facts.columnNames(at.namesInParentheses());
        }
        facts.untilAs(at);
        facts.query = at.statement(endOfQuery("with", "data"));
        facts.rest();
    }

    /** Where the query ends that the words WITH ... may follow: WITH [CASCADED|LOCAL] CHECK OPTION, WITH [NO] DATA. */
    private int endOfQuery(String... words) {
        return TableGrammar.endOfQuery(at, words);
    }

    private void createType() {
        facts.objects.add(at.qualifiedName());
        String kind = at.take("as", "enum")
                ? "CreateEnumStmt"
                : at.take("as", "range") ? "CreateRangeStmt" : at.is("as") ? "CompositeTypeStmt" : "DefineStmt";
        facts.is(kind, Verb.CREATE, "type");
        facts.rest();
    }

    private void createOther(String kind) {
        facts.ifNotExists = at.take("if", "not", "exists");
        switch (kind) {
            case "schema" -> {
                if (at.isName() && !at.is("authorization")) {
                    facts.objects.add(at.qualifiedName());
                }
            }
            case "cast", "transform", "user mapping" -> {
            }
            case "operator" -> facts.object(operatorName());
            case "statistics" -> {
                if (at.isName() && !at.is("on")) {
                    facts.objects.add(at.qualifiedName());
                }
                afterWord("from");
            }
            case "trigger", "policy" -> {
                facts.objects.add(at.qualifiedName());
                afterWord("on");
                if (kind.equals("trigger") && at.take("from")) {
                    facts.tables.add(at.qualifiedName());
                }
            }
            case "rule" -> {
                facts.objects.add(at.qualifiedName());
                afterWord("to");
            }
            case "publication" -> {
                facts.objects.add(at.qualifiedName());
                publishedTables();
            }
            case "sequence" -> {
                facts.objects.add(at.qualifiedName());
                ownedBy();
            }
            case "domain" -> {
                facts.objects.add(at.qualifiedName());
                at.take("as");
                facts.column(at.type());
            }
            case "function", "procedure" -> {
                facts.objects.add(at.qualifiedName());
                functionOptions();
            }
            default -> facts.objects.add(at.qualifiedName());
        }
        facts.rest();
    }

    /** The relation after the next such word outside parentheses. */
    private void afterWord(String word) {
        while (!at.atEnd() && !at.is(word)) {
            if (!at.skipParentheses()) {
                at.skip();
            }
        }
        at.expect(word);
        at.take("only");
        facts.tables.add(at.qualifiedName());
    }

    private void publishedTables() {
        while (!at.atEnd()) {
            if (at.is("table") && !at.isKind(1, COMMA)) {
                at.skip();
                do {
                    at.take("only");
                    facts.tables.add(at.qualifiedName());
                    at.takeKind(STAR);
                    at.skipParentheses();
                    if (at.take("where")) {
                        at.skipParentheses();
                    }
                } while (at.isKind(COMMA) && !at.is(1, "table") && !at.is(1, "tables") && at.takeKind(COMMA));
            } else if (!at.skipParentheses()) {
                at.skip();
            }
        }
    }

    private void ownedBy() {
        while (!at.atEnd()) {
            if (at.take("owned", "by")) {
                Name column = at.qualifiedName();
                if (column.parts().size() > 1) {
                    facts.tables.add(new Name(column.parts().subList(0, column.parts().size() - 1), column.span()));
                }
            } else {
                at.skip();
            }
        }
    }

    private void functionOptions() {
        at.skipParentheses();
        while (!at.atEnd()) {
            if (at.isAny("immutable", "stable", "volatile")) {
                facts.options.add(new Option("volatility", at.label()));
            } else if (at.take("language")) {
                facts.options.add(new Option("language", at.isKind(QUOTED_STRING) ? at.string() : at.label()));
            } else if (at.are("begin", "atomic")) {
                facts.rest();
            } else if (!at.skipParentheses()) {
                at.skip();
            }
        }
    }

    /** An operator's name, possibly qualified: the only names that are not words. */
    private Name operatorName() {
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

    // ---- kinds of objects

    /** The words that name a kind of object, in the singular. */
    private String objectKind() {
        for (String[] words : KINDS) {
            if (at.take(words)) {
                return String.join(" ", words);
            }
        }
        throw at.error();
    }

    private static final String[][] KINDS = {{"foreign", "table"}, {"foreign", "data", "wrapper"},
            {"materialized", "view"}, {"access", "method"}, {"event", "trigger"}, {"user", "mapping"},
            {"operator", "class"}, {"operator", "family"}, {"text", "search", "parser"},
            {"text", "search", "dictionary"}, {"text", "search", "template"}, {"text", "search", "configuration"},
            {"large", "object"}, {"table"}, {"view"}, {"index"}, {"sequence"}, {"schema"}, {"database"}, {"function"},
            {"procedure"}, {"routine"}, {"trigger"}, {"rule"}, {"role"}, {"user"}, {"group"}, {"type"}, {"domain"},
            {"aggregate"}, {"operator"}, {"collation"}, {"conversion"}, {"cast"}, {"extension"}, {"server"},
            {"language"}, {"policy"}, {"publication"}, {"subscription"}, {"statistics"}, {"tablespace"}, {"transform"},
            {"system"}, {"column"}, {"constraint"}};

    // ---- ALTER

    private void alter() {
        if (at.take("default", "privileges")) {
            facts.is("AlterDefaultPrivilegesStmt", Verb.ALTER, "default privileges");
            facts.rest();
            return;
        }
        at.take("procedural");
        String kind = objectKind();
        if (at.are("all", "in", "tablespace")) {
            facts.is("AlterTableMoveAllStmt", Verb.ALTER, kind);
            facts.rest();
            return;
        }
        facts.is(ALTER_KINDS.getOrDefault(kind, ""), Verb.ALTER, kind);
        facts.ifExists = at.take("if", "exists");
        if (kind.equals("system")) {
            facts.rest();
            return;
        }
        if (kind.equals("user mapping")) {
            facts.rest();
            return;
        }
        alteredObject(kind);
        alteration(kind);
    }

    /** The name of the object and what belongs to the name: arguments, ON table, USING method. */
    private void alteredObject(String kind) {
        switch (kind) {
            case "operator" -> {
                facts.object(operatorName());
                at.skipParentheses();
            }
            case "operator class", "operator family" -> {
                facts.objects.add(at.qualifiedName());
                if (at.take("using")) {
                    at.name();
                }
            }
            case "large object" -> at.skip();
            case "trigger", "policy", "rule" -> {
                facts.objects.add(at.qualifiedName());
                at.expect("on");
                facts.tables.add(at.qualifiedName());
            }
            case "role", "user", "group" -> facts.object(role());
            case "function", "procedure", "routine", "aggregate" -> {
                facts.objects.add(at.qualifiedName());
                at.skipParentheses();
            }
            default -> {
                boolean only = at.take("only");
                if (!only || !at.isKind(LPAREN)) {
                    facts.objects.add(at.qualifiedName());
                } else {
                    at.expectKind(LPAREN);
                    facts.objects.add(at.qualifiedName());
                    at.expectKind(RPAREN);
                }
                at.takeKind(STAR);
            }
        }
    }

    /** A role; ALL, CURRENT_USER and the like are words, too. */
    private Name role() {
        int start = at.index();
        return new Name(List.of(at.label()), at.span(start));
    }

    private void alteration(String kind) {
        boolean relation = RELATION_KINDS.contains(kind);
        if (at.is("rename")) {
            facts.kind = at.is(1, "value") && kind.equals("type") ? "AlterEnumStmt" : "RenameStmt";
            if (relation) {
                new TableGrammar(at, facts).actions();
            }
        } else if (at.are("owner", "to")) {
            facts.kind = relation ? "AlterTableStmt" : "AlterOwnerStmt";
        } else if (at.are("set", "schema")) {
            facts.kind = "AlterObjectSchemaStmt";
            if (relation) {
                new TableGrammar(at, facts).actions();
            }
        } else if (at.are("depends", "on") || at.are("no", "depends")) {
            facts.kind = "AlterObjectDependsStmt";
        } else {
            ownAlteration(kind);
        }
        facts.rest();
        if (facts.kind.isEmpty()) {
            throw at.error();
        }
    }

    private void ownAlteration(String kind) {
        switch (kind) {
            case "table", "foreign table", "index", "view", "materialized view" ->
                new TableGrammar(at, facts).actions();
            case "sequence" -> {
                if (at.are("set", "logged") || at.are("set", "unlogged")) {
                    facts.kind = "AlterTableStmt";
                }
                ownedBy();
            }
            case "type" -> {
                if (at.are("add", "value")) {
                    facts.kind = "AlterEnumStmt";
                } else if (at.isAny("add", "drop", "alter")) {
                    facts.kind = "AlterTableStmt";
                }
            }
            case "database" -> {
                if (at.isAny("set", "reset") && !at.are("set", "tablespace")) {
                    facts.kind = "AlterDatabaseSetStmt";
                } else if (at.is("refresh")) {
                    facts.kind = "AlterDatabaseRefreshCollStmt";
                }
            }
            case "role", "user", "group" -> {
                if (at.take("in", "database")) {
                    at.name();
                }
                if (at.isAny("set", "reset")) {
                    facts.kind = "AlterRoleSetStmt";
                }
            }
            case "extension" -> {
                if (at.isAny("add", "drop")) {
                    facts.kind = "AlterExtensionContentsStmt";
                }
            }
            case "publication" -> publishedTables();
            default -> {
            }
        }
    }

    // ---- DROP

    private void drop() {
        if (at.take("owned", "by")) {
            facts.is("DropOwnedStmt", Verb.DROP, "owned");
            facts.rest();
            return;
        }
        at.take("procedural");
        String kind = objectKind();
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
            case "cast", "transform", "user mapping" -> {
            }
            case "operator" -> {
                facts.object(operatorName());
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

    // ---- the rest

    private void grant(Verb verb) {
        int on = at.index();
        while (on < at.limit() && !at.is(on - at.index(), "on") && !at.is(on - at.index(), "to")
                && !at.is(on - at.index(), "from")) {
            on++;
        }
        boolean objects = on < at.limit() && at.is(on - at.index(), "on");
        at.moveTo(on);
        facts.is(objects ? "GrantStmt" : "GrantRoleStmt", verb, objects ? "table" : "role");
        if (objects) {
            at.skip();
            grantedObjects();
        }
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
        for (String[] words : KINDS) {
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
        String object = objectKind();
        facts.is(kind, verb, object);
        switch (object) {
            case "cast", "transform", "large object" -> {
            }
            case "operator" -> facts.object(operatorName());
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
            case "role" -> facts.object(role());
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
        facts.rest();
    }
}
