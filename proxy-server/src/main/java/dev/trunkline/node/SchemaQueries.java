package dev.trunkline.node;

import dev.trunkline.value.PgOid;

/**
 * What is asked of a node's system catalogs, for PostgreSQL 15 to 18. Everything runs with {@code search_path = pg_catalog},
 * so that names of the user's own objects come out qualified.
 */
final class SchemaQueries {

    /** Namespaces that are not the user's; {@code trunkline} is ours. */
    private static final String USER_NAMESPACE = "(n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'trunkline'))";

    private static final String USER_RELATION = USER_NAMESPACE
            + " and c.relpersistence <> 't' and c.relkind in ('r','p','v','m','f','S')";

    /** The columns for the locales are called differently in the versions. */
    static final String SERVER = """
            select current_setting('server_version_num')::int, current_setting('server_version'),
                   current_setting('server_encoding'), pg_is_in_recovery(),
                   (select oid from pg_database where datname = current_database()),
                   case when has_function_privilege('pg_control_system()', 'execute')
                        then (select system_identifier || '/' || extract(epoch from pg_postmaster_start_time()) from pg_control_system()) end,
                   datlocprovider = 'b' or datcollate in ('C', 'POSIX', 'C.UTF-8', 'C.utf8') and datlocprovider = 'c',
                   concat_ws(' ', case datlocprovider when 'b' then 'builtin' when 'i' then 'icu' else 'libc' end,
                             case when datlocprovider = 'c' then datcollate
                                  else coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale', datcollate) end,
                             to_jsonb(d)->>'daticurules'),
                   pg_database_collation_actual_version(d.oid)
              from pg_database d where datname = current_database()
            """;

    static final String RELATIONS = sql("""
            select c.oid, n.nspname, c.relname, c.relkind, c.relreplident,
                   case when c.relkind = 'v' then pg_relation_is_updatable(c.oid, true) <> 0 else false end,
                   case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) else '' end,
                   c.relkind not in ('v', 'm') and exists (select from pg_rewrite r where r.ev_class = c.oid)
              from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where {relation}
             order by n.nspname, c.relname
            """);

    static final String COLUMNS = sql(
            """
                    with recursive base(oid, typbasetype, typtypmod) as (
                        select oid, typbasetype, typtypmod from pg_type where typtype = 'd'
                        union all
                        select b.oid, t.typbasetype, t.typtypmod from base b join pg_type t on t.oid = b.typbasetype and t.typtype = 'd'
                    ), bottom as (
                        select b.oid, b.typbasetype, b.typtypmod from base b join pg_type t on t.oid = b.typbasetype and t.typtype <> 'd'
                    ), link as (
                        select d.refobjid relation, d.refobjsubid column_number, s.oid sequence, d.deptype = 'i' is_identity
                          from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S'
                         where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype = 'i'
                        union
                        select a.adrelid, a.adnum, s.oid, false
                          from pg_attrdef a join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = a.oid
                               and d.refclassid = 'pg_class'::regclass
                          join pg_class s on s.oid = d.refobjid and s.relkind = 'S'
                    ), serial as (
                        select relation, column_number, max(sequence) sequence, bool_or(is_identity) is_identity from link
                         group by relation, column_number
                    )
                    select a.attrelid, a.attname, a.atttypid, format_type(a.atttypid, a.atttypmod), format_type(a.atttypid, null),
                           a.atttypmod, coalesce(b.typbasetype, a.atttypid),
                           case when b.oid is null then a.atttypmod else b.typtypmod end,
                           format_type(coalesce(b.typbasetype, a.atttypid), null), a.attnotnull, a.attidentity <> '', a.attgenerated <> '',
                           pg_get_expr(d.adbin, d.adrelid),
                           exists (select from pg_depend p where p.classid = 'pg_attrdef'::regclass and p.objid = d.oid
                                      and p.deptype = 'n') or pg_get_expr(d.adbin, d.adrelid) like '%(%',
                           s.sequence, s.is_identity, co.collname, co.collisdeterministic, co.collprovider,
                           co.collcollate in ('C', 'POSIX', 'C.UTF-8', 'C.utf8'),
                           case when co.collprovider <> 'd' then concat_ws(' ',
                               case co.collprovider when 'b' then 'builtin' when 'i' then 'icu' else 'libc' end,
                               coalesce(co.collcollate, to_jsonb(co)->>'colllocale', to_jsonb(co)->>'colliculocale'),
                               to_jsonb(co)->>'collicurules') end,
                           case when co.collprovider <> 'd' then pg_collation_actual_version(co.oid) end,
                           exists (select from pg_depend o where o.classid = 'pg_class'::regclass and o.objid = s.sequence
                                      and o.refobjid = a.attrelid and o.refobjsubid = a.attnum and o.deptype in ('a', 'i'))
                      from pg_attribute a
                      join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
                      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
                      left join bottom b on b.oid = a.atttypid
                      left join pg_collation co on co.oid = a.attcollation
                      left join serial s on s.relation = a.attrelid and s.column_number = a.attnum
                     where a.attnum > 0 and not a.attisdropped and c.relkind <> 'S' and {relation}
                     order by a.attrelid, a.attnum
                    """);

