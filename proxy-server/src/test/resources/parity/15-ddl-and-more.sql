# What concerns every node is refused for sharded and reference tables.

-- refused TL002
ALTER TABLE customers ADD COLUMN phone text

-- refused TL002
ALTER TABLE orders RENAME COLUMN note TO remark

-- refused TL002
CREATE INDEX orders_total ON orders (total)

-- refused TL002
DROP INDEX orders_placed_at

-- refused TL002
DROP TABLE order_items

-- refused TL002
TRUNCATE order_items

-- refused TL002
TRUNCATE audit_log, events

-- refused TL002
LOCK TABLE customers

-- refused TL002
GRANT SELECT ON customers TO public

-- refused TL002
REVOKE SELECT ON customers FROM public

-- refused TL002
COMMENT ON TABLE customers IS 'x'

-- refused TL002
ALTER TABLE countries ADD COLUMN continent text

-- refused TL002
CREATE TABLE more_orders (LIKE orders)

-- refused TL002
CREATE TABLE order_copy AS SELECT * FROM orders

-- refused TL002
CREATE VIEW rich AS SELECT * FROM customers WHERE credit > 500

-- refused TL002
CREATE TABLE child () INHERITS (customers)

-- refused TL002
CREATE TABLE linked (customer_id bigint REFERENCES customers)

-- refused TL002
CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()

-- refused TL002
CREATE RULE r AS ON INSERT TO orders DO ALSO NOTHING

-- refused TL002
CREATE SCHEMA other

-- refused TL002
CREATE TYPE mood AS ENUM ('good', 'bad')

# What stays on one node goes through.

-- same
CREATE TABLE plain (a integer PRIMARY KEY)

-- error 25P01
LOCK TABLE plain

-- same
GRANT SELECT ON plain TO public

-- same
TRUNCATE plain

-- same
DROP TABLE plain

-- error 42P07
CREATE TABLE audit_log (a integer)

-- error 42P01
DROP TABLE nothing_here

-- same
DROP TABLE IF EXISTS nothing_here

# Sequences of sharded tables differ from node to node.

-- same
SELECT pg_advisory_lock(7)

-- same
SELECT pg_advisory_unlock(7)

-- same
EXPLAIN (COSTS OFF) SELECT * FROM audit_log WHERE id = 7

-- same
EXPLAIN (COSTS OFF) INSERT INTO customers (id, name) VALUES (7, 'no scan to choose')

-- refused TL002
DO $$ BEGIN PERFORM 1; END $$

# COPY of a table on one node goes both ways.

-- same
COPY (SELECT id, action FROM audit_log WHERE id < 4 ORDER BY id) TO STDOUT

-- same
COPY audit_log (id, actor) TO STDOUT WITH (FORMAT csv, HEADER)

-- same
-- copy: 3001	2025-01-01 00:00:00+00	copy	one
-- copy: 3002	2025-01-01 00:00:00+00	copy	two
COPY audit_log (id, at, actor, action) FROM STDIN

-- same
SELECT * FROM audit_log WHERE actor = 'copy'

-- error 22P02
-- copy: x	2025-01-01 00:00:00+00	copy	three
COPY audit_log (id, at, actor, action) FROM STDIN

-- same
COPY countries TO STDOUT

-- refused TL002
COPY orders (id, customer_id, status, total) TO STDOUT

-- refused TL002
-- copy: 1	k	p
COPY events FROM STDIN

-- refused TL002
-- copy: xx	Nowhere	XXX	0
COPY countries FROM STDIN
