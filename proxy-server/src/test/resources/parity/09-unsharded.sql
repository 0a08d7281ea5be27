# A table that is not sharded lies on the home node, and may do everything.

-- same
SELECT count(*) FROM audit_log

-- same
-- ordered
SELECT id, at, actor, action FROM audit_log ORDER BY id DESC LIMIT 7

-- same
SELECT actor, count(*) FROM audit_log GROUP BY actor HAVING count(*) > 2

-- same
SELECT DISTINCT ON (actor) actor, id FROM audit_log ORDER BY actor, id

-- same
SELECT id, lag(action) OVER (PARTITION BY actor ORDER BY id) FROM audit_log

-- same
INSERT INTO audit_log (id, at, actor, action) VALUES (1001, '2025-02-01 00:00:00+00', 'a', 'x'), (1002, '2025-02-01 00:00:00+00', 'b', 'y') RETURNING *

-- same
INSERT INTO audit_log (id, at, actor, action) SELECT id + 5000, at, actor, action FROM audit_log WHERE id < 10

-- same
UPDATE audit_log SET action = upper(action) WHERE actor = 'a'

-- same
UPDATE audit_log SET detail = '{"by": "hand"}' WHERE id = 1001 RETURNING detail -> 'by'

-- same
-- params: 'b'
DELETE FROM audit_log WHERE actor = $1 RETURNING id

-- same
DELETE FROM audit_log WHERE id > 5000

-- same
MERGE INTO audit_log a USING (VALUES (1001, 'z'), (1003, 'new')) v (id, action) ON a.id = v.id WHEN MATCHED THEN UPDATE SET action = v.action WHEN NOT MATCHED THEN INSERT (id, at, actor, action) VALUES (v.id, '2025-02-01 00:00:00+00', 'm', v.action)

-- same
SELECT * FROM audit_log WHERE id = 1001 FOR UPDATE

-- same
SELECT a.id, k.name FROM audit_log a JOIN countries k ON length(k.name) = a.id

-- same
SELECT count(*) FROM audit_log a JOIN audit_log b ON b.actor = a.actor

-- same
SELECT n.body, a.action FROM notes n JOIN audit_log a ON a.id = n.id WHERE n.id < 5

-- same
SELECT * FROM notes WHERE customer_id = 7

-- same
TRUNCATE notes

-- same
INSERT INTO notes SELECT i, i, 'again ' || i FROM generate_series(1, 5) i

-- same
SELECT count(*) FROM notes

-- same
CREATE TABLE made (a integer PRIMARY KEY, b text DEFAULT 'd')

-- same
INSERT INTO made (a) VALUES (1), (2)

-- same
ALTER TABLE made ADD COLUMN c integer DEFAULT 3

-- same
CREATE INDEX made_b ON made (b)

-- same
SELECT * FROM made

-- same
COMMENT ON TABLE made IS 'a table'

-- same
ANALYZE made

-- same
DROP TABLE made

-- error 42P01
SELECT * FROM made

-- error 42P01
SELECT * FROM no_such_table WHERE id = 7

-- error 23505
INSERT INTO audit_log (id, actor, action) VALUES (1, 'x', 'x')

-- same
VALUES (1, 'a'), (2, 'b')
