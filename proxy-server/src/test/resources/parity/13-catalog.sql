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
