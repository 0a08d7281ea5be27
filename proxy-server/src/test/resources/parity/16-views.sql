# Views over sharded tables are read as their queries.

-- same
SELECT * FROM customer_orders WHERE customer = 7

-- same
-- params: 12
SELECT name, order_id, total FROM customer_orders WHERE customer = $1

-- same
SELECT v.* FROM public.customer_orders v WHERE v.customer = 3 AND total > 100

-- same
-- ordered
SELECT order_id, total FROM new_orders WHERE customer = 9 ORDER BY total DESC, order_id LIMIT 3

-- same
SELECT c.email, v.total FROM customers c JOIN new_orders v ON v.customer = c.id WHERE c.id = 11

-- same
WITH v AS (SELECT * FROM new_orders) SELECT count(*), sum(total) FROM v WHERE v.customer = 9

-- same
SELECT name FROM customers c WHERE id = 5 AND EXISTS (SELECT FROM new_orders v WHERE v.customer = c.id)

-- same
SELECT * FROM order_totals WHERE customer = 7

-- same
SELECT orders FROM order_totals t JOIN customers c ON c.id = t.customer WHERE c.id = 7

-- same
SELECT id FROM ranked WHERE customer_id = 7 AND r <= 2

-- same
SELECT * FROM sevens_orders

-- same
SELECT count(*), max(total) FROM sevens_orders WHERE total > 10

-- same
SELECT * FROM all_ids WHERE id = 7

-- same
SELECT * FROM customer_orders WHERE customer = 7 AND customer = NULL

-- same
SELECT order_id FROM customer_orders WHERE customer = 7 FOR UPDATE

-- same
COPY (SELECT order_id, total FROM new_orders WHERE customer = 9 ORDER BY 1) TO STDOUT

# Without a key.

-- same
-- fan-out
SELECT customer, name, country, status, total FROM customer_orders

-- same
-- fan-out
SELECT count(*), sum(total), min(order_id) FROM new_orders

-- same
-- fan-out
-- ordered
SELECT customer, order_id, total FROM customer_orders WHERE status = 'paid' ORDER BY total DESC, order_id LIMIT 7

-- same
-- fan-out
-- ordered
SELECT status, count(*) FROM customer_orders GROUP BY status ORDER BY 2 DESC, 1

-- same
-- fan-out
SELECT id, country FROM abroad WHERE id < 20

-- same
-- fan-out
SELECT c.name FROM customers c WHERE NOT EXISTS (SELECT FROM new_orders v WHERE v.customer = c.id)

# What can't pass a view, and what is more than reading.

-- refused TL002
SELECT * FROM newest_orders WHERE customer_id = 7

-- refused TL002
SELECT count(*) FROM newest_orders

-- refused TL002
SELECT * FROM customer_orders a JOIN customer_orders b ON a.order_id = b.order_id + 1

-- refused TL002
SELECT * FROM stored_totals WHERE customer_id = 7

-- refused TL002
UPDATE sevens_orders SET total = 1 WHERE id = 1

-- refused TL002
DELETE FROM sevens_orders

-- refused TL002
INSERT INTO sevens_orders VALUES (1, 2)

-- same
INSERT INTO order_items (customer_id, order_id, line, product, quantity, price) SELECT customer, order_id, 99, 'x', 1, 2 FROM new_orders WHERE customer = 9

-- same
UPDATE orders o SET note = v.name FROM customer_orders v WHERE v.customer = o.customer_id AND v.order_id = o.id AND o.customer_id = 9