    static final String CONSTRAINTS = sql("""
            select k.conrelid, k.conname, k.contype,
                   array(select a.attname::text from unnest(k.conkey) with ordinality u(number, place)
                           join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.number order by u.place),
                   tn.nspname, t.relname,
                   array(select a.attname::text from unnest(k.confkey) with ordinality u(number, place)
                           join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.number order by u.place),
                   pg_get_constraintdef(k.oid)
              from pg_constraint k
              join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
              left join pg_class t on t.oid = k.confrelid left join pg_namespace tn on tn.oid = t.relnamespace
             where k.contype in ('p', 'u', 'x', 'f', 'c') and {relation}
             order by k.conrelid, k.conname
            """);

    /** Unique indexes that no constraint owns; an expression is an empty name. */
    static final String UNIQUE_INDEXES = sql(
            """
                    select i.indrelid, x.relname,
                           array(select coalesce(a.attname::text, '') from unnest(i.indkey::int2[]) with ordinality u(number, place)
                                   left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = u.number
                                  where u.place <= i.indnkeyatts order by u.place),
                           substring(pg_get_indexdef(i.indexrelid) from ' USING (.*)')
                      from pg_index i join pg_class x on x.oid = i.indexrelid
                      join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
                     where i.indisunique and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))
                       and {relation}
                     order by i.indrelid, x.relname
                    """);

    static final String REPLICA_INDEXES = """
            select i.indrelid, i.indisreplident, i.indisprimary,
                   array(select a.attname::text from unnest(i.indkey::int2[]) with ordinality u(number, place)
                           join pg_attribute a on a.attrelid = i.indrelid and a.attnum = u.number
                          where u.place <= i.indnkeyatts order by u.place)
              from pg_index i where i.indisreplident or i.indisprimary
            """;

    static final String PARENTS = sql("""
            select i.inhrelid, n.nspname, c.relname
              from pg_inherits i join pg_class c on c.oid = i.inhparent join pg_namespace n on n.oid = c.relnamespace
             where {relation}
             order by i.inhrelid, i.inhseqno
            """);

    static final String TRIGGERS = """
            select t.tgrelid, t.tgname, t.tgtype & 2 <> 0, t.tgtype & 64 <> 0, t.tgfoid::regprocedure::text, pg_get_triggerdef(t.oid)
              from pg_trigger t where not t.tgisinternal and t.tgenabled <> 'D'
             order by t.tgrelid, t.tgname
            """;

    /** Relations that a view's query, a rule or a policy uses. */
    static final String READS = sql(
            """
                    select distinct u.owner, n.nspname, c.relname from (
                        select r.ev_class owner, d.refobjid used from pg_rewrite r
                          join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
                        union all
                        select p.polrelid, d.refobjid from pg_policy p
                          join pg_depend d on d.classid = 'pg_policy'::regclass and d.objid = p.oid and d.refclassid = 'pg_class'::regclass
                    ) u join pg_class c on c.oid = u.used join pg_namespace n on n.oid = c.relnamespace
                     where u.owner <> u.used and c.relkind <> 'S' and {relation}
                     order by 1, 2, 3
                    """);

