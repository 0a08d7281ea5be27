# Without a key: rows of all nodes one after the other, and partial results that combine exactly.

-- same
-- fan-out
SELECT id, name FROM customers

-- same
-- fan-out
SELECT * FROM orders WHERE status = 'new'

-- same
-- fan-out
SELECT * FROM orders WHERE status = 'nothing has this'

-- same
-- fan-out
SELECT name AS n, credit * 2 AS twice, active FROM customers WHERE credit > 500

-- same
-- fan-out
SELECT count(*) FROM customers

-- same
-- fan-out
SELECT count(*) AS many FROM orders WHERE note IS NOT NULL

-- same
-- fan-out
SELECT count(note), count(*) FROM orders

-- same
-- fan-out
SELECT sum(total) FROM orders

-- same
-- fan-out
SELECT sum(total) FROM orders WHERE status = 'nothing has this'

-- same
-- fan-out
SELECT sum(quantity), min(price), max(price), count(*) FROM order_items

-- same
-- fan-out
SELECT min(placed_at), max(placed_at) FROM orders

-- same
-- fan-out
SELECT min(id), max(id), sum(id) FROM orders

-- same
-- fan-out
SELECT min(day), max(day) FROM days

-- same
-- fan-out
SELECT max(v), min(v), sum(v) FROM middle WHERE v > 1000000

-- same
-- fan-out
SELECT count(*) FROM customers WHERE id <> 7

-- same
-- fan-out
SELECT name FROM customers WHERE id > 190

-- same
-- fan-out
SELECT name FROM customers WHERE id = 7 OR active = false

-- same
-- fan-out
SELECT name FROM customers WHERE NOT id = 7

-- same
-- fan-out
SELECT name FROM customers WHERE id + 0 = 7

-- same
-- fan-out
SELECT name FROM customers WHERE id = credit

-- same
-- fan-out
SELECT name FROM customers WHERE id IS NULL

-- same
-- fan-out
SELECT name FROM customers WHERE CASE WHEN id = 7 THEN true ELSE active END

-- same
-- fan-out
SELECT name FROM customers WHERE (id = 7) IS NOT TRUE

-- same
-- fan-out
SELECT name FROM customers WHERE coalesce(id, 0) = 7

-- same
-- fan-out
-- params: 500
SELECT name FROM customers WHERE credit > $1

-- same
-- fan-out
-- params: 500
SELECT count(*), sum(credit) FROM customers WHERE credit > $1

-- same
-- fan-out
SELECT k, v, f, r, j, a FROM middle

-- error 22012
-- fan-out
SELECT name FROM customers WHERE 1 / (id - 7) > 0

-- error 42703
-- fan-out
SELECT nme FROM customers

# A list of keys over several nodes is not a fan-out without a key: no warning (semantics.md 25).

-- same
SELECT name FROM customers WHERE id IN (1, 2, 4, 5)

-- same
SELECT name FROM customers WHERE id = ANY ('{1,2,4,5}')

-- same
-- params: '{1,2,4,5,NULL}'::_int8
SELECT name FROM customers WHERE id = ANY ($1)

-- same
-- params: 1, 2, 4, 5
SELECT name FROM customers WHERE id IN ($1, $2, $3, $4)

-- same
SELECT count(*), sum(credit) FROM customers WHERE id IN (1, 2, 4, 5)

-- same
SELECT name FROM customers WHERE id = 1 OR id = 2 OR id = 4

# Order, number, distinct rows and groups, put together from the nodes' parts.

-- same
-- fan-out
-- ordered
SELECT id, name FROM customers ORDER BY name, id

-- same
-- fan-out
-- ordered
SELECT id FROM customers ORDER BY id LIMIT 5

-- same
-- fan-out
-- ordered
SELECT id FROM customers ORDER BY id DESC OFFSET 5

-- same
-- fan-out
SELECT count(*) FROM customers LIMIT 5

-- same
-- fan-out
SELECT id FROM customers OFFSET 100000

-- same
-- fan-out
-- ordered
SELECT id FROM customers ORDER BY id FETCH FIRST ROW ONLY

-- same
-- fan-out
-- ordered
SELECT id FROM customers ORDER BY id OFFSET 2 ROWS FETCH NEXT ROW ONLY

-- same
-- fan-out
-- ordered
SELECT id FROM customers ORDER BY id DESC FETCH FIRST 3 ROWS ONLY

-- same
-- fan-out
-- ordered
TABLE customers ORDER BY id

-- same
-- fan-out
-- ordered
TABLE ONLY public.customers ORDER BY name DESC, id OFFSET 1 LIMIT 4

-- same
-- fan-out
SELECT DISTINCT country FROM customers

-- same
-- fan-out
SELECT country, count(*) FROM customers GROUP BY country

-- same
-- fan-out
SELECT avg(credit) FROM customers

-- same
-- fan-out
-- ordered
SELECT id, random() < 2 AS r FROM customers ORDER BY 1

-- same
-- ordered
SELECT name FROM customers WHERE id IN (1, 2, 4, 5) ORDER BY id

-- same
-- ordered
SELECT id FROM customers WHERE id IN (1, 2, 4, 5) ORDER BY id DESC LIMIT 1
