package dev.trunkline.sql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The facts of statements that are not queries. */
class UtilityStatementsTest {

    private final SqlParser parser = new SqlParser();

    private <T extends Statement> T parse(Class<T> type, String sql) {
        Statement statement = parser.parse(sql);
        assertInstanceOf(type, statement, () -> sql + " -> " + statement);
        return type.cast(statement);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', value = {"begin ~ BEGIN ~ ~ ~ ",
            "BEGIN WORK ISOLATION LEVEL REPEATABLE READ, READ ONLY ~ BEGIN ~ ~ REPEATABLE_READ ~ true",
            "start transaction read write isolation level serializable deferrable ~ BEGIN ~ ~ SERIALIZABLE ~ false",
            "commit work ~ COMMIT ~ ~ ~ ", "END ~ COMMIT ~ ~ ~ ", "abort transaction ~ ROLLBACK ~ ~ ~ ",
            "savepoint \"A b\" ~ SAVEPOINT ~ A b ~ ~ ", "release savepoint s ~ RELEASE ~ s ~ ~ ",
            "release S ~ RELEASE ~ s ~ ~ ",
            "rollback to savepoint s ~ ROLLBACK_TO ~ s ~ ~ ", "rollback transaction to s ~ ROLLBACK_TO ~ s ~ ~ ",
            "prepare transaction 'x' ~ PREPARE ~ x ~ ~ ", "commit prepared 'x' ~ COMMIT_PREPARED ~ x ~ ~ ",
            "rollback prepared 'x' ~ ROLLBACK_PREPARED ~ x ~ ~ "})
    void transactions(String sql, Statement.Transaction.Verb verb, String name,
            Statement.Transaction.Isolation isolation,
            Boolean readOnly) {
        Statement.Transaction t = parse(Statement.Transaction.class, sql);
        assertEquals(verb, t.verb());
        assertEquals(name, t.name());
        assertEquals(isolation, t.isolation());
        assertEquals(readOnly, t.readOnly());
    }

    @Test
    void chainsAndModes() {
        assertTrue(parse(Statement.Transaction.class, "commit and chain").chain());
        assertFalse(parse(Statement.Transaction.class, "rollback and no chain").chain());
        assertEquals("read only", parse(Statement.Transaction.class, "begin read only").modes());
        assertInstanceOf(Statement.Unknown.class, parser.parse("begin read"));
        assertInstanceOf(Statement.Unknown.class, parser.parse("savepoint"));
        assertInstanceOf(Statement.Unknown.class, parser.parse("commit now"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', value = {"SET a = 1 ~ SESSION ~ a ~ 1",
            "set session x.Y to 'a', b ~ SESSION ~ x.y ~ 'a', b",
            "set local a to default ~ LOCAL ~ a ~ ", "set time zone 'UTC' ~ SESSION ~ timezone ~ 'UTC'",
            "set time zone local ~ SESSION ~ timezone ~ ",
            "set names 'utf8' ~ SESSION ~ client_encoding ~ 'utf8'", "set role bob ~ SESSION ~ role ~ bob",
            "set role = none ~ SESSION ~ role ~ none",
            "set session authorization default ~ SESSION ~ session_authorization ~ ",
            "set schema 'a' ~ SESSION ~ search_path ~ 'a'",
            "set transaction isolation level serializable ~ SESSION ~ transaction ~ isolation level serializable",
            "set local transaction read only ~ LOCAL ~ transaction ~ read only",
            "set session characteristics as transaction read only ~ SESSION ~ session_characteristics ~ read only",
            "set transaction snapshot 'x' ~ SESSION ~ transaction ~ snapshot 'x'",
            "set local = 1 ~ SESSION ~ local ~ 1",
            "set trunkline.shard_key = '42' ~ SESSION ~ trunkline.shard_key ~ '42'",
            "set datestyle to iso, mdy ~ SESSION ~ datestyle ~ iso, mdy",
            "set time zone interval '-08:00' hour to minute ~ SESSION ~ timezone ~ interval '-08:00' hour to minute"})
    void settings(String sql, Statement.Setting.Scope scope, String name, String value) {
        Statement.Setting s = parse(Statement.Setting.class, sql);
        assertEquals(Statement.Setting.Verb.SET, s.verb());
        assertEquals(scope, s.scope());
        assertEquals(name, s.name());
        assertEquals(value, s.value());
    }

    @Test
    void resetAndShow() {
        assertEquals("all", parse(Statement.Setting.class, "reset all").name());
        assertEquals("timezone", parse(Statement.Setting.class, "RESET TIME ZONE").name());
        assertEquals("a.b", parse(Statement.Show.class, "show A.b").name());
        assertEquals("transaction_isolation", parse(Statement.Show.class, "show transaction isolation level").name());
    }

    @Test
    void copies() {
        Statement.Copy in = parse(Statement.Copy.class,
                "COPY s.t (a, \"B\") FROM STDIN WITH (FORMAT csv, HEADER, NULL 'x') WHERE a > 1");
        assertEquals(List.of("s", "t"), in.table().name().parts());
        assertEquals(List.of("a", "B"), in.columns());
        assertEquals(Statement.Copy.Direction.FROM, in.direction());
        assertEquals(Statement.Copy.Endpoint.STDIO, in.endpoint());
        assertEquals(List.of(new Statement.Option("format", "csv"), new Statement.Option("header", null),
                new Statement.Option("null", "x")), in.options());
        assertInstanceOf(Expr.Operator.class, in.where());
        Statement.Copy out = parse(Statement.Copy.class, "copy (select 1) to program 'gzip' csv force quote *");
        assertNull(out.table());
        assertInstanceOf(Statement.Select.class, out.query());
        assertEquals(Statement.Copy.Endpoint.PROGRAM, out.endpoint());
        assertEquals(List.of(new Statement.Option("format", "csv"), new Statement.Option("force_quote", "*")),
                out.options());
        assertEquals("t", parse(Statement.Copy.class, "copy binary t to '/tmp/x'").table().name().last());
    }

    @Test
    void preparedStatementsAndCursors() {
        Statement.Prepare prepare = parse(Statement.Prepare.class,
                "prepare p(int, numeric(10,2)[]) as insert into t values ($1)");
        assertEquals(List.of("int4", "numeric"), prepare.types().stream().map(t -> t.name().last()).toList());
        assertEquals(List.of(10, 2), prepare.types().get(1).modifiers());
        assertEquals(1, prepare.types().get(1).arrayDimensions());
        assertInstanceOf(Statement.Insert.class, prepare.inner());
        assertEquals(2, parse(Statement.Execute.class, "execute p(1, f(2))").arguments().size());
        assertNull(parse(Statement.Deallocate.class, "deallocate prepare all").name());
        assertEquals("prepare", parse(Statement.Deallocate.class, "deallocate prepare").name());
        assertEquals("TEMP", parse(Statement.Discard.class, "discard temporary").what());
        Statement.DeclareCursor cursor = parse(Statement.DeclareCursor.class,
                "declare c no scroll binary cursor with hold for values (1)");
        assertTrue(cursor.hold() && cursor.binary() && !cursor.scroll());
        assertEquals("c", parse(Statement.Fetch.class, "fetch backward -5 from c").cursor());
        assertEquals("next", parse(Statement.Fetch.class, "move next").cursor());
        assertNull(parse(Statement.ClosePortal.class, "close all").cursor());
    }

    @Test
    void notificationsLocksAndCalls() {
        assertNull(parse(Statement.Notification.class, "unlisten *").channel());
        assertEquals("ch", parse(Statement.Notification.class, "notify Ch, 'x'").channel());
        Statement.LockTable lock = parse(Statement.LockTable.class,
                "lock table only a, s.b in row exclusive mode nowait");
        assertEquals("ROW EXCLUSIVE", lock.mode());
        assertTrue(lock.nowait() && lock.tables().getFirst().only());
        Statement.Truncate truncate = parse(Statement.Truncate.class, "truncate a, only b restart identity cascade");
        assertTrue(truncate.cascade() && truncate.restartIdentity());
        assertEquals(2, truncate.tables().size());
        assertEquals("p", parse(Statement.Call.class, "call p(1, b => 2)").function().name().last());
        parse(Statement.Do.class, "do language plpgsql $$ begin end $$");
    }

    @Test
    void explains() {
        Statement.Explain explain = parse(Statement.Explain.class,
                "explain (analyze, route, format json) update t set a = 1");
        assertTrue(explain.analyze() && explain.route());
        assertEquals(new Statement.Option("format", "json"), explain.options().get(2));
        assertInstanceOf(Statement.Update.class, explain.inner());
        assertFalse(parse(Statement.Explain.class, "explain (analyze off, route false) select 1").route());
        assertTrue(parse(Statement.Explain.class, "explain analyze verbose (select 1)").analyze());
        assertInstanceOf(Statement.Execute.class, parse(Statement.Explain.class, "explain execute p(1)").inner());
        assertInstanceOf(Statement.Select.class, parse(Statement.Explain.class, "explain (((select 1)))").inner());
    }

    @Test
    void tablesHaveColumnsAndConstraints() {
        Statement.Ddl table = parse(Statement.Ddl.class, """
                create table if not exists s.orders (
                  id bigint generated by default as identity primary key,
                  customer_id int4 not null references customers (id) on delete set null,
                  status varchar(20) default 'new' not null collate "C",
                  total numeric(10,2) check (total > 0),
                  twice numeric generated always as (total * 2) stored,
                  constraint k unique (customer_id, id), like other including all,
                  foreign key (a, b) references p (c, d), exclude using gist (r with &&)
                ) partition by hash (id)""");
        assertEquals("CreateStmt", table.kind());
        assertTrue(table.ifNotExists());
        assertEquals(List.of("s", "orders"), table.objects().getFirst().parts());
        assertEquals(List.of("customers", "other", "p"), table.tables().stream().map(Name::last).toList());
        assertEquals(List.of("id", "customer_id", "status", "total", "twice"),
                table.columns().stream().map(Statement.ColumnDefinition::name).toList());
        assertEquals(
                List.of(Statement.ColumnDefinition.DefaultKind.IDENTITY, Statement.ColumnDefinition.DefaultKind.NONE,
                        Statement.ColumnDefinition.DefaultKind.EXPRESSION, Statement.ColumnDefinition.DefaultKind.NONE,
                        Statement.ColumnDefinition.DefaultKind.GENERATED),
                table.columns().stream().map(Statement.ColumnDefinition::defaultKind).toList());
        assertEquals(List.of(true, true, true, false, false),
                table.columns().stream().map(Statement.ColumnDefinition::notNull).toList());
        assertEquals("C", table.columns().get(2).collation().last());
        assertEquals(List.of("PRIMARY_KEY[id]", "FOREIGN_KEY[customer_id]", "CHECK[]", "UNIQUE[customer_id, id]",
                "FOREIGN_KEY[a, b]", "EXCLUDE[r]"),
                table.constraints().stream().map(c -> c.kind() + c.columns().toString()).toList());
        assertEquals(List.of("c", "d"), table.constraints().get(4).referencedColumns());
    }

    @Test
    void indexes() {
        Statement.Ddl index = parse(Statement.Ddl.class,
                "create unique index concurrently if not exists i on only s.t using btree (a collate \"C\" text_ops desc, lower(b)) include (c) where a > 1");
        assertEquals("IndexStmt", index.kind());
        assertTrue(index.concurrently() && index.ifNotExists());
        assertEquals("t", index.tables().getFirst().last());
        Statement.Constraint key = index.constraints().getFirst();
        assertEquals(Statement.Constraint.Kind.UNIQUE, key.kind());
        assertEquals("a", key.columns().getFirst());
        assertNull(key.columns().get(1));
        assertEquals(2, key.expressions().size());
        assertTrue(parse(Statement.Ddl.class, "create index on t (a)").objects().isEmpty());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', value = {
            "alter table t add column a int default 1, drop column if exists b cascade, alter c type text using c::text ~ ADD COLUMN a, DROP COLUMN b, ALTER COLUMN TYPE c",
            "alter table t rename column a to b ~ RENAME COLUMN a", "alter table t rename to u ~ RENAME u",
            "alter table only t add constraint k primary key (a, b) ~ ADD CONSTRAINT k",
            "alter table t attach partition p for values in (1, 2) ~ ATTACH PARTITION p",
            "alter table t alter a set default f(1, 2), alter b drop not null ~ ALTER COLUMN SET DEFAULT a, ALTER COLUMN DROP NOT NULL b",
            "alter table t set schema s ~ SET SCHEMA null",
            "alter table t enable row level security ~ ENABLE ROW null"})
    void alterations(String sql, String actions) {
        Statement.Ddl alter = parse(Statement.Ddl.class, sql);
        assertEquals("t", alter.objects().getFirst().last());
        assertEquals(actions,
                String.join(", ", alter.actions().stream().map(a -> a.action() + " " + a.name()).toList()));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', value = {"drop table if exists a, s.b cascade ~ DropStmt ~ table ~ a b ~ ",
            "drop index concurrently i ~ DropStmt ~ index ~ i ~ ", "drop trigger x on s.t ~ DropStmt ~ trigger ~ x ~ t",
            "drop function f(int), g() ~ DropStmt ~ function ~ f g ~ ", "drop user bob ~ DropRoleStmt ~ user ~ bob ~ ",
            "create temp view v (x) as select a from t with check option ~ ViewStmt ~ view ~ v ~ ",
            "create table a as select 1 with no data ~ CreateTableAsStmt ~ table ~ a ~ ",
            "create materialized view m as select 1 with data ~ CreateTableAsStmt ~ materialized view ~ m ~ ",
            "create table p partition of t for values in (1) ~ CreateStmt ~ table ~ p ~ t",
            "create trigger g after insert on s.t for each row execute function f() ~ CreateTrigStmt ~ trigger ~ g ~ t",
            "create sequence q owned by t.a ~ CreateSeqStmt ~ sequence ~ q ~ t",
            "create publication p for table a, b where (x > 1), tables in schema c ~ CreatePublicationStmt ~ publication ~ p ~ a b",
            "create rule r as on insert to t do instead nothing ~ RuleStmt ~ rule ~ r ~ t",
            "create operator === (leftarg = int) ~ DefineStmt ~ operator ~ === ~ ",
            "create type m as enum ('a') ~ CreateEnumStmt ~ type ~ m ~ ",
            "alter index i rename to j ~ RenameStmt ~ index ~ i ~ ",
            "alter function f(int) owner to x ~ AlterOwnerStmt ~ function ~ f ~ ",
            "alter table t owner to x ~ AlterTableStmt ~ table ~ t ~ ",
            "alter role r set a = 1 ~ AlterRoleSetStmt ~ role ~ r ~ ",
            "alter type t add value 'x' ~ AlterEnumStmt ~ type ~ t ~ ",
            "grant select (a), update on table t, u to bob ~ GrantStmt ~ table ~ t u ~ ",
            "grant all on schema s to bob ~ GrantStmt ~ schema ~ s ~ ", "grant a to b ~ GrantRoleStmt ~ role ~ a ~ ",
            "revoke all on all tables in schema s from bob ~ GrantStmt ~ all tables in schema ~ s ~ ",
            "comment on column s.t.a is 'x' ~ CommentStmt ~ column ~ a ~ t",
            "vacuum (full, analyze) a, b (c) ~ VacuumStmt ~ table ~ a b ~ ",
            "analyze verbose t ~ VacuumStmt ~ table ~ t ~ ",
            "reindex table concurrently t ~ ReindexStmt ~ table ~ t ~ ",
            "cluster t using i ~ ClusterStmt ~ table ~ t ~ ",
            "refresh materialized view concurrently m ~ RefreshMatViewStmt ~ materialized view ~ m ~ ",
            "checkpoint ~ CheckPointStmt ~ '' ~ ~ ",
            "set constraints all deferred ~ ConstraintsSetStmt ~ set constraints ~ ~ ",
            "alter database d set x = 1 ~ AlterDatabaseSetStmt ~ database ~ d ~ ",
            "create database d ~ CreatedbStmt ~ database ~ d ~ "})
    void objects(String sql, String kind, String objectKind, String objects, String tables) {
        Statement.Ddl ddl = parse(Statement.Ddl.class, sql);
        assertEquals(kind, ddl.kind());
        assertEquals(objectKind, ddl.objectKind());
        assertEquals(objects == null ? "" : objects, String.join(" ", ddl.objects().stream().map(Name::last).toList()));
        assertEquals(tables == null ? "" : tables, String.join(" ", ddl.tables().stream().map(Name::last).toList()));
        assertEquals(sql.contains("cascade"), ddl.cascade());
        assertEquals(sql.contains("concurrently"), ddl.concurrently());
        assertEquals(sql.contains(" temp "), ddl.temporary());
    }
}