    /** The user's functions that a relation's query, rules, policies, defaults, constraints and indexes call. */
    static final String CALLS = sql(
            """
                    select u.owner, u.function::regprocedure::text, bool_or(u.reading) from (
                        select r.ev_class owner, d.refobjid function, r.ev_type = '1' reading from pg_rewrite r
                          join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_proc'::regclass
                        union all
                        select p.polrelid, d.refobjid, true from pg_policy p
                          join pg_depend d on d.classid = 'pg_policy'::regclass and d.objid = p.oid and d.refclassid = 'pg_proc'::regclass
                        union all
                        select a.adrelid, d.refobjid, false from pg_attrdef a
                          join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = a.oid and d.refclassid = 'pg_proc'::regclass
                        union all
                        select k.conrelid, d.refobjid, false from pg_constraint k
                          join pg_depend d on d.classid = 'pg_constraint'::regclass and d.objid = k.oid and d.refclassid = 'pg_proc'::regclass
                        union all
                        select i.indrelid, d.refobjid, false from pg_index i
                          join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = i.indexrelid and d.refclassid = 'pg_proc'::regclass
                    ) u where u.owner <> 0 and u.function >= {first} group by 1, 2 order by 1, 2
                    """);

    static final String FUNCTIONS = sql(
            """
                    select p.oid, p.oid::regprocedure::text, n.nspname, p.proname, p.prokind, p.provolatile, p.proretset,
                           case when p.prokind = 'a' then (select coalesce(string_agg(x::text, ' '), '') from pg_aggregate x where x.aggfnoid = p.oid)
                                else pg_get_functiondef(p.oid) end,
                           case when l.lanname in ('internal', 'c') then '' else p.prosrc end,
                           l.lanname, coalesce(pg_get_function_sqlbody(p.oid), p.prosrc)
                      from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
                     where {namespace} order by 2
                    """);

    static final String FUNCTION_READS = sql(
            """
                    select distinct d.objid, n.nspname, c.relname
                      from pg_depend d join pg_class c on c.oid = d.refobjid join pg_namespace n on n.oid = c.relnamespace
                     where d.classid = 'pg_proc'::regclass and d.refclassid = 'pg_class'::regclass and {relation} order by 1, 2, 3
                    """);

    static final String FUNCTION_CALLS = sql(
            """
                    select distinct d.objid, d.refobjid::regprocedure::text
                      from pg_depend d
                     where d.classid = 'pg_proc'::regclass and d.refclassid = 'pg_proc'::regclass and d.refobjid >= {first} order by 1, 2
                    """);

    /** Functions of operators, casts, operator classes and types, which run where no statement names them, and what these are. */
    static final String UNNAMED_CALLS = sql(
            """
                    select distinct u.function::regprocedure::text, pg_describe_object(u.class, u.owner, 0) from (
                        select oprcode::oid function, 'pg_operator'::regclass::oid class, oid owner from pg_operator
                        union all select castfunc, 'pg_cast'::regclass, oid from pg_cast
                        union all select amproc::oid, 'pg_amproc'::regclass, oid from pg_amproc
                        union all select d.refobjid, d.classid, d.objid from pg_depend d
                         where d.classid = 'pg_type'::regclass and d.refclassid = 'pg_proc'::regclass
                        union all select d.refobjid, 'pg_type'::regclass, k.contypid from pg_constraint k
                          join pg_depend d on d.classid = 'pg_constraint'::regclass and d.objid = k.oid and d.refclassid = 'pg_proc'::regclass
                         where k.contypid <> 0
                    ) u where u.function >= {first} order by 1, 2
                    """);

    static final String EVENT_TRIGGERS = """
            select distinct evtfoid::regprocedure::text from pg_event_trigger
             where evtenabled <> 'D' and evtevent <> 'login' order by 1
            """;

    static final String TYPES = sql(
            """
                    select format_type(t.oid, null), t.oid, t.typarray,
                           case t.typtype
                             when 'e' then 'enum (' || (select string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder)
                                                          from pg_enum e where e.enumtypid = t.oid) || ')'
                             when 'd' then 'domain over ' || format_type(t.typbasetype, t.typtypmod)
                                           || case when t.typnotnull then ' not null' else '' end
                                           || coalesce(' ' || (select string_agg(pg_get_constraintdef(k.oid), ' ' order by k.conname)
                                                                 from pg_constraint k where k.contypid = t.oid and k.contype = 'c'), '')
                             when 'c' then 'composite (' || (select string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', '
                                                                               order by a.attnum)
                                                               from pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0
                                                                and not a.attisdropped) || ')'
                             when 'r' then 'range over ' || (select format_type(r.rngsubtype, null) from pg_range r where r.rngtypid = t.oid)
                             else 'type' end
                      from pg_type t join pg_namespace n on n.oid = t.typnamespace
                      left join pg_class c on c.oid = t.typrelid
                     where (t.typtype in ('e', 'd', 'r', 'm') or t.typtype = 'b' and t.typcategory <> 'A' or c.relkind = 'c')
                       and {namespace} order by 1
                    """);

