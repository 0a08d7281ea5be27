# A shard key and a value: every spelling that decides one node.

-- same
SELECT * FROM customers WHERE id = 7

-- same
SELECT id, name, email, country, credit, active, created_at FROM customers WHERE id = 1

-- same
SELECT name FROM customers WHERE 7 = id

-- same
SELECT name FROM public.customers WHERE customers.id = 8

-- same
SELECT name FROM customers AS c WHERE c.id = 9

-- same
SELECT c.name n FROM "customers" c WHERE ((c."id" = 10))

-- same
SELECT NAME FROM CUSTOMERS WHERE ID = 11

-- same
select /* a comment */ name -- another
from customers where id = 12

-- same
SELECT name FROM customers WHERE id = '7'

-- same
SELECT name FROM customers WHERE id = 7::bigint

-- same
SELECT name FROM customers WHERE id = 7::int4

-- same
SELECT name FROM customers WHERE id = '7'::int2

-- same
SELECT name FROM customers WHERE id = CAST('7' AS bigint)

-- same
SELECT name FROM customers WHERE id = bigint '7'

-- same
SELECT name FROM customers WHERE id = 7 AND active

-- same
SELECT name FROM customers WHERE id = 7 AND credit > 1000000

-- same
SELECT name FROM customers WHERE active AND (credit >= 0 AND id = 7)

-- same
SELECT name FROM customers WHERE id = 7 AND id = 7

-- same
SELECT name FROM customers WHERE id = 7 AND id = 8

-- same
SELECT name FROM customers WHERE id = 123456789

-- same
SELECT name FROM customers WHERE id = -1

-- same
SELECT name FROM customers WHERE id = 9223372036854775807

-- same
SELECT name FROM customers WHERE id = NULL

-- same
SELECT name FROM customers WHERE id BETWEEN 7 AND 7

-- same
SELECT name FROM customers WHERE id IN (7)

-- same
SELECT name FROM customers WHERE id IN (12, 17)

-- same
SELECT name FROM customers WHERE id = ANY ('{7}')

-- same
SELECT name FROM customers WHERE id = ANY (ARRAY[12, 17])

-- same
SELECT name FROM customers WHERE id = ANY ('{12,17}'::bigint[])

-- same
-- params: 7
SELECT name FROM customers WHERE id = $1

-- same
-- params: 7::int8
SELECT name FROM customers WHERE id = $1

-- same
-- params: 7::int4
SELECT name FROM customers WHERE id = $1

-- same
-- params: 7::int2
SELECT name FROM customers WHERE id = $1

-- same
-- params: null
SELECT name FROM customers WHERE id = $1

-- same
-- params: 7, 't'
SELECT name FROM customers WHERE id = $1 AND active = $2

-- same
-- params: 't', 7
SELECT name FROM customers WHERE active = $1 AND id = $2

-- same
-- params: '{12,17}'::_int8
SELECT name FROM customers WHERE id = ANY ($1)

-- same
-- params: '{7,NULL}'::_int8
SELECT name FROM customers WHERE id = ANY ($1)

-- same
-- params: '{}'::_int8
SELECT name FROM customers WHERE id = ANY ($1)

-- same
-- params: '{12,17}'
SELECT name FROM customers WHERE id = ANY ($1::bigint[])

-- same
-- params: 12, 17
SELECT name FROM customers WHERE id IN ($1, $2)

-- same
-- params: 7::numeric
SELECT name FROM customers WHERE id = $1

-- same
-- params: 7.5::numeric
SELECT name FROM customers WHERE id = $1

-- same
SELECT name FROM customers WHERE id = 7.0

-- same
SELECT name FROM customers WHERE id = 7.5

# A value that can't be read is no key: the nodes say what is wrong with it (semantics.md 2).

-- error 22P02
-- fan-out
SELECT name FROM customers WHERE id = 'seven'

-- error 22003
-- fan-out
SELECT name FROM customers WHERE id = '9223372036854775808'

-- error 42703
SELECT nme FROM customers WHERE id = 7

-- error 42883
SELECT name FROM customers WHERE id = 7 AND name = 5

-- error 22012
SELECT 1 / 0 FROM customers WHERE id = 7

# The values beside the key may be anything.

-- same
SELECT customer_id, product, quantity, price, quantity * price AS sum FROM order_items WHERE customer_id = 2

-- same
SELECT DISTINCT product FROM order_items WHERE customer_id = 2

-- same
-- ordered
SELECT product, quantity FROM order_items WHERE customer_id = 2 ORDER BY product, order_id, line

-- same
-- ordered
SELECT id, total FROM orders WHERE customer_id = 2 ORDER BY total DESC, id LIMIT 2

-- same
-- ordered
SELECT id, total FROM orders WHERE customer_id = 2 ORDER BY 2, 1 OFFSET 1

-- same
-- ordered
SELECT id FROM orders WHERE customer_id = 2 ORDER BY id FETCH FIRST 2 ROWS ONLY

-- same
SELECT count(*), sum(total), avg(total), min(placed_at), max(note) FROM orders WHERE customer_id = 2

-- same
SELECT status, count(*) FROM orders WHERE customer_id = 2 GROUP BY status

-- same
SELECT status, count(*) FROM orders WHERE customer_id = 2 GROUP BY status HAVING count(*) > 1

-- same
-- ordered
SELECT id, row_number() OVER (ORDER BY total, id), sum(total) OVER (PARTITION BY status) FROM orders WHERE customer_id = 2 ORDER BY id

-- same
SELECT string_agg(product, ', ' ORDER BY product, line, order_id) FROM order_items WHERE customer_id = 2

-- same
SELECT id, CASE WHEN total > 100 THEN 'much' ELSE 'little' END FROM orders WHERE customer_id = 2

-- same
SELECT lower(name) || '!' AS shout, length(email), credit::int FROM customers WHERE id = 3

-- same
SELECT * FROM orders WHERE customer_id = 2 AND placed_at >= '2025-01-01' AND note IS NULL

-- same
SELECT o.* FROM orders o WHERE o.customer_id = 2 AND o.status IN ('new', 'delivered') AND o.note IS NOT DISTINCT FROM NULL

-- same
-- fetch: 2
SELECT customer_id, order_id, line FROM order_items WHERE customer_id = 2 ORDER BY 2, 3

-- same
SELECT name FROM customers WHERE id = 7 FOR UPDATE

-- same
SELECT name FROM customers WHERE id = 7 FOR NO KEY UPDATE SKIP LOCKED

-- same
SELECT name FROM customers WHERE id = 7;

-- same
SELECT tax(total, 19) FROM orders WHERE customer_id = 2
