# Catalog queries go to the home node; psql and drivers ask by name and by OID.

-- same
SELECT c.relname, c.relkind FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind = 'r'

-- same
SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'

-- same
SELECT column_name, data_type, is_nullable, column_default FROM information_schema.columns WHERE table_name = 'orders'

-- same
SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a WHERE a.attrelid = 'orders'::regclass AND a.attnum > 0

-- same
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'order_items'::regclass

-- same
SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'orders'

-- same
SELECT typname FROM pg_type WHERE oid = 20

-- same
SELECT to_regclass('customers') IS NOT NULL, to_regclass('nothing') IS NULL

-- same
SELECT obj_description('customers'::regclass, 'pg_class')

-- same
SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_(toast|temp)'

-- same
SELECT proname, prorettype::regtype FROM pg_proc WHERE proname = 'tax'

-- same
-- params: 'customers'
SELECT relname FROM pg_class WHERE relname = $1 AND relkind = 'r'

-- same
SELECT name, setting FROM pg_settings WHERE name IN ('server_encoding', 'integer_datetimes')

-- same
SELECT rolname FROM pg_roles WHERE rolname = current_user

-- same
SELECT has_table_privilege('customers', 'SELECT')

-- same
SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()

# What psql asks for when the tab key is pressed.

-- same
SELECT c.relname, NULL::pg_catalog.text FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'S', 'v', 'm', 'f', 'p') AND (c.relname) LIKE 'cus%' AND pg_catalog.pg_table_is_visible(c.oid) AND c.relnamespace <> (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'pg_catalog')
UNION ALL
SELECT NULL::pg_catalog.text, n.nspname FROM pg_catalog.pg_namespace n WHERE n.nspname LIKE 'cus%' AND n.nspname NOT LIKE E'pg\\_%'
LIMIT 1000

-- same
SELECT a.attname, NULL::pg_catalog.text FROM pg_catalog.pg_attribute a, pg_catalog.pg_class c WHERE c.oid = a.attrelid and a.attnum > 0 and not a.attisdropped AND (a.attname) LIKE 'n%' AND c.relname = 'customers' AND pg_catalog.pg_table_is_visible(c.oid)
LIMIT 1000

-- same
SELECT c.relname, n.nspname FROM pg_catalog.pg_class c, pg_catalog.pg_namespace n WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'S', 'v', 'm', 'f', 'p') AND (c.relname) LIKE 'pg\_cl%' AND n.nspname = 'pg_catalog'
LIMIT 1000

-- same
SELECT p.proname, NULL::pg_catalog.text FROM pg_catalog.pg_proc p WHERE p.prokind != 'p' AND (p.proname) LIKE 'ta%' AND pg_catalog.pg_function_is_visible(p.oid)
UNION ALL
SELECT NULL::pg_catalog.text, n.nspname FROM pg_catalog.pg_namespace n WHERE n.nspname LIKE 'ta%' AND n.nspname NOT LIKE E'pg\\_%'
LIMIT 1000

-- same
SELECT datname FROM pg_catalog.pg_database  WHERE datname LIKE 'po%'
LIMIT 1000

-- same
 SELECT rolname    FROM pg_catalog.pg_roles   WHERE rolname LIKE '%'
LIMIT 1000

-- same
SELECT pg_catalog.lower(name) FROM pg_catalog.pg_settings  WHERE context IN ('user', 'superuser')    AND pg_catalog.lower(name) LIKE pg_catalog.lower('work%')
LIMIT 1000
