# Writes that concern one node.

-- same
INSERT INTO customers (id, name, email, country, created_at) VALUES (1001, 'New One', 'new1@example.com', 'de', '2025-06-01 00:00:00+00')

-- same
SELECT * FROM customers WHERE id = 1001

-- same
INSERT INTO customers (id, name, email, country, created_at) VALUES (1002, 'New Two', 'new2@example.com', 'fr', '2025-06-01 00:00:00+00') RETURNING id, name, credit, active

-- same
-- params: 1003, 'New Three', 'new3@example.com', 'it', '2025-06-01 00:00:00+00'
INSERT INTO customers (id, name, email, country, created_at) VALUES ($1, $2, $3, $4, $5) RETURNING *

-- same
INSERT INTO customers VALUES (1004, 'New Four', 'new4@example.com', 'se', 5, false, '2025-06-01 00:00:00+00')

-- same
INSERT INTO customers (name, email, country, id, created_at) VALUES ('New Five', 'new5@example.com', 'se', '1005', '2025-06-01 00:00:00+00') RETURNING id

-- same
INSERT INTO orders (customer_id, status, total) VALUES (1001, 'new', 9.99) RETURNING customer_id, status, total

-- same
INSERT INTO orders (id, customer_id, status, total, placed_at) VALUES (900001, 1001, DEFAULT, 12.5, '2025-06-02 00:00:00+00') RETURNING *

-- same
INSERT INTO order_items VALUES (1001, 900001, 1, 'anvil', 1, 3.5), (1001, 900001, 2, 'rope', 2, 4.5)

-- same
-- params: 1001, 900001, 3, 'yarn', 4
INSERT INTO order_items (customer_id, order_id, line, product, quantity, price) VALUES ($1, $2, $3, $4, $5, 1.25)

-- same
INSERT INTO order_items SELECT customer_id, order_id, line + 10, product, quantity, price FROM order_items WHERE customer_id = 1001

-- same
UPDATE orders SET total = (SELECT sum(quantity * price) FROM order_items WHERE customer_id = 1001) WHERE customer_id = 1001 AND id = 900001

-- same
SELECT total FROM orders WHERE customer_id = 1001 AND id = 900001

-- same
UPDATE customers SET name = 'Changed', credit = credit + 1.5 WHERE id = 7

-- same
UPDATE customers SET name = upper(name) WHERE id = 7 RETURNING id, name, credit

-- same
-- params: 'Renamed', 8
UPDATE customers SET name = $1 WHERE id = $2

-- same
UPDATE customers SET active = NOT active WHERE id = 9 AND country = 'nowhere'

-- same
UPDATE orders o SET note = c.name FROM customers c WHERE c.id = o.customer_id AND o.customer_id = 2

-- same
UPDATE customers SET id = 7 WHERE id = 7

-- same
UPDATE orders SET status = 'paid' WHERE customer_id IN (12, 17)

-- same
DELETE FROM order_items WHERE customer_id = 1001 AND line > 10

-- same
DELETE FROM order_items WHERE customer_id = 1001 AND line = 3 RETURNING product, quantity

-- same
DELETE FROM order_items i USING orders o WHERE o.customer_id = i.customer_id AND o.id = i.order_id AND o.customer_id = 1001 AND o.total = 0

-- same
-- params: 1001
DELETE FROM orders WHERE customer_id = $1

-- same
DELETE FROM customers WHERE id = 1004

-- same
INSERT INTO customers (id, name, email, country, created_at) VALUES (1001, 'Again', 'x', 'de', '2025-06-01 00:00:00+00') ON CONFLICT (id) DO NOTHING

-- same
INSERT INTO customers (id, name, email, country, created_at) VALUES (1001, 'Again', 'x', 'de', '2025-06-01 00:00:00+00') ON CONFLICT (id) DO UPDATE SET name = excluded.name, email = customers.email || excluded.email RETURNING name, email

-- error 23505
INSERT INTO customers (id, name, email, country, created_at) VALUES (1001, 'Twice', 'x', 'de', '2025-06-01 00:00:00+00')

-- error 23503
INSERT INTO customers (id, name, email, country, created_at) VALUES (1010, 'Nowhere', 'x', 'zz', '2025-06-01 00:00:00+00')

-- error 23502
INSERT INTO customers (id, name, email) VALUES (1011, 'No country', 'x')

-- error 22003
UPDATE customers SET credit = 1e10 WHERE id = 7

-- error 22P02
INSERT INTO orders (id, customer_id, total) VALUES (900002, 1001, 'much')

-- error 42703
INSERT INTO customers (id, nme) VALUES (1012, 'x')

-- same
WITH gone AS (DELETE FROM order_items WHERE customer_id = 3 RETURNING *) SELECT count(*) FROM gone

-- same
INSERT INTO events (customer_id, kind, payload) VALUES (3, 'k', 'p'), (3, 'k', 'q')

-- same
INSERT INTO events VALUES (12, 'k', 'p'), (17, 'k', 'q')

-- same
DELETE FROM events WHERE customer_id = 3 AND kind = 'k'

# The key after the assignment cast (semantics.md 1): what is found again is what was stored.

-- same
INSERT INTO amounts (amount, v) VALUES (7.005, 1) RETURNING amount

-- same
SELECT * FROM amounts WHERE amount = 7.01

-- same
-- params: '8.004'
INSERT INTO amounts (amount, v) VALUES ($1, 2) RETURNING amount

-- same
SELECT * FROM amounts WHERE amount = 8

-- same
INSERT INTO codes (code, v) VALUES ('abc  ', 1) RETURNING code, length(code)

-- same
SELECT v FROM codes WHERE code = 'abc  '

-- same
INSERT INTO blanks (code, v) VALUES ('abc', 1) RETURNING code

-- same
SELECT v FROM blanks WHERE code = 'abc'

# Where the value has to be stored is not known, so no node can say what is wrong with it.

-- refused TL003
INSERT INTO codes (code, v) VALUES ('toolong', 1)

-- refused TL003
INSERT INTO tiny (k, v) VALUES (70000, 1)

