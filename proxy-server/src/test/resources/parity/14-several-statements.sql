# Several statements in one string, or up to one Sync: one implicit transaction (semantics.md 20).

-- same
-- pipeline
SELECT 1;
SELECT 2;

-- same
-- pipeline
SELECT name FROM customers WHERE id = 7;
SELECT count(*) FROM orders WHERE customer_id = 7;

-- same
-- pipeline
SELECT name FROM customers WHERE id = 7;
SELECT name FROM customers WHERE id = 1;
SELECT name FROM customers WHERE id = 2;
SELECT name FROM customers WHERE id = 4;

-- same
-- pipeline
INSERT INTO events VALUES (7, 'p', 'one');
INSERT INTO events VALUES (7, 'p', 'two');
SELECT count(*) FROM events WHERE customer_id = 7 AND kind = 'p';

-- error 22012
-- pipeline
INSERT INTO events VALUES (7, 'p', 'three');
SELECT 1 / 0;
INSERT INTO events VALUES (7, 'p', 'four');

-- same
SELECT payload FROM events WHERE customer_id = 7 AND kind = 'p'

-- error 22012
-- pipeline
UPDATE customers SET credit = 77 WHERE id = 7;
SELECT 1 / (id - 1) FROM customers WHERE id = 1;

-- same
SELECT credit FROM customers WHERE id = 7

-- same
-- pipeline
UPDATE customers SET credit = 78 WHERE id = 7;
SELECT name FROM customers WHERE id = 1;

-- same
SELECT credit FROM customers WHERE id = 7

-- refused TL002
-- pipeline
UPDATE customers SET credit = 79 WHERE id = 7;
UPDATE customers SET credit = 79 WHERE id = 1;

-- same
SELECT credit FROM customers WHERE id = 7

-- same
-- pipeline
BEGIN;
UPDATE customers SET credit = 80 WHERE id = 7;
COMMIT;
SELECT credit FROM customers WHERE id = 7;

-- same
-- pipeline
UPDATE customers SET credit = 81 WHERE id = 7;
ROLLBACK;

-- same
SELECT credit FROM customers WHERE id = 7

-- same
-- simple
UPDATE customers SET credit = 82 WHERE id = 7; BEGIN; UPDATE customers SET credit = 83 WHERE id = 7; ROLLBACK

-- same
SELECT credit FROM customers WHERE id = 7

-- error 42601
-- extended
SELECT 1; SELECT 2

-- error 42601
-- simple
UPDATE customers SET credit = 84 WHERE id = 7; SELEC 1

-- same
SELECT credit FROM customers WHERE id = 7

-- same
-- simple
;;

-- same
-- simple
SELECT 1;; SELECT ';' AS semicolon; -- the end

# What SET has changed goes with the implicit transaction.

-- error 22012
-- pipeline
SET work_mem = '9MB';
SELECT 1 / 0;

-- same
SHOW work_mem

-- error 22012
-- pipeline
SELECT set_config('work_mem', '9MB', false);
SELECT 1 / 0;

-- same
SHOW work_mem

-- same
-- pipeline
SET work_mem = '9MB';
SELECT name FROM customers WHERE id = 7;

-- same
SHOW work_mem

-- same
RESET work_mem
