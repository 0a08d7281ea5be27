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

-- refused TL002
EXECUTE sums(10 + 10)

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
