package dev.trunkline.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.trunkline.catalog.RelationName;
import dev.trunkline.catalog.TaintingCode;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Which functions and tables may leave session state behind, as a node's catalog shows it (semantics.md 22). */
class TaintingCodeTest {

    private static final String LEAVES = "LANGUAGE plpgsql AS $$ BEGIN PERFORM set_config('a.b', 'x', false); RETURN NULL; END $$;";

    private static Set<String> names(Set<RelationName> relations) {
        return relations.stream().map(RelationName::name).collect(Collectors.toCollection(TreeSet::new));
    }

    private static String fingerprint(NodeFixture nodes) throws SQLException {
        try (Connection connection = nodes.nodes.getFirst().connect(nodes.database);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(SchemaQueries.FINGERPRINT)) {
            row.next();
            return row.getString(1);
        }
    }

    private static Set<String> set(String... names) {
        return new TreeSet<>(Arrays.asList(names));
    }

    @Test
    void everythingThatRunsCodeIsFollowed() throws Exception {
        try (NodeFixture nodes = new NodeFixture(1)) {
            nodes.onAll("CREATE FUNCTION harmless() RETURNS int STABLE LANGUAGE sql AS 'SELECT 1';"
                    + "CREATE FUNCTION changed() RETURNS trigger LANGUAGE plpgsql AS"
                    + " $$ BEGIN PERFORM set_config('a.b', 'x', true); NEW.a := 5; RETURN NEW; END $$;"
                    + "CREATE TABLE plain (a int PRIMARY KEY DEFAULT harmless());"
                    + "CREATE TRIGGER t BEFORE INSERT ON plain FOR EACH ROW EXECUTE FUNCTION changed()");
            assertTrue(nodes.discover().catalog().taintingCode().isEmpty());
            nodes.onAll("CREATE FUNCTION leaves() RETURNS int STABLE " + LEAVES
                    + "CREATE FUNCTION leaves_even() RETURNS int IMMUTABLE " + LEAVES
                    + "CREATE FUNCTION on_row() RETURNS trigger " + LEAVES
                    + """
                            CREATE FUNCTION calls() RETURNS int STABLE LANGUAGE sql AS 'SELECT leaves()';
                            CREATE FUNCTION atomic() RETURNS int STABLE LANGUAGE sql RETURN calls() + 1;
                            CREATE FUNCTION sets() RETURNS text STABLE LANGUAGE sql RETURN set_config('a.b', 'x', false);
                            CREATE AGGREGATE summed(int) (SFUNC = int4pl, STYPE = int, FINALFUNC = final_one);
                            """
                            .replace("CREATE AGGREGATE",
                                    "CREATE FUNCTION final_one(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT leaves()';"
                                            + "CREATE AGGREGATE")
                    + """
                            CREATE VIEW seen AS SELECT calls() AS n, a FROM plain;
                            CREATE VIEW over_seen AS SELECT n FROM seen;
                            CREATE MATERIALIZED VIEW kept AS SELECT 1 AS n FROM seen WHERE false WITH NO DATA;
                            CREATE TABLE triggered (a int PRIMARY KEY);
                            CREATE TRIGGER t AFTER UPDATE ON triggered EXECUTE FUNCTION on_row();
                            CREATE VIEW into_triggered AS SELECT * FROM triggered;
                            CREATE TABLE refers (a int REFERENCES triggered);
                            CREATE TABLE owner (a int PRIMARY KEY);
                            CREATE TABLE owned (a int REFERENCES owner ON DELETE CASCADE);
                            CREATE TRIGGER t AFTER DELETE ON owned FOR EACH ROW EXECUTE FUNCTION on_row();
                            CREATE TABLE whole (a int) PARTITION BY LIST (a);
                            CREATE TABLE part PARTITION OF whole FOR VALUES IN (1);
                            CREATE TRIGGER t AFTER INSERT ON part FOR EACH ROW EXECUTE FUNCTION on_row();
                            CREATE TABLE parted (a int) PARTITION BY LIST (a);
                            CREATE TRIGGER t AFTER INSERT ON parted FOR EACH ROW EXECUTE FUNCTION on_row();
                            CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
                            CREATE TABLE defaulted (a int DEFAULT leaves());
                            CREATE TABLE generated (a int, b int GENERATED ALWAYS AS (leaves_even() + a) STORED);
                            CREATE TABLE checked (a int CHECK (a > leaves_even()));
                            CREATE TABLE indexed (a int);
                            CREATE INDEX ON indexed ((a + leaves_even()));
                            CREATE TABLE ruled (a int);
                            CREATE RULE r AS ON INSERT TO ruled DO ALSO SELECT leaves();
                            CREATE TABLE rows_of (a int);
                            CREATE POLICY p ON rows_of USING (a = calls());
                            CREATE TABLE off (a int);
                            CREATE TRIGGER t BEFORE INSERT ON off EXECUTE FUNCTION on_row();
                            ALTER TABLE off DISABLE TRIGGER t;
                            CREATE FUNCTION writes() RETURNS void LANGUAGE sql AS 'DELETE FROM owner';
                            CREATE FUNCTION by_name(t text) RETURNS void LANGUAGE plpgsql AS
                                $$ BEGIN EXECUTE format('DELETE FROM %I', t); END $$;
                            """);
            TaintingCode code = nodes.discover().catalog().taintingCode();
            assertEquals(set("leaves", "leaves_even", "on_row", "calls", "atomic", "sets", "final_one", "summed",
                    "writes", "by_name"), new TreeSet<>(code.functions()));
            assertEquals(set("seen", "over_seen", "rows_of"), names(code.read()));
            assertEquals(set("seen", "over_seen", "kept", "triggered", "into_triggered", "owner", "owned", "whole",
                    "part", "parted", "parted_1", "defaulted", "generated", "checked", "indexed", "ruled", "rows_of"),
                    names(code.written()));
            assertFalse(code.runsAnywhere());
        }
    }

