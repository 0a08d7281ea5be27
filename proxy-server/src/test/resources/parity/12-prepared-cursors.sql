# PREPARE and EXECUTE in SQL: each EXECUTE goes where its arguments say.

-- same
PREPARE by_id AS SELECT name FROM customers WHERE id = $1

-- same
EXECUTE by_id(7)

-- same
EXECUTE by_id('2')

-- same
EXECUTE by_id(-1)

-- error 22P02
-- fan-out
-- own text
-- simple
EXECUTE by_id('x')

-- error 26000
EXECUTE nobody(7)

-- same
PREPARE sums(bigint) AS SELECT count(*), min(id), max(id) FROM customers WHERE id < $1

-- same
-- fan-out
EXECUTE sums(20)

-- same
-- fan-out
EXECUTE sums(10 + 10)

-- error 42804
EXECUTE sums(now())

-- same
-- fan-out
EXECUTE sums(20::int)

-- same
-- fan-out
EXECUTE sums((-1)::bigint)

-- same
-- fan-out
EXECUTE sums('20'::bigint)

-- same
PREPARE typed(date, interval, jsonb, float8, int[], text[], numeric[], bytea, bool[], uuid) AS SELECT id, $1 + $2, $3 -> 'a', $4, $5, $6, $7, $8, $9, $10 FROM customers ORDER BY id LIMIT 2

-- same
-- fan-out
EXECUTE typed('2020-02-29'::date, '1 day'::interval, '{"a": [1, "x"]}'::jsonb, 1.5::float8, ARRAY[1, -2, NULL], ARRAY['a"b', 'c\d', '', NULL], ARRAY[1.50, 2.25], '\x00ff'::bytea, ARRAY[true, false], 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid)

-- same
-- fan-out
EXECUTE typed(date '2020-03-01', '2h', '{"a": null}', -1::int, '{4,5}'::int[], '{x,"y z"}'::text[], ARRAY[1, 2]::numeric[], '\x', '{t}', NULL)

-- same
-- fan-out
EXECUTE typed(NULL, NULL, NULL, 3::float8, ARRAY[7]::int8[], ARRAY['a', 'b']::varchar[], NULL, NULL, NULL, NULL)

-- same
-- fan-out
EXECUTE typed(current_date, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)

-- same
-- fan-out
EXECUTE typed(NULL, NULL, NULL, NULL, ARRAY[1 + 1], NULL, NULL, NULL, NULL, NULL)

-- error 42804
EXECUTE typed(NULL, NULL, NULL, NULL, ARRAY['1', '2'], NULL, NULL, NULL, NULL, NULL)

-- same
DEALLOCATE typed

-- same
DEALLOCATE PREPARE by_id

-- error 26000
DEALLOCATE never_prepared

-- same
DEALLOCATE ALL

# Cursors.

-- same
BEGIN

-- same
DECLARE c CURSOR FOR SELECT line, product FROM order_items WHERE customer_id = 2 ORDER BY order_id, line

-- same
FETCH 2 FROM c

-- same
FETCH NEXT c

-- same
MOVE 1 IN c

-- same
FETCH ALL c

-- same
CLOSE c

-- error 34000
FETCH c

-- same
ROLLBACK

-- same
BEGIN

-- same
DECLARE a SCROLL CURSOR FOR SELECT id FROM audit_log ORDER BY id

-- same
FETCH 3 a

-- same
FETCH BACKWARD 2 a

-- same
FETCH LAST a

-- same
COMMIT

-- error 34000
CLOSE a

# Temp tables stay with the session, and shadow names (semantics.md 9).

-- same
CREATE TEMP TABLE scratch (a integer, b text)

-- same
INSERT INTO scratch VALUES (1, 'x'), (2, 'y')

-- same
SELECT * FROM scratch

-- same
UPDATE scratch SET b = upper(b) RETURNING *

-- same
DROP TABLE scratch

-- error 42P01
SELECT * FROM scratch

-- same
CREATE TEMP TABLE customers (id integer, mine text)

-- same
INSERT INTO customers VALUES (7, 'temp'), (8, 'temp')

-- same
SELECT * FROM customers

-- same
SELECT mine FROM customers WHERE id = 7

-- same
DROP TABLE customers

-- same
SELECT name FROM customers WHERE id = 7

-- same
DISCARD ALL
