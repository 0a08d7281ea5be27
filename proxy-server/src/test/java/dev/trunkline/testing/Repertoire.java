package dev.trunkline.testing;

import dev.trunkline.value.PgHash;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a {@link RandomDialog} may say of the table {@code kv}: statements whose answer depends neither on time nor on who asks nor, over
 * several nodes, on which node is the quickest.
 *
 * @param statements texts; {@code {key}} stands for a key, {@code {written}} for one of those that the dialog may write
 * @param keys values of a first parameter
 * @param written sets of keys, of which a dialog writes one: over several nodes a transaction writes on one of them
 * @param values values of further parameters
 * @param copies whether rows are copied in
 * @param calls whether functions are called by their own message
 */
record Repertoire(List<String> statements, List<String> keys, List<List<String>> written, List<String> values,
        boolean copies, boolean calls) {

    /** What is said whatever the number of nodes. */
    private static final List<String> ANYWHERE = List.of("select 1", "select $1::int4 + 1 as n",
            "select g from generate_series(1, 5) g", "values (1, 'a'), (2, null)", "select 1 / 0", "select $1::int4",
            "select * from no_such", "", ";", "set work_mem = '5MB'", "set local work_mem = '6MB'", "show work_mem",
            "set application_name = 'fuzz'", "set no_such_setting = 1", "reset all", "set extra_float_digits = 2",
            "begin", "begin", "commit", "commit", "rollback", "rollback", "savepoint s", "rollback to s", "release s",
            "start transaction read only", "commit and chain", "copy (values (1), (2)) to stdout",
            "copy (values (1)) to stdout (format binary)",
            "declare c cursor for select g from generate_series(1, 4) g", "fetch 2 from c", "fetch all from c",
            "close c", "deallocate s1", "deallocate all", "select 'ž', E'\\x41'", "/* nothing */",
            "explain (costs off) select 1", "select repeat('x', 3000) from generate_series(1, 3)", "select $1");

    private static final List<String> VALUES = List.of("1", "2", "3", "11", "12", "x", "", "-5", "ž", "99999999999");

    static final Repertoire ONE_NODE = new Repertoire(
            and(ANYWHERE, "select v from kv where k = 1",
                    "select k, v from kv where k = $1", "select v from kv where k = $1 and v <> $2",
                    "select k, v from kv where k = 2 for update", "insert into kv values (11, 'eleven')",
                    "insert into kv values ($1, $2)",
                    "insert into kv values ($1, $2) on conflict (k) do nothing returning k",
                    "update kv set v = v || '!' where k = $1", "update kv set v = 'x' where k = 3 returning k, v",
                    "delete from kv where k = 2", "delete from kv where k = $1 returning v", "selec 1",
                    "select 1 / (k - 2) from kv where k = 2", "copy kv from stdin",
                    "copy (select k, v from kv order by k) to stdout",
                    "do $$ begin raise notice 'noticed'; end $$", "do $$ begin raise exception 'raised'; end $$",
                    "lock table kv in share mode", "create table made (a int)", "drop table if exists made"),
            VALUES, List.of(VALUES), VALUES, true, true);

    /** With rows on both halves of 256 virtual shards. */
    static final Repertoire TWO_NODES = overTwoNodes();

    private static Repertoire overTwoNodes() {
        List<String> keys = IntStream.rangeClosed(1, 12).mapToObj(Integer::toString).toList();
        List<List<String>> written = List.of(keys.stream().filter(k -> nodeOf(k) == 0).toList(),
                keys.stream().filter(k -> nodeOf(k) == 1).toList());
        return new Repertoire(
                and(ANYWHERE, "select v from kv where k = {key}", "select v from kv where k = {key}",
                        "select k, v from kv where k = $1", "select k, v from kv where k = $1",
                        "select v from kv where k = $1 and v <> $2", "select k, v from kv order by k",
                        "select k, v from kv order by k", "select v, k from kv order by k desc limit 3",
                        "select k from kv where k > 2 order by k offset 1", "select count(*), sum(k), max(k) from kv",
                        "select k % 2 as odd, count(*) from kv group by 1 order by 1", "select count(*) from kv",
                        "select k, v from kv where k in (1, 2, {key}) order by k",
                        "select k from kv where k in ($1, 3) order by k",
                        "select distinct length(v) as n from kv where k < 7 order by n",
                        "select k, v from kv where k = {written} for update",
                        "select 1 / (k - {key}) from kv where k = {key}", "select no_such from kv order by k",
                        "insert into kv values ({written}, 'new')", "insert into kv values ($1, $2)",
                        "insert into kv values ($1, $2) on conflict (k) do nothing returning k",
                        "update kv set v = v || '!' where k = $1", "update kv set v = v || '?' where k = {written}",
                        "update kv set v = 'x' where k = {written} returning k, v",
                        "delete from kv where k = {written}", "delete from kv where k = $1 returning v",
                        "prepare q as select v from kv where k = $1", "execute q({key})", "execute q({key} + 0)",
                        "execute q(1 / 0)", "execute q((select 1))", "deallocate q",
                        "prepare r(int4) as select k from kv where k < $1 order by k", "execute r(2 * 3)",
                        "execute r(length('x') + {key})", "execute r(now())",
                        "prepare u(int4, text) as update kv set v = $2 where k = $1 returning v",
                        "execute u({written} + 0, 'a' || 'b')"),
                keys, written, List.of("", "x", "ž", "three", "1"), false, false);
    }

    /** Which of two nodes with half of the virtual shards each has a key. */
    static int nodeOf(String key) {
        return PgHash.virtualShard(PgHash.int8(Long.parseLong(key)), 256) / 128;
    }

    private static List<String> and(List<String> some, String... more) {
        List<String> all = new ArrayList<>(some);
        all.addAll(List.of(more));
        return List.copyOf(all);
    }
}
