# Reads that several nodes can't answer exactly yet.

-- refused TL002
SELECT DISTINCT ON (country) country, name FROM customers

-- refused TL002
SELECT count(*) FROM customers GROUP BY ()

-- refused TL002
SELECT count(*) FROM customers HAVING count(*) > 3

-- refused TL002
SELECT sum(f) FROM middle

-- refused TL002
SELECT sum(r) FROM middle

-- refused TL002
SELECT count(DISTINCT country) FROM customers

-- refused TL002
SELECT string_agg(name, ',') FROM customers

-- refused TL002
SELECT array_agg(id) FROM customers

-- refused TL002
SELECT json_agg(name) FROM customers

-- refused TL002
SELECT stddev(credit) FROM customers

-- refused TL002
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY credit) FROM customers

-- refused TL002
SELECT sum(credit), row_number() OVER () FROM customers

-- refused TL002
SELECT id, row_number() OVER (ORDER BY id) FROM customers

-- refused TL002
SELECT id, sum(total) OVER (PARTITION BY status) FROM orders

-- refused TL002
SELECT id FROM customers UNION SELECT id FROM orders

-- refused TL002
SELECT id FROM customers INTERSECT SELECT customer_id FROM orders

-- refused TL002
SELECT id FROM customers EXCEPT SELECT customer_id FROM orders

-- refused TL002
SELECT name FROM customers WHERE id = 1 UNION ALL SELECT name FROM customers WHERE id = 5

-- refused TL002
SELECT * FROM (SELECT * FROM orders ORDER BY total LIMIT 10) s WHERE s.customer_id = 7

-- refused TL002
SELECT * FROM (SELECT DISTINCT ON (status) * FROM orders ORDER BY status, id) s WHERE s.customer_id = 7

-- refused TL002
SELECT * FROM (SELECT customer_id, rank() OVER (ORDER BY total, id) FROM orders) s WHERE s.customer_id = 7

-- refused TL002
SELECT * FROM (SELECT status, max(customer_id) AS customer_id FROM orders GROUP BY status) s WHERE s.customer_id = 7

-- refused TL002
WITH RECURSIVE t AS (SELECT customer_id, id FROM orders WHERE customer_id = 2 UNION ALL SELECT o.customer_id, o.id FROM orders o JOIN t ON o.id = t.id + 1) SELECT count(*) FROM t

-- refused TL002
SELECT name FROM customers ORDER BY id FOR UPDATE

-- refused TL002
SELECT (SELECT max(credit) FROM customers)

-- refused TL002
SELECT count(*) FROM (SELECT DISTINCT country FROM customers) s

-- refused TL002
SELECT id FROM customers ORDER BY credit FETCH FIRST 2 ROWS WITH TIES

-- refused TL002
SELECT id FROM customers ORDER BY id FETCH FIRST ROW WITH TIES

-- refused TL002
SELECT id FROM customers ORDER BY id FETCH FIRST (1 + 1) ROWS ONLY
