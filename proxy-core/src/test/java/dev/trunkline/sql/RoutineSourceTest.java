package dev.trunkline.sql;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.trunkline.sql.RoutineSource.Traces;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a function's source may leave on its connection: never less than it does, and nothing for everyday code. */
class RoutineSourceTest {

    private static void all(Traces expected, String language, List<String> sources) {
        for (String source : sources) {
            assertEquals(expected, RoutineSource.traces(language, true, source), source);
        }
    }

    @Test
    void codeThatChangesTheSession() {
        all(Traces.SESSION, "plpgsql", List.of(
                "begin perform set_config('a.b', 'x', false); end",
                "begin perform \"set_config\"('a.b', 'x', false); end",
                "begin perform pg_catalog.Set_Config('a.b', 'x', is_local); end",
                "begin perform set_config(setting_name => 'a.b', new_value => 'true', is_local => false); end",
                "begin perform set_config('a.b', coalesce('x', true), not true); end",
                "begin set work_mem = '7MB'; end",
                "<<here>> begin if true then set session work_mem = '7MB'; end if; end",
                "begin -- ;\n /* begin */ SET ROLE x; end",
                "begin loop set a.b = 1; exit; end loop; exception when others then reset work_mem; end",
                "begin perform pg_try_advisory_lock(1); end",
                "declare ok bool := pg_advisory_lock_shared(1) is null; begin end",
                "begin listen x; end", "begin unlisten *; end", "begin discard temp; end", "begin load 'x'; end",
                "begin create temp table t (a int); end",
                "begin create local temporary table if not exists t (a int) on commit delete rows; end",
                "begin create temp view v as select 1; create table t (a int) on commit drop; end",
                "begin create or replace temp view v as select 1; end",
                "begin create table pg_temp.t (a int); end",
                "begin create extension hstore; end",
                "begin do 'begin end'; end",
                "begin prepare p as select 1; end", "begin deallocate all; end",
                "begin execute text; end", "begin execute 'set ' || 'a.b = 1'; end",
                "begin execute 'select set_config(''a.b'', ''x'', false)'; end",
                "begin return query execute $q$ set a.b = 1 $q$; end",
                "begin execute format('set %I = %L', 'a.b', 'x'); end",
                "begin execute format('select %I(%L)', 'f', 'x'); end",
                "begin execute format('select * from s.%I(1)', 'f'); end",
                "begin execute format('insert into t %s', x); end",
                "begin execute format('insert into t values (1)') || x; end",
                "begin execute format(template, x); end",
                "begin perform query_to_xml('select 1', true, true, ''); end",
                "begin perform setseed(0.5); end",
                "begin raise 'it\\'s; set a.b = 1'; end",
                "begin raise 'unfinished; set x = 1; end"));
        all(Traces.SESSION, "sql", List.of("select set_config('a.b', $1, false)", "select 1; reset all; select 2",
                "declare c cursor with hold for select 1", "execute p", "select 1 into temp t",
                "create table t as select 1; create temp table u as select 2"));
        all(Traces.SESSION, "internal", List.of("set_config_by_name", "pg_advisory_lock_int8", "query_to_xml"));
        all(Traces.SESSION, "plpython3u", List.of("pass"));
        assertEquals(Traces.SESSION,
                RoutineSource.traces("plperl", false, "spi_exec_query(q{select SET_CONFIG(...)})"));
    }

    @Test
    void codeThatLeavesNothing() {
        all(Traces.NONE, "plpgsql", List.of(
                "begin new.changed := now(); return new; end",
                "begin perform set_config('a.b', 'x', true); set local work_mem = '7MB'; end",
                "begin perform set_config('a.b', f(1, 2), 't'); end",
                "begin perform set_config(is_local => true, setting_name => 'a', new_value => 'b'); end",
                "begin update t set a = 1; insert into t values (1) on conflict (a) do update set b = 2; end",
                "begin update only t as x set a = 1 where set_at < now(); return null; end",
                "begin merge into t using s on a = b when matched then update set c = 1 when not matched then do nothing; end",
                "begin -- set a.b = 1; reset all\n /* listen x; */ return 'set a.b = 1'; end",
                "begin set constraints all deferred; perform pg_advisory_xact_lock(1); notify x; end",
                "begin create temp table t on commit drop as select 1; end",
                "declare temp text; hold int; begin select x into temp from t; temp := 'with hold'; end",
                "begin execute 'insert into t values ($1)' using new.a; end",
                "begin for r in execute 'select * from t' loop end loop; end",
                "begin create trigger x before insert on t for each row execute function f(); end",
                "begin for i in 1..10 loop perform i; end loop; return current_setting('a.b', true); end"));
        all(Traces.NONE, "sql", List.of("select current_setting('app.tenant', true)::int", "", "select $1 || 'set x'",
                "alter table t alter column a set default 1; alter role x set work_mem = '1MB'",
                "BEGIN ATOMIC\n SELECT lower($1);\nEND"));
        all(Traces.NONE, "internal", List.of("lower", "numeric_add"));
        all(Traces.NONE, "c", List.of("set_config"));
        assertEquals(Traces.NONE, RoutineSource.traces("plpython3u", false, "return settings[x]"));
    }

    @Test
    void codeThatNamesItsTablesWhenItRuns() {
        all(Traces.OF_UNKNOWN_NAMES, "plpgsql", List.of(
                "begin execute format('insert into %I values ($1.*)', tg_argv[0]) using new; return null; end",
                "begin execute format('insert into %1$I.%2$I (a, b) values (%L, 100 %%)', s, t, x); end",
                "begin execute format('update %I set a = %L where b = %L', t, x, y) into z; end"));
    }
}
