package dev.trunkline.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.trunkline.catalog.Catalog;
import dev.trunkline.catalog.CatalogBuilder;
import dev.trunkline.catalog.Collation;
import dev.trunkline.catalog.ColumnInfo;
import dev.trunkline.catalog.DefaultKind;
import dev.trunkline.catalog.RelationKind;
import dev.trunkline.catalog.RelationName;
import dev.trunkline.demo.RunningNode;
import dev.trunkline.demo.TestNodes;
import dev.trunkline.plan.PlanKey;
import dev.trunkline.plan.Planner;
import dev.trunkline.plan.StatementPlan;
import dev.trunkline.sql.SqlParser;
import dev.trunkline.value.PgOid;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.ObjectMapper;

/** The types inferred for parameters are a server's: PREPARE without types, then pg_prepared_statements. Unknown is allowed, wrong is not. */
class InferredTypesTest {

    private static final List<String> COLUMNS = List.of("b bool", "i2 int2", "i4 int4", "i8 int8", "f4 float4",
            "f8 float8", "n numeric", "tx text", "vc varchar(20)", "bc bpchar(5)", "nm name", "d date", "tm time",
            "ttz timetz", "ts timestamp", "tstz timestamptz", "iv interval", "u uuid", "bin bytea", "o oid", "j json",
            "jb jsonb", "doc xml", "m money", "addr inet", "net cidr", "bits bit(4)", "vbits varbit", "ia int4[]",
            "ta text[]", "va varchar[]", "rc regclass", "lsn pg_lsn");
    /** C and D stand for columns. */
    private static final List<String> EACH = List.of("SELECT 1 FROM t WHERE C = $1", "SELECT 1 FROM t WHERE $1 < C",
            "SELECT 1 FROM t WHERE C <> $1 AND C >= $2", "SELECT 1 FROM t WHERE C BETWEEN $1 AND $2",
            "SELECT 1 FROM t WHERE $1 BETWEEN C AND C", "SELECT 1 FROM t WHERE C IN ($1)",
            "SELECT 1 FROM t WHERE C IN ($1, $2)", "SELECT 1 FROM t WHERE C NOT IN ($1, $2, NULL)",
            "SELECT 1 FROM t WHERE C = ANY($1)", "SELECT 1 FROM t WHERE C <> ALL($1)",
            "SELECT 1 FROM t WHERE C = ANY(ARRAY[$1, $2])", "SELECT 1 FROM t WHERE $1 = ANY(SELECT C FROM t)",
            "SELECT 1 FROM t WHERE $1 IN (SELECT C FROM t)", "SELECT 1 FROM t WHERE C = $1 AND C = $1",
            "SELECT 1 FROM t WHERE C = $1 OR $1 IS NULL", "SELECT 1 FROM t WHERE C IS DISTINCT FROM $1",
            "SELECT 1 FROM t WHERE $1 IS NOT DISTINCT FROM C", "SELECT coalesce(C, $1) FROM t",
            "SELECT coalesce($1, C) = $2 FROM t", "SELECT greatest(C, $1), least($2, C, NULL) FROM t",
            "SELECT nullif(C, $1) FROM t", "SELECT C + $1 FROM t", "SELECT $1 - C FROM t",
            "SELECT C * $1, C / $2 FROM t",
            "SELECT C || $1 FROM t", "SELECT 1 FROM t WHERE C LIKE $1", "SELECT 1 FROM t WHERE C NOT ILIKE $1",
            "SELECT 1 FROM t WHERE (C, i4) = ($1, $2)", "SELECT 1 FROM t WHERE (C, i4) IN (($1, $2), ($3, $4))",
            "SELECT 1 FROM (SELECT C AS x FROM t) s WHERE x = $1",
            "WITH s AS (SELECT C AS x FROM t) SELECT 1 FROM s WHERE s.x = $1",
            "SELECT 1 FROM (SELECT C AS x FROM t UNION ALL SELECT C FROM t) s WHERE x = $1",
            "SELECT 1 FROM t JOIN t AS t2 ON t.C = $1 AND $2", "INSERT INTO t (C) VALUES ($1)",
            "INSERT INTO t (C, i8) VALUES ($1, $2), ($3, $4)", "INSERT INTO t (C) VALUES ($1), (NULL), ($2)",
            "INSERT INTO t (C) SELECT $1", "INSERT INTO t (C) VALUES (DEFAULT) RETURNING C = $1",
            "INSERT INTO t (C) VALUES ($1) ON CONFLICT DO NOTHING", "UPDATE t SET C = $1",
            "UPDATE t SET C = $1 WHERE C = $2", "UPDATE t SET C = $1 WHERE C = $1", "UPDATE t SET (C, i4) = ($1, $2)",
            "UPDATE t SET C = DEFAULT WHERE C IS NOT NULL AND i8 = $1", "DELETE FROM t WHERE C = $1",
            "MERGE INTO t USING t AS s ON t.i8 = s.i8 AND s.C = $1 WHEN MATCHED THEN UPDATE SET C = $2"
                    + " WHEN NOT MATCHED THEN INSERT (C) VALUES ($3)",
            "SELECT $1::C_TYPE", "SELECT CAST($1 AS C_TYPE)", "SELECT 1 FROM t WHERE C = $1::C_TYPE",
            "SELECT 1 FROM t WHERE C = $1 LIMIT $2 OFFSET $3", "SELECT C FROM t GROUP BY C HAVING C = $1",
            "SELECT count(*) FILTER (WHERE C = $1) FROM t", "SELECT CASE WHEN C = $1 THEN 1 WHEN $2 THEN 2 END FROM t",
            "SELECT 1 FROM t WHERE EXISTS (SELECT 1 FROM t AS t2 WHERE t2.C = t.C AND t2.C > $1)",
            "SELECT 1 FROM t WHERE NOT ($1 OR C = $2)", "SELECT C, $1 FROM t", "SELECT 1 FROM t WHERE -C = $1",
            "SELECT 1 FROM t WHERE (C = $1) = $2", "SELECT 1 FROM t WHERE (SELECT C FROM t LIMIT 1) = $1",
            "SELECT 1 FROM t WHERE array_position(ARRAY[C], $1) = $2");
    private static final List<String> PAIRS = List.of("SELECT 1 FROM t WHERE C = $1 AND D = $1",
            "SELECT 1 FROM t WHERE C = $1 AND D = $2", "SELECT C + D = $1 FROM t", "SELECT C + $1 = D FROM t",
            "SELECT coalesce(C, D, $1) FROM t", "SELECT 1 FROM t WHERE $1 BETWEEN C AND D",
            "SELECT 1 FROM t WHERE C IN (D, $1)", "SELECT 1 FROM t WHERE C IN (D, $1, $2)",
            "UPDATE t SET C = $1 WHERE D = $1", "UPDATE t SET C = $1, D = $1", "INSERT INTO t (C, D) VALUES ($1, $1)",
            "SELECT 1 FROM (SELECT C AS x FROM t UNION SELECT D FROM t) s WHERE x = $1",
            "SELECT 1 FROM t WHERE C = $1::D_TYPE", "SELECT 1 FROM t WHERE C::D_TYPE = $1",
            "SELECT 1 FROM t WHERE (C, D) < ($1, $2)");
    private static final List<String> PAIRED = List.of("i4", "i8", "n", "f8", "tx", "vc", "bc", "d", "tstz", "dn");
    private static final List<String> FUNCTIONS = List.of("SELECT initcap($1), ascii($2), chr($3), repeat($4, $5)",
            "SELECT date_trunc($1, ts) FROM t", "SELECT nextval($1), setval($2, $3)", "SELECT pg_advisory_lock($1)",
            "SELECT pg_advisory_xact_lock($1, $2)", "SELECT lower($1)", "SELECT length($1)", "SELECT abs($1)",
            "SELECT round($1, 2)", "SELECT substring(tx, $1, $2) FROM t", "SELECT substring(tx FROM $1 FOR $2) FROM t",
            "SELECT position($1 IN tx) FROM t", "SELECT trim($1)", "SELECT extract(year FROM ts) = $1 FROM t",
            "SELECT count(*) = $1, sum(i4) = $2, max(i4) > $3 FROM t", "SELECT to_char(ts, $1) FROM t",
            "SELECT make_date($1, $2, $3)", "SELECT current_setting($1), current_setting($2, $3)",
            "SELECT set_config($1, $2, $3)", "SELECT generate_series($1, $2)", "SELECT * FROM generate_series(1, $1)",
            "SELECT unnest($1::int[])", "SELECT concat($1, $2)", "SELECT format($1, $2)",
            "SELECT split_part($1, $2, $3)",
            "SELECT replace(tx, $1, $2) FROM t", "SELECT jb -> $1, jb ->> $2, jb @> $3, jb ? $4 FROM t",
            "SELECT ia || $1, ia @> $2 FROM t", "SELECT ts + $1, d + $2, d - $3, ts - $4 FROM t",
            "SELECT left(tx, $1), lpad(tx, $2, $3) FROM t", "SELECT date($1), text($1), int4($1)",
            "SELECT array_length($1, 1)", "SELECT string_agg(tx, $1) FROM t", "SELECT power($1, 2), mod($2, 3)",
            "SELECT i4 % $1, i4 & $2, i4 << $3, -$4, @ $5 FROM t", "SELECT i4 = 5.5 + $1, 1.5 < $2 FROM t",
            "SELECT tx ~ $1, tx ^@ $2, tx SIMILAR TO $3 FROM t", "SELECT ts AT TIME ZONE $1 FROM t",
            "SELECT * FROM t FETCH FIRST $1 ROWS ONLY", "SELECT $1", "VALUES ($1)", "SELECT $1 UNION SELECT $2",
            "SELECT * FROM t ORDER BY $1", "SELECT * FROM t WHERE $1", "SELECT * FROM t TABLESAMPLE bernoulli ($1)",
            "SELECT sum(i4) OVER (ORDER BY i8 ROWS $1 PRECEDING) FROM t",
            "SELECT ARRAY[$1, $2]::int8[], ARRAY[i4, $3] FROM t",
            "SELECT ROW($1, i4) = ROW(i8, $2) FROM t", "SELECT * FROM t WHERE $1 = 5 OR $2 = 'x' OR $3 = 5.5",
            "SELECT user_defined($1)", "SELECT chosen($1), chosen($2, $3)", "SELECT repeat($1, i4) FROM t",
            "UPDATE t SET ia[1] = $1, ta = $2", "INSERT INTO t (ia[2]) VALUES ($1)",
            "UPDATE t SET dt = $1 WHERE dt = $2",
            "INSERT INTO t (dt, dn) VALUES ($1, $2)", "UPDATE t SET dt = $1 WHERE tx = $1",
            "UPDATE t SET (i4, tx) = (SELECT $1, $2)", "SELECT * FROM t WHERE i4 = ANY($1::int8[])",
            "SELECT * FROM t JOIN LATERAL (SELECT t.i4 + $1 AS s) l ON l.s = $2",
            "SELECT * FROM t WHERE coalesce(vc, $1) = $2 AND coalesce(vc, tx, $3) = $4");

