# One writer, readers elsewhere, savepoints (semantics.md 18 to 21).

-- same
BEGIN

-- same
UPDATE customers SET credit = 1 WHERE id = 7

-- same
SELECT credit FROM customers WHERE id = 7

-- same
SELECT name FROM customers WHERE id = 1

-- same
SELECT name FROM customers WHERE id = 2

-- same
COMMIT

-- same
SELECT credit FROM customers WHERE id = 7

-- same
START TRANSACTION

-- same
UPDATE customers SET credit = 2 WHERE id = 7

-- same
ROLLBACK

-- same
SELECT credit FROM customers WHERE id = 7

-- same
BEGIN

-- same
COMMIT

-- same
BEGIN

-- same
ROLLBACK

-- same
COMMIT

-- same
ROLLBACK

-- same
BEGIN

-- same
BEGIN

-- same
END

# A failed transaction.

-- same
BEGIN

-- same
UPDATE customers SET credit = 3 WHERE id = 7

-- error 22012
SELECT 1 / 0

-- error 25P02
SELECT 1

-- error 25P02
SELECT name FROM customers WHERE id = 1

-- error 25P02
UPDATE customers SET credit = 3 WHERE id = 1

-- same
COMMIT

-- same
SELECT credit FROM customers WHERE id = 7

# A refusal fails the transaction as an error of PostgreSQL does (semantics.md 19).

-- same
BEGIN

-- same
UPDATE customers SET credit = 4 WHERE id = 7

-- refused TL002
UPDATE customers SET credit = 4

-- error 25P02
SELECT 1

-- same
ROLLBACK

-- same
SELECT credit FROM customers WHERE id = 7

# Syntax errors before any node is chosen.

-- same
BEGIN

-- error 42601
SELEC

-- error 25P02
SELECT name FROM customers WHERE id = 7

-- same
ROLLBACK

# Savepoints, over nodes that join before and after.

-- same
BEGIN

-- same
SAVEPOINT a

-- same
UPDATE customers SET credit = 5 WHERE id = 7

-- same
SAVEPOINT b

-- same
UPDATE customers SET credit = 6 WHERE id = 7

-- same
SELECT name FROM customers WHERE id = 1

-- same
ROLLBACK TO SAVEPOINT b

-- same
SELECT credit FROM customers WHERE id = 7

-- same
RELEASE SAVEPOINT b

-- same
SELECT name FROM customers WHERE id = 2

-- error 22012
SELECT 1 / 0 FROM customers WHERE id = 7

-- same
ROLLBACK TO a

-- same
SELECT credit FROM customers WHERE id = 7

-- same
UPDATE customers SET credit = 7 WHERE id = 7

-- same
COMMIT

-- same
SELECT credit FROM customers WHERE id = 7

-- error 3B001
-- simple
BEGIN; ROLLBACK TO nowhere

-- same
ROLLBACK

-- error 25P01
SAVEPOINT a

-- error 25P01
ROLLBACK TO a

-- error 25P01
RELEASE a

# Modes.

-- same
BEGIN READ ONLY

-- same
SELECT name FROM customers WHERE id = 7

-- error 25006
UPDATE customers SET credit = 8 WHERE id = 7

-- same
ROLLBACK

-- same
BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ

-- same
SHOW transaction_isolation

-- same
SELECT name FROM customers WHERE id = 7

-- same
UPDATE customers SET credit = 9 WHERE id = 7

-- same
COMMIT

-- same
BEGIN ISOLATION LEVEL SERIALIZABLE, READ WRITE

-- same
SELECT credit FROM customers WHERE id = 7

-- same
COMMIT

-- same
BEGIN

-- same
SET TRANSACTION READ ONLY

-- error 25006
UPDATE customers SET credit = 8 WHERE id = 7

-- same
ROLLBACK

# SET inside a transaction is undone with it (semantics.md 22).

-- same
BEGIN

-- same
SET work_mem = '7MB'

-- same
SHOW work_mem

-- same
ROLLBACK

-- same
SHOW work_mem

-- same
BEGIN

-- same
SET LOCAL work_mem = '8MB'

-- same
SHOW work_mem

-- same
SELECT current_setting('work_mem'), name FROM customers WHERE id = 7

-- same
COMMIT

-- same
SHOW work_mem

# A second writer.

-- same
BEGIN

-- same
UPDATE customers SET credit = 10 WHERE id = 7

-- refused TL002
UPDATE customers SET credit = 10 WHERE id = 1

-- error 25P02
SELECT credit FROM customers WHERE id = 7

-- same
ROLLBACK

-- same
BEGIN

-- same
UPDATE customers SET credit = 11 WHERE id = 12

-- same
UPDATE customers SET credit = 11 WHERE id = 17

-- same
COMMIT AND CHAIN

-- same
SELECT credit FROM customers WHERE id = 12

-- same
ROLLBACK

-- same
BEGIN

-- same
SELECT count(*) FROM countries

-- same
INSERT INTO audit_log (id, at, actor, action) VALUES (2001, '2025-01-01 00:00:00+00', 'tx', 'tx')

-- same
SELECT name FROM customers WHERE id = 1

-- same
COMMIT

-- same
SELECT action FROM audit_log WHERE id = 2001

# Over several nodes this sees each node's own snapshot.

-- same
BEGIN

-- same
-- fan-out
SELECT count(*) FROM customers

-- same
UPDATE customers SET credit = 12 WHERE id = 7

-- same
-- fan-out
SELECT sum(credit) FROM customers WHERE credit = 12

-- same
COMMIT
