# Statements without tables.

-- same
SELECT 1

-- same
SELECT 1 AS one, 'text' AS two, NULL AS three, true AS four, 1.50 AS five

-- same
SELECT

-- same
SELECT 1 + 1, 'a' || 'b', 2 ^ 3, 7 / 2, 7 % 2, -7, 7.0 / 2

-- same
SELECT generate_series(1, 3)

-- same
SELECT * FROM generate_series(1, 3) AS g (i) WHERE i > 1

-- same
SELECT unnest(ARRAY['a', 'b'])

-- same
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) v (n, t)

-- same
SELECT upper('x'), length('größe'), substring('abc' FROM 2), position('b' IN 'abc'), extract(year FROM date '2025-03-01'), overlay('abc' PLACING 'x' FROM 2)

-- same
SELECT coalesce(NULL, 1), nullif(1, 1), greatest(1, 2), least(1, 2), CASE 1 WHEN 1 THEN 'one' END

-- same
SELECT date '2025-01-01' + interval '1 month', timestamptz '2025-01-01 00:00:00+00', '1 day'::interval

-- same
SELECT ARRAY[1, 2], ARRAY[[1], [2]], '{1,2}'::int[], ROW(1, 'a'), (ARRAY[1, 2])[1]

-- same
SELECT '{"a": [1, 2]}'::jsonb -> 'a' -> 0, '{"a": 1}'::jsonb ->> 'a', '{"a": 1}'::jsonb @> '{"a": 1}', '[1]'::json

-- same
SELECT 'abc' LIKE 'a%', 'abc' ~ '^a', 'abc' ILIKE 'A%', 'abc' SIMILAR TO 'a%', 1 IN (1, 2), 1 BETWEEN 0 AND 2

-- same
SELECT E'a\nb', U&'\0061', $tag$it's$tag$, B'101', X'1F', 1e3, .5

-- same
SELECT current_user, session_user, current_schema, current_catalog = current_database()

-- same
SELECT '\x00ff'::bytea, 'f'::char, 'x'::name, 5::oid, '(1,2)'::point

-- same
SELECT pg_typeof(1), pg_typeof('a'), pg_typeof(1.5)

-- same
-- params: 7
SELECT $1::int + 1

-- same
-- params: 'a', 7::int4, null
SELECT $1 || 'b', $2 + 1, $3

-- same
-- extended
-- params: '{1,2}'::_int4
SELECT unnest($1), array_length($1, 1)

-- error 08P01
-- extended
SELECT $1

-- error 22012
SELECT 1 / 0

-- error 42883
-- own text
SELECT no_such_function(1)

-- error 42601
SELEC 1

-- error 42601
SELECT 1 +

-- error 42601
SELECT 'unfinished

-- error 42601
SELECT 1 FROM WHERE

-- error 42703
SELECT nothing

# Nothing at all.

-- same
;

-- same
--only a comment

-- same
/* only a comment */ ;

# Settings.

-- same
SHOW server_version

-- same
SHOW transaction_isolation

-- same
SET work_mem = '5MB'

-- same
SHOW work_mem

-- same
SELECT current_setting('work_mem')

-- same
RESET work_mem

-- same
SHOW work_mem

-- same
SET application_name TO 'parity 2'

-- same
SHOW application_name

-- same
SET datestyle = 'German'

-- same
SELECT date '2025-01-02'

-- same
SELECT placed_at FROM orders WHERE customer_id = 2

-- same
RESET datestyle

-- same
SET TIME ZONE 'Asia/Tokyo'

-- same
SELECT created_at FROM customers WHERE id = 7

-- same
SELECT created_at FROM customers WHERE id = 1

-- same
SET TIME ZONE DEFAULT

-- same
SET search_path = pg_catalog, public

-- same
SELECT name FROM customers WHERE id = 7

-- same
SET search_path TO DEFAULT

-- same
SET extra_float_digits = 0

-- same
SELECT f, r FROM middle WHERE k = 7

-- same
RESET ALL

-- same
SELECT f, r FROM middle WHERE k = 7

-- error 42704
SET no_such_setting = 1

-- error 22023
SET work_mem = 'much'

-- error 42704
SHOW no_such_setting

-- same
SELECT set_config('work_mem', '6MB', false)

-- same
SHOW work_mem

-- same
SELECT current_setting('work_mem'), name FROM customers WHERE id = 1

-- error 22023
SELECT set_config('work_mem', 'much', false)

-- same
SHOW work_mem

-- same
SELECT set_config('search_path', 'pg_catalog, public', false)

-- same
SELECT name FROM customers WHERE id = 7

-- same
SHOW search_path

-- same
RESET search_path

-- same
BEGIN

-- same
SELECT name FROM customers WHERE id = 1

-- same
SELECT set_config('work_mem', '7MB', true)

-- same
SELECT current_setting('work_mem'), name FROM customers WHERE id = 1

-- same
SELECT current_setting('work_mem'), name FROM customers WHERE id = 5

-- same
COMMIT

-- same
SHOW work_mem

-- same
BEGIN

-- same
SELECT set_config('work_mem', '8MB', false)

-- same
ROLLBACK

-- same
SELECT current_setting('work_mem'), name FROM customers WHERE id = 5

-- same
DISCARD ALL