    private static RunningNode node;
    private static String database;
    private static Catalog catalog;

    private final Planner planner = new Planner(new SqlParser());
    private final List<String> wrong = new ArrayList<>();
    private int prepared;
    private int parameters;
    private int inferred;

    @BeforeAll
    static void createTables() throws SQLException {
        node = TestNodes.node(0);
        database = TestNodes.createDatabase("types", List.of(node));
        TestNodes.execute(node, database, "CREATE DOMAIN dtext AS text; CREATE DOMAIN dint AS int8 CHECK (VALUE > 0);"
                + "CREATE TABLE t (" + String.join(", ", COLUMNS) + ", dt dtext, dn dint);"
                + "CREATE FUNCTION user_defined(a int8) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';"
                + "CREATE FUNCTION chosen(a text) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';"
                + "CREATE FUNCTION chosen(a int, b text) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'");
        CatalogBuilder builder = new CatalogBuilder("shop").nodes("a", "b");
        List<ColumnInfo> columns = new ArrayList<>(
                builder.table("t", COLUMNS.toArray(String[]::new)).build().find(null, "t", List.of("public"))
                        .columns());
        columns.add(domain("dt", oid("dtext"), PgOid.TEXT));
        columns.add(domain("dn", oid("dint"), PgOid.INT8));
        catalog = builder.relation(new RelationName("public", "t"), RelationKind.TABLE, columns).sharded("t", "i8")
                .build();
    }

