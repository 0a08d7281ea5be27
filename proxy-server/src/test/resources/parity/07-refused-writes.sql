# Writes to several nodes, or to nobody knows where.

-- refused TL002
UPDATE customers SET active = false

-- refused TL002
UPDATE customers SET active = false WHERE country = 'de'

-- refused TL002
UPDATE orders SET status = 'paid' WHERE customer_id IN (1, 2, 4, 5)

-- refused TL002
-- params: '{1,2,4,5}'::_int8
UPDATE orders SET status = 'paid' WHERE customer_id = ANY ($1)

-- refused TL002
DELETE FROM order_items

-- refused TL002
DELETE FROM order_items WHERE price > 10

-- refused TL002
DELETE FROM order_items WHERE customer_id = 1 OR customer_id = 5

-- refused TL002
UPDATE customers SET id = 8 WHERE id = 7

-- refused TL002
UPDATE customers SET id = id + 1 WHERE id = 7

-- refused TL002
INSERT INTO events (customer_id, kind) VALUES (1, 'a'), (2, 'b'), (4, 'c'), (5, 'd')

-- refused TL002
-- params: 1, 5
INSERT INTO events (customer_id, kind) VALUES ($1, 'a'), ($2, 'b')

-- refused TL002
INSERT INTO events SELECT customer_id, status, note FROM orders

-- refused TL003
INSERT INTO customers (name, email, country) VALUES ('No key', 'x', 'de')

-- refused TL003
INSERT INTO customers (id, name, email, country) VALUES (NULL, 'NULL key', 'x', 'de')

-- refused TL003
-- params: null
INSERT INTO events (customer_id) VALUES ($1)

-- refused TL003
INSERT INTO events (kind) VALUES ('no key')

-- refused TL003
INSERT INTO events DEFAULT VALUES

-- refused TL003
INSERT INTO events (customer_id) VALUES (DEFAULT)

-- refused TL003
INSERT INTO events (customer_id) VALUES ((SELECT 7))

-- refused TL003
INSERT INTO days (day, v) VALUES ('02/03/2026', 1)

-- refused TL003
INSERT INTO days (day, v) VALUES ('today', 1)

-- refused TL003
INSERT INTO middle (k, v) VALUES (1000 * 1000, 1)

-- refused TL002
INSERT INTO customers (id, name, email, country) VALUES (7, 'x', 'x', 'de') ON CONFLICT (id) DO UPDATE SET id = 8

-- refused TL002
MERGE INTO customers c USING (VALUES (7, 'x')) v (id, name) ON c.id = v.id WHEN MATCHED THEN UPDATE SET name = v.name

-- refused TL002
INSERT INTO countries VALUES ('xx', 'Nowhere', 'XXX', 0)

-- refused TL002
UPDATE countries SET vat = 0 WHERE code = 'de'

-- refused TL002
DELETE FROM countries WHERE code = 'xx'

-- refused TL002
SELECT * FROM countries WHERE code = 'de' FOR UPDATE

-- refused TL002
SELECT * FROM countries FOR SHARE

-- refused TL002
WITH gone AS (DELETE FROM order_items WHERE customer_id = 1 RETURNING *) SELECT count(*) FROM gone, orders o WHERE o.customer_id = 5