    /** Operators, casts, domains and operator classes run functions that no statement names. */
    @Test
    void codeThatNoNameShows() throws Exception {
        String[][] unnamed = {
                {"CREATE FUNCTION f(int, int) RETURNS int IMMUTABLE " + LEAVES,
                        "CREATE OPERATOR === (FUNCTION = f, LEFTARG = int, RIGHTARG = int)",
                        "f(integer,integer)", "operator public.===(integer,integer)"},
                {"CREATE TYPE pair AS (a int); CREATE FUNCTION f(pair) RETURNS int IMMUTABLE " + LEAVES,
                        "CREATE CAST (pair AS int) WITH FUNCTION f AS IMPLICIT", "f(public.pair)",
                        "cast from public.pair to integer"},
                {"CREATE FUNCTION f(int) RETURNS bool IMMUTABLE " + LEAVES,
                        "CREATE DOMAIN odd AS int CHECK (f(VALUE))", "f(integer)",
                        "type public.odd"},
                {"CREATE FUNCTION f() RETURNS int STABLE " + LEAVES, "CREATE DOMAIN odd AS int DEFAULT f()", "f()",
                        "type public.odd"},
                {"CREATE TYPE pair AS (a int); CREATE FUNCTION f(pair, pair) RETURNS int IMMUTABLE " + LEAVES,
                        "CREATE OPERATOR CLASS p FOR TYPE pair USING btree AS FUNCTION 1 f",
                        "f(public.pair,public.pair)", "operator family public.p for access method btree"}};
        try (NodeFixture nodes = new NodeFixture(1)) {
            for (String[] ddl : unnamed) {
                nodes.onAll("DROP SCHEMA public CASCADE; CREATE SCHEMA public; " + ddl[0]);
                assertFalse(nodes.discover().catalog().taintingCode().runsAnywhere(), ddl[1]);
                String before = fingerprint(nodes);
                nodes.onAll(ddl[1]);
                TaintingCode code = nodes.discover().catalog().taintingCode();
                assertEquals(Set.of("f"), code.functions(), ddl[1]);
                String warning = nodes.discover().problems().getFirst().toString();
                assertTrue(warning.contains(": databases." + nodes.database + ": warning: function public." + ddl[2]
                        + " may change the session"), warning);
                assertTrue(warning.contains(ddl[3]), warning);
                assertTrue(code.runsAnywhere(), ddl[1]);
                assertNotEquals(before, fingerprint(nodes), ddl[1]);
            }
        }
    }

    /** A function that makes tables fires event triggers; any other DDL counts by itself. */
    @Test
    void eventTriggers() throws Exception {
        try (NodeFixture nodes = new NodeFixture(1)) {
            nodes.onAll("CREATE FUNCTION makes() RETURNS void LANGUAGE sql AS 'CREATE TABLE made ()';"
                    + "CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS"
                    + " $$ BEGIN PERFORM pg_advisory_lock(1); END $$");
            assertEquals(Set.of("on_ddl"), nodes.discover().catalog().taintingCode().functions());
            String before = fingerprint(nodes);
            nodes.onAll("CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION on_ddl()");
            assertNotEquals(before, fingerprint(nodes));
            assertEquals(Set.of("on_ddl", "makes"), nodes.discover().catalog().taintingCode().functions());
        }
    }
}