    private static ColumnInfo domain(String name, int type, int base) {
        return new ColumnInfo(name, type, base, "domain", -1, false, DefaultKind.NONE,
                base == PgOid.TEXT ? Collation.C : null, false);
    }

    private static int oid(String type) throws SQLException {
        try (Connection connection = node.connect(database);
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT '" + type + "'::regtype::oid::int")) {
            result.next();
            return result.getInt(1);
        }
    }

    @AfterAll
    static void dropTables() throws SQLException {
        TestNodes.dropDatabase(database, List.of(node));
    }

    @Test
    void everyInferredTypeIsTheServers() throws SQLException {
        Set<String> statements = new LinkedHashSet<>(FUNCTIONS);
        List<String> columns = new ArrayList<>(COLUMNS);
        columns.add("dt dtext");
        columns.add("dn dint");
        for (String template : EACH) {
            columns.forEach(column -> statements.add(with(template, "C", column)));
        }
        for (String template : PAIRS) {
            for (String first : columns) {
                for (String second : columns) {
                    if (PAIRED.contains(name(first)) && PAIRED.contains(name(second))) {
                        statements.add(with(with(template, "C", first), "D", second));
                    }
                }
            }
        }
        try (Connection connection = node.connect(database); Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                compare(sql, statement);
            }
        }
        System.out.println(prepared + " statements of " + statements.size() + " prepared, " + inferred + " of "
                + parameters + " types inferred");
        assertEquals(List.of(), wrong);
        assertTrue(prepared > 2000, prepared + " prepared");
        assertTrue(inferred > 0.6 * parameters, inferred + " of " + parameters + " inferred");
    }

    /** Statements of PostgreSQL's regression suite whose parameters need no table of it. */
    @Test
    void everyInferredTypeOfTheDataFilesIsTheServers() throws SQLException, IOException {
        Path path = Path.of(System.getProperty("trunkline.shared", "../../shared"), "data", "regress-half.jsonl");
        assumeTrue(Files.exists(path),
                "skipped: " + path.toAbsolutePath().normalize() + " is not there");
        try (Connection connection = node.connect(database); Statement statement = connection.createStatement()) {
            for (String line : Files.readAllLines(path)) {
                String sql = new ObjectMapper().readTree(line).get("sql").asString();
                int as = sql.toLowerCase(Locale.ROOT).indexOf(" as ");
                if (sql.contains("$1") && sql.regionMatches(true, 0, "prepare", 0, 7) && as > 0) {
                    compare(sql.substring(as + 4), statement);
                }
            }
        }
        assertEquals(List.of(), wrong);
    }

    private static String name(String column) {
        return column.substring(0, column.indexOf(' '));
    }

    private static String with(String template, String place, String column) {
        return template.replace(place + "_TYPE", column.substring(column.indexOf(' ') + 1))
                .replaceAll("\\b" + place + "\\b", name(column));
    }

    private void compare(String sql, Statement statement) throws SQLException {
        Integer[] theirs;
        try {
            statement.execute("PREPARE p AS " + sql);
        } catch (SQLException refused) {
            return;
        }
        try (ResultSet result = statement.executeQuery(
                "SELECT parameter_types::oid[]::int[] FROM pg_prepared_statements WHERE name = 'p'")) {
            result.next();
            theirs = (Integer[]) result.getArray(1).getArray();
        } finally {
            statement.execute("DEALLOCATE p");
        }
        prepared++;
        StatementPlan plan = planner.plan(sql, PlanKey.DEFAULT, catalog);
        int[] ours = plan.parameterTypes();
        if (ours.length != theirs.length) {
            wrong.add(sql + ": " + theirs.length + " parameters, ours " + ours.length);
            return;
        }
        for (int i = 0; i < ours.length; i++) {
            parameters++;
            inferred += ours[i] == PgOid.UNSPECIFIED ? 0 : 1;
            if (ours[i] != PgOid.UNSPECIFIED && ours[i] != theirs[i]) {
                wrong.add(sql + ": " + Arrays.toString(theirs) + ", ours " + Arrays.toString(ours));
                return;
            }
        }
    }
}
