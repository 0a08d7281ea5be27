# Hibernate
select c1_0.id,c1_0.email,c1_0.name,c1_0.version from customer c1_0 where c1_0.id=$1
select o1_0.customer_id,o1_0.id,o1_0.placed_at,o1_0.status from orders o1_0 where o1_0.customer_id=$1 order by o1_0.placed_at desc offset $2 rows fetch first $3 rows only
select c1_0.id,c1_0.name,o1_0.customer_id,o1_0.id,o1_0.total from customer c1_0 left join orders o1_0 on c1_0.id=o1_0.customer_id where c1_0.id in ($1,$2,$3)
select distinct c1_0.id from customer c1_0 join c1_0_tags t1_0 on t1_0.c_id=c1_0.id where t1_0.tag=$1
select count(o1_0.id) from orders o1_0 where o1_0.customer_id=$1 and o1_0.status<>$2
insert into customer (created,email,name,version,id) values ($1,$2,$3,$4,$5)
insert into orders (customer_id,placed_at,status,total,id) values ($1,$2,$3,$4,default)
update customer set email=$1,name=$2,version=$3 where id=$4 and version=$5
delete from orders where id=$1 and version=$2
select nextval('customer_seq')
select o1_0.id from orders o1_0 where o1_0.id=$1 for no key update
select o1_0.id from orders o1_0 where o1_0.customer_id=$1 for update of o1_0 skip locked
select u1_0.id from app_user u1_0 where lower(u1_0.email) like lower($1) escape '\'
select i1_0.id,i1_0.sku from item i1_0 where (i1_0.sku,i1_0.region) in (($1,$2),($3,$4))
select e1_0.id,case e1_0.kind when 0 then 'a' when 1 then 'b' else 'c' end from event e1_0 where e1_0.at between $1 and $2
select a1_0.id from account a1_0 where exists(select 1 from membership m1_0 where m1_0.account_id=a1_0.id and m1_0.user_id=$1)
with recent as (select o1_0.id c0,o1_0.total c1 from orders o1_0 where o1_0.placed_at>$1) select r1_0.c0 from recent r1_0 where r1_0.c1>$2
select extract(year from o1_0.placed_at),sum(o1_0.total) from orders o1_0 where o1_0.customer_id=$1 group by extract(year from o1_0.placed_at) order by 1
select p1_0.id,p1_0.payload from payload p1_0 where p1_0.id=cast($1 as uuid)
select coalesce(max(o1_0.seq),0)+1 from orders o1_0 where o1_0.customer_id=$1
delete from tag t1_0 where t1_0.name in (select n1_0.name from stale_names n1_0)
insert into audit(id,what) select a1_0.id,'moved' from account a1_0 where a1_0.region=$1
# Django
SELECT "shop_order"."id", "shop_order"."customer_id", "shop_order"."status", "shop_order"."total" FROM "shop_order" WHERE "shop_order"."id" = 42 LIMIT 21
SELECT "shop_order"."id" FROM "shop_order" WHERE ("shop_order"."customer_id" = 7 AND NOT ("shop_order"."status" = 'draft' AND "shop_order"."status" IS NOT NULL)) ORDER BY "shop_order"."created" DESC
SELECT COUNT(*) AS "__count" FROM "shop_order" WHERE "shop_order"."customer_id" = 7
SELECT (1) AS "a" FROM "auth_user" WHERE "auth_user"."username" = 'bob' LIMIT 1
SELECT "auth_user"."id", "auth_user"."username" FROM "auth_user" INNER JOIN "auth_user_groups" ON ("auth_user"."id" = "auth_user_groups"."user_id") WHERE "auth_user_groups"."group_id" IN (1, 2, 3)
INSERT INTO "shop_order" ("customer_id", "status", "total", "created") VALUES (7, 'new', '12.50', '2024-01-02T03:04:05+00:00'::timestamptz) RETURNING "shop_order"."id"
INSERT INTO "shop_item" ("order_id", "sku", "qty") VALUES (1, 'a', 2), (1, 'b', 1), (1, 'c', 5) RETURNING "shop_item"."id"
INSERT INTO "shop_tag" ("name") VALUES ('x') ON CONFLICT DO NOTHING
INSERT INTO "shop_stock" ("sku", "qty") VALUES ('a', 5) ON CONFLICT("sku") DO UPDATE SET "qty" = EXCLUDED."qty"
UPDATE "shop_order" SET "status" = 'paid', "updated" = '2024-01-02T03:04:05+00:00'::timestamptz WHERE "shop_order"."id" = 42
UPDATE "shop_stock" SET "qty" = ("shop_stock"."qty" - 1) WHERE ("shop_stock"."sku" = 'a' AND "shop_stock"."qty" >= 1)
UPDATE "shop_order" SET "status" = CASE WHEN ("shop_order"."total" > '100'::numeric(10, 2)) THEN 'big' ELSE 'small' END WHERE "shop_order"."customer_id" = 7
DELETE FROM "django_session" WHERE "django_session"."session_key" IN ('abc')
DELETE FROM "shop_item" WHERE "shop_item"."order_id" IN (SELECT U0."id" FROM "shop_order" U0 WHERE U0."customer_id" = 7)
SELECT DATE_TRUNC('day', "shop_order"."created" AT TIME ZONE 'UTC') AS "day", SUM("shop_order"."total") AS "sum" FROM "shop_order" WHERE "shop_order"."customer_id" = 7 GROUP BY 1 HAVING SUM("shop_order"."total") > '10'::numeric ORDER BY 1 ASC
SELECT "shop_product"."id" FROM "shop_product" WHERE UPPER("shop_product"."name"::text) LIKE UPPER('%lamp%')
SELECT "shop_product"."id" FROM "shop_product" WHERE "shop_product"."data" @> '{"color": "red"}'::jsonb
SELECT "shop_product"."id", ("shop_product"."data" ->> 'color') AS "color" FROM "shop_product" WHERE ("shop_product"."data" -> 'size') = '"L"'::jsonb
SELECT "shop_product"."id" FROM "shop_product" WHERE "shop_product"."tags" && ARRAY['a', 'b']::varchar(20)[]
SELECT "shop_product"."id" FROM "shop_product" WHERE "shop_product"."data" ? 'color'
SELECT "shop_order"."id" FROM "shop_order" WHERE EXTRACT(MONTH FROM "shop_order"."created" AT TIME ZONE 'UTC') = 5 FOR UPDATE
SELECT "shop_order"."id", ROW_NUMBER() OVER (PARTITION BY "shop_order"."customer_id" ORDER BY "shop_order"."created" DESC) AS "rank" FROM "shop_order"
SELECT "auth_user"."id", (SELECT COUNT(U0."id") AS "c" FROM "shop_order" U0 WHERE U0."customer_id" = ("auth_user"."id")) AS "orders" FROM "auth_user" WHERE "auth_user"."id" = 3
SELECT "shop_order"."id" FROM "shop_order" WHERE "shop_order"."id" = ANY(ARRAY[1, 2, 3]::bigint[])
(SELECT "shop_order"."id" FROM "shop_order" WHERE "shop_order"."customer_id" = 1) UNION (SELECT "shop_order"."id" FROM "shop_order" WHERE "shop_order"."customer_id" = 2) ORDER BY 1 LIMIT 5
SAVEPOINT "s140123_x1"
RELEASE SAVEPOINT "s140123_x1"
ROLLBACK TO SAVEPOINT "s140123_x1"
SELECT "django_migrations"."app", "django_migrations"."name" FROM "django_migrations"
SELECT set_config('TimeZone', 'UTC', false)
# Rails
SELECT "users".* FROM "users" WHERE "users"."email" = $1 LIMIT $2
SELECT "posts".* FROM "posts" WHERE "posts"."user_id" = $1 ORDER BY "posts"."created_at" DESC LIMIT $2 OFFSET $3
SELECT 1 AS one FROM "users" WHERE "users"."email" = $1 AND "users"."id" != $2 LIMIT $3
SELECT COUNT(DISTINCT "posts"."id") FROM "posts" LEFT OUTER JOIN "comments" ON "comments"."post_id" = "posts"."id" WHERE "posts"."user_id" = $1
INSERT INTO "posts" ("title", "body", "user_id", "created_at", "updated_at") VALUES ($1, $2, $3, $4, $5) RETURNING "id"
INSERT INTO "posts" ("title","user_id") VALUES ('a', 1), ('b', 2) ON CONFLICT ("title") DO UPDATE SET updated_at=(CASE WHEN ("posts"."user_id" IS NOT DISTINCT FROM excluded."user_id") THEN "posts".updated_at ELSE CURRENT_TIMESTAMP END),"user_id"=excluded."user_id" RETURNING "id"
UPDATE "posts" SET "title" = $1, "updated_at" = $2 WHERE "posts"."id" = $3
UPDATE "posts" SET "comments_count" = COALESCE("posts"."comments_count", 0) + $1 WHERE "posts"."id" = $2
DELETE FROM "posts" WHERE "posts"."id" = $1
DELETE FROM "comments" WHERE "comments"."id" IN (SELECT "comments"."id" FROM "comments" WHERE "comments"."post_id" = $1 LIMIT $2)
SELECT "users".* FROM "users" WHERE "users"."role" IN ($1, $2) AND ("users"."banned_at" IS NULL OR "users"."banned_at" > '2024-01-01')
SELECT "orders".* FROM "orders" WHERE (total > 100 AND created_at BETWEEN '2024-01-01' AND '2024-02-01') ORDER BY RANDOM() LIMIT 1
SELECT "tags"."name", COUNT(*) AS count_all FROM "tags" INNER JOIN "taggings" ON "tags"."id" = "taggings"."tag_id" GROUP BY "tags"."name" ORDER BY count_all DESC, "tags"."name" ASC NULLS LAST
SELECT "jobs".* FROM "jobs" WHERE "jobs"."queue" = $1 ORDER BY "jobs"."priority" ASC LIMIT $2 FOR UPDATE SKIP LOCKED
SELECT pg_try_advisory_lock(8237461982374)
SELECT c.relname FROM pg_class c LEFT JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY (current_schemas(false)) AND c.relkind IN ('r','v','m','p','f')
SELECT a.attname, format_type(a.atttypid, a.atttypmod), pg_get_expr(d.adbin, d.adrelid), a.attnotnull FROM pg_attribute a LEFT JOIN pg_attrdef d ON a.attrelid = d.adrelid AND a.attnum = d.adnum WHERE a.attrelid = '"users"'::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
SELECT t.oid, t.typname FROM pg_type as t WHERE t.typname IN ('int2', 'int4', 'int8', 'oid', 'float4', 'float8', 'numeric', 'bool', 'timestamp', 'timestamptz')
SHOW max_identifier_length
SET client_min_messages TO 'warning'
SET standard_conforming_strings = on
SET SESSION timezone TO 'UTC'
BEGIN ISOLATION LEVEL READ COMMITTED
COMMIT
# SQLAlchemy
SELECT users.id, users.name, users.fullname FROM users WHERE users.name = $1::VARCHAR
SELECT users.id AS users_id, addresses.id AS addresses_id FROM users JOIN addresses ON users.id = addresses.user_id WHERE addresses.email_address IN ($1::VARCHAR, $2::VARCHAR)
INSERT INTO users (name, fullname) VALUES ($1::VARCHAR, $2::VARCHAR) RETURNING users.id
INSERT INTO data (id, x) SELECT p0::INTEGER, p1::VARCHAR FROM (VALUES ($1::INTEGER, $2::VARCHAR, 0), ($3, $4, 1)) AS imp_sen(p0, p1, sen_counter) ORDER BY sen_counter RETURNING data.id, data.id AS id__1
UPDATE users SET fullname=$1::VARCHAR WHERE users.name = $2::VARCHAR RETURNING users.id, users.name
DELETE FROM users WHERE users.name = $1::VARCHAR RETURNING users.id
SELECT anon_1.id FROM (SELECT orders.id AS id, row_number() OVER (PARTITION BY orders.customer_id ORDER BY orders.created DESC) AS rn FROM orders) AS anon_1 WHERE anon_1.rn = $1::INTEGER
SELECT a.id FROM a WHERE a.data[$1::INTEGER] = $2::VARCHAR AND a.tags @> ARRAY[$3::VARCHAR]
SELECT t.id FROM t WHERE (t.payload ->> $1::TEXT) IS NOT NULL AND CAST((t.payload #>> $2::TEXT[]) AS INTEGER) > $3::INTEGER
SELECT pg_catalog.pg_class.relname FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace ON pg_catalog.pg_namespace.oid = pg_catalog.pg_class.relnamespace WHERE pg_catalog.pg_class.relname = $1::VARCHAR AND pg_catalog.pg_class.relkind = ANY (ARRAY[$2::VARCHAR, $3::VARCHAR]) AND pg_catalog.pg_table_is_visible(pg_catalog.pg_class.oid)
select pg_catalog.version()
select current_schema()
show standard_conforming_strings
SELECT tree.id FROM tree WHERE tree.path OPERATOR(pg_catalog.=) $1::TEXT
SELECT sum(o.total) FILTER (WHERE o.status = $1::VARCHAR) AS paid, count(*) AS n FROM o WHERE o.customer_id = $2::INTEGER
SELECT t.a FROM t TABLESAMPLE bernoulli(10) REPEATABLE (42)
SELECT x.n FROM generate_series($1::INTEGER, $2::INTEGER) WITH ORDINALITY AS x(n, o)
SELECT ts.id FROM ts WHERE to_tsvector('english', ts.body) @@ plainto_tsquery('english', $1::VARCHAR)
# Prisma
SELECT "public"."User"."id", "public"."User"."email" FROM "public"."User" WHERE ("public"."User"."email" = $1 AND 1=1) LIMIT $2 OFFSET $3
INSERT INTO "public"."User" ("email","name") VALUES ($1,$2) RETURNING "public"."User"."id", "public"."User"."email"
UPDATE "public"."User" SET "name" = $1 WHERE ("public"."User"."id" = $2 AND 1=1) RETURNING "public"."User"."id"
DELETE FROM "public"."User" WHERE ("public"."User"."id" IN ($1,$2) AND 1=1)
SELECT COUNT(*) FROM (SELECT "public"."Post"."id" FROM "public"."Post" WHERE "public"."Post"."published" = $1 OFFSET $2) AS "sub"
INSERT INTO "public"."User" ("id","email") VALUES ($1,$2) ON CONFLICT ("id") DO UPDATE SET "email" = $3 WHERE ("public"."User"."id" = $4 AND 1=1) RETURNING "public"."User"."id"
SELECT "t0"."id", "t0"."name", COALESCE("t1"."__prisma_data__", '[]'::jsonb) AS "posts" FROM "public"."User" AS "t0" LEFT JOIN LATERAL (SELECT JSONB_AGG("__prisma_data__") AS "__prisma_data__" FROM (SELECT "t3"."__prisma_data__" FROM (SELECT JSONB_BUILD_OBJECT('id', "t2"."id") AS "__prisma_data__" FROM "public"."Post" AS "t2" WHERE "t0"."id" = "t2"."authorId") AS "t3") AS "t4") AS "t1" ON true WHERE "t0"."id" = $1 LIMIT $2
SELECT "public"."Post"."id" FROM "public"."Post" WHERE ("public"."Post"."title"::text ILIKE $1 AND "public"."Post"."id" NOT IN (SELECT "j"."A" FROM "public"."_X" AS "j" WHERE "j"."B" IS NOT NULL)) ORDER BY "public"."Post"."id" ASC
SELECT "orderby_1"."orderby_aggregator" FROM "public"."User" LEFT JOIN (SELECT "public"."Post"."authorId", COUNT(*) AS "orderby_aggregator" FROM "public"."Post" WHERE 1=1 GROUP BY "public"."Post"."authorId") AS "orderby_1" ON ("public"."User"."id" = "orderby_1"."authorId") WHERE 1=1 ORDER BY COALESCE("orderby_1"."orderby_aggregator", 0) DESC
BEGIN
ROLLBACK
DEALLOCATE ALL
# jOOQ
select "public"."book"."id", "public"."book"."title" from "public"."book" where "public"."book"."author_id" = $1 order by "public"."book"."title" fetch next $2 rows only
select count(*) over () as "total", "a"."id" from "author" as "a" where ("a"."last_name" ilike $1 and "a"."year_of_birth" >= $2)
insert into "public"."author" ("id", "first_name", "last_name") values ($1, $2, $3), ($4, $5, $6) on conflict ("id") do nothing returning "public"."author"."id"
update "public"."author" set ("first_name", "last_name") = (select "x"."f", "x"."l" from "x" where "x"."id" = "author"."id") where "id" = $1
update "public"."author" set ("first_name", "last_name") = row ($1, $2) where "id" = $3
merge into "book" using (values ($1, $2)) as "s"("id", "title") on "book"."id" = "s"."id" when matched then update set "title" = "s"."title" when not matched then insert ("id", "title") values ("s"."id", "s"."title")
delete from "book" using "author" where ("book"."author_id" = "author"."id" and "author"."deleted")
select "a"."id", array(select "b"."title" from "book" as "b" where "b"."author_id" = "a"."id" order by 1) as "titles" from "author" as "a" where "a"."id" = $1
select * from (values (1, 'a'), (2, 'b')) as "t"("i", "s") where "t"."i" between symmetric $1 and $2
select "x" from "t" where ("a", "b") > ($1, $2) order by "a", "b" limit $3
select grouping("region"), "region", "product", sum("amount") from "sales" group by grouping sets (("region", "product"), ("region"), ()) order by 1
select "region", sum("amount") from "sales" group by rollup ("region", "product"), cube ("year")
select nth_value("x", 2) over (partition by "g" order by "t" rows between 1 preceding and unbounded following exclude current row) from "s"
select first_value("x") over "w", last_value("x") over ("w" range between current row and '1 day' following) from "s" window "w" as (partition by "g" order by "t")
select percentile_cont(0.5) within group (order by "amount") from "sales" where "region" = $1
with recursive "t"("n") as (select 1 union all select "n" + 1 from "t" where "n" < 10) select sum("n") from "t"
select "j".* from "docs", json_table("docs"."body", '$.items[*]' columns ("id" int path '$.id', "tags" text format json path '$.tags')) as "j" where "docs"."id" = $1
# Entity Framework, Go, Node, hand-written
SELECT b."BlogId", b."Url" FROM "Blogs" AS b WHERE b."BlogId" = @1
SELECT p."PostId" FROM "Posts" AS p WHERE p."Tags" @> ARRAY['x']::text[] AND date_part('year', p."At")::int = 2024 ORDER BY p."PostId" NULLS FIRST LIMIT 10
INSERT INTO "Blogs" ("Url") VALUES ('x') RETURNING "BlogId", xmin
SELECT * FROM "users" WHERE "users"."deleted_at" IS NULL AND "users"."id" = 10 ORDER BY "users"."id" LIMIT 1
INSERT INTO "users" ("created_at","name") VALUES ('2024-01-02 03:04:05.678','a') ON CONFLICT ("id") DO UPDATE SET "name"="excluded"."name" RETURNING "id"
UPDATE "users" SET "age"=age + 1 WHERE id = 10 AND "users"."deleted_at" IS NULL
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
SELECT id, name FROM users WHERE tenant_id = $1 AND id = ANY($2::bigint[])
SELECT u.* FROM unnest($1::uuid[], $2::text[]) AS x(id, name) JOIN users u ON u.id = x.id
INSERT INTO events (tenant_id, kind, at) SELECT * FROM unnest($1::int[], $2::text[], $3::timestamptz[])
WITH moved AS (DELETE FROM queue WHERE id IN (SELECT id FROM queue WHERE tenant_id = $1 ORDER BY id LIMIT 10 FOR UPDATE SKIP LOCKED) RETURNING *) INSERT INTO done SELECT * FROM moved
WITH s AS MATERIALIZED (SELECT id FROM t WHERE tenant_id = $1), n AS NOT MATERIALIZED (SELECT 1 AS one) SELECT * FROM s, n
SELECT DISTINCT ON (customer_id) customer_id, id FROM orders ORDER BY customer_id, created DESC
SELECT * FROM a NATURAL JOIN b FULL OUTER JOIN c USING (id, x) CROSS JOIN d
SELECT * FROM a JOIN b JOIN c ON b.id = c.id ON a.id = b.id WHERE a.id = 1
SELECT * FROM ONLY parent p, LATERAL (SELECT * FROM child WHERE child.pid = p.id LIMIT 3) c
SELECT (addr).city, (f(x)).*, arr[1], arr[2:3], m[1][2], row(1, 2) FROM t
SELECT a, b FROM t WHERE a IS NOT DISTINCT FROM $1 AND b IS DISTINCT FROM $2 AND c IS UNKNOWN AND d IS NOT TRUE
SELECT - x ^ 2, + y, NOT z, @ w, a % 3, b || c, d << 2, e # f, ~ g FROM t
SELECT now() - interval '1 day', interval '2' month, date '2024-01-02', timestamp with time zone '2024-01-02 03:04:05+00', time '12:00'
SELECT E'it\'s', $$dollar$$, $tag$in $$ it$tag$, U&'\0061bc', B'101', X'1F', N'n' FROM dual
SELECT 1.5e3, .5, 1_000_000, 0x1F, 0b11, 0o17
SELECT cast(a AS double precision), b::character varying(10), c::timestamp(3) without time zone, d::"char", e::public.my_type[], f::bit varying(8) FROM t
SELECT substring(a from 2 for 3), substring(b similar 'x' escape '#'), position('x' in c), overlay(d placing 'y' from 1), trim(both 'z' from e), trim(leading from f) FROM t
SELECT string_agg(DISTINCT name, ',' ORDER BY name), array_agg(x ORDER BY y DESC NULLS LAST), count(*) FILTER (WHERE z) FROM t GROUP BY ALL (g), h
SELECT * FROM orders o WHERE o.customer_id = 7 AND (o.status = 'a' OR o.status = 'b') AND o.total > all (select total from limits) AND o.k = some (array[1, 2])
SELECT * FROM t WHERE a LIKE ANY (ARRAY['x%', 'y%']) AND b NOT ILIKE ALL ($1) AND c ~* 're' AND d !~ 'x' AND e NOT SIMILAR TO 'y|z'
SELECT * FROM t WHERE (start_at, end_at) OVERLAPS (date '2024-01-01', interval '1 month')
SELECT embedding <-> '[1,2,3]' AS distance FROM items WHERE tenant_id = 4 ORDER BY embedding <=> $1 LIMIT 5
SELECT name FROM places WHERE geom && ST_MakeEnvelope(1, 2, 3, 4, 4326) AND ST_DWithin(geom, $1::geography, 100)
SELECT größe, "Straße", naïve FROM straßen WHERE größe = 'é'
SELECT value, year, rank, date, key, type, name, text, user_id, position, "order", "select" FROM t WHERE value = 1 AND key = 'k'
SELECT t.value AS value, t.end, t.user, t.limit FROM t AS t
SELECT 1 AS "from", 2 AS order, 3 AS select
SELECT a FROM t UNION ALL SELECT b FROM u INTERSECT SELECT c FROM v EXCEPT DISTINCT SELECT d FROM w ORDER BY 1 LIMIT ALL
VALUES (1, 'a'), (2, DEFAULT), (3, NULL)
TABLE orders ORDER BY id LIMIT 5
SELECT FROM t WHERE EXISTS (SELECT)
SELECT * INTO TEMP copy_of FROM t WHERE a = 1
SELECT JSON_OBJECT('a' VALUE 1, 'b': 2 ABSENT ON NULL RETURNING jsonb), JSON_ARRAY(1, 2 NULL ON NULL), JSON_ARRAYAGG(x ORDER BY x), JSON_VALUE(d, '$.a' RETURNING int DEFAULT 0 ON EMPTY ERROR ON ERROR), d IS JSON OBJECT WITH UNIQUE KEYS FROM t
SELECT xmlelement(name foo, xmlattributes(a AS b), 'c'), xmlforest(a, b AS c), xmlparse(document d), xmlserialize(content e AS text), xmlexists('//x' PASSING f) FROM t
SELECT CURRENT_DATE, CURRENT_TIMESTAMP(3), LOCALTIME, CURRENT_USER, SESSION_USER, CURRENT_SCHEMA, CURRENT_CATALOG
SELECT f(a => 1, b := 2, VARIADIC c), g(), pg_catalog.lower('X'), left('abc', 1), right(x, 2)
SELECT id FROM t FETCH FIRST ROW WITH TIES
SELECT id FROM t ORDER BY id USING > OFFSET 5 FETCH NEXT 10 ROWS ONLY FOR KEY SHARE NOWAIT FOR UPDATE OF t
UPDATE t AS x SET a[1] = 5, b.c = DEFAULT, (d, e) = (1, 2) FROM u WHERE u.id = x.id AND x.tenant_id = $1 RETURNING WITH (OLD AS o, NEW AS n) o.a, n.*
UPDATE t SET a = 1 WHERE CURRENT OF my_cursor
DELETE FROM t * USING u JOIN v ON u.id = v.id WHERE t.id = u.id RETURNING t.*, 1 AS one
INSERT INTO t DEFAULT VALUES RETURNING *
INSERT INTO t AS x (a, b[1]) OVERRIDING SYSTEM VALUE (SELECT 1, 2) ON CONFLICT (lower(a) COLLATE "C" text_ops, b) WHERE a > 0 DO UPDATE SET b = x.b || excluded.b WHERE x.a <> 3
INSERT INTO t VALUES (1, 2) ON CONFLICT ON CONSTRAINT t_pkey DO NOTHING
MERGE INTO accounts a USING updates u ON a.id = u.id AND a.tenant_id = $1 WHEN MATCHED AND u.del THEN DELETE WHEN MATCHED THEN UPDATE SET n = a.n + u.n WHEN NOT MATCHED BY SOURCE THEN DO NOTHING WHEN NOT MATCHED BY TARGET THEN INSERT (id, n) VALUES (u.id, u.n) RETURNING merge_action(), a.*
WITH RECURSIVE g(id, path) AS (SELECT 1, ARRAY[1] UNION SELECT e.b, path || e.b FROM e JOIN g ON e.a = g.id) SEARCH DEPTH FIRST BY id SET o CYCLE id SET c TO true DEFAULT false USING p SELECT * FROM g
SELECT * FROM ROWS FROM (f(1) AS (a int, b text), g(2)) WITH ORDINALITY AS x(a, b, c, n)
SELECT * FROM json_to_record('{"a":1}') AS x(a int, b text)
SELECT * FROM ((a JOIN b ON a.id = b.id) AS j JOIN (SELECT 1 AS id) k USING (id) AS jk)
SELECT CASE WHEN a = 1 THEN 'x' WHEN a IN (2, 3) THEN 'y' ELSE NULL END, NULLIF(a, 0), GREATEST(a, b), LEAST(1, 2) FROM t
SELECT a FROM t WHERE a = 1 AND b = 'x'::uuid AND (c)::int = 3 AND ((d = 4)) AND e BETWEEN 1 AND 2 AND NOT f
/* trunkline: key=42 */ SELECT * FROM orders WHERE status = 'open'
select /* nested /* comment */ here */ 1 -- and a line
# what sessions do besides
EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT * FROM t WHERE id = 1
EXPLAIN (ROUTE) UPDATE t SET a = 1 WHERE id = $1
COPY orders (id, total) FROM STDIN WITH (FORMAT csv, HEADER true)
COPY (SELECT * FROM orders WHERE customer_id = 7) TO STDOUT
PREPARE p (int) AS SELECT * FROM orders WHERE customer_id = $1
EXECUTE p (7)
DEALLOCATE p
DECLARE c CURSOR WITH HOLD FOR SELECT * FROM orders
FETCH FORWARD 100 FROM c
CLOSE c
LISTEN jobs
NOTIFY jobs, '42'
UNLISTEN *
DISCARD ALL
RESET ALL
SHOW TRANSACTION ISOLATION LEVEL
SET LOCAL statement_timeout = '5s'
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ
LOCK TABLE orders IN SHARE MODE
TRUNCATE orders, items RESTART IDENTITY CASCADE
CALL refresh_totals($1)
DO $$ BEGIN PERFORM 1; END $$
VACUUM (ANALYZE) orders
CREATE TABLE orders (id bigserial PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers (id), total numeric(12,2) DEFAULT 0)
CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_customer ON orders (customer_id, lower(status))
ALTER TABLE orders ADD COLUMN note text, ALTER COLUMN status SET NOT NULL
DROP TABLE IF EXISTS orders CASCADE
CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT a + 1; END
GRANT SELECT, INSERT ON orders TO app
