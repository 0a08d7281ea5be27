package dev.trunkline.sql;

import dev.trunkline.sql.Statement.Ddl.Verb;
import dev.trunkline.sql.Statement.Option;
import dev.trunkline.sql.grammar.PostgresParserConstants;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** ALTER of every kind; what is done to relations is {@link TableGrammar}'s. */
final class AlterGrammar implements PostgresParserConstants {

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
    private final ObjectNames names;

    AlterGrammar(TokenCursor at, DdlFacts facts) {
        this.at = at;
        this.facts = facts;
        this.names = new ObjectNames(at);
    }

    void alter() {
        if (at.take("default", "privileges")) {
            facts.is("AlterDefaultPrivilegesStmt", Verb.ALTER, "default privileges");
            defaultPrivileges();
            return;
        }
        at.take("procedural");
        String kind = names.objectKind();
        if (at.are("all", "in", "tablespace")) {
            facts.is("AlterTableMoveAllStmt", Verb.ALTER, kind);
            at.expect("all", "in", "tablespace");
            facts.options.add(new Option("tablespace", at.name()));
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
            names.unnamed(kind, facts);
            facts.rest();
            return;
        }
        alteredObject(kind);
        alteration(kind);
    }

    /** [FOR ROLE role, ...] [IN SCHEMA schema, ...] GRANT | REVOKE privileges ON kind: the objects are the schemas. */
    private void defaultPrivileges() {
        while (at.isAny("for", "in")) {
            if (at.take("for")) {
                at.label();
                names.roles().forEach(role -> facts.options.add(new Option("role", role.last())));
            } else {
                at.expect("in", "schema");
                facts.objects.addAll(at.qualifiedNames());
            }
        }
        facts.options.add(new Option("verb", at.label()));
        int start = at.index();
        while (!at.atEnd() && !at.is("on")) {
            at.skip();
        }
        facts.options.add(new Option("privileges", at.text(start, at.index())));
        at.expect("on");
        facts.options.add(new Option("kind", at.label()));
        facts.rest();
    }

    /** The name of the object and what belongs to the name: arguments, ON table, USING method. */
    private void alteredObject(String kind) {
        switch (kind) {
            case "operator" -> {
                facts.object(names.operatorName());
                at.skipParentheses();
            }
            case "operator class", "operator family" -> {
                facts.objects.add(at.qualifiedName());
                if (at.take("using")) {
                    at.name();
                }
            }
            case "large object" -> names.unnamed(kind, facts);
            case "trigger", "policy", "rule" -> {
                facts.objects.add(at.qualifiedName());
                at.expect("on");
                facts.tables.add(at.qualifiedName());
            }
            case "role", "user", "group" -> facts.object(names.role());
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
                new CreateGrammar(at, facts).ownedBy();
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
            case "policy" -> new DdlBodies(at, facts).conditions();
            case "publication" -> new CreateGrammar(at, facts).publishedTables();
            default -> {
            }
        }
    }
}
