package dev.trunkline.sql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Queries and changes: their descriptions, their positions and their errors. */
class SqlParserTest {

    private final SqlParser parser = new SqlParser();

    static List<String> applications() throws IOException {
        try (var corpus = SqlParserTest.class.getResourceAsStream("/dev/trunkline/sql/applications.sql")) {
            return Corpus.statements(new String(corpus.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    private Query.Select select(String sql) {
        Statement statement = parser.parse(sql);
        assertInstanceOf(Statement.Select.class, statement, () -> sql + " -> " + statement);
        return (Query.Select) ((Statement.Select) statement).query().body();
    }

    private Query query(String sql) {
        return ((Statement.Select) parser.parse(sql)).query();
    }

    @Test
    void statementsOfApplicationsAllParse() throws IOException {
        List<String> statements = applications();
        assertTrue(statements.size() >= 200);
        for (String sql : statements) {
            Statement statement = parser.parse(sql);
            assertTrue(!(statement instanceof Statement.Unknown), () -> sql + " -> " + statement);
            assertEquals(sql.replaceFirst(";$", "").stripTrailing().length(),
                    sql.indexOf("-- and") > 0 ? sql.length() : statement.span().end(), sql);
        }
    }

    @Test
    void parsesOnManyThreads() throws Exception {
        List<String> statements = applications();
        List<String> expected = statements.stream().map(s -> parser.parse(s).toString()).toList();
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Callable<List<String>>> tasks = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                tasks.add(() -> statements.stream().map(s -> parser.parse(s).toString()).toList());
            }
            for (Future<List<String>> future : threads.invokeAll(tasks)) {
                assertEquals(expected, future.get());
            }
        }
    }

    @Test
    void namesFoldAndAreCut() {
        Query.Select s = select("SELECT ÄB, \"Q\"\"x\", U&\"d\\0061t\" FROM S.\"T\" AS Al");
        assertEquals("Äb", ((Expr.Column) s.items().get(0).expr()).name().last());
        assertEquals("Q\"x", ((Expr.Column) s.items().get(1).expr()).name().last());
        assertEquals("dat", ((Expr.Column) s.items().get(2).expr()).name().last());
        FromItem.Table table = (FromItem.Table) s.from().getFirst();
        assertEquals(List.of("s", "T"), table.name().parts());
        assertEquals("al", table.alias());
        String longName = "é".repeat(40);
        assertEquals("é".repeat(31),
                ((Expr.Column) select("SELECT " + longName).items().getFirst().expr()).name().last());
    }

    @Test
    void literalsHaveTheSlotsOfTheFingerprint() {
        String sql = "SELECT 'ä', N'x', 5 FROM t WHERE a = '😀' AND b = date '2024-01-01' AND c = -1.5 AND d = true LIMIT 7";
        byte[] bytes = sql.getBytes(StandardCharsets.UTF_8);
        LexedText text = new LexedText();
        text.lex(bytes, 0, bytes.length, true);
        Fingerprint fingerprint = text.fingerprint(0);
        List<Expr.Literal> literals = new ArrayList<>();
        collect(query(sql), literals);
        assertEquals(8, literals.size());
        for (Expr.Literal literal : literals) {
            if (literal.slot() < 0) {
                assertEquals(LiteralKind.TRUE, literal.kind());
                continue;
            }
            assertEquals(fingerprint.literalKind(literal.slot()), literal.kind());
            int start = fingerprint.literalStart(literal.slot());
            String source = new String(bytes, start, fingerprint.literalEnd(literal.slot()) - start,
                    StandardCharsets.UTF_8);
            assertTrue(literal.span().of(sql).endsWith(source), literal + " " + source);
        }
    }

    private static void collect(Object node, List<Expr.Literal> literals) {
        if (node instanceof Expr.Literal literal) {
            literals.add(literal);
        } else if (node instanceof List<?> list) {
            list.forEach(n -> collect(n, literals));
        } else if (node instanceof Record record) {
            for (var component : record.getClass().getRecordComponents()) {
                try {
                    collect(component.getAccessor().invoke(record), literals);
                } catch (ReflectiveOperationException e) {
                    throw new IllegalStateException(e);
                }
            }
        }
    }

    @Test
    void clausesHavePositions() {
        String sql = "WITH x AS (SELECT 1) SELECT a, b AS c FROM t JOIN u ON t.id = u.id WHERE a = 1 GROUP BY a HAVING b > 2"
                + " WINDOW w AS (ORDER BY c) ORDER BY a DESC LIMIT 5 OFFSET 2";
        Query query = query(sql);
        Query.Select s = (Query.Select) query.body();
        assertEquals(sql, query.span().of(sql));
        assertEquals("x AS (SELECT 1)", query.with().getFirst().span().of(sql));
        assertEquals("a, b AS c", s.itemsSpan().of(sql));
        assertEquals("b AS c", s.items().get(1).span().of(sql));
        assertEquals("FROM t JOIN u ON t.id = u.id", s.fromSpan().of(sql));
        assertEquals("t JOIN u ON t.id = u.id", s.from().getFirst().span().of(sql));
        assertEquals("WHERE a = 1", s.whereSpan().of(sql));
        assertEquals("a = 1", s.where().span().of(sql));
        assertEquals("GROUP BY a", s.groupBySpan().of(sql));
        assertEquals("HAVING b > 2", s.havingSpan().of(sql));
        assertEquals("(ORDER BY c)", s.windows().getFirst().window().span().of(sql));
        assertEquals("ORDER BY a DESC", query.orderBySpan().of(sql));
        assertEquals("LIMIT 5", query.limitSpan().of(sql));
        assertEquals("OFFSET 2", query.offsetSpan().of(sql));
        assertEquals(Span.NONE, query("SELECT 1").limitSpan());
    }

    /** A rewrite splices the text; its result must parse and have what was put in. */
    @Test
    void splicesParseAgain() throws IOException {
        int spliced = 0;
        for (String sql : applications()) {
            if (!(parser.parse(sql) instanceof Statement.Select statement)) {
                continue;
            }
            Query query = statement.query();
            if (query.limitSpan() != Span.NONE && query.locking().isEmpty()) {
                String without = cut(sql, query.limitSpan(), "");
                assertNull(query(without).limit(), without);
                spliced++;
            }
            if (query.orderBySpan() != Span.NONE) {
                String other = cut(sql, query.orderBySpan(), "ORDER BY 1 DESC");
                assertEquals(1, query(other).orderBy().size(), other);
                spliced++;
            }
            if (query.body() instanceof Query.Select body && body.where() != null) {
                String wrapped = cut(sql, body.where().span(),
                        "(" + body.where().span().of(sql) + ") AND shard(k) < 5");
                assertInstanceOf(Expr.And.class, ((Query.Select) query(wrapped).body()).where(), wrapped);
                String replaced = cut(sql, body.whereSpan(), "WHERE true");
                assertInstanceOf(Expr.Literal.class, ((Query.Select) query(replaced).body()).where(), replaced);
                spliced++;
            }
            if (query.body() instanceof Query.Select body && body.itemsSpan() != Span.NONE && !body.items().isEmpty()) {
                String more = cut(sql, body.itemsSpan(), body.itemsSpan().of(sql) + ", 1 AS more");
                assertEquals(body.items().size() + 1, ((Query.Select) query(more).body()).items().size(), more);
                spliced++;
            }
        }
        assertTrue(spliced > 150, "spliced " + spliced);
    }

    private static String cut(String sql, Span span, String with) {
        return sql.substring(0, span.start()) + with + sql.substring(span.end());
    }

    @Test
    void rowsOfValuesHaveExactSpans() {
        String sql = "INSERT INTO t (a, b) VALUES (1, 'x'),\n ( 2 , DEFAULT ) RETURNING a";
        Statement.Insert insert = (Statement.Insert) parser.parse(sql);
        Query.Values values = (Query.Values) insert.source().body();
        assertEquals("(1, 'x')", values.rows().get(0).span().of(sql));
        assertEquals("( 2 , DEFAULT )", values.rows().get(1).span().of(sql));
        assertEquals("VALUES (1, 'x'),\n ( 2 , DEFAULT )", values.span().of(sql));
        assertEquals("DEFAULT", ((Expr.Opaque) values.rows().get(1).items().get(1)).shape());
        assertEquals("t", insert.target().span().of(sql));
    }

    @Test
    void changesAreDescribed() {
        Statement.Update update = (Statement.Update) parser.parse(
                "UPDATE ONLY t x SET a = 1, (b, c) = (2, 3), (d, e) = (SELECT 4, 5), f[1].g = 6 FROM u WHERE x.id = u.id");
        assertEquals(List.of("a", "b", "c", "d", "e", "f"),
                update.set().stream().map(Statement.Assignment::column).toList());
        assertInstanceOf(Expr.Literal.class, update.set().get(1).value());
        assertEquals("MULTI", ((Expr.Opaque) update.set().get(3).value()).shape());
        assertTrue(update.set().get(5).subfield());
        assertTrue(update.target().only());
        Statement.Delete delete = (Statement.Delete) parser.parse("DELETE FROM t WHERE CURRENT OF c");
        assertEquals("c", delete.currentOf());
        Statement.Merge merge = (Statement.Merge) parser
                .parse("MERGE INTO t USING s ON t.a = s.a WHEN MATCHED AND s.b THEN UPDATE SET c = 1"
                        + " WHEN NOT MATCHED THEN INSERT (a) VALUES (s.a) WHEN NOT MATCHED BY SOURCE THEN DELETE");
        assertEquals(List.of(Statement.MergeMatch.MATCHED, Statement.MergeMatch.NOT_MATCHED_BY_TARGET,
                Statement.MergeMatch.NOT_MATCHED_BY_SOURCE),
                merge.actions().stream().map(Statement.MergeAction::match).toList());
        Statement.Insert insert = (Statement.Insert) parser
                .parse("WITH s AS (SELECT 1) INSERT INTO t AS x SELECT * FROM s"
                        + " ON CONFLICT (a, lower(b)) WHERE c DO UPDATE SET d = excluded.d WHERE x.e");
        assertNull(insert.columns());
        assertEquals(1, insert.with().size());
        assertEquals(2, insert.onConflict().target().size());
        assertNotNull(insert.onConflict().targetWhere());
        assertNull(((Statement.Insert) parser.parse("INSERT INTO t DEFAULT VALUES")).source());
    }

    @Test
    void joinsNestAsInPostgres() {
        FromItem.Join outer = (FromItem.Join) select(
                "SELECT * FROM a JOIN b JOIN c ON b.x = c.x ON a.x = b.x LEFT JOIN d USING (x)").from().getFirst();
        assertEquals(FromItem.JoinKind.LEFT, outer.kind());
        assertEquals(List.of("x"), outer.using());
        FromItem.Join left = (FromItem.Join) outer.left();
        assertInstanceOf(FromItem.Join.class, left.right());
        FromItem.Derived hidden = (FromItem.Derived) select("SELECT * FROM (a CROSS JOIN b) AS j (x, y)").from()
                .getFirst();
        assertEquals("j", hidden.alias());
        assertEquals(2, select("SELECT * FROM a, LATERAL f(a.x) WITH ORDINALITY AS g(y, n)").from().size());
    }

    @Test
    void typesAreCanonical() {
        Query.Select s = select(
                "SELECT a::int, b::CHARACTER VARYING(5), c::double precision, d::timestamp(3) with time zone[],"
                        + " e::char, f::\"char\", g::public.Money, h::float(10), i::dec(5, 2), n'x', bit '1', j::bit, k::setof_t");
        assertEquals(
                List.of("int4[]", "varchar[5]", "float8[]", "timestamptz[3]", "bpchar[1]", "char[]", "money[]",
                        "float4[]",
                        "numeric[5, 2]", "bpchar[]", "bit[]", "bit[1]", "setof_t[]"),
                s.items().stream().map(i -> ((Expr.Cast) i.expr()).type()).map(t -> t.name().last() + t.modifiers())
                        .toList());
        assertEquals(1, ((Expr.Cast) s.items().get(3).expr()).type().arrayDimensions());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', value = {"selec 1 ~ syntax error at or near \"selec\" ~ 0",
            "select 1 from ~ syntax error at end of input ~ 13", "select a b c ~ syntax error at or near \"c\" ~ 11",
            "select 'é', from t ~ syntax error at or near \"from\" ~ 12",
            "select (1 ~ syntax error at end of input ~ 9",
            "select 1) ~ syntax error at or near \")\" ~ 8",
            "update t set a = 1 where ~ syntax error at end of input ~ 24",
            "select a = = b ~ syntax error at or near \"=\" ~ 11",
            "select a = b = c ~ syntax error at or near \"=\" ~ 13",
            "select a from t where group by x ~ syntax error at or near \"group\" ~ 22",
            "insert into t values (1 ~ syntax error at end of input ~ 23",
            "select $$x ~ unterminated dollar-quoted string at or near \"$$x\" ~ 7",
            "create tabel t (a int) ~ syntax error at or near \"tabel\" ~ 7",
            "select 1; select 2 ~ syntax error at or near \";\" ~ 8", "{ ~ syntax error at or near \"{\" ~ 0",
            "explain selec 1 ~ syntax error at or near \"selec\" ~ 8",
            "prepare p as ~ syntax error at end of input ~ 12"})
    void errorsReadLikePostgres(String sql, String message, int position) {
        Statement.Unknown unknown = assertInstanceOf(Statement.Unknown.class, parser.parse(sql));
        assertEquals(message, unknown.message());
        assertEquals(position, unknown.position());
        assertEquals("42601", unknown.sqlState());
    }

    @Test
    void unknownStatementsListTheirNames() {
        Statement.Unknown unknown = (Statement.Unknown) parser.parse("FROB \"Orders\" WITH Customers (x) !!");
        assertEquals("frob", unknown.firstWord());
        assertEquals(List.of("frob", "Orders", "with", "customers", "x"), unknown.names());
        assertInstanceOf(Statement.Empty.class, parser.parse(" /* nothing */ ;"));
    }

    @Test
    void operatorsKeepTheirPlaces() {
        Expr.And and = (Expr.And) select("SELECT 1 FROM t WHERE a = 1 AND b = 'x'::uuid AND (c = 2 OR d) AND NOT e = f")
                .where();
        assertEquals(4, and.operands().size());
        assertInstanceOf(Expr.Cast.class, ((Expr.Operator) and.operands().get(1)).right());
        assertInstanceOf(Expr.Or.class, and.operands().get(2));
        assertInstanceOf(Expr.Operator.class, ((Expr.Not) and.operands().get(3)).operand());
        Expr.Function window = (Expr.Function) select(
                "SELECT sum(a) FILTER (WHERE b) OVER (w PARTITION BY c ORDER BY d ROWS $1 PRECEDING) FROM t").items()
                .getFirst().expr();
        assertEquals("w", window.over().name());
        assertEquals(1, window.over().frame().size());
        assertNotNull(window.filter());
    }
}
