# A reference table is whole on every node.

-- same
SELECT * FROM countries

-- same
-- ordered
SELECT code, name FROM countries ORDER BY name

-- same
-- ordered
SELECT currency, count(*), avg(vat) FROM countries GROUP BY currency ORDER BY 2 DESC, 1 LIMIT 3

-- same
SELECT count(*) FROM countries

-- same
SELECT DISTINCT currency FROM countries

-- same
-- params: 'de'
SELECT * FROM countries WHERE code = $1

-- same
SELECT name FROM countries WHERE code IN ('de', 'fr')

-- same
SELECT a.name, b.name FROM countries a JOIN countries b ON b.currency = a.currency AND b.code < a.code

-- same
SELECT (SELECT max(vat) FROM countries), name FROM countries WHERE vat > ALL (SELECT vat FROM countries WHERE currency = 'EUR' AND code <> 'fi')

-- same
SELECT name FROM countries UNION SELECT currency FROM countries

-- same
WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT n.i, c.name FROM n JOIN countries c ON length(c.name) = n.i + 5