    static final String BUILT_IN_FUNCTIONS = """
            select p.proname, string_agg(distinct p.prokind::text, ''), max(strpos('isv', p.provolatile::text)), bool_or(p.proretset)
              from pg_proc p where p.pronamespace in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
             group by p.proname order by p.proname
            """;

    static final String SYSTEM_RELATIONS = """
            select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where n.nspname in ('pg_catalog', 'information_schema') and c.relkind in ('r', 'v') order by 1, 2
            """;

    /**
     * One text that changes with any DDL and, temp tables apart, with little else: the identities and row versions of
     * everything that discovery reads. A change that turns out to change nothing costs one discovery.
     */
    static final String FINGERPRINT = """
            select concat_ws(':', current_setting('server_version_num'), pg_is_in_recovery(),
              (select bit_xor(hash_record_extended(row(c.oid, c.xmin, c.relkind), 1)) from pg_class c
                where c.oid >= %1$s and c.relpersistence <> 't' and c.relkind <> 't'),
              (select bit_xor(hash_record_extended(row(a.attrelid, a.attnum, a.xmin), 2)) from pg_attribute a
                join pg_class c on c.oid = a.attrelid where c.oid >= %1$s and c.relpersistence <> 't' and c.relkind in ('r','p','v','m','f','c')),
              (select bit_xor(hash_record_extended(row(d.oid, d.xmin), 3)) from pg_attrdef d
                join pg_class c on c.oid = d.adrelid where d.adrelid >= %1$s and c.relpersistence <> 't'),
              (select bit_xor(hash_record_extended(row(k.oid, k.xmin), 4)) from pg_constraint k
                left join pg_class c on c.oid = k.conrelid where k.oid >= %1$s and c.relpersistence is distinct from 't'),
              (select bit_xor(hash_record_extended(row(i.indexrelid, i.xmin), 5)) from pg_index i
                join pg_class c on c.oid = i.indexrelid where i.indexrelid >= %1$s and c.relpersistence <> 't'),
              (select bit_xor(hash_record_extended(row(inhrelid, inhparent, xmin), 6)) from pg_inherits),
              (select bit_xor(hash_record_extended(row(oid, xmin), 7)) from pg_trigger where not tgisinternal),
              (select bit_xor(hash_record_extended(row(oid, xmin), 8)) from pg_rewrite where oid >= %1$s),
              (select bit_xor(hash_record_extended(row(oid, xmin), 9)) from pg_proc where oid >= %1$s),
              (select bit_xor(hash_record_extended(row(t.oid, t.xmin), 10)) from pg_type t left join pg_class c on c.oid = t.typrelid
                where t.oid >= %1$s and t.typtype in ('e','d','r','m','b','c') and (c.oid is null or c.relkind = 'c')
                  and t.typcategory <> 'A'),
              (select bit_xor(hash_record_extended(row(oid, xmin), 11)) from pg_enum),
              (select bit_xor(hash_record_extended(row(s.seqrelid, s.xmin), 12)) from pg_sequence s
                join pg_class c on c.oid = s.seqrelid where c.relpersistence <> 't'),
              (select bit_xor(hash_record_extended(row(oid, xmin), 13)) from pg_policy),
              (select bit_xor(hash_record_extended(row(oid, nspname), 14)) from pg_namespace where nspname !~ '^pg_'),
              (select bit_xor(hash_record_extended(row(oid, xmin), 15)) from pg_collation where oid >= %1$s),
              (select bit_xor(hash_record_extended(row(oid, xmin), 17)) from pg_operator where oid >= %1$s),
              (select bit_xor(hash_record_extended(row(oid, xmin), 18)) from pg_cast where oid >= %1$s),
              (select bit_xor(hash_record_extended(row(oid, xmin), 19)) from pg_amproc where oid >= %1$s),
              (select bit_xor(hash_record_extended(row(oid, xmin), 20)) from pg_event_trigger),
              (select bit_xor(hash_record_extended(row(setdatabase, setrole, xmin), 16)) from pg_db_role_setting
                where setdatabase in (0, (select oid from pg_database where datname = current_database()))))
            """
            .formatted(PgOid.FIRST_USER_DEFINED);

    private SchemaQueries() {}

    private static String sql(String text) {
        return text.replace("{relation}", USER_RELATION).replace("{namespace}", USER_NAMESPACE).replace("{first}",
                String.valueOf(PgOid.FIRST_USER_DEFINED));
    }
}
