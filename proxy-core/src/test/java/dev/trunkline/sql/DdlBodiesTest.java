package dev.trunkline.sql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What statements on objects hold inside counts, and none of them is only a label. */
class DdlBodiesTest {

    private final SqlParser parser = new SqlParser();

    private Statement.Ddl parse(String sql) {
        Statement statement = parser.parse(sql);
        return assertInstanceOf(Statement.Ddl.class, statement, () -> sql + " -> " + statement);
    }

    private static String names(List<Name> names) {
        return String.join(" ", names.stream().map(name -> String.join(".", name.parts())).toList());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', value = {
            "create function f() returns bigint return (select count(*) from t, s.u) ~ f ~ t s.u",
            "create function f(a int default 1) returns void language sql begin atomic insert into t select a from u; end ~ f ~ t u",
            "create procedure p() begin atomic ; delete from t; select case when a then 1 end from u; end ~ p ~ t u",
            "create procedure p() begin atomic create table x (a int references y); return 1; end ~ p ~ x y",
            "create function f() returns int language sql as 'select 1 from t' ~ f ~ ",
            "create schema s create table t (a int references r) create view v as select * from u ~ s ~ t r v u",
            "create schema s authorization joe grant create, usage on schema s to bob with grant option ~ s ~ s",
            "create schema authorization joe create index i on t (a) ~ joe ~ i t",
            "create rule r as on insert to t do also nothing ~ r ~ t",
            "create rule r as on update to t where old.a in (select a from u) do instead delete from v ~ r ~ t u v",
            "create rule r as on delete to t do (insert into u values (1); update v set a = 1; notify x) ~ r ~ t u v",
            "create rule r as on delete to t do instead (select * from u) ~ r ~ t u",
            "create rule r as on delete to t do with c as (select * from u) insert into v select * from c ~ r ~ t u v",
            "create policy p on t for all to bob using (a in (select a from u)) with check ((select true from v)) ~ p ~ t u v",
            "alter policy p on t using (exists (select from u)) ~ p ~ t u",
            "create view v as with t as (select * from t) select * from t ~ v ~ "})
    void tablesInside(String sql, String objects, String tables) {
        Statement.Ddl ddl = parse(sql);
        assertEquals(objects, names(ddl.objects()));
        assertEquals(tables == null ? "" : tables, names(ddl.tables()));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', value = {
            "grant a, b to group c, d with admin option ~ role ~ a b ~ to=c to=d",
            "revoke admin option for a from b cascade ~ role ~ a ~ from=b",
            "grant select (x), insert on table t, u to public ~ table ~ t u ~ privileges=select (x), insert to=public",
            "revoke all on large object 7, 8 from a ~ large object ~ 7 8 ~ privileges=all from=a",
            "drop owned by a, current_user cascade ~ owned ~ a current_user ~ ",
            "reassign owned by a, b to c ~ owned ~ a b ~ to=c",
            "create user mapping if not exists for a server s options (x 'y') ~ user mapping ~ a ~ server=s",
            "alter user mapping for public server s options (set x 'y') ~ user mapping ~ public ~ server=s",
            "drop user mapping if exists for a server s ~ user mapping ~ a ~ server=s",
            "create cast (int4 as myint) without function ~ cast ~ int4 myint ~ ",
            "drop cast if exists (text as s.t) cascade ~ cast ~ text s.t ~ ",
            "create transform for int language plperl (from sql with function f(internal)) ~ transform ~ int4 ~ language=plperl",
            "comment on large object 12 is 'x' ~ large object ~ 12 ~ ",
            "alter large object 12 owner to a ~ large object ~ 12 ~ ",
            "load 'auto_explain' ~ library ~ auto_explain ~ ",
            "alter table all in tablespace a owned by b set tablespace c ~ table ~ ~ tablespace=a",
            "alter default privileges for role a, b in schema s grant select, insert on tables to c ~ default privileges ~ s ~ role=a role=b verb=grant privileges=select, insert kind=tables",
            "import foreign schema a limit to (t, u) from server s into b ~ foreign schema ~ a ~ server=s into=b",
            "create schema s authorization joe ~ schema ~ s ~ authorization=joe"})
    void factsBesideTables(String sql, String kind, String objects, String options) {
        Statement.Ddl ddl = parse(sql);
        assertEquals(kind, ddl.objectKind());
        assertEquals(objects == null ? "" : objects, names(ddl.objects()));
        assertEquals(options == null ? "" : options, String.join(" ",
                ddl.options().stream().map(option -> option.name() + "=" + option.value()).toList()));
        assertEquals("", names(ddl.tables()));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', value = {"create function f() begin atomic select 1 from; end",
            "create function f() begin atomic select 1", "create rule r as on insert to t do (select 1",
            "create schema s create nothing",
            "grant select on large object", "alter large object", "grant a", "comment on large object",
            "alter table t add column a int generated always as () stored", "import foreign schema s", "revoke",
            "drop owned by", "create cast (a b) without function"})
    void whatIsWrongInsideIsNotUnderstood(String sql) {
        assertInstanceOf(Statement.Unknown.class, parser.parse(sql));
    }
}
