package dev.trunkline.sql;

import dev.trunkline.sql.Statement.Ddl.Verb;
import dev.trunkline.sql.Statement.Option;
import dev.trunkline.sql.grammar.PostgresParserConstants;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** CREATE of every kind; tables and indexes are {@link TableGrammar}'s, what stands inside bodies {@link DdlBodies}'. */
final class CreateGrammar implements PostgresParserConstants {

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

    private final TokenCursor at;
    private final DdlFacts facts;
    private final ObjectNames names;
    private final DdlBodies bodies;

    CreateGrammar(TokenCursor at, DdlFacts facts) {
        this.at = at;
        this.facts = facts;
        this.names = new ObjectNames(at);
        this.bodies = new DdlBodies(at, facts);
    }

    void create() {
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
        String kind = names.objectKind();
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
                boolean named = at.isName() && !at.is("authorization");
                if (named) {
                    facts.objects.add(at.qualifiedName());
                }
                if (at.take("authorization")) {
                    Name owner = names.role();
                    facts.options.add(new Option("authorization", owner.last()));
                    if (!named) {
                        // A schema without a name is called after its owner.
                        facts.object(owner);
                    }
                }
                bodies.elements();
            }
            case "cast", "transform", "user mapping" -> names.unnamed(kind, facts);
            case "operator" -> facts.object(names.operatorName());
            case "statistics" -> {
                if (at.isName() && !at.is("on")) {
                    facts.objects.add(at.qualifiedName());
                }
                afterWord("from");
            }
            case "trigger", "policy" -> {
                facts.objects.add(at.qualifiedName());
                afterWord("on");
                if (kind.equals("policy")) {
                    bodies.conditions();
                }
                if (kind.equals("trigger") && at.take("from")) {
                    facts.tables.add(at.qualifiedName());
                }
            }
            case "rule" -> {
                facts.objects.add(at.qualifiedName());
                afterWord("to");
                bodies.actions();
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

    void publishedTables() {
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

    void ownedBy() {
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
                bodies.atomic();
            } else if (at.is("return")) {
                bodies.returned();
            } else if (!at.skipParentheses()) {
                at.skip();
            }
        }
    }
}
