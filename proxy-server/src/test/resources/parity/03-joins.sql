# Tables of one colocation group, joined by the key; reference tables join anywhere.

-- same
SELECT c.name, o.id, o.total FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.id = 2

-- same
SELECT c.name, o.id, o.total FROM customers c JOIN orders o ON o.customer_id = c.id WHERE o.customer_id = 2

-- same
SELECT c.name, o.id FROM customers c, orders o WHERE o.customer_id = c.id AND c.id = 2

-- same
SELECT c.name, o.id FROM customers c, orders o WHERE c.id = 2 AND o.customer_id = 2

-- same
SELECT c.name, o.id, i.product FROM customers c JOIN orders o ON o.customer_id = c.id JOIN order_items i ON i.customer_id = o.customer_id AND i.order_id = o.id WHERE c.id = 2

-- same
SELECT o.id, i.product FROM orders o JOIN order_items i USING (customer_id) WHERE customer_id = 2 AND i.order_id = o.id

-- same
SELECT c.name, o.id FROM customers c LEFT JOIN orders o ON o.customer_id = c.id WHERE c.id = 2

-- same
SELECT c.name, o.id FROM customers c LEFT JOIN orders o ON o.customer_id = c.id AND o.status = 'none' WHERE c.id = 2

-- same
SELECT c.name, k.name, k.vat FROM customers c JOIN countries k ON k.code = c.country WHERE c.id = 2

-- same
SELECT c.name, k.name FROM customers c LEFT JOIN countries k ON k.code = c.country AND k.currency = 'EUR' WHERE c.id = 2

-- same
SELECT k.name, c.name FROM countries k, customers c WHERE c.country = k.code AND c.id = 3

-- same
SELECT c.name, (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) FROM customers c WHERE c.id = 2

-- same
SELECT c.name FROM customers c WHERE c.id = 2 AND EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id)

-- same
SELECT c.name FROM customers c WHERE c.id = 2 AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = 2)

-- same
SELECT name FROM customers WHERE id = 2 AND id IN (SELECT customer_id FROM orders WHERE customer_id = 2)

-- same
SELECT * FROM (SELECT id, name FROM customers WHERE id = 2) s

-- same
SELECT s.n FROM (SELECT id, name AS n FROM customers) s WHERE s.id = 2

-- same
WITH c AS (SELECT * FROM customers WHERE id = 2) SELECT c.name, o.id FROM c JOIN orders o ON o.customer_id = c.id WHERE o.customer_id = 2

-- same
WITH c AS (SELECT id, name FROM customers WHERE id = 2) SELECT * FROM c

-- same
SELECT id FROM orders WHERE customer_id = 2 UNION ALL SELECT order_id FROM order_items WHERE customer_id = 2

-- same
SELECT id FROM orders WHERE customer_id = 2 EXCEPT SELECT order_id FROM order_items WHERE customer_id = 2 AND line = 2

-- same
SELECT c.name, x.total FROM customers c, LATERAL (SELECT total FROM orders o WHERE o.customer_id = c.id ORDER BY total DESC LIMIT 1) x WHERE c.id = 2

-- same
-- params: 2
SELECT c.name, o.id FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.id = $1 AND o.total > 0

-- same
-- fan-out
SELECT c.name, o.id FROM customers c JOIN orders o ON o.customer_id = c.id WHERE o.total > 300

-- same
-- fan-out
SELECT c.name, k.name FROM customers c JOIN countries k ON k.code = c.country WHERE k.currency = 'CHF'

# Joins that need rows of several nodes at one place.

-- refused TL002
SELECT a.name, b.name FROM customers a JOIN customers b ON b.country = a.country WHERE a.id = 2 AND b.id <> 2

-- refused TL002
SELECT c.name, o.id FROM customers c JOIN orders o ON o.id = c.id

-- refused TL002
SELECT a.name, b.name FROM customers a, customers b WHERE a.id = 5 AND b.id = 1

-- refused TL002
SELECT d.name, c.name FROM documents d JOIN customers c ON c.name = d.name

-- refused TL002
SELECT c.name, a.actor FROM customers c JOIN audit_log a ON a.id = c.id

-- refused TL002
SELECT name FROM customers WHERE id = 2 AND credit > (SELECT avg(credit) FROM customers)

-- refused TL002
SELECT name FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.total = c.credit)

-- refused TL002
SELECT name FROM customers WHERE country IN (SELECT country FROM customers WHERE id = 2)
